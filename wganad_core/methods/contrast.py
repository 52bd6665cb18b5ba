"""Contrastive features: distorted copies of a sample belong together, shifted ones do not.

Not in the paper. The loss is NT-Xent (Chen et al. 2020, SimCLR) over samples and their shifts as
separate instances, plus the cross-entropy of a head that names the shift (Tack et al. 2020, CSI).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from wganad_core import objectives
from wganad_core.config import AnyNetworkConfig, TrainingConfig
from wganad_core.methods.distortions import distortion
from wganad_core.methods.registry import trains
from wganad_core.methods.shifts import ShiftHead, shifts_of
from wganad_core.methods.trainer import N_FIXED_IMAGES, Trainer
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import Networks, numbers
from wganad_core.networks.shapes import shape_of
from wganad_core.records import FloatArray

TEMPERATURE = 0.3
N_HIDDEN, N_PROJECTED = 128, 64


@trains("contrast")
class ContrastTrainer(Trainer):
    """Trains `features` so that a sample finds its other copy among the batch's, and `shifts` to
    say which shift a copy went through. A step is a batch in all its shifts, twice distorted."""

    parts = ("features", "projection", "shifts")

    @classmethod
    def modules(cls, config: AnyNetworkConfig, rng: torch.Generator) -> dict[str, nn.Module]:
        """`features`: x → h (n, k); `projection`: h → (n, 64), where the loss is taken; `shifts`:
        h → logits (n, n_shifts)."""
        shift = shifts_of(config)
        features = shape_of(config).features(config, rng)
        projection = nn.Sequential(
            nn.ReLU(),
            nn.Linear(config.features, N_HIDDEN),  # type: ignore[union-attr]
            nn.ReLU(),
            nn.Linear(N_HIDDEN, N_PROJECTED),
        )
        head = ShiftHead(config.features, shift)  # type: ignore[union-attr]
        return {
            "features": features,
            "projection": initialise(projection, rng),
            "shifts": initialise(head, rng),
        }

    def __init__(self, networks: Networks, x: Tensor, config: TrainingConfig) -> None:
        super().__init__(networks, x, config)
        self.distort = distortion(networks.config)
        head = networks["shifts"]
        assert isinstance(head, ShiftHead)
        self.shift = head.shift

    def step(self) -> None:
        batch = self.real_batch()
        shifted = self.shift(batch, batch.roll(1, 0))  # (shifts, batch, d)
        shift = torch.arange(len(shifted), device=self.device)
        which = shift.repeat_interleave(self.config.batch_size).repeat(2)
        copies = self.distort(torch.cat([shifted.flatten(0, 1)] * 2), self.rng)
        with self.precision():
            h = self.networks["features"](copies)
            projected, logits = self.networks["projection"](h), self.networks["shifts"](h)
        contrast = objectives.contrastive_loss(projected.float(), TEMPERATURE)
        named = functional.cross_entropy(logits.float(), which)
        losses = {"contrast": float(contrast.detach()), "shifts": float(named.detach())}
        self.minimise(contrast + named, *self.parts, **losses)
        self.n_steps += 1

    @torch.no_grad()
    def picture(self) -> FloatArray:
        """Distorted copies of the first data (from a state of their own)."""
        copies = self.distort(self.x[:N_FIXED_IMAGES], torch.Generator().manual_seed(0))
        return numbers(copies)
