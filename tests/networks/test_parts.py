"""Weights of networks as arrays, and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.small import IMAGE, METHODS, made, rng


@pytest.mark.parametrize("method", METHODS)
def test_weights_survive_arrays(method: str) -> None:
    one, other = made(method), made(method, seed=1)
    arrays = one.arrays()
    assert all(np.isfinite(value).all() for value in arrays.values())
    other.load_arrays(arrays)
    assert other.checksum() == one.checksum()
    for name, value in other.arrays().items():
        assert np.array_equal(value, arrays[name]), name


def test_the_statistics_of_batch_normalisation_travel_too() -> None:
    one, other = made("encoder"), made("encoder", seed=1)
    images = torch.rand(20, 784, generator=rng())
    one["encoder"](images)
    other.load_arrays(one.arrays())
    for networks in (one, other):
        networks["encoder"].eval()
    assert torch.equal(one["encoder"](images[:4]), other["encoder"](images[:4]))
    names = {name for name in one.arrays() if name.startswith("encoder.9.")}
    assert names == {
        f"encoder.9.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")
    }


def test_half_precision_is_read() -> None:
    one, other = made("vae"), made("vae", seed=1)
    half = {name: value.astype(np.float16) for name, value in one.arrays().items()}
    other.load_arrays(half)
    for name, value in other.arrays().items():
        assert value.dtype == np.float32
        assert np.array_equal(value, half[name].astype(np.float32))


def test_weights_of_other_networks_are_refused() -> None:
    networks = made("encoder")
    arrays, before = networks.arrays(), networks.checksum()
    wider = made("encoder", IMAGE.replace(hidden=9)).arrays()
    with pytest.raises(ValueError, match=r"generator.0.weight of shape \(6, 3\); found \(9, 3\)"):
        networks.load_arrays(wider)
    with pytest.raises(ValueError, match=r"generator.0.weight of shape \(6, 3\); found none"):
        networks.load_arrays({})
    lacking = {name: value for name, value in arrays.items() if "running_mean" not in name}
    with pytest.raises(ValueError, match=r"encoder.9.running_mean of shape \(3,\); found none"):
        networks.load_arrays(lacking)
    assert networks.checksum() == before
    with pytest.raises(ValueError, match="The file does not belong to this network"):
        networks.load_arrays(made("vae").arrays())
