"""Files with a valid hash that hold something else (`tests.soak.forged` tries many more)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.soak import forged
from wganad_core import storage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forged")


@pytest.fixture(scope="module")
def kinds(folder: Path) -> Mapping[str, tuple[str, Path, forged.Use]]:
    return forged.kinds(folder)


@pytest.mark.parametrize("name", ["race", "training", "run", "detector"])
def test_a_forged_file_is_used_or_refused_in_a_sentence(name: str, kinds: Any, folder: Path):
    assert forged.tracebacks(folder, kinds[name], 40, name) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda state: state[:1],
        lambda state: state.astype(np.float64),
        lambda state: np.tile(state, 9),
    ],
)
def test_an_optimiser_never_writes_beyond_its_state(wrong: Any, kinds: Any, folder: Path):
    kind, path, use = kinds["training"]
    arrays, meta = storage.load(path, kind)
    name = "0.run.trainer.optimizer.critic.exp_avg_sq"
    (folder / "state").write_bytes(
        storage.encode(kind, {**arrays, name: wrong(arrays[name])}, meta)
    )
    with pytest.raises(storage.StorageError, match=r"no usable checkpoint \(expected optimizer"):
        use(folder / "state")


def test_a_rule_without_its_numbers_is_no_rule(kinds: Any, folder: Path):
    kind, path, use = kinds["detector"]
    arrays, meta = storage.load(path, kind)
    del meta["model"]["fitted"]["rules"]["ours"]["location"]["residual/axes"]
    (folder / "rule").write_bytes(storage.encode(kind, arrays, meta))
    with pytest.raises(storage.StorageError, match="no location or scale of residual/axes"):
        use(folder / "rule")
