"""A use case's detectors from the files of one abnormal class: judging, searching, generating.

A panel reads `CLASS/{wgan-gp,encoder,features,bigan,vae,ours}.safetensors` below a folder (with
`-ARCHITECTURE` after the name where there are several) and has the detectors whose files are
there. Scores are always computed from stored weights, so a shipped table and a recomputed one
agree.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wganad_core import pretrained, scoring
from wganad_core.data.har import LENGTH, SIGNALS
from wganad_core.data.latents import stride
from wganad_core.data.pool import Pool
from wganad_core.data.views import View
from wganad_core.networks.build import make_networks
from wganad_core.networks.image import JointDiscriminator
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray, Judgement, Normals, Rule, ScoreTable, Split
from wganad_core.scoring import inversion
from wganad_core.scoring.base import rows
from wganad_core.scoring.baselines import window_baselines
from wganad_core.scoring.evidence import (
    Sources,
    evidence,
    ours_detector,
    spaces_of,
    with_levels,
)
from wganad_core.use_cases import USE_CASES, Ours, UseCase

# λ of the slow detectors: of the prior (eq. 22), of the features (eq. 15).
WEIGHTS = {"inversion": 0.01, "anogan": 0.1}
SLOW = tuple(WEIGHTS)
# How the tables were searched: one start and a hundred steps a query, as two cores allow.
TABLE_DESCENT = inversion.Descent(steps=100, rate=0.1, restarts=1)
N_SUBSET = 1_000
SUBSET_SEED = 1_000
# The model whose networks a detector uses; what is not here is WGAN-GP's.
MODEL_OF = {"bigan": "bigan", "vae": "vae"}
N_AXES, N_ON_AXES = 32, 10_000  # main axes of rows, and how many rows they are found on


class Panel:
    """All detectors of one abnormal class; quick ones in `detectors`, slow ones by `search`."""

    def __init__(
        self,
        folder: Path,
        abnormal: str,
        seed: int = 0,
        protocol: str = "80/20",
        architecture: str = "image",
    ) -> None:
        self.abnormal, self.seed, self.protocol = abnormal, seed, protocol
        self.architecture = architecture
        self.file = functools.partial(
            pretrained.model_file,
            folder,
            abnormal,
            seed=seed,
            protocol=protocol,
            architecture=architecture,
        )
        models = self._models("wgan-gp", "encoder")
        self.view, self.wgan = models[0].view, _joined(models)
        self.config = self.wgan.config
        self.detectors = dict(self._quick())
        self.slow: dict[str, Callable[[float], inversion.Terms]] = {
            "inversion": inversion.inversion_terms,
            "anogan": functools.partial(inversion.anogan_terms, _chain(self.wgan.critic)),
        }

    def _models(self, *methods: str) -> list[pretrained.Model]:
        return [pretrained.load_model(self.file(method)) for method in methods]

    def _quick(self) -> Iterator[tuple[str, scoring.Detector]]:
        wgan = self.wgan
        yield "critic", scoring.critic_detector(wgan.critic)
        pair = wgan["encoder"], wgan.generator
        if self.view is None:
            yield "encoder", scoring.encoder_detector(*pair)
        else:
            signals = SIGNALS[-len(self.view.scales) * 3 :]
            yield "encoder", scoring.encoder_detector(*pair, signals)
            yield "critic-features", scoring.critic_features_detector(_chain(wgan.critic), *pair)
        if self.file("vae").exists():
            vae = _joined(self._models("vae"))
            yield "vae", scoring.vae_detector(vae["encoder"], vae.generator)
        if self.file("bigan").exists():
            bigan = _joined(self._models("bigan"))
            critic = bigan.critic
            assert isinstance(critic, JointDiscriminator)
            yield "bigan", scoring.bigan_detector(bigan["encoder"], bigan.generator, critic)
        if self.file("ours").exists():
            yield from self._with_rules(pretrained.load_rules(self.file("ours")))

    def _with_rules(self, stored: pretrained.Rules) -> Iterator[tuple[str, scoring.Detector]]:
        yield (
            "critic-interval",
            scoring.interval_detector(self.wgan.critic, *stored.critic_range),
        )
        sources = self.sources(stored.axes)
        for name, rule in stored.rules.items():
            if spaces_of(rule.names) <= sources.spaces().keys():
                yield name, ours_detector(sources, stored.normals, rule)

    def sources(self, axes: FloatArray | None = None) -> Sources:
        """What evidence comes from; `axes` as in `Rules`."""
        features = None
        if self.file("features").exists():
            features = _joined(self._models("features"))["features"]
        return Sources(
            self.wgan.generator,
            _chain(self.wgan.critic),
            _chain(self.wgan["encoder"]),
            features,
            windows=self.view is not None and self.view.kind == "signals",
            axes=axes,
        )

    def rows(self, x: NDArray[np.floating]) -> FloatArray:
        """What the networks take of samples (n, d): those of windows are nine signals of 128
        steps, one after the other, in g and rad/s; those of images are taken as they are."""
        if self.view is None:
            return np.asarray(x, np.float32)
        return self.view.rows(np.asarray(x, np.float32).reshape(-1, len(SIGNALS), LENGTH))

    def judge(self, x: FloatArray, names: Sequence[str] = ()) -> dict[str, Judgement]:
        """Rows x (n, n_features) by the quick detectors, or by those named."""
        return {name: self.detectors[name](x) for name in names or self.detectors}

    def search(
        self,
        name: str,
        x: FloatArray,
        descent: inversion.Descent,
        frames: int = 0,
        weight: float | None = None,
    ) -> tuple[Judgement, inversion.Path | None]:
        """Rows x by `inversion` or `anogan`, with up to `frames` pictures of the path before its
        end. `weight` is λ, by default that of `WEIGHTS`."""
        terms = self.slow[name](WEIGHTS[name] if weight is None else weight)
        every = stride(descent.steps, frames) if frames else 0
        found, rebuilt, path = inversion.search(
            self.wgan.generator, self.config.n_latent, rows(x), terms, descent, every
        )
        return inversion.judgement(found, rebuilt), path

    def generate(self, z: FloatArray) -> FloatArray:
        """G(z) (n, n_features) for latents (n, n_latent)."""
        return scoring.evaluate(self.wgan.generator, z)

    def model_of(self, detector: str) -> str:
        """The name of the model in score tables."""
        name = MODEL_OF.get(detector, "wgan-gp")
        return name if self.view is None else f"{name}-{self.architecture}"


class Baselines:
    """Detectors of windows that need no training worth shipping, fitted when they are asked for;
    scored like a panel."""

    view = View("raw", (1.0, 1.0, 1.0))  # in g and rad/s

    def __init__(self, pool: Pool, split: Split) -> None:
        self.seed = 0
        self.detectors = window_baselines(pool.rows(split.parts["fit"], self.view))

    def judge(self, x: FloatArray) -> dict[str, Judgement]:
        return {name: detector(x) for name, detector in self.detectors.items()}

    def model_of(self, detector: str) -> str:
        return "none"


def _chain(network: nn.Module) -> nn.Sequential:
    assert isinstance(network, nn.Sequential)
    return network


def _joined(models: Sequence[pretrained.Model]) -> Networks:
    """The networks of these models together."""
    config = models[0].network
    modules: dict[str, nn.Module] = {}
    for model in models:
        made = make_networks(config, torch.Generator(), model.training.method)
        modules |= {name: made[name] for name in _parts(model)}
    networks = Networks(config, modules)
    networks.load_arrays({k: v for model in models for k, v in model.arrays.items()})
    return networks


def _parts(model: pretrained.Model) -> set[str]:
    return {name.partition(".")[0] for name in model.arrays}


def subset(split: Split) -> NDArray[np.int64]:
    """The fixed stratified 1,000 of the test part (positions within it) for the slow detectors:
    every class in its share."""
    classes = split.classes[split.parts["test"]]
    rng = np.random.default_rng(SUBSET_SEED)
    order = rng.permutation(len(classes))
    ranked = order[np.argsort(classes[order], kind="stable")]
    chosen = ranked[np.linspace(0, len(ranked) - 1, N_SUBSET).round().astype(int)]
    return np.sort(chosen)


def table(
    panel: Panel | Baselines,
    pool: Pool,
    split: Split,
    part: str,
    scores: dict[str, FloatArray],
    rows: NDArray[np.int64] | None = None,
) -> ScoreTable:
    """Scores (n,) by detector of one part (or of some `rows` of it) as a table."""
    index = split.parts[part] if rows is None else split.parts[part][rows]
    n, classes = len(index), split.classes[index]
    ids, subjects = pool.ids(index), pool.subjects(index)
    tables = [
        ScoreTable(
            use_case=np.full(n, split.use_case),
            model=np.full(n, panel.model_of(name)),
            detector=np.full(n, name),
            abnormal=np.full(n, split.abnormal),
            protocol=np.full(n, split.protocol),
            seed=np.full(n, panel.seed),
            part=np.full(n, part),
            sample_id=ids,
            subject=subjects,
            class_=classes,
            label=(classes == split.abnormal).astype(np.int64),
            score=shortened(values),
        )
        for name, values in scores.items()
    ]
    return ScoreTable.stack(tables)


def shortened(scores: FloatArray, bits: int = 12) -> FloatArray:
    """Scores to 1 part in 2 to the `bits`: the rest is noise, and most of a file. What is above 0
    stays above it."""
    whole = np.asarray(scores, np.float32).view(np.int32) & -(1 << (23 - bits))
    return np.asarray(whole.view(np.float32))


def score_split(panel: Panel | Baselines, pool: Pool, split: Split) -> ScoreTable:
    """Every quick detector on the calibration and test parts, and two rows of the fit part for
    each: its extremes."""
    tables = []
    for part in ("calibration", "test"):
        x = pool.rows(split.parts[part], panel.view)
        scores = {name: judged.score for name, judged in panel.judge(x).items()}
        tables.append(table(panel, pool, split, part, scores))
    x = pool.rows(split.parts["fit"], panel.view)
    for name, judged in panel.judge(x).items():
        ends = np.array([judged.score.argmin(), judged.score.argmax()])
        tables.append(table(panel, pool, split, "fit", {name: judged.score[ends]}, ends))
    return ScoreTable.stack(tables)


def search_split(
    panel: Panel, pool: Pool, split: Split, descent: inversion.Descent | None = None
) -> ScoreTable:
    """The slow detectors on a subset of the test part."""
    rows = subset(split)
    x = pool.rows(split.parts["test"][rows], panel.view)
    scores = {name: panel.search(name, x, descent or TABLE_DESCENT)[0].score for name in SLOW}
    return table(panel, pool, split, "test", scores, rows)


def score_all(
    case: UseCase, folder: Path, pool: Pool, split: Split, seed: int = 0, slow: bool = True
) -> ScoreTable:
    """All that a use case's models in the folder, and its baselines, say of a split."""
    tables = []
    for panel in fitted_panels(case, folder, pool, split, seed):
        tables.append(score_split(panel, pool, split))
        if case.searched and slow:
            tables.append(search_split(panel, pool, split))
    if case.shape == "window" and seed == 0:
        tables.append(score_split(Baselines(pool, split), pool, split))
    return ScoreTable.stack(tables)


