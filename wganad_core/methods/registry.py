"""Every method and every detector by name: what the commands, the estimators and the boards offer.

A method is trained (`@trains`); a detector scores with what methods have trained (`@scores`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from numpy.typing import NDArray
from torch import nn

from wganad_core.config import TRAINABLE, AnyNetworkConfig, NetworkConfig, TrainingConfig
from wganad_core.networks.parts import Networks, check_weights
from wganad_core.records import FloatArray

if TYPE_CHECKING:
    from wganad_core.methods.bundle import Bundle
    from wganad_core.methods.score import Score
    from wganad_core.methods.trainer import Trainer

T = TypeVar("T", bound="type[Trainer]")
S = TypeVar("S", bound="type[Score]")


@dataclasses.dataclass(frozen=True)
class Detector:
    """A way to score with a bundle. `needs`: the methods whose networks it takes;
    `score_method`: its name among the estimators', None where they do not offer it; `wants`:
    whether a bundle has what it needs besides networks; `rebuilds`: whether it says what a sample
    should be."""

    name: str
    needs: tuple[str, ...]
    make: Callable[[Bundle], Score]
    score_method: str | None
    wants: Callable[[Bundle], bool]
    searches: bool
    rebuilds: bool = True


# Score methods in the order in which they are offered, as far as there is one.
OFFERED_FIRST = ("ours", "ours-wgan", "residual", "critic", "critic-interval", "inversion")

TRAINERS: dict[str, type[Trainer]] = {}
DETECTORS: dict[str, Detector] = {}


def trains(name: str) -> Callable[[T], T]:
    """Register a trainer as the method of this name."""

    def register(trainer: T) -> T:
        TRAINERS[name] = trainer
        TRAINABLE.add(name)
        return trainer

    return register


def scores(
    name: str,
    needs: Iterable[str],
    score_method: str | bool = True,
    wants: Callable[[Bundle], bool] = lambda bundle: True,
    make: Callable[[Bundle], Score] | None = None,
) -> Callable[[S], S]:
    """Register a score as the detector of this name. It is made from a `Bundle` by its class, or
    by `make`. `score_method`: what estimators call it; False: they do not offer it."""

    def register(score: S) -> S:
        offered = name if score_method is True else score_method or None
        DETECTORS[name] = Detector(
            name, tuple(needs), make or score, offered, wants, score.searches, score.rebuilds
        )
        return score

    return register


def score_methods() -> dict[str, Detector]:
    """The detectors that estimators offer, by the name they have there, `OFFERED_FIRST` first."""
    found = {one.score_method: one for one in DETECTORS.values() if one.score_method}
    return {name: found[name] for name in (*OFFERED_FIRST, *found) if name in found}


def networks_of(
    method: str, config: AnyNetworkConfig, rng: torch.Generator, device: str = "cpu"
) -> Networks:
    """Fresh networks for a method; the same `rng` state gives the same weights. PyTorch's own
    random state, from which layers draw what is then drawn anew, stays as it was."""
    with torch.random.fork_rng(devices=[]):
        return Networks(config, TRAINERS[method].modules(config, rng), device)


def make_trainer(
    x: FloatArray,
    config: TrainingConfig,
    network: AnyNetworkConfig | None = None,
    device: str = "cpu",
) -> Trainer:
    """Fresh networks and their trainer, both seeded by `config.seed`.

    Parameters
    ----------
    x : (n, d) float32
        What is normal; finite.
    config : TrainingConfig
        The method and its settings.
    network : NetworkConfig, ImageConfig or WindowConfig, optional
        Sizes; the paper's dense networks if left out.
    device : str
        Where to train, as PyTorch names it. Random numbers are drawn on the CPU, so that batches
        and latents are the same everywhere.

    Raises
    ------
    ValueError
        For data of another shape, or that are not finite.
    ConfigError
        For a method that has no networks of this shape.
    """
    network = network or NetworkConfig(n_features=x.shape[-1])
    n_features = network.n_features
    if x.ndim != 2 or x.shape[1] != n_features or not len(x):
        raise ValueError(f"Expected data of shape (n, {n_features}) with n ≥ 1; found {x.shape}.")
    values = torch.tensor(x, dtype=torch.float32)
    if not torch.isfinite(values).all():
        raise ValueError("Expected finite data; found NaN or infinite values. Remove those rows.")
    rng = torch.Generator().manual_seed(config.seed)
    networks = networks_of(config.method, network, rng, device)
    return TRAINERS[config.method](networks, values.to(device), config)


def trained_modules(
    method: str, config: AnyNetworkConfig, arrays: Mapping[str, NDArray[Any]]
) -> dict[str, nn.Module]:
    """The networks that a method trains, with weights named as `Networks.arrays` names them, in
    `eval()` mode. Raises `ValueError` for a missing or misshapen tensor."""
    trainer = TRAINERS[method]
    # Sizes that a file declares take no memory before its tensors have been found to have them.
    with torch.device("meta"):
        sizes = trainer.modules(config, torch.Generator("cpu"))
    check_weights({part: sizes[part] for part in trainer.parts}, arrays)
    networks = networks_of(method, config, torch.Generator().manual_seed(0))
    kept = Networks(config, {part: networks[part] for part in trainer.parts})
    kept.load_arrays(arrays)
    return {part: kept[part].eval() for part in trainer.parts}
