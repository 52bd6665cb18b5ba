"""Training with less precise products: close to single precision, and kept in it."""

from __future__ import annotations

import pytest
import torch

from tests.small import training
from wganad_core.config import LESS_PRECISE, ConfigError, TrainingConfig


@pytest.mark.parametrize("shape", ["image", "conv"])
@pytest.mark.parametrize("method", LESS_PRECISE)
def test_products_of_bfloat16_cost_a_little_accuracy_and_nothing_else(
    method: str, shape: str
) -> None:
    exact, rough = (training(method, shape, precision=p) for p in ("single", "bfloat16"))
    exact.step()
    rough.step()
    # bfloat16 has 8 bits: a percent of the loss of fresh networks, and other updates
    assert rough.losses == pytest.approx(exact.losses, rel=0.01)
    assert rough.networks.checksum() != exact.networks.checksum()
    kept = [rough.networks[part].state_dict() for part in rough.parts]
    assert all(value.dtype != torch.bfloat16 for state in kept for value in state.values())


@pytest.mark.parametrize("method", ["wgan-gp", "vae"])
def test_other_methods_say_that_they_train_in_single_precision(method: str) -> None:
    with pytest.raises(ConfigError, match=f"bfloat16 is for contrast and encoder; {method}"):
        TrainingConfig(method=method, precision="bfloat16")