def fit_rules(
    panel: Panel,
    ours: Ours,
    fit: FloatArray,
    validation: FloatArray,
    subjects: NDArray[np.str_],
) -> pretrained.Rules:
    """Our rules for one class: references from the fit part, whose rows belong to `subjects`;
    units from validation normals."""
    sought = spaces_of(piece for names in ours.rules.values() for piece in names)
    axes = main_axes(fit) if "axes" in sought else None
    sources = panel.sources(axes)
    possible = {
        name: pieces
        for name, pieces in ours.rules.items()
        if spaces_of(pieces) <= sources.spaces().keys()
    }
    pieces = sorted({piece for names in possible.values() for piece in names})
    normals = references(sources, ours, fit, subjects, pieces)
    found, _ = evidence(sources, normals, validation, pieces)
    return pretrained.Rules(
        critic_range=scoring.critic_range(sources.critic, fit),
        normals=normals,
        rules={name: Rule.fitted(names, found) for name, names in possible.items()},
        axes=axes,
    )


def references(
    sources: Sources,
    ours: Ours,
    fit: FloatArray,
    subjects: NDArray[np.str_],
    pieces: Sequence[str],
) -> Normals:
    """Normals of the fit part for these pieces of evidence, and their own evidence where a piece
    is relative to peers; all spaces have the same normals then."""
    order = np.random.default_rng(0).permutation(len(fit))
    spaces = sources.spaces()
    points = {
        name: pretrained.on_grid(spaces[name](fit[order[: ours.n_references[name]]]))
        for name in sorted(spaces_of(pieces))
    }
    normals = Normals(points, ours.k, n_peers=ours.n_peers)
    if any("/" in piece for piece in pieces):
        some = order[: min(map(len, points.values()))]
        normals = with_levels(sources, normals, fit[some], subjects[some], pieces)
    return normals


