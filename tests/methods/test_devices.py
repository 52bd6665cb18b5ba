"""Training elsewhere than on the CPU: what is drawn there is the same, what is kept comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from wganad_core.config import TrainingConfig
from wganad_core.methods import make_trainer, trainer
from wganad_core.run import Run, Stage, device_of
from wganad_core.use_cases import HAR, MNIST, UseCase

MOVES = (torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default)
NUMBER = torch.ops.aten._local_scalar_dense.default


class Elsewhere(TorchDispatchMode):
    """The device `meta`, whose tensors have no values, as a GPU that would refuse operations on
    tensors of two devices; a number that is read from it is 1."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        if func is NUMBER and tensors[0].is_meta:
            return tensors[0].dtype is torch.bool or 1.0
        devices = {tensor.device.type for tensor in tensors if tensor.ndim}
        assert len(devices) < 2 or func in MOVES, f"{func} mixes {devices}"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    ("case", "architecture", "method"),
    [
        (case, architecture, method)
        for case in (MNIST, HAR)
        for architecture in case.architectures
        for method in case.methods
        if method != "contrast" or architecture not in ("dense", "recurrence")  # not all signals
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_step_never_mixes_devices(
    case: UseCase, architecture: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plain(flat: Any, config: TrainingConfig) -> torch.optim.Optimizer:
        return torch.optim.SGD([flat.vector], lr=config.learning_rate)

    monkeypatch.setattr(trainer, "make_optimizer", plain)  # fused ones do not know `meta`
    config = case.recipe(method, architecture).replace(batch_size=4, steps=2)
    network = case.network(method, architecture)
    x = np.zeros((6, network.n_features), np.float32)
    with Elsewhere():
        found = make_trainer(x, config, network, "meta")
        found.step()
    assert found.n_steps == 1
    assert {p.device.type for part in found.parts for p in found.networks[part].parameters()} == {
        "meta"
    }


def test_what_would_mix_is_noticed() -> None:
    with Elsewhere(), pytest.raises(AssertionError, match="mixes"):
        torch.zeros(2, device="meta") + torch.zeros(2)


def test_which_device_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, found in ((False, "cpu"), (True, "cuda")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert (device_of("auto"), device_of("cpu")) == (found, "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="Expected a GPU"):
        device_of("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU here")
@pytest.mark.parametrize("method", MNIST.methods)
def test_a_gpu_trains_what_a_cpu_trains(method: str) -> None:
    """To the rounding of ten steps, and bit by bit when a checkpoint comes in between."""
    x = np.random.default_rng(0).random((64, 784), np.float32)
    network = MNIST.network(method, "image")
    stage = Stage(MNIST.recipe(method, "image").replace(batch_size=16, steps=10), network)
    made: Callable[[str], Run] = lambda device: Run(x, [stage], device=device)  # noqa: E731
    cpu, gpu, cut = made("cpu"), made("cuda"), made("cuda")
    for run in (cpu, gpu):
        *_, _last = run
    for _ in range(5):
        next(cut)
    resumed = made("cuda")
    resumed.load_state(*cut.state())
    *_, _last = resumed
    here, there, again = (run.trainer.finished_arrays() for run in (cpu, gpu, resumed))
    for name, value in here.items():
        np.testing.assert_allclose(there[name], value, rtol=0.02, atol=2e-3, err_msg=name)
        assert np.array_equal(there[name], again[name]), name
