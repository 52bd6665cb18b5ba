"""What a fit needs to know, checked: the estimators' flat parameters as configs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wganad_core.config import MAX_SEED, AnyNetworkConfig, ConfigError, TrainingConfig
from wganad_core.methods import score_methods
from wganad_core.thresholds import RULES

SCALINGS = ("standard", "robust", "none")
DEVICES = ("auto", "cpu", "cuda")


def needs_of(score_method: Any) -> tuple[str, ...]:
    """What is trained for a score method, in order. Raises `ConfigError` where there is no such."""
    found = score_methods()
    _one_of("score_method", score_method, tuple(found))
    return found[score_method].needs


def plain(value: Any) -> Any:
    """A NumPy scalar, as searches over parameters give them, as Python's own number."""
    return value.item() if isinstance(value, np.generic) else value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """All that decides a fit, besides the rows. `training` is for the generator's stage;
    `contrast_steps` None: half of its steps where contrastive features can be learned, 0: none."""

    score_method: str
    false_alarm_rate: float
    threshold_rule: str
    scaling: str
    network: AnyNetworkConfig
    training: TrainingConfig
    encoder_steps: int
    validation_share: float
    calibration_share: float
    patience: int | None
    n_references: int
    n_neighbours: int
    suspect_share: float = 0.0
    contrast_steps: int | None = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        needs_of(self.score_method)
        _one_of("threshold_rule", self.threshold_rule, tuple(RULES))
        _one_of("device", self.device, DEVICES)
        _one_of("scaling", self.scaling, SCALINGS)
        _between("false_alarm_rate", self.false_alarm_rate, 0, 1)
        _between("suspect_share", self.suspect_share, 0, 0.49)
        _between("validation_share", self.validation_share, 0, 0.45)
        _between("calibration_share", self.calibration_share, 0, 0.45)
        _whole("encoder_steps", self.encoder_steps, 1)
        if self.contrast_steps is not None:
            _whole("contrast_steps", self.contrast_steps, 0)
        _whole("n_references", self.n_references, 1)
        _whole("n_neighbours", self.n_neighbours, 1)
        _whole("batch_size", self.training.batch_size, 2)
        if self.patience is not None:
            _whole("patience", self.patience, 1)
            if not self.validation_share:
                raise ConfigError(
                    "patience watches rows that are held out, and validation_share=0 holds out "
                    "none; set a share above 0, or patience=None."
                )

    @property
    def methods(self) -> tuple[str, ...]:
        """What is trained, in order."""
        contrast = self.score_method == "ours" and self.contrast_steps != 0
        return (*needs_of(self.score_method), *(["contrast"] if contrast else []))

    def steps_of(self, method: str) -> int:
        """How long each of `methods` is trained."""
        if method == "encoder":
            return self.encoder_steps
        if method == "contrast":
            half = max(1, self.training.steps // 2)
            return half if self.contrast_steps is None else self.contrast_steps
        return self.training.steps

    def held_out(self, n: int) -> tuple[int, int]:
        """How many of n rows serve for validation and for calibration: their shares, but so many
        for calibration that one false alarm is among them, up to a third."""
        n_validation, n_calibration = (
            round(share * n) for share in (self.validation_share, self.calibration_share)
        )
        if self.calibration_share and self.false_alarm_rate > 0:
            enough = math.ceil(min(1 / self.false_alarm_rate, n))
            n_calibration = max(n_calibration, min(enough, n // 3))
        return n_validation, n_calibration


def _one_of(name: str, value: Any, allowed: Sequence[str]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(allowed)}; found {value!r}.")


def _between(name: str, value: Any, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high or math.isnan(value):
        raise ConfigError(f"{name} must be a number from {low:g} to {high:g}; found {value!r}.")


def _whole(name: str, value: Any, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ConfigError(f"{name} must be a whole number, {low} or more; found {value!r}.")


def seed_of(random_state: Any) -> int:
    """A seed: the number itself, or one drawn from a generator (None: NumPy's global one)."""
    from sklearn.utils import check_random_state

    found = plain(random_state)
    if isinstance(found, int) and not isinstance(found, bool):
        if not 0 <= found <= MAX_SEED:
            raise ConfigError(f"random_state must lie in 0 … {MAX_SEED}; found {found}.")
        return found
    return int(check_random_state(random_state).randint(2**31 - 1))
