"""A use case's detectors from the files of one abnormal class: judging, searching, generating.

A panel reads `CLASS/{wgan-gp,encoder,contrast,bigan,vae,ours}.safetensors` below a folder (with
`-ARCHITECTURE` after the name where there are several) and has the detectors whose files are
there. Scores are always computed from stored weights, so a shipped table and a recomputed one
agree.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.data.har import LENGTH, SIGNALS
from wganad_core.data.latents import stride
from wganad_core.data.pool import Pool
from wganad_core.methods import (
    DETECTORS,
    TRAINERS,
    Bundle,
    detectors,
    evaluate,
    fitting,
    trained_modules,
)
from wganad_core.methods.descent import Descent, Searching, SearchScore
from wganad_core.methods.descent import Path as Way
from wganad_core.methods.evidence import CONTRAST, base_of
from wganad_core.methods.ours import OursScore
from wganad_core.methods.score import rows
from wganad_core.records import FittedRules, FloatArray, Judgement, Split
from wganad_core.storage import StorageError
from wganad_core.use_cases import USE_CASES, UseCase

RULES = "ours"  # the file of what was fitted besides the networks
NEEDED = ("wgan-gp", "encoder")  # the models without which there is no panel
SLOW = tuple(name for name, found in DETECTORS.items() if found.searches)


class Panel:
    """All detectors of one abnormal class; quick ones in `detectors`, slow ones by `search`.

    A further seed may have contrastive features only: then it `borrows` the first seed's WGAN-GP
    and encoder, and has the detectors in which its own features take part.
    """

    def __init__(
        self,
        folder: Path,
        abnormal: str,
        seed: int = 0,
        protocol: str = "80/20",
        architecture: str = "image",
    ) -> None:
        self.abnormal, self.seed, self.protocol = abnormal, seed, protocol
        self.folder, self.architecture = folder, architecture
        self.file = functools.partial(
            pretrained.model_file,
            folder,
            abnormal,
            seed=seed,
            protocol=protocol,
            architecture=architecture,
        )
        alone = self.file("contrast").exists() and not self.file(NEEDED[0]).exists()
        self.borrows = alone and self.file(NEEDED[0], seed=0).exists()
        seeds = {method: 0 if self.borrows and method in NEEDED else seed for method in TRAINERS}
        models = {
            method: pretrained.load_model(self.file(method, seed=seeds[method]))
            for method in dict.fromkeys((*NEEDED, *TRAINERS))
            if method in NEEDED or self.file(method).exists()
        }
        known = USE_CASES.get(models[NEEDED[0]].use_case)
        if known is not None:  # what older versions trained besides is of no use any more
            models = {method: one for method, one in models.items() if method in known.methods}
        self.view, self.config = models["wgan-gp"].view, models["wgan-gp"].network
        signals = SIGNALS[-len(self.view.scales) * 3 :] if self.view else ()
        self.bundle: Bundle = Bundle(
            self.config,
            {method: self._networks(method, model) for method, model in models.items()},
            pretrained.load_rules(self.file(RULES)) if self.file(RULES).exists() else None,
            channels=signals,
            windows=self.view is not None and self.view.kind == "signals",
            others=tuple(panel.bundle for panel in self._of_further_seeds()),
        )
        self.detectors = {
            name: score
            for name, score in detectors(self.bundle).items()
            if not self.borrows or (isinstance(score, OursScore) and score.takes_contrast)
        }

    def _networks(self, method: str, model: pretrained.Model) -> dict[str, Any]:
        """Raises `StorageError` where weights are not those of the network beside them."""
        try:
            return trained_modules(method, model.network, model.arrays)
        except (ValueError, TypeError, KeyError) as error:
            path = self.file(method)
            raise StorageError(
                f"{path} is no usable model ({error}); restore it from where it came from."
            ) from error

    def _of_further_seeds(self) -> list[Panel]:
        """Those beside the first one that have contrastive features and rules of their own."""
        there = further_seeds(self.file) if self.seed == 0 else []
        return [
            Panel(self.folder, self.abnormal, seed, self.protocol, self.architecture)
            for seed in there
            if self.file(RULES, seed=seed).exists()
        ]

    def rows(self, x: NDArray[np.floating]) -> FloatArray:
        """What the networks take of samples (n, d): those of windows are nine signals of 128
        steps, one after the other, in g and rad/s; those of images are taken as they are."""
        if self.view is None:
            return np.asarray(x, np.float32)
        return self.view.rows(np.asarray(x, np.float32).reshape(-1, len(SIGNALS), LENGTH))

    def judge(self, x: FloatArray, names: Sequence[str] = ()) -> dict[str, Judgement]:
        """Rows x (n, n_features) by the quick detectors, or by those named."""
        return {name: self.detectors[name].judge(x) for name in names or self.detectors}

    def search(
        self,
        name: str,
        x: FloatArray,
        descent: Descent,
        frames: int = 0,
        weight: float | None = None,
    ) -> tuple[Judgement, Way | None]:
        """Rows x by `inversion` or `anogan`, with up to `frames` pictures of the path before its
        end. `weight` is λ, by default the method's own."""
        score = self._slow(name, descent, weight)
        if not frames:
            return score.judge(x), None
        return score.path(x, stride(descent.steps, frames))

    def searching(
        self, name: str, x: FloatArray, descent: Descent, frames: int, weight: float | None = None
    ) -> Searching:
        """The same search, step by step, for whoever wants to watch it."""
        score = self._slow(name, descent, weight)
        return Searching(score, rows(x), stride(descent.steps, frames))

    def _slow(self, name: str, descent: Descent, weight: float | None) -> SearchScore:
        score = DETECTORS[name].make(self.bundle)
        assert isinstance(score, SearchScore)
        score.descent = descent
        score.weight = score.weight if weight is None else weight
        return score

    def generate(self, z: FloatArray) -> FloatArray:
        """G(z) (n, n_features) for latents (n, n_latent)."""
        return evaluate(self.bundle.part("generator"), z)

    def encode(self, x: FloatArray) -> FloatArray:
        """E(x) (n, n_latent) for rows (n, n_features)."""
        return evaluate(self.bundle.part("encoder", "encoder"), x)

    def model_of(self, detector: str) -> str:
        """The name in score tables of the model whose networks a detector uses."""
        name = DETECTORS[detector].needs[0]
        return name if self.architecture == "image" else f"{name}-{self.architecture}"


