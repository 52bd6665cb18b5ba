"""Unfinished fits: each has a checkpoint of its own, whatever the files beside it are called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wganad_core.detector import learning
from wganad_core.jobs.fit import fit
from wganad_core.jobs.orders import FitOrder


def order_of(folder: Path, out: str) -> FitOrder:
    data = folder / "data.csv"
    rows = np.random.default_rng(0).normal(size=(100, 2))
    pd.DataFrame(rows, columns=list("ab")).to_csv(data, index=False)
    settings = (("steps", 20), ("width", 8), ("score_method", "residual"))
    return FitOrder(data, folder / out, parameters=settings)


def cut_off(order: FitOrder) -> None:
    def some(steps: Iterator[Any]) -> None:
        for progress in steps:
            if progress.step > 10:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(order, some)


@pytest.fixture(autouse=True)
def _kept_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SAVE_EVERY", 0)


@pytest.mark.parametrize("other", ["pump.2025", "pump", "pump.safetensors"])
def test_fits_side_by_side_leave_each_other_alone(tmp_path: Path, other: str) -> None:
    begun = order_of(tmp_path, "pump.2024")
    cut_off(begun)
    kept = begun.checkpoint.read_bytes()
    fit(order_of(tmp_path, other))
    assert begun.checkpoint.read_bytes() == kept
    assert {path.name for path in tmp_path.iterdir()} == {
        "data.csv",
        "pump.2024.checkpoint",
        other,
    }


def test_a_checkpoint_of_the_old_name_is_found(tmp_path: Path) -> None:
    order = order_of(tmp_path, "pump.safetensors")
    cut_off(order)
    old = order.checkpoint.rename(tmp_path / "pump.checkpoint")
    first: list[int] = []
    said: list[str] = []
    fit(order, lambda steps: first.extend(one.step for one in steps), said.append)
    assert first[0] > 1
    assert f"{old} is copied, as checkpoints are called pump.safetensors.checkpoint" in "".join(
        said
    )
    assert old.exists()
    assert not order.checkpoint.exists()
