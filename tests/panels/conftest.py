"""Small pools of both data sets, and panels of models that were trained on them for a step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import digit_models, window_models
from wganad_core.config import RuleConfig
from wganad_core.data.pool import Pool
from wganad_core.panels.panel import Panel, fitted_panels
from wganad_core.records import FloatArray, Split
from wganad_core.use_cases import HAR, MNIST, UseCase


@dataclass(frozen=True)
class Small:
    """A use case, its pool, and its panels by architecture, the usual one first."""

    case: UseCase
    pool: Pool
    split: Split
    folder: Path
    panels: dict[str, Panel]

    @property
    def config(self) -> RuleConfig:
        return self.case.ours[self.panel.architecture]

    @property
    def panel(self) -> Panel:
        return next(iter(self.panels.values()))

    def rows(self, part: str, panel: Panel | None = None) -> FloatArray:
        return self.pool.rows(self.split.parts[part], (panel or self.panel).view)


def small(case: UseCase, pool: Pool, split: Split, folder: Path) -> Small:
    panels = {panel.architecture: panel for panel in fitted_panels(case, folder, pool, split)}
    return Small(case, pool, split, folder, panels)


@pytest.fixture(scope="package")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("digits")
    digit_models.train_models(folder, *digit_models.METHODS)
    return small(MNIST, digit_models.POOL, digit_models.SPLIT, folder)


@pytest.fixture(scope="package")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("windows")
    for architecture in ("conv", "dense", "recurrence", "recurrent"):
        window_models.train_models(folder, architecture, "wgan-gp", "encoder")
    window_models.train_models(folder, "conv", "contrast")
    return small(HAR, window_models.POOL, window_models.SPLIT, folder)


@pytest.fixture(params=["digits", "windows"])
def both(request: pytest.FixtureRequest) -> Small:
    """The digits, then the windows."""
    found: Small = request.getfixturevalue(request.param)
    return found
