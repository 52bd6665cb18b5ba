"""Saved detectors: what comes back is what was saved; everything else is refused in a sentence."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as array_of
from sklearn.datasets import make_blobs

from tests.test_packing import changed
from wganad_core import WGANAnomalyDetector, storage
from wganad_core.detector import SCORE_METHODS, WGANImageDetector, WGANSeriesDetector, load
from wganad_core.detector.saved import KIND, SavedDetector, record_of, restored
from wganad_core.methods import DivergedError
from wganad_core.packing import pack
from wganad_core.storage import StorageError

pytestmark = pytest.mark.usefixtures("short_searches")
ROWS = make_blobs(120, 3, centers=2, random_state=1)[0]


def short(**parameters) -> WGANAnomalyDetector:
    settings = {"steps": 5, "width": 8, "batch_size": 16, "random_state": 0, **parameters}
    return WGANAnomalyDetector(**settings)


@pytest.fixture(scope="module")
def fitted() -> WGANAnomalyDetector:
    return short().fit(ROWS)


@pytest.fixture
def file(fitted, tmp_path) -> Path:
    path = tmp_path / "detector.safetensors"
    fitted.save(path)
    return path


def packed(estimator) -> tuple[dict, dict]:
    """What its file holds."""
    return pack(record_of(estimator))


def unpacked(arrays, meta):
    """The estimator of a file that holds this."""
    return restored(storage.as_record(SavedDetector, KIND, arrays, meta, "file"), "file")


def fitted_attributes(estimator) -> dict:
    """Everything that a fit sets, as bytes and text."""
    arrays, meta = packed(estimator)
    found = {name: (v.dtype.str, v.shape, v.tobytes()) for name, v in arrays.items()}
    return {**found, "meta": json.dumps(meta, sort_keys=True)}


# Round trips.


@settings(max_examples=20, phases=[Phase.generate])  # shrinking trains for minutes
@given(
    rows=array_of(
        np.float64,
        st.tuples(st.integers(2, 60), st.integers(1, 4)),
        elements=st.floats(-1e6, 1e6, width=32),
    ),
    method=st.sampled_from(SCORE_METHODS),
    rule=st.sampled_from(["quantile", "conformal", "tail", "mad"]),
    scaling=st.sampled_from(["standard", "robust", "none"]),
    rate=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_round_trip_keeps_every_bit(tmp_path_factory, rows, method, rule, scaling, rate, seed):
    one = short(
        score_method=method,
        threshold_rule=rule,
        scaling=scaling,
        steps=2,
        false_alarm_rate=rate,
        random_state=seed,
    )
    try:
        one.fit(rows)
    except DivergedError:  # as it may on such rows, unscaled
        reject()
    path = tmp_path_factory.mktemp("saved") / "one.safetensors"
    one.save(path)
    two = WGANAnomalyDetector.load(path)
    assert two.get_params() == one.get_params()
    assert fitted_attributes(two) == fitted_attributes(one)
    some = rows[:8]
    assert np.array_equal(two.anomaly_score(some), one.anomaly_score(some))
    assert np.array_equal(two.predict(some), one.predict(some))
    assert two.threshold_ == one.threshold_
    assert two.advice_ == one.advice_


def test_the_same_fit_saves_the_same(fitted):
    assert fitted_attributes(short().fit(ROWS)) == fitted_attributes(fitted)


def test_names_of_columns_come_back(tmp_path):
    import pandas as pd

    table = pd.DataFrame(ROWS, columns=["flow", "Druck", "温度"])
    short().fit(table).save(tmp_path / "named")
    found = load(tmp_path / "named")
    assert found.feature_names_in_.tolist() == ["flow", "Druck", "温度"]
    assert np.isfinite(found.anomaly_score(table)).all()
    with pytest.raises(ValueError, match="feature names"):
        found.anomaly_score(table[["Druck", "flow", "温度"]])


@pytest.mark.parametrize(
    ("one", "x"),
    [
        (
            WGANSeriesDetector(window=8, steps=3, random_state=0),
            np.random.default_rng(0).normal(size=(200, 2)),
        ),
        (
            WGANImageDetector(
                steps=2,
                encoder_steps=2,
                generator_width=2,
                critic_width=2,
                encoder_width=2,
                hidden=4,
                n_latent=2,
                batch_size=8,
                random_state=0,
            ),
            np.random.default_rng(0).random((60, 784)),
        ),
    ],
)
def test_the_other_two_come_back_as_what_they_are(one, x, tmp_path):
    one.fit(x).save(tmp_path / "one")
    two = load(tmp_path / "one")
    assert type(two) is type(one)
    assert np.array_equal(two.anomaly_score(x), one.anomaly_score(x))
    with pytest.raises(StorageError, match=f"holds a {type(one).__name__}; expected a WGANAnomaly"):
        WGANAnomalyDetector.load(tmp_path / "one")


def test_training_goes_on_from_a_file(file, fitted):
    two = load(file).set_params(warm_start=True).fit(ROWS)
    assert two.n_steps_ == 2 * fitted.n_steps_


def test_a_random_state_that_is_an_object_is_saved_as_its_seed(tmp_path):
    one = short(random_state=np.random.RandomState(5)).fit(ROWS)
    one.save(tmp_path / "one")
    two = load(tmp_path / "one")
    assert two.random_state == one.seed_
    scores = one.anomaly_score(ROWS)
    assert np.array_equal(two.fit(ROWS).anomaly_score(ROWS), scores)


def test_an_unfitted_estimator_is_not_saved(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        short().save(tmp_path / "nothing")
    assert not list(tmp_path.iterdir())


# Refusals.


def rewritten(data: bytes, change) -> bytes:
    """The same safetensors file with other arrays and header, its hash left as it was."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])["__metadata__"]
    arrays = safetensors.numpy.load(data)
    change(arrays, header)
    return safetensors.numpy.save(arrays, header)


