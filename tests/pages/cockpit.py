"""The threshold cockpit as its tests see it: what it shows, what can be pressed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests import app_pages
from wganad_core import evaluation, pretrained
from wganad_core.evaluation import Curve
from wganad_core.figures.cockpit.drawn import Axis, Drawn
from wganad_core.records import Scored

pytestmark = pytest.mark.usefixtures("page_workers")

SECTIONS = ("samples", "advice", "compare", "export")
GUIDES: dict[str, Callable[[Curve], float]] = {
    "Best F1": evaluation.best_f,
    "Lowest cost": lambda curve: evaluation.lowest_cost(curve, 10),
    "Recall ≥ 95%": lambda curve: evaluation.at_recall(curve, 0.95),
    "False alarms ≤ 1%": lambda curve: evaluation.at_false_alarm_rate(curve, 0.01),
}


@dataclass(frozen=True)
class Case:
    """A shipped detector: its address, and where its rows are."""

    query: dict[str, str]
    case: str
    abnormal: str
    columns: dict[str, str]
    second: str

    def rows(self, part: str = "test", detector: str | None = None) -> pd.DataFrame:
        path = pretrained.scores_path(self.case, self.abnormal)
        if not path.exists():
            pytest.skip(f"{path} is not here.")
        wanted = self.columns | {"part": part} | ({"detector": detector} if detector else {})
        found = pd.read_parquet(path)
        for name, value in wanted.items():
            found = found[found[name].isin([value, "none"] if name == "model" else [value])]
        found = found[found.seed == found.seed.min()]
        assert len(found)
        return found

    def axis(self) -> Axis:
        rows = self.rows()
        return Drawn(Scored(rows.score.to_numpy(float), rows.label.to_numpy()), self.curve()).axis

    def curve(self, detector: str | None = None) -> Curve:
        rows = self.rows(detector=detector)
        return evaluation.curve(rows.label, rows.score)


CASES = {
    "mnist": Case(
        {"class": "9", "detector": "encoder"},
        "mnist",
        "9",
        {"detector": "encoder", "protocol": "80/20"},
        "knn",
    ),
    "har": Case(
        {"case": "har", "class": "laying", "detector": "critic", "protocol": "test+all"},
        "har",
        "laying",
        {"detector": "critic", "protocol": "test+all", "model": "wgan-gp-conv"},
        "knn",
    ),
    "mixture": Case(
        {"case": "mixture", "detector": "critic", "model": "wgan-gp"},
        "mixture",
        "outside",
        {"detector": "critic", "model": "wgan-gp"},
        "density",
    ),
}


def opened(**query: str) -> AppTest:
    return app_pages.opened("cockpit.py", **query)


def html(test: AppTest) -> str:
    return "\n".join(element.proto.body for element in test.get("html"))


class _Counts(HTMLParser):
    """The numbers that are marked as counts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, int] = {}
        self.name: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name = dict(attrs).get("data-count")

    def handle_data(self, data: str) -> None:
        if self.name:
            self.found[self.name] = int(data.replace(",", ""))
            self.name = None


def counts(test: AppTest) -> dict[str, int]:
    return _Counts(html(test)).found


def of_core(curve: Curve, threshold: float) -> dict[str, int]:
    point = curve.at(threshold)
    return {
        "tp": point.true_positives,
        "fn": point.false_negatives,
        "fp": point.false_positives,
        "tn": point.true_negatives,
    }


def chart(test: AppTest) -> dict[str, Any]:
    """What the chart is sent: its marks, and its words for those who cannot see it."""
    (element,) = test.get("bidi_component")
    found: dict[str, Any] = json.loads(element.proto.bytes)
    return found


def marked_threshold(test: AppTest) -> float:
    """Exactly, as the address has it."""
    return float(chart(test)["address"]["t"])


def words(test: AppTest) -> str:
    """All that can be read on the page, but in the chart."""
    found = [
        e.value
        for kind in ("markdown", "caption", "info", "error", "warning", "code")
        for e in getattr(test, kind)
    ]
    text = re.sub(r"<style>.*?</style>", "", html(test), flags=re.DOTALL)
    found.append(re.sub(r"<[^>]*>", " ", text))
    return "\n".join([*found, *(widget.label for widget in (*test.select_slider, *test.button))])


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception, f"after {key}"
    return test


def choose_quietly(test: AppTest, section: str) -> None:
    next(group for group in test.button_group if group.key == "below").set_value(section).run()


def csv(score: Any, label: Any = None, **more: Any) -> bytes:
    columns = {"score": score} | ({} if label is None else {"label": label}) | more
    return pd.DataFrame(columns).to_csv(index=False).encode()


def own(data: bytes, name: str = "mine.csv", **query: str) -> AppTest:
    test = opened(case="own", **query)
    test.file_uploader(key="own-scores").set_value((name, data, "text/csv")).run()
    assert not test.exception
    return test


N = 60
SCORE = np.random.default_rng(0).normal(size=N).round(3)
LABEL = (np.arange(N) % 5 == 0).astype(int)
