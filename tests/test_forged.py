"""Files with a valid hash that hold something else (`tests.soak.forged` tries many more)."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.soak import forged, forgeries
from wganad_core import pretrained, storage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forged")


@pytest.fixture(scope="module")
def kinds(folder: Path) -> Mapping[str, forged.Kind]:
    return forgeries.kinds(folder, most=50_000)


@pytest.mark.parametrize(
    ("name", "n"),
    [("race", 40), ("training", 40), ("run", 20), ("detector", 40), ("scores", 30), ("choice", 60)],
)
def test_a_forged_file_is_used_or_refused_in_a_sentence(
    name: str, n: int, kinds: Mapping[str, forged.Kind], folder: Path
):
    assert forged.tracebacks(folder, kinds[name], n, name) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda state: state[:1],
        lambda state: state.astype(np.float64),
        lambda state: np.tile(state, 9),
    ],
)
def test_an_optimiser_never_writes_beyond_its_state(wrong: Any, kinds: Any, folder: Path):
    use, kind = kinds["training"].use, "checkpoint"
    arrays, meta = storage.load(folder / "training", kind)
    name = "0.run.trainer.optimizer.critic.exp_avg_sq"
    (folder / "state").write_bytes(
        storage.encode(kind, {**arrays, name: wrong(arrays[name])}, meta)
    )
    with pytest.raises(storage.StorageError, match=r"no usable checkpoint \(expected optimizer"):
        use(folder / "state")


def test_a_rule_without_its_numbers_is_no_rule(kinds: Any, folder: Path):
    use, kind = kinds["detector"].use, "detector"
    arrays, meta = storage.load(folder / kind, kind)
    del meta["model"]["fitted"]["rules"]["ours"]["location"]["residual/axes"]
    (folder / "rule").write_bytes(storage.encode(kind, arrays, meta))
    with pytest.raises(storage.StorageError, match="no location or scale of residual/axes"):
        use(folder / "rule")


def refusal(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(storage.StorageError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{path} ")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"counts": None}, "is no usable run (it lacks 'counts')"),
        ({"steps": np.empty(0, np.int64)}, "is no usable run (steps are no 1 to 96 whole numbers"),
        ({"steps": np.zeros(3)}, "is no usable run (steps are no 1 to 96 whole numbers"),
        ({"history": np.zeros((7, 2))}, "is no usable run (history has the shape (7, 2))"),
        ({"field": np.zeros((3, 40, 39))}, "is no usable run (field has the shape (3, 40, 39))"),
        ({"slope": np.zeros((7, 9, 9))}, "is no usable run (slope has the shape (7, 9, 9))"),
        ({"samples": np.zeros((7, 0, 2))}, "is no usable run (samples has the shape (7, 0, 2))"),
    ],
)
def test_a_recording_whose_arrays_do_not_fit_is_refused(
    change: Mapping[str, Any], sentence: str, kinds: Any, folder: Path
):
    arrays, meta = storage.load(folder / "run", "run")
    other = {**arrays, **{f"recording.{name}": value for name, value in change.items()}}
    kept = {name: value for name, value in other.items() if value is not None}
    storage.save(folder / "other", "run", kept, meta)
    assert refusal(pretrained.load_run, folder / "other").startswith(sentence)


@pytest.mark.parametrize("text", ["[]", "3", "", "[" * 200_000, '{"wganad": "run"}', "\0"])
def test_what_is_no_choice_is_refused(text: str, tmp_path: Path):
    path = tmp_path / "choice.json"
    path.write_text(text)
    assert refusal(pretrained.read_choice, path).startswith("does not hold a choice of evidence (")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fitted.normals.points.latents", np.zeros((5_000, 3), np.int8)),
        ("fitted.normals.points.latents", np.zeros((5_000, 16))),
        ("fitted.normals.points.latents", np.zeros((1, 16), np.uint8)),
        ("steps.latents", np.ones(1, np.float32)),
    ],
)
def test_normals_that_do_not_fit_are_refused(name: str, value: Any, tmp_path: Path):
    arrays, meta = storage.load(forgeries.DIGIT / "ours.safetensors", "rules")
    assert name in arrays
    storage.save(tmp_path / "rules", "rules", {**arrays, name: value}, meta)
    assert " latents " in refusal(pretrained.load_rules, tmp_path / "rules")


def test_a_small_table_of_long_texts_is_refused_before_it_is_large(kinds: Any, tmp_path: Path):
    storage.save_scores(forgeries.scores(), tmp_path / "honest")
    honest = pq.read_table(tmp_path / "honest")
    long = forgeries.many(honest, 6_000, "x" * 60_000)
    pq.write_table(long, tmp_path / "long", compression="brotli")
    assert (tmp_path / "long").stat().st_size < 20_000
    said = refusal(storage.load_scores, tmp_path / "long")
    assert "6,000 values of sample_id have up to 60,000 letters" in said


def test_a_small_table_of_many_rows_is_refused_before_it_is_read(tmp_path: Path):
    storage.save_scores(forgeries.scores(), tmp_path / "honest")
    rows = pq.read_table(tmp_path / "honest").slice(0, 1)
    with pq.ParquetWriter(tmp_path / "many", rows.schema) as writer:
        many = pa.concat_tables([rows] * 1_000).unify_dictionaries().combine_chunks()
        for _ in range(4):
            writer.write_table(many)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage.scores, "MOST_ROWS", 3_999)
        said = refusal(storage.load_scores, tmp_path / "many")
    assert "expected at most 3,999 rows and 512 MB, unpacked; found 4,000 and" in said
