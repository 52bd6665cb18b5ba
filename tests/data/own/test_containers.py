"""Tables in wrappings: read, or refused by one sentence that is true."""

from __future__ import annotations

import contextlib
import gzip
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from wganad_core.__main__ import main
from wganad_core.data import DataError
from wganad_core.data.own import containers
from wganad_core.data.own.archives import check_entry
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import read_samples

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases" / "40-other-containers"
X = np.random.default_rng(0).normal(size=(30, 2))


def npz(**arrays: np.ndarray) -> bytes:
    found: Any = io.BytesIO()
    np.savez(found, **arrays)  # type: ignore[arg-type]  # no name is allow_pickle
    return bytes(found.getvalue())


def mat(**arrays: np.ndarray) -> bytes:
    found: Any = io.BytesIO()
    scipy.io.savemat(found, arrays)
    return bytes(found.getvalue())


def assert_x(found: OwnSamples, names: tuple[str, ...] = ("x0", "x1")) -> None:
    assert found.features == names
    np.testing.assert_array_equal(found.x, X)


def test_arrays_side_by_side(tmp_path: Path):
    assert_x(read_samples(npz(a=X)))
    (tmp_path / "a.npz").write_bytes(npz(a=X))
    assert_x(read_samples(tmp_path / "a.npz"))
    label = (np.arange(30) > 20).astype(int)
    found = read_samples(npz(x=X, label=label))
    assert found.label is not None
    np.testing.assert_array_equal(found.label, label)
    found = read_samples(mat(DE_time=X[:, :1], FE_time=X[:, 1:], RPM=np.array([[1796]])))
    assert_x(found, ("DE_time", "FE_time"))


def test_gzip_and_arff():
    csv = b"a,b\n1,2\n3,4\n"
    twice = gzip.compress(csv[:6]) + gzip.compress(csv[6:])  # as parallel compressors write it
    for data in (gzip.compress(csv), twice):
        assert read_samples(data).x.tolist() == [[1, 2], [3, 4]]
    arff = b"% ours\n@relation r\n@attribute a numeric\n@attribute label {0,1}\n@data\n1,0\n2,1\n"
    found = read_samples(arff)
    assert found.x.tolist() == [[1], [2]]
    assert found.label is not None
    assert found.label.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (npz(a=X, b=X[:9]), r"one number of rows; found 'a' \(30, 2\), 'b' \(9, 2\)"),
        (npz(a=np.zeros((4, 5, 6))), r"'a' has the shape \(4, 5, 6\); expected \(rows,\)"),
        (npz(a=np.array(["x", "y"])), "Expected an array of numbers; found a"),
        (npz(a=X)[:200], r"NumPy archive \(.npz\) cannot be read"),
        (mat(a=X)[:150], "MATLAB file cannot be read"),
        (gzip.compress(b"a,b\n" * 99, mtime=0)[:-12], "gzip file is damaged"),
        (pickle.dumps([1]), "Python pickle, which may run any code"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "This is HDF5"),
        (b"@problemName own\n@data\n1,2:0\n", "a .ts file of series"),
        (b"@relation r\n@attribute a magic\n@data\n1\n", "ARFF file cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # archives tell the time
)
def test_others_are_refused_in_a_sentence(data: bytes, sentence: str):
    with pytest.raises(DataError, match=sentence) as caught:
        read_samples(data, "f")
    assert str(caught.value).startswith("f: ")
    assert "\n" not in str(caught.value)


def test_a_small_file_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(containers, "MAX_HELD_BYTES", 1_000)
    with pytest.raises(DataError, match="when unpacked"):
        read_samples(npz(a=np.zeros((999, 9))))


def test_windows_are_not_taken_for_pictures(tmp_path, capsys):
    np.save(tmp_path / "w.npy", np.zeros((5, 20, 3)))
    words = ["--out", str(tmp_path / "m"), "--kind", "series"]
    assert main(["fit", str(tmp_path / "w.npy"), *words]) == 1
    assert "are taken in Python" in capsys.readouterr().err


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize("name", ["97.mat", "ecg.arff", "t.csv.gz", "t.npz"])
def test_the_shared_case(name: str):
    assert len(read_samples(CASES / name).x) > 100


@pytest.mark.parametrize(("name", "refused"), [("a.png", True), ("a.csv", False)])
def test_the_limit_of_a_picture_is_none_of_a_table(name: str, refused: bool) -> None:
    entry = zipfile.ZipInfo(name)
    entry.file_size = 21_600_000
    with pytest.raises(DataError, match="Scale it down") if refused else contextlib.nullcontext():
        check_entry(entry)
