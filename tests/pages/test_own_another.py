"""A second file for the detector that was just made: read by its columns, scored, told of drift."""

from __future__ import annotations

import io
import time

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.own import another as own_another
from pages._ui.own import data as own_data
from pages._ui.own.outcome import Outcome
from tests.pages.test_own_page import (  # noqa: F401  # a fixture
    group,
    jobs_of,
    opened,
    own_fittings,
    texts,
)
from wganad_core.data.own.drift import drifted
from wganad_core.data.own.examples import example
from wganad_core.data.own.flagged import scored_csv
from wganad_core.data.own.samples import read_samples

pytestmark = pytest.mark.usefixtures("own_fittings")


@pytest.fixture(scope="module")
def pump() -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(example("table")[1]))


@pytest.fixture(scope="module")
def made(own_fittings: None) -> AppTest:  # noqa: F811
    """A detector of the pump without networks."""
    test = opened(show="another")
    test.selectbox(key="own-method-table").set_value("neighbours").run()
    test.button(key="own-train").click().run()
    wait(test)
    return test


def wait(test: AppTest) -> None:
    end = time.monotonic() + 60
    while jobs_of(test).busy or jobs_of(test).latest is not None:
        assert time.monotonic() < end
        time.sleep(0.1)
        test.run()
    assert not test.exception


def uploaded(test: AppTest, name: str, table: pd.DataFrame) -> Outcome | None:
    data = table.to_csv(index=False).encode()
    test.file_uploader(key="own-another-table").upload(name, data, "text/csv").run()
    wait(test)
    found = jobs_of(test).outcomes
    return next((one for one in found.values() if one.plan.source.name == name), None)


def test_a_second_file_is_scored_at_the_same_threshold(made: AppTest, pump: pd.DataFrame) -> None:
    """Columns may stand in another order, and there may be more of them."""
    some = pump[pump["label"] == 0].head(200).drop(columns="label")
    mixed = some[some.columns[::-1]].assign(extra=np.arange(200) % 9)
    found = uploaded(made, "week-2.csv", mixed)
    first = jobs_of(made).outcomes["table"]
    assert found is not None
    assert found.threshold == first.threshold
    before = dict(zip(first.row.tolist(), first.score.tolist(), strict=True))
    rows = pump.index[pump["label"] == 0][:200] + 1
    np.testing.assert_allclose(found.score, [before[row] for row in rows], rtol=1e-6)
    said = texts(made)
    assert "200 rows</b> of week-2.csv are flagged" in said
    assert "Not seen by the detector: the column 'extra'." in said
    assert not made.warning
    top = next(
        each for each in made.dataframe if each.key == "own-rows-of-" + found.plan.source.key
    )
    assert top.value["score"].is_monotonic_decreasing


def test_a_file_of_another_machine_is_told_as_such(made: AppTest, pump: pd.DataFrame) -> None:
    moved = pump.drop(columns="label").head(100)
    name = str(moved.columns[-1])
    moved[name] = 40 * moved[name].abs().max() + moved[name]
    uploaded(made, "other.csv", moved)
    assert "Most of other.csv is flagged" in made.warning[0].value
    assert f"most in '{name}'" in made.warning[0].value


def test_a_column_that_lacks_is_named(made: AppTest, pump: pd.DataFrame) -> None:
    name = str(pump.columns[-2])
    assert uploaded(made, "short.csv", pump.drop(columns=name)) is None
    assert f"short.csv lacks the column '{name}'" in made.error[0].value


def test_a_moved_threshold_goes_along(made: AppTest, pump: pd.DataFrame) -> None:
    first = jobs_of(made).outcomes["table"]
    chosen = own_data.Chosen(
        first.plan.source, "table", first.plan.roles, first.chosen.samples, False, None
    )
    first.given["set"] = first.threshold / 2
    try:
        plan = own_another.plan_of(first, chosen)
        assert [type(order).__name__ for order in plan.orders()] == ["ExportOrder", "ScoreOrder"]
        assert f"--threshold={first.threshold / 2!r}" in plan.shell()
    finally:
        first.given.clear()


def test_no_drift_is_told_where_few_rows_are_flagged() -> None:
    rows = read_samples(b"a,b\n" + b"1,2\n3,4\n" * 20, "a.csv")
    assert not drifted(rows, rows, np.arange(40) < 20)
    assert "most in" not in drifted(rows, rows, np.ones(40, bool))


def test_the_rows_that_come_back_keep_their_columns() -> None:
    data = b"time,id,score,kind,flow,label\n"
    data += b"".join(
        b"%d,=n%d,%d,%s,%d,0\n" % (i, i, i % 3, b"xy"[i % 2 :][:1], i % 7) for i in range(40)
    )
    samples = read_samples(data, "a.csv", features=["score", "kind", "flow"], time="time")
    back = pd.read_csv(
        io.BytesIO(scored_csv(samples, np.arange(40), np.arange(40.0), 37.5)), dtype={"id": str}
    )
    assert back["score "].tolist() == list(range(39, -1, -1))  # the file has a "score" of its own
    assert back["flagged"].sum() == 2
    assert back["row"].tolist() == list(range(40, 0, -1))
    assert back["id"][0] == "'=n39"  # no spreadsheet runs it
    assert back["kind"].tolist() == ["y", "x"] * 20
    assert back["flow"][0] == 39 % 7