def further_seeds(file: Callable[..., Path]) -> list[int]:
    """The seeds 1, 2, … of which there are contrastive features."""
    numbers = itertools.count(1)
    return list(itertools.takewhile(lambda seed: file("contrast", seed=seed).exists(), numbers))


def fitted_panel(
    case: UseCase,
    folder: Path,
    pool: Pool,
    split: Split,
    seed: int = 0,
    architecture: str | None = None,
) -> Panel:
    """A panel whose rules, if its architecture has any, are fitted now if their file is missing:
    of the evidence that was chosen for its class, or of all that they may join. Those of further
    seeds come before the first one's, which joins them."""
    architecture = architecture or case.architectures[0]
    protocol = split.protocol if case.protocols_train_apart else case.protocols[0]
    panel = Panel(folder, split.abnormal, seed, protocol, architecture)
    if architecture not in case.ours:
        return panel
    for further in further_seeds(panel.file) if seed == 0 else ():
        fitted_panel(case, folder, pool, split, further, architecture)
    if panel.file(RULES).exists():
        return Panel(folder, split.abnormal, seed, protocol, architecture)
    fitted = fit_panel(case, panel, pool, split)
    choice = pretrained.load_choice(case.name)
    if choice and choice.architecture == architecture:
        fitted = fitted.narrowed(choice.of(split.abnormal))
    return with_rules(panel, fitted)


def fit_panel(case: UseCase, panel: Panel, pool: Pool, split: Split) -> FittedRules:
    """The use case's rules, of all evidence that they may join."""
    fit, validation = (pool.rows(split.parts[p], panel.view) for p in ("fit", "validation"))
    subjects = pool.subjects(split.parts["fit"])
    known = subjects if subjects.astype(bool).all() else None
    return fitting.fit_rules(panel.bundle, case.ours[panel.architecture], fit, validation, known)


def with_rules(panel: Panel, fitted: FittedRules) -> Panel:
    """The panel with these rules, which are kept in its file without what they do not need; of
    one that borrows networks only those that say anything new."""
    if panel.borrows:
        new = {
            n: rule for n, rule in fitted.rules.items() if CONTRAST & {*map(base_of, rule.names)}
        }
        fitted = dataclasses.replace(fitted, rules=new)
    pretrained.save_rules(fitting.needed(fitted), panel.file(RULES))
    return Panel(panel.folder, panel.abnormal, panel.seed, panel.protocol, panel.architecture)


def fitted_panels(
    case: UseCase, folder: Path, pool: Pool, split: Split, seed: int = 0
) -> Iterator[Panel]:
    """`fitted_panel` of every architecture that has models in the folder.

    Raises `StorageError` if none has.
    """
    protocol = split.protocol if case.protocols_train_apart else case.protocols[0]
    found = [
        name
        for name in case.architectures
        if pretrained.model_file(folder, split.abnormal, "encoder", seed, protocol, name).exists()
    ]
    for architecture in found or case.architectures[:1]:
        yield fitted_panel(case, folder, pool, split, seed, architecture)


@dataclasses.dataclass
class Panels:
    """The shipped panels, the last few of which stay loaded."""

    kept: int = 3
    loaded: dict[tuple[str, ...], Panel] = dataclasses.field(default_factory=dict)

    def get(self, use_case: str, abnormal: str, architecture: str | None = None) -> Panel:
        case = USE_CASES[use_case]
        architecture = architecture or case.architectures[0]
        key = (use_case, abnormal, architecture)
        made = self.loaded.pop(key, None) or Panel(
            pretrained.SHIPPED / use_case,
            abnormal,
            protocol=case.protocols[0],
            architecture=architecture,
        )
        self.loaded[key] = made
        for oldest in list(self.loaded)[: -self.kept]:
            del self.loaded[oldest]
        return made
