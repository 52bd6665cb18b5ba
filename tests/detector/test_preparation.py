"""Missing cells and categories, inside the detector: filled, learned, saved, exported."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.detector.test_onnx import close, needs_onnx
from wganad_core import WGANAnomalyDetector, WGANSeriesDetector
from wganad_core.detector import load
from wganad_core.detector.onnx import export_onnx
from wganad_core.detector.preparation import Preparation
from wganad_core.detector.tables import coded
from wganad_core.jobs.fit import fit
from wganad_core.jobs.orders import FitOrder, ScoreOrder
from wganad_core.jobs.score import score

N = 400
SMALL = (("steps", 60), ("width", 16))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Two kinds at two places; `b` is missing in a twentieth of the rows."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, N)
    found = pd.DataFrame(
        {
            "a": rng.normal(6 * kind, 1),
            "kind": np.array(["red", "green"])[kind],
            "b": rng.normal(size=N),
        }
    )
    found.loc[rng.random(N) < 0.05, "b"] = np.nan
    return found


@pytest.fixture(scope="module")
def detector(table: pd.DataFrame) -> WGANAnomalyDetector:
    return WGANAnomalyDetector(**dict(SMALL), random_state=0).fit(table)


def rows(*cells: tuple[float | None, str | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(list(cells), columns=["a", "kind", "b"])


ODD = rows((0, "red", 0), (0, "blue", 0), (None, "red", 0), (0, None, 0), (6, "red", 0))


def test_what_was_never_seen_is_flagged(detector: WGANAnomalyDetector) -> None:
    assert detector.categories_ == {"kind": ("green", "red")}
    assert detector.predict(ODD)[:4].tolist() == [1, -1, -1, -1]
    expected = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert detector.never_seen(ODD).tolist() == np.array(expected, bool).tolist()


def test_a_cell_that_is_often_missing_is_normal(
    detector: WGANAnomalyDetector, table: pd.DataFrame
) -> None:
    empty = table["b"].isna().to_numpy()
    assert (detector.predict(table[empty]) == -1).mean() < 0.2
    # A kind at the wrong place is odd, though both are usual.
    scores = detector.anomaly_score(rows((0, "red", 0), (6, "red", 0)))
    assert scores[1] > scores[0]


def test_columns_are_blamed_and_rebuilt(detector: WGANAnomalyDetector) -> None:
    assert detector.explain(ODD).shape == detector.reconstruct(ODD).shape == (5, 3)
    assert set(detector.reconstruct(ODD)[:, 1]) <= {0.0, 1.0}


def test_numbers_of_categories_will_do(detector: WGANAnomalyDetector) -> None:
    codes, _ = coded(ODD, detector._known_words)
    with pytest.warns(UserWarning, match="feature names"):
        plain = detector.anomaly_score(codes.to_numpy(float))
    np.testing.assert_array_equal(plain, detector.anomaly_score(ODD))


def test_it_comes_back_from_a_file(detector: WGANAnomalyDetector, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    detector.save(path)
    again = load(path)
    np.testing.assert_array_equal(again.anomaly_score(ODD), detector.anomaly_score(ODD))
    assert again.categories_ == detector.categories_


@needs_onnx
def test_onnx_scores_alike(detector: WGANAnomalyDetector, tmp_path: Path) -> None:
    import json

    import onnxruntime

    export_onnx(detector, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta["categories"]) == {"kind": ["green", "red"]}
    assert json.loads(meta["n_features"]) == 3
    codes, _ = coded(ODD, detector._known_words)
    found, flagged = session.run(None, {"x": codes.to_numpy(np.float32)})
    close(found, detector.anomaly_score(ODD))
    np.testing.assert_array_equal(flagged, detector.predict(ODD) == -1)


def test_nothing_is_added_where_nothing_lacks() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3))
    prepared = Preparation.fitted(x)
    assert prepared.n_features == 3
    np.testing.assert_array_equal(prepared(x), x)
    assert not prepared.never_seen(x).any()


def test_rows_of_nothing_are_refused(detector: WGANAnomalyDetector) -> None:
    with pytest.raises(ValueError, match="Row 1 holds NaN only"):
        detector.predict(rows((0, "red", 0), (None, None, None)))


def test_recordings_lack_nothing() -> None:
    x = np.zeros((100, 2))
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        WGANSeriesDetector(window=8, steps=2).fit(x)


@pytest.mark.parametrize("names", [[0, 1, 2], [30, 10, 20], [("a", 1), ("a", 2), ("b", 1)]])
def test_columns_need_no_names_of_text(table: pd.DataFrame, names: list[object]) -> None:
    settings = {"steps": 2, "width": 8, "random_state": 0}
    unnamed = table.set_axis(pd.Index(names), axis=1)
    found = WGANAnomalyDetector(**settings).fit(unnamed)
    assert found.categories_ == {"x1": ("green", "red")}
    expected = WGANAnomalyDetector(**settings).fit(table).anomaly_score(table)
    np.testing.assert_array_equal(found.anomaly_score(unnamed), expected)


CELLS = {
    "string": pd.array(["red", None, "green"] * 20, "string"),
    "arrow": pd.array(["red", None, "green"] * 20, "string[pyarrow]"),
    "object": np.array(["red", pd.NA, "green"] * 20, object),
    "category": pd.Categorical(["red", None, "green"] * 20),
}
NUMBERS = {
    "Int64": pd.array([1, None, 2] * 20, "Int64"),
    "boolean": pd.array([True, None, False] * 20, "boolean"),
    "text of numbers": pd.array(["1", None, "2"] * 20, "string"),
    "object": np.array([1, pd.NA, 2] * 20, object),
}


@pytest.mark.parametrize("kind", [*CELLS, *NUMBERS])
def test_every_type_of_cells_that_may_be_missing(kind: str) -> None:
    """Text of pandas' own type, and its NA, ended in a `TypeError`."""
    found = pd.DataFrame({"cell": {**NUMBERS, **CELLS}[kind], "rest": np.arange(60.0)})
    numbers, words = coded(found.set_index(np.zeros(60)))  # labels of rows need not differ
    assert words == ((("green", "red"), ()) if kind in CELLS else None)
    assert numbers["cell"].isna().tolist() == [False, True, False] * 20
    detector = WGANAnomalyDetector(steps=2, width=8, random_state=0).fit(found)
    assert not detector.never_seen(found).any()


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (pd.date_range("2020-01-01", periods=60), "2020-01-01 00:00:00"),
        (pd.to_timedelta(np.arange(60), unit="s"), "0 days 00:00:00"),
        ([[1, 2]] * 60, "[1, 2]"),
    ],
)
def test_what_is_neither_number_nor_text_is_named(cells: object, shown: str) -> None:
    found = pd.DataFrame({"a": np.arange(60), "when": cells})
    with pytest.raises(ValueError, match=r"Column 'when' holds .*, which is no number") as told:
        WGANAnomalyDetector(steps=2).fit(found)
    assert shown in str(told.value)


