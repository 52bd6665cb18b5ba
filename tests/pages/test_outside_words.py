"""Wherever words from outside are shown, they are words: on no page does a name, a class, a file or
an address become a link, a picture, bold letters or HTML."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.own import train as own_train
from tests import app_pages
from tests.pages.test_own_page import finish, group, jobs_of, own_fittings
from wganad_core.figures import own_explained
from wganad_core.figures.cockpit import Drawn, cockpit_figure
from wganad_core.records import Scored

__all__ = ["own_fittings"]
pytestmark = pytest.mark.usefixtures("own_fittings")

FOREIGN = "![p](http://foreign.test/p.png)<img src=http://foreign.test/i>[in](http://foreign.test)"
SIGNS = ("![p]", "<img", "](http", "http://")
# What shows text as it is: tables, code, lists to choose from, names of chosen files.
PLAIN = {"arrow_data_frame", "dataframe", "code", "file_uploader", "selectbox"}
N = 60


def told(test: AppTest) -> list[str]:
    """What the page's elements were given, by their kind, but for the plain ones."""
    found, waiting = [], [test._tree]
    while waiting:
        node = waiting.pop()
        waiting += getattr(node, "children", {}).values()
        kind = str(getattr(node, "type", ""))
        if kind not in PLAIN and (proto := getattr(node, "proto", None)) is not None:
            found.append(f"{kind}: {proto}")
    return found


def assert_words_only(test: AppTest, seen: int = 1) -> None:
    """… and that they are there, `seen` times at least."""
    assert not test.exception
    every = told(test)
    assert not [each for each in every if any(sign in each for sign in SIGNS)]
    assert sum("foreign.test" in each for each in every) >= seen


def csv(**columns: object) -> bytes:
    return pd.DataFrame(columns).to_csv(index=False).encode()


def scores() -> bytes:
    score = np.random.default_rng(0).normal(size=N)
    names = {"id": [f"{FOREIGN}{i}" for i in range(N)], "class": [FOREIGN] * N}
    return csv(score=score, label=(np.arange(N) % 5 == 0).astype(int), **names)


def cockpit(data: bytes, **query: str) -> AppTest:
    test = app_pages.opened("cockpit.py", case="own", **query)
    test.file_uploader[0].set_value((f"{FOREIGN}.csv", data, "text/csv")).run()
    return test


@pytest.mark.parametrize("below", ["samples", "advice", "compare", "export"])
def test_of_scores(below: str) -> None:
    assert_words_only(cockpit(scores(), below=below))


def test_of_two_columns_of_scores() -> None:
    """Their names are what is compared: in a table, in sentences, over lists."""
    rng = np.random.default_rng(1)
    names = [f"{FOREIGN}{name}" for name in "ab"]
    columns = {name: rng.normal(size=N) for name in names}
    label = (np.arange(N) % 5 == 0).astype(int)
    test = app_pages.opened("cockpit.py", case="own", below="compare")
    test.file_uploader[0].set_value(("two.csv", csv(**columns, label=label), "text/csv")).run()
    test.selectbox(key="own-column-Score").set_value(names[0]).run()
    test.selectbox(key="own-beside").set_value(names[1]).run()
    assert not test.exception
    said = [str(one.value) for one in (*test.markdown, *test.get("html"))]
    assert sum("foreign.test" in each for each in said) >= 3
    assert not [each for each in said if any(sign in each for sign in SIGNS)]


def test_of_scores_that_cannot_be_read() -> None:
    assert_words_only(cockpit(csv(score=[1, 2], label=[FOREIGN, "0"])))
    assert_words_only(cockpit(csv(**{FOREIGN: [1, 2], "b": [1, 2]})))


def test_of_a_picture() -> None:
    test = app_pages.opened("mnist.py", view="own")
    test.file_uploader[0].set_value((f"{FOREIGN}.png", b"none", "image/png")).run()
    assert_words_only(test)


@pytest.mark.parametrize("query", [{"race": FOREIGN}, {"race": f"ring,{FOREIGN}=1"}])
def test_of_an_address(query: dict[str, str]) -> None:
    assert_words_only(app_pages.opened("race.py", **query))


@pytest.fixture(scope="module")
def table() -> bytes:
    rng = np.random.default_rng(0)
    names = {f"{FOREIGN}{name}": rng.normal(size=N) for name in "xy"}
    label = (np.arange(N) % 6 == 0).astype(int)
    return csv(**names, constant=[FOREIGN] * N, id=[f"{FOREIGN}{i}" for i in range(N)], label=label)


@pytest.fixture(scope="module")
def trained(own_fittings: None, table: bytes) -> AppTest:
    test = app_pages.opened("own.py", kind="own")
    test.file_uploader(key="own-data").upload(f"{FOREIGN}.csv", table, "text/csv").run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(own_train.STEPS["table"], "usual", {"steps": 20})
        finish(test)
    return test


@pytest.mark.parametrize("view", ["scores", "explain", "take", "learned"])
def test_of_a_table(trained: AppTest, view: str) -> None:
    group(trained, "show").set_value(view).run()
    assert_words_only(trained, seen=0 if view in ("take", "learned") else 1)


def test_of_a_saved_detector(trained: AppTest, table: bytes) -> None:
    (outcome,) = jobs_of(trained).outcomes.values()
    test = app_pages.opened("own.py", **{"with": "saved"})
    test.file_uploader(key="own-detector").upload("m.safetensors", outcome.model.read_bytes(), "")
    test.run()
    assert_words_only(test)
    other = app_pages.opened("own.py", kind="own")
    other.file_uploader(key="own-data").upload("t.csv", csv(**{FOREIGN: ["x", 1]}), "").run()
    assert_words_only(other)


def test_in_figures() -> None:
    names = [f"{FOREIGN}{i}" for i in range(3)]
    x = np.random.default_rng(0).normal(size=(9, 3))
    label = np.arange(9) % 3 == 0
    test = Scored(x[:, 0], label.astype(int), class_=np.array(names * 3))
    figures = [
        own_explained.features_figure(names, names, names, x[2]).to_json(),
        own_explained.recording_figure(names, x).to_json(),
        str(cockpit_figure(Drawn(test, None, names=(FOREIGN, FOREIGN), abnormal=FOREIGN), 0.0)),
    ]
    for figure in figures:
        assert not [sign for sign in ("<img", "://") if sign in figure.replace("\\u003c", "<")]
    assert io.StringIO(figures[0]).read().count("&#60;img")
