"""The long runs of `tests.soak`, each for a moment."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.soak import hostile, inputs, models, uploads
from wganad_core.live.readers import Readers


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    found = Readers()
    yield found
    found.stop()


@pytest.mark.parametrize("verb", ["fit", "score", "threshold", "evaluate"])
def test_a_damaged_file_is_used_or_refused(verb: str, tmp_path: Path) -> None:
    inputs.prepare(tmp_path)
    ended, problems, _ = inputs.tries(25, verb, tmp_path, seed=1)
    assert problems == []
    assert ended.keys() == {"used", "refused"}


def test_a_damaged_detector_is_used_or_refused(tmp_path: Path) -> None:
    ended, problems = models.tries(12, tmp_path, seed=2, methods=["neighbours"])
    assert problems == []
    assert {"used", "refused"} <= set().union(*ended.values())


@pytest.mark.parametrize("what", ["points", "offered", "scores"])
def test_an_array_that_is_no_table_is_refused(what: str, readers: Readers) -> None:
    array = hostile.npy(np.zeros((2, 2, 2, 2, 2)))
    assert uploads.read(readers, "five.npy", array, what) == ("refused", "")


def test_an_upload_that_asks_for_much_is_used_or_refused(readers: Readers) -> None:
    quick = {"empty.csv", "names.zip", "huge.png", "declared.npy", "pickle.npy", "texts.parquet"}
    quick |= {"nested.parquet", "names.parquet", "same.parquet", "bomb.zip", "packed.csv.gz"}
    for name, data in hostile.burdens():
        if name in quick:
            assert uploads.read(readers, name, data, "look")[1] == "", name
