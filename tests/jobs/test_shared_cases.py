"""Published cases from a file to scores, where they are: what a detector makes of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from wganad_core.data.own.recordings import recordings
from wganad_core.data.own.samples import read_samples
from wganad_core.jobs.fit import fit
from wganad_core.jobs.orders import FitOrder, ScoreOrder
from wganad_core.jobs.score import score

CASES = Path(os.environ.get("WGANAD_CASES", "/work/shared/cases"))
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here")
METHOD = (("score_method", "neighbours"),)  # no network need be trained to see how rows are read


def scored(folder: Path, train: str, *tests: str) -> list[pd.DataFrame]:
    model = folder / "m.safetensors"
    fit(FitOrder(CASES / train, model, parameters=METHOD))
    found = []
    for test in tests:
        out = folder / "s.csv"
        score(ScoreOrder(CASES / test, model, out))
        found.append(pd.read_csv(out))
    return found


def test_case_01_frauds_are_no_normals(tmp_path: Path) -> None:
    file = "01-creditcard-class/creditcard.csv"
    (found,) = scored(tmp_path, file, file)
    assert average_precision_score(found["label"], found["score"]) > 0.99


@pytest.mark.parametrize(("name", "point"), [("Raw Data.csv", "."), ("Raw Data de.csv", ",")])
def test_case_14_phyphox(name: str, point: str) -> None:
    found = read_samples(CASES / "14-phyphox" / name)
    assert found.time_name == "Time (s)"
    assert len(found.features) >= 3
    assert (recordings(found, None, 16).rate or 0) > 1
    assert any("decimal points" in line for line in found.remarks) == (point == ",")


def test_case_26_rounding_changes_nothing(tmp_path: Path) -> None:
    folder = "26-scales-constants"
    plain, rounded = scored(
        tmp_path, f"{folder}/train.csv", f"{folder}/test.csv", f"{folder}/test_float32.parquet"
    )
    np.testing.assert_allclose(plain["score"], rounded["score"], rtol=1e-4, atol=1e-5)
    assert plain["flagged"].mean() < 0.05
    moved: Any = pd.read_csv(CASES / folder / "test.csv").head(20)
    constant = [name for name in moved if moved[name].nunique() == 1 and moved[name].iat[0] > 1]
    assert constant
    moved[constant[0]] += 0.08
    moved.to_csv(tmp_path / "moved.csv", index=False)
    score(ScoreOrder(tmp_path / "moved.csv", tmp_path / "m.safetensors", tmp_path / "s.csv"))
    assert pd.read_csv(tmp_path / "s.csv")["flagged"].all()


def test_case_39_random_labels_are_not_found(tmp_path: Path) -> None:
    folder = "39-label-as-feature"
    (found,) = scored(tmp_path, f"{folder}/train.csv", f"{folder}/test.csv")
    assert 0.4 < roc_auc_score(found["label"], found["score"]) < 0.6