def swap_tensor(arrays, header):
    name = "model.weights.generator.0.weight"
    arrays[name] = arrays[name][::-1].copy()


def swap_two_tensors(arrays, header):
    one, two = "model.weights.critic.0.bias", "model.weights.generator.0.bias"
    arrays[one], arrays[two] = arrays[two], arrays[one]


def move_threshold(arrays, header):
    meta = json.loads(header["meta"])
    meta["threshold"] += 1
    header["meta"] = json.dumps(meta, sort_keys=True)


def drop_tensor(arrays, header):
    del arrays["model.scaler.scale"]


def newer_schema(arrays, header):
    header["schema"] = "99"


def other_kind(arrays, header):
    header["wganad"] = "model"


def foreign(arrays, header):
    header.clear()


TAMPERED = {
    swap_tensor: "does not match its own hash",
    swap_two_tensors: "does not match its own hash",
    move_threshold: "does not match its own hash",
    drop_tensor: "does not match its own hash",
    newer_schema: "has schema 99; this version reads up to",
    other_kind: "holds a model; expected a detector",
    foreign: "was not written by this project",
}


@pytest.mark.parametrize("change", TAMPERED, ids=lambda change: change.__name__)
def test_what_was_tampered_with_is_refused(file, change):
    file.write_bytes(rewritten(file.read_bytes(), change))
    refused(file, TAMPERED[change])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "truncated or not a safetensors file"),
        (b"\x80\x04\x95", "truncated or not a safetensors file"),
        (b"PK\x03\x04" + bytes(200), "not a safetensors file"),
        (np.arange(1000.0).tobytes(), "not a safetensors file"),
    ],
)
def test_what_is_no_detector_is_refused(tmp_path, data, why):
    (tmp_path / "file").write_bytes(data)
    refused(tmp_path / "file", why)


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(fitted, tmp_path_factory, share):
    whole = storage.encode(KIND, *packed(fitted))
    path = tmp_path_factory.mktemp("cut") / "file"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StorageError):
        load(path)


@settings(max_examples=60)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_is_refused(fitted, tmp_path_factory, place, bit):
    data = bytearray(storage.encode(KIND, *packed(fitted)))
    data[int(place * len(data))] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / "file"
    path.write_bytes(data)
    with pytest.raises(StorageError):
        load(path)


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path / "nowhere", "cannot be read")


def test_a_missing_parameter_is_named(fitted):
    arrays, meta = packed(fitted)
    del meta["parameters"]["n_latent"]
    with pytest.raises(StorageError, match=r"file lacks the parameter n_latent; restore"):
        unpacked(arrays, meta)


def test_a_parameter_of_another_version_is_named(fitted):
    arrays, meta = packed(fitted)
    meta["parameters"]["sparkle"] = 3
    with pytest.raises(StorageError, match="has the parameter sparkle, which this version lacks"):
        unpacked(arrays, meta)


@pytest.mark.parametrize("name", sorted(packed(short(steps=1).fit(ROWS))[0]))
def test_every_array_is_needed_and_measured(fitted, name):
    """As if someone had computed the hash anew."""
    arrays, meta = packed(fitted)
    without = {other: value for other, value in arrays.items() if other != name}
    if name == "model.scaler.tolerance":  # which older files do not have
        unpacked(without, meta)
    else:
        with pytest.raises(StorageError, match="restore it"):
            unpacked(without, meta)
    with pytest.raises(StorageError, match="restore it"):
        unpacked({**arrays, name: np.append(arrays[name].ravel(), 0)[None]}, meta)


@pytest.mark.parametrize("name", sorted(packed(short(steps=1).fit(ROWS))[1]))
def test_every_entry_is_needed(fitted, name):
    arrays, meta = packed(fitted)
    del meta[name]
    if name in ("versions", "rows_sha256"):  # for people, and not in older files
        unpacked(arrays, meta)
        return
    with pytest.raises(StorageError, match=f"lacks {name}|no usable detector"):
        unpacked(arrays, meta)


@settings(max_examples=60)
@given(data=st.data())
def test_hostile_files_load_or_are_refused_in_a_sentence(fitted, data):
    arrays, meta = packed(fitted)
    try:
        unpacked(arrays, data.draw(changed(meta)))
    except StorageError as error:
        said = str(error)
        assert said.startswith("file ")
        assert said.endswith("restore it from where it came from.")
        assert "\n" not in said


def refused(path: Path, why: str) -> None:
    """Loading raises one sentence that names the file."""
    with pytest.raises(StorageError, match=why) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


# Interruptions.


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_an_interrupted_save_leaves_the_previous_file_whole(file, broken, monkeypatch):
    before = file.read_bytes()
    other = short(random_state=1).fit(ROWS)

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fails)
    with pytest.raises(StorageError, match="What was there before is unchanged"):
        other.save(file)
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
    load(file)


def test_a_save_that_is_killed_leaves_the_previous_file_whole(file, monkeypatch):
    before = file.read_bytes()
    other = short(random_state=1).fit(ROWS)

    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        other.save(file)
    monkeypatch.undo()
    assert file.read_bytes() == before
    load(file)


def test_sizes_that_a_file_declares_take_no_memory(fitted):
    """They were built first: five gigabytes for a file of sixty kilobytes."""
    model = fitted.model_
    network = dataclasses.replace(model.network, width=4096, depth=16)
    forged = dataclasses.replace(
        record_of(fitted), model=dataclasses.replace(model, network=network)
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(StorageError, match=r"forged is no usable detector .*Expected weights"):
        restored(forged, "forged")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