def main_axes(rows: FloatArray) -> FloatArray:
    """The directions (N_AXES, d) along which rows (n, d) are longest, in half precision."""
    axes = np.linalg.svd(rows[:N_ON_AXES], full_matrices=False)[2][:N_AXES]
    return np.asarray(axes.astype(np.float16), np.float32)


def fitted_panel(
    case: UseCase,
    folder: Path,
    pool: Pool,
    split: Split,
    seed: int = 0,
    architecture: str | None = None,
) -> Panel:
    """A panel whose rules, if its architecture has any, are fitted now if their file is missing."""
    architecture = architecture or case.architectures[0]
    protocol = split.protocol if case.protocols_train_apart else case.protocols[0]
    panel = Panel(folder, split.abnormal, seed, protocol, architecture)
    path = panel.file("ours")
    if path.exists() or architecture not in case.ours.architectures:
        return panel
    fit, validation = (pool.rows(split.parts[p], panel.view) for p in ("fit", "validation"))
    subjects = pool.subjects(split.parts["fit"])
    pretrained.save_rules(fit_rules(panel, case.ours, fit, validation, subjects), path)
    return Panel(folder, split.abnormal, seed, protocol, architecture)


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


def recompute(
    case: UseCase, abnormal: str, protocol: str | None = None, folder: Path | None = None
) -> ScoreTable:
    """The scores of one class's shipped models on the full data, from scratch."""
    pool = case.pool()
    split = pool.split(abnormal, protocol or case.protocols[0])
    folder = folder or pretrained.SHIPPED / case.name
    return score_all(case, folder, pool, split)


@dataclasses.dataclass
class Shelf:
    """The shipped panels, the last few of which stay loaded."""

    kept: int = 3
    panels: dict[tuple[str, ...], Panel] = dataclasses.field(default_factory=dict)

    def panel(self, use_case: str, abnormal: str, architecture: str | None = None) -> Panel:
        case = USE_CASES[use_case]
        architecture = architecture or case.architectures[0]
        key = (use_case, abnormal, architecture)
        made = self.panels.pop(key, None) or Panel(
            pretrained.SHIPPED / use_case,
            abnormal,
            protocol=case.protocols[0],
            architecture=architecture,
        )
        self.panels[key] = made
        for oldest in list(self.panels)[: -self.kept]:
            del self.panels[oldest]
        return made