def test_text_where_numbers_were_is_named() -> None:
    found = pd.DataFrame({"a": np.arange(60), "b": np.arange(60)})
    detector = WGANAnomalyDetector(steps=2, width=8).fit(found)
    with pytest.raises(ValueError, match="Column 'b' holds 'off', which is no number"):
        detector.predict(pd.DataFrame({"a": [1], "b": ["off"]}))


@pytest.mark.parametrize("names", [["a", "kind", "a"], [1, 2, 1]])
def test_doubled_names_are_refused(table: pd.DataFrame, names: list[object]) -> None:
    with pytest.raises(ValueError, match=r"Two columns are called .*; expected a name of its own"):
        WGANAnomalyDetector(steps=2).fit(table.set_axis(names, axis=1))


def test_files_are_fitted_and_scored_with_all_rows(table: pd.DataFrame, tmp_path: Path) -> None:
    """The shell, the page and Python come to the same scores, also where kinds come in another
    order."""
    table.to_csv(tmp_path / "t.csv", index=False)
    order = FitOrder(tmp_path / "t.csv", tmp_path / "m.safetensors", parameters=SMALL)
    said: list[str] = []
    found = fit(order, say=said.append)
    assert (found.n, found.without_all_features) == (N, 0)
    assert any(line.startswith("remark: Missing cells of b count as the median") for line in said)
    pd.concat([ODD, table])[["kind", "b", "a"]].to_csv(tmp_path / "new.csv", index=False)
    out = tmp_path / "s.parquet"
    scored = score(ScoreOrder(tmp_path / "new.csv", order.out, out))
    assert (scored.n, scored.without_score) == (N + len(ODD), 0)
    scores = pd.read_parquet(out)["score"].to_numpy()
    expected = load(order.out).anomaly_score(pd.concat([ODD, table], ignore_index=True))
    np.testing.assert_allclose(scores, expected, atol=1e-6)


CASES = Path(os.environ.get("WGANAD_CASES", "/work/shared/cases"))


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
@pytest.mark.parametrize("name", ["psm", "question_marks"])
def test_case_28(name: str, tmp_path: Path) -> None:
    file, model = CASES / f"28-missing/{name}.csv", tmp_path / "m.safetensors"
    found = fit(FitOrder(file, model, parameters=SMALL))
    assert (found.n, found.without_all_features) == (1000, 0)
    scored = score(ScoreOrder(file, model, tmp_path / "s.csv"))
    assert (scored.n, scored.without_score) == (1000, 0)
    assert scored.flagged < 60
