"""What can be taken away: the threshold's report, the flagged samples, the figure, the command."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.cockpit import decisions as cockpit_decisions
from pages._ui.cockpit import segments as cockpit_segments
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from pages._ui.widgets import download
from wganad_core import outside, pretrained
from wganad_core.browser.experiment import MOST, Experiment, experiment_html
from wganad_core.data.own.flagged import flagged_csv
from wganad_core.evaluation import OperatingPoint
from wganad_core.figures import cockpit
from wganad_core.jobs.orders import path_word

N_PICTURED = 8  # of either kind, in the file of an experiment
SAVED = "_cockpit-saved"  # the last picture that was asked for: its format, and a number


def show(
    scores: DetectorScores, place: Position, point: OperatingPoint | None, drawn: cockpit.Drawn
) -> None:
    assumed = (drawn.base_rate, drawn.cost_ratio)
    facts = report(scores, place, point, *assumed)

    def capsule() -> bytes:
        loaded = scores.loaded
        made = Experiment(
            title=f"{scores.name}, {loaded.title}",
            scored=scores.test,
            row=loaded.row,
            threshold=place.threshold,
            facts={name: value for name, value in facts.items() if name != "command"},
            command=str(facts["command"]),
            anomalies=loaded.anomalies,
            pictures=pictured(scores, place.threshold),
        )
        return experiment_html(made)

    files: dict[str, tuple[str, Callable[[], bytes], str]] = {
        "threshold.json": ("Report (JSON)", lambda: _json(facts), "application/json"),
        "flagged.csv": ("Flagged (CSV)", lambda: flagged(scores, place.threshold), "text/csv"),
        "scores.csv": ("All scores (CSV)", lambda: _csv(table(scores)), "text/csv"),
    }
    left, right = st.columns([3, 4], gap="large")
    with left, st.container(horizontal=True, gap="small"):
        for name, (label, made, kind) in files.items():
            download(label, made, name, kind, key=f"save-{name}")
        _pictures()
        if len(scores.test) <= MOST:
            download(
                "Experiment (HTML)", capsule, "experiment.html", "text/html", key="save-experiment"
            )
        else:
            st.caption(f"As one HTML file: up to {MOST:,} scores.")
    with right:
        st.markdown("The same from the shell:")
        st.code(command(scores, place, *assumed), language="bash", wrap_lines=True)
    cockpit_decisions.show(scores, place)


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, indent=2, ensure_ascii=False).encode()


def _csv(table: pd.DataFrame) -> bytes:
    safe = table.copy()
    for name in table.select_dtypes(exclude="number"):
        safe[name] = outside.cells(table[name].tolist())
    text: str = safe.to_csv(index=False)
    return text.encode()


def _pictures() -> None:
    for form in ("png", "svg"):
        label, icon = f"Figure ({form.upper()})", ":material/image:"
        st.button(label, icon=icon, key=f"save-{form}", on_click=_ask, args=(form,))


def _ask(form: str) -> None:
    """The browser draws the picture; it is asked by a new number."""
    st.session_state[SAVED] = (form, st.session_state.get(SAVED, ("", 0))[1] + 1)


def report(
    scores: DetectorScores,
    place: Position,
    point: OperatingPoint | None,
    base_rate: float | None,
    ratio: float,
) -> dict[str, Any]:
    """The threshold and what it does, by the names that the shell has for it; what is not defined
    is null."""
    source, n = scores.source, len(scores.test)
    facts: dict[str, Any] = {
        "threshold": place.threshold,
        "threshold_text": repr(place.threshold),  # JSON has no infinity
        "rule": place.why or "by hand",
        "flagged_means": f"{'-' * scores.loaded.negated}score > threshold",
        "detector": scores.name,
        "scores": scores.loaded.title,
        "use_case": None if source is None else source.case,
        "abnormal": None if source is None else source.abnormal,
        "n": n,
        "flagged": scores.ranking.n_flagged(place.threshold),
    }
    if point is not None:
        facts |= {
            "true_positives": point.true_positives,
            "false_positives": point.false_positives,
            "false_negatives": point.false_negatives,
            "true_negatives": point.true_negatives,
            "recall": point.recall,
            "false_alarm_rate": point.false_alarm_rate,
            "rates_are_of": "a world with this base rate; counts are the test's",
            "base_rate": point.base_rate,
            "base_rate_of_the_test": scores.curve.base_rate if scores.curve else None,
            "precision": point.precision,
            "f1": point.f(),
            "mcc": point.mcc,
            "cost_ratio": ratio,
            "cost": point.cost(ratio),
        }
    if cockpit_segments.there(scores):
        facts["groups"] = cockpit_segments.facts(scores, place.threshold)
    if noted := cockpit_decisions.of(scores):
        facts["decisions"] = [one.facts() for one in noted]
    facts["command"] = command(scores, place, base_rate, ratio)
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in facts.items()
    }


def table(scores: DetectorScores) -> pd.DataFrame:
    """Every test score with what is known about its sample."""
    test = scores.test
    columns = {
        "id": test.sample_id,
        "subject": test.subject,
        "class": test.class_,
        "label": test.label,
        "score": -test.score if scores.loaded.negated else test.score,
    }
    return pd.DataFrame({name: value for name, value in columns.items() if value is not None})


def pictured(scores: DetectorScores, threshold: float) -> list[tuple[str, str]]:
    """The highest flagged samples that can be shown, and the worst misses, in words."""
    if scores.source is None or scores.source.use_case.shape == "plane":
        return []
    test, ranking = scores.test, scores.ranking
    chosen = {"flagged": ranking.crossed(np.inf, threshold, N_PICTURED)[0]}
    if test.label is not None:
        chosen["missed"] = ranking.misses(threshold, N_PICTURED)
    found = []
    for word, samples in chosen.items():
        classes = [""] * len(samples) if test.class_ is None else test.class_[samples].tolist()
        images = scores.pictures(samples) or []
        found += [(f"{word} {name}", image) for name, image in zip(classes, images, strict=True)]
    return found


def flagged(scores: DetectorScores, threshold: float) -> bytes:
    loaded = scores.loaded
    return flagged_csv(scores.test, loaded.row, threshold, negated=loaded.negated)


def command(scores: DetectorScores, place: Position, base_rate: float | None, ratio: float) -> str:
    """What reproduces the threshold's report in a shell, in this repository's folder."""
    words = ["python", "-m", "wganad_core", "threshold"]
    source = scores.source
    if source is None:
        words += [path_word(scores.loaded.title), *scores.loaded.reading]
    else:
        path = pretrained.scores_path(source.case, source.abnormal)
        words.append(path.relative_to(pretrained.SHIPPED.parent).as_posix())
        words += ["--detector", scores.detector, "--protocol", source.protocol]
        words += ["--model", source.model] if source.model else []
    words.append(f"--threshold={place.threshold!r}")
    if scores.two_classes:
        words += [] if base_rate is None else [f"--base-rate={base_rate!r}"]
        words.append(f"--cost-ratio={ratio:g}")
    return shlex.join(words)
