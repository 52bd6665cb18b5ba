"""MNIST's detectors from the files of one abnormal digit: judging, searching, generating.

A panel reads `DIGIT/{wgan-gp,encoder,features,bigan,vae,ours}.safetensors` below a folder and has
the detectors whose files are there. Scores are always computed from stored weights, so a shipped
table and a recomputed one agree.
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
from wganad_core.data import mnist
from wganad_core.data.latents import stride
from wganad_core.networks.build import make_networks
from wganad_core.networks.image import JointDiscriminator
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray, Judgement, Rule, ScoreTable, Split
from wganad_core.scoring import inversion
from wganad_core.scoring.base import rows
from wganad_core.scoring.evidence import Sources, evidence, ours_detector, spaces_of
from wganad_core.use_cases import K_NEIGHBOURS, N_REFERENCES, OURS

# λ of the slow detectors: of the prior (eq. 22), of the features (eq. 15).
WEIGHTS = {"inversion": 0.01, "anogan": 0.1}
SLOW = tuple(WEIGHTS)
# How the tables were searched: one start and a hundred steps a query, as two cores allow.
TABLE_DESCENT = inversion.Descent(steps=100, rate=0.1, restarts=1)
N_SUBSET = 1_000
SUBSET_SEED = 1_000
# The model whose networks a detector uses; what is not here is WGAN-GP's.
MODEL_OF = {"bigan": "bigan", "vae": "vae"}


class Panel:
    """All detectors of one abnormal digit; quick ones in `detectors`, slow ones by `search`."""

    def __init__(self, folder: Path, abnormal: str, seed: int = 0, protocol: str = "80/20") -> None:
        self.abnormal, self.seed, self.protocol = abnormal, seed, protocol
        self._file = functools.partial(
            pretrained.model_file, folder, abnormal, seed=seed, protocol=protocol
        )
        self.wgan = self._networks("wgan-gp", "encoder")
        self.config = self.wgan.config
        self.detectors = dict(self._quick())
        self.slow: dict[str, Callable[[float], inversion.Terms]] = {
            "inversion": inversion.inversion_terms,
            "anogan": functools.partial(inversion.anogan_terms, _chain(self.wgan.critic)),
        }

    def _networks(self, *methods: str) -> Networks:
        """The networks in the files of these methods together."""
        models = [pretrained.load_model(self._file(method)) for method in methods]
        config = models[0].network
        modules: dict[str, nn.Module] = {}
        for model in models:
            made = make_networks(config, torch.Generator(), model.training.method)
            modules |= {name: made[name] for name in _parts(model)}
        networks = Networks(config, modules)
        networks.load_arrays({k: v for model in models for k, v in model.arrays.items()})
        return networks

    def _quick(self) -> Iterator[tuple[str, scoring.Detector]]:
        wgan = self.wgan
        yield "critic", scoring.critic_detector(wgan.critic)
        yield "encoder", scoring.encoder_detector(wgan["encoder"], wgan.generator)
        if self._file("vae").exists():
            vae = self._networks("vae")
            yield "vae", scoring.vae_detector(vae["encoder"], vae.generator)
        if self._file("bigan").exists():
            bigan = self._networks("bigan")
            critic = bigan.critic
            assert isinstance(critic, JointDiscriminator)
            yield "bigan", scoring.bigan_detector(bigan["encoder"], bigan.generator, critic)
        if self._file("ours").exists():
            stored = pretrained.load_rules(self._file("ours"))
            yield "critic-interval", scoring.interval_detector(wgan.critic, *stored.critic_range)
            sources = self.sources()
            for name, rule in stored.rules.items():
                if spaces_of(rule.names) <= sources.spaces().keys():
                    yield name, ours_detector(sources, stored.references, stored.k, rule)

    def sources(self) -> Sources:
        features = None
        if self._file("features").exists():
            features = self._networks("features")["features"]
        return Sources(
            self.wgan.generator, _chain(self.wgan.critic), _chain(self.wgan["encoder"]), features
        )

    def judge(self, x: FloatArray, names: Sequence[str] = ()) -> dict[str, Judgement]:
        """x (n, 784) in [0, 1] by the quick detectors, or by those named."""
        return {name: self.detectors[name](x) for name in names or self.detectors}

    def search(
        self, name: str, x: FloatArray, descent: inversion.Descent, frames: int = 0,
        weight: float | None = None,
    ) -> tuple[Judgement, inversion.Path | None]:  # fmt: skip
        """x (n, 784) by `inversion` or `anogan`, with up to `frames` pictures of the path
        before its end.
        `weight` is λ, by default that of `WEIGHTS`."""
        terms = self.slow[name](WEIGHTS[name] if weight is None else weight)
        every = stride(descent.steps, frames) if frames else 0
        found, rebuilt, path = inversion.search(
            self.wgan.generator, self.config.n_latent, rows(x), terms, descent, every
        )
        return inversion.judgement(found, rebuilt), path

    def generate(self, z: FloatArray) -> FloatArray:
        """G(z) (n, 784) for latents (n, n_latent)."""
        return scoring.evaluate(self.wgan.generator, z)


def _chain(network: nn.Module) -> nn.Sequential:
    assert isinstance(network, nn.Sequential)
    return network


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
    split: Split, digits: mnist.Digits, part: str, scores: dict[str, FloatArray], seed: int,
    rows: NDArray[np.int64] | None = None,
) -> ScoreTable:  # fmt: skip
    """Scores (n,) by detector of one part (or of some `rows` of it) as a table."""
    index = split.parts[part] if rows is None else split.parts[part][rows]
    n, classes = len(index), split.classes[index]
    ids = mnist.sample_ids(digits.images[index])
    tables = [
        ScoreTable(
            use_case=np.full(n, split.use_case),
            model=np.full(n, MODEL_OF.get(name, "wgan-gp")),
            detector=np.full(n, name),
            abnormal=np.full(n, split.abnormal),
            protocol=np.full(n, split.protocol),
            seed=np.full(n, seed),
            part=np.full(n, part),
            sample_id=ids,
            subject=np.full(n, ""),
            class_=classes,
            label=(classes == split.abnormal).astype(np.int64),
            score=_to_12_bits(values),
        )
        for name, values in scores.items()
    ]
    return ScoreTable.stack(tables)


def _to_12_bits(scores: FloatArray) -> FloatArray:
    """Scores to 1 part in 4,096: the rest is noise, and most of a file."""
    bits = np.asarray(scores, np.float32).view(np.int32) & ~0x7FF
    return np.asarray(bits.view(np.float32))


def score_split(
    panel: Panel, digits: mnist.Digits, split: Split, slow: bool = True,
    descent: inversion.Descent | None = None,
) -> ScoreTable:  # fmt: skip
    """Every detector on the calibration and test parts, the slow ones on a subset of the test
    part, and two rows of the fit part per quick detector: its extremes."""
    tables = []
    for part in ("calibration", "test"):
        x = mnist.vectors(digits.images[split.parts[part]])
        scores = {name: judged.score for name, judged in panel.judge(x).items()}
        tables.append(table(split, digits, part, scores, panel.seed))
    x = mnist.vectors(digits.images[split.parts["fit"]])
    for name, judged in panel.judge(x).items():
        ends = np.array([judged.score.argmin(), judged.score.argmax()])
        tables.append(table(split, digits, "fit", {name: judged.score[ends]}, panel.seed, ends))
    if slow:
        rows = subset(split)
        x = mnist.vectors(digits.images[split.parts["test"][rows]])
        for name in SLOW:
            judged, _ = panel.search(name, x, descent or TABLE_DESCENT)
            tables.append(table(split, digits, "test", {name: judged.score}, panel.seed, rows))
    return ScoreTable.stack(tables)


def fit_rules(sources: Sources, fit: FloatArray, validation: FloatArray) -> pretrained.Rules:
    """Our rules for one digit: references from the fit part, units from validation normals."""
    order = np.random.default_rng(0).permutation(len(fit))
    spaces = sources.spaces()
    possible = {name: pieces for name, pieces in OURS.items() if spaces_of(pieces) <= spaces.keys()}
    references = {
        name: pretrained.on_grid(spaces[name](fit[order[: N_REFERENCES[name]]]))
        for name in sorted(spaces_of(piece for pieces in possible.values() for piece in pieces))
    }
    normals, _ = evidence(sources, references, K_NEIGHBOURS, validation)
    return pretrained.Rules(
        critic_range=scoring.critic_range(sources.critic, fit),
        references=references,
        k=K_NEIGHBOURS,
        rules={name: Rule.fitted(names, normals) for name, names in possible.items()},
    )


def fitted_panel(
    folder: Path, digits: mnist.Digits, split: Split, seed: int = 0, protocol: str = "80/20"
) -> Panel:
    """A panel whose rules are fitted now if their file is missing."""
    path = pretrained.model_file(folder, split.abnormal, "ours", seed, protocol)
    panel = Panel(folder, split.abnormal, seed, protocol)
    if not path.exists():
        fit, validation = (
            mnist.vectors(digits.images[split.parts[part]]) for part in ("fit", "validation")
        )
        pretrained.save_rules(fit_rules(panel.sources(), fit, validation), path)
        panel = Panel(folder, split.abnormal, seed, protocol)
    return panel


def recompute(abnormal: str, protocol: str = "80/20", folder: Path | None = None) -> ScoreTable:
    """The scores of one digit's shipped models on the full data, from scratch."""
    from wganad_core.data.fetch import mnist_folder

    digits = mnist.load_mnist(mnist_folder())
    panel = Panel(folder or pretrained.SHIPPED / "mnist", abnormal, protocol=protocol)
    return score_split(panel, digits, mnist.split_mnist(digits, abnormal, protocol))


@dataclasses.dataclass
class Shelf:
    """The shipped panels, the last few of which stay loaded."""

    kept: int = 3
    panels: dict[str, Panel] = dataclasses.field(default_factory=dict)

    def panel(self, abnormal: str) -> Panel:
        made = self.panels.pop(abnormal, None)
        made = made or Panel(pretrained.SHIPPED / "mnist", abnormal)
        self.panels[abnormal] = made
        for oldest in list(self.panels)[: -self.kept]:
            del self.panels[oldest]
        return made
