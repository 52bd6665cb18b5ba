"""`study latent`: small WGAN-GPs that differ in nothing but their latent space."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from wganad_core import evaluation
from wganad_core.config import AnyNetworkConfig, ImageConfig, NetworkConfig, TrainingConfig
from wganad_core.data.mixture import SCORED, evaluation_set, make_mixture
from wganad_core.data.pool import Pool
from wganad_core.latent import LatentFit, Latents
from wganad_core.methods import evaluate, networks_of
from wganad_core.methods.encoder import EncoderTrainer
from wganad_core.methods.neighbours import nearest
from wganad_core.methods.wgan_gp import WGANGP
from wganad_core.records import FloatArray
from wganad_core.run.loop import one_thread
from wganad_core.use_cases.case import ENCODER, GAN

IMAGE = ImageConfig(generator_width=16, critic_width=10, encoder_width=10, hidden=64)
DENSE = NetworkConfig(width=64)
IMAGE_GAN, IMAGE_ENCODER = GAN.replace(steps=800), ENCODER.replace(steps=500, batch_size=64)
RECIPE = (
    f"generator of width {IMAGE.generator_width}, critic and encoder of {IMAGE.critic_width}, "
    f"{IMAGE_GAN.steps:,} and {IMAGE_ENCODER.steps:,} steps"
)
N_TEST, N_REFERENCES, K = 4_000, 8_000, 3
REACH = 3.0  # how far latents may go that tanh or a box bounds
N_CENTRES, SPREAD = 10, 0.4  # of the mixture: how many, and each one's standard deviation


def drawn(law: str, shape: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Latents (n, d) of a law, each of whose numbers has mean 0 and variance 1."""
    if law == "uniform":
        return (2 * torch.rand(shape, generator=rng) - 1) * math.sqrt(3)
    if law == "mixture":
        which = torch.randint(N_CENTRES, shape[:1], generator=rng)
        return centres(shape[1])[which] + SPREAD * torch.randn(shape, generator=rng)
    z = torch.randn(shape, generator=rng)
    return z / z.norm(dim=1, keepdim=True) * math.sqrt(shape[1]) if law == "sphere" else z


def centres(n_latent: int) -> Tensor:
    """Of the mixture's Gaussians (10, n_latent), the same every time."""
    drawn = torch.randn((N_CENTRES, n_latent), generator=torch.Generator().manual_seed(N_CENTRES))
    drawn = (drawn - drawn.mean(dim=0)) / drawn.std(dim=0, correction=0)
    return drawn * math.sqrt(1 - SPREAD**2)


class Ending(nn.Module):
    """What takes E's outputs h (n, d) to where latents are, in place of batch normalisation."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, h: Tensor) -> Tensor:
        if self.name == "tanh":
            return REACH * torch.tanh(h / REACH)
        if self.name == "clip":
            return h.clamp(-REACH, REACH)
        lengths: Tensor = h.norm(dim=1, keepdim=True).clamp(min=1e-6)
        return h / lengths * math.sqrt(h.shape[1])


class LawfulGAN(WGANGP):
    """A WGAN-GP whose latents have another law."""

    law = "normal"

    def latents(self) -> Tensor:
        return drawn(self.law, (self.config.batch_size, self.networks.config.n_latent), self.rng)


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Normals to learn from (n, d), a test part (m, d) with labels (m,), and how to learn."""

    use_case: str
    abnormal: str
    fit: FloatArray
    test: FloatArray
    label: np.ndarray
    network: AnyNetworkConfig
    gan: TrainingConfig
    encoder: TrainingConfig


def digits(pool: Pool, abnormal: str, seed: int = 0) -> Sweep:
    """MNIST without a digit, 80/20; a fixed random part of the test part."""
    split = pool.split(abnormal, "80/20")
    label = split.labels("test")
    picked = np.random.default_rng(seed).permutation(len(label))[:N_TEST]
    return Sweep(
        "mnist",
        abnormal,
        pool.rows(split.parts["fit"], None),
        pool.rows(split.parts["test"][picked], None),
        label[picked],
        IMAGE,
        IMAGE_GAN,
        IMAGE_ENCODER,
    )


def ring() -> Sweep:
    """The ring of seven, its normals within 3σ of a mode."""
    mixture = make_mixture(SCORED)
    judged = evaluation_set(mixture, n_normals=3_000, n_uniform=1_000)
    return Sweep(
        "mixture",
        "outside",
        mixture.x,
        judged.points,
        judged.label,
        DENSE,
        GAN.replace(batch_size=256, penalty=0.1, steps=3_000),
        ENCODER.replace(batch_size=256, steps=2_000),
    )


def measure(
    task: Sweep,
    n_latent: int,
    law: str = "normal",
    endings: Sequence[str] = ("norm",),
    seed: int = 0,
) -> Iterator[LatentFit]:
    """Train G and f, then an E for each of the endings, and see what each tells of the test part;
    the seconds of the first hold those of G."""
    began = time.perf_counter()
    config = task.network.replace(n_latent=n_latent)
    rng, x = torch.Generator().manual_seed(seed), torch.from_numpy(task.fit)
    with one_thread():
        gan = LawfulGAN(networks_of("wgan-gp", config, rng), x, task.gan.replace(seed=seed))
        gan.law = law
        while gan.n_steps < gan.config.steps:
            gan.step()
    drawn_so_far = rng.get_state()
    for ending in endings:
        rng.set_state(drawn_so_far)  # every E begins with the same weights
        with one_thread():
            yield _with_encoder(task, gan, ending, rng, seed, began, law)
        began = time.perf_counter()


def _with_encoder(
    task: Sweep,
    gan: LawfulGAN,
    ending: str,
    rng: torch.Generator,
    seed: int,
    began: float,
    law: str,
) -> LatentFit:
    config, x = gan.networks.config, torch.from_numpy(task.fit)
    networks = networks_of("encoder", config, rng)
    networks.load_arrays({**networks.arrays(), **_generator_of(gan)})
    if ending != "norm":
        encoding = networks["encoder"]
        assert isinstance(encoding, nn.Sequential)
        encoding[-1] = Ending(ending)
    encoder = EncoderTrainer(networks, x, task.encoder.replace(seed=seed))
    while encoder.n_steps < encoder.config.steps:
        encoder.step()
    scores, residual = _judged(task, networks["generator"], networks["encoder"])
    found = {name: evaluation.summary(task.label, score) for name, score in scores.items()}
    return LatentFit(
        use_case=task.use_case,
        abnormal=task.abnormal,
        n_latent=config.n_latent,
        law=law,
        ending=ending,
        seed=seed,
        rebuilt=float(residual[task.label == 0].mean()),
        rebuilt_unseen=float(residual[task.label == 1].mean()),
        auprc={name: one.auprc for name, one in found.items()},
        auroc={name: one.auroc for name, one in found.items()},
        base_rate=float(task.label.mean()),
        n=len(task.label),
        seconds=round(time.perf_counter() - began, 1),
    )


def _generator_of(gan: WGANGP) -> dict[str, np.ndarray]:
    arrays = gan.finished_arrays()
    return {name: value for name, value in arrays.items() if name.startswith("generator.")}


def _judged(
    task: Sweep, generator: torch.nn.Module, encoder: torch.nn.Module
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Scores of the test part by rule, and ‖x − G(E(x))‖² of it."""
    z = evaluate(encoder, task.test)
    residual = np.square(task.test - evaluate(generator, z)).sum(axis=1)
    references = torch.from_numpy(evaluate(encoder, task.fit[:N_REFERENCES]))
    parts = [
        nearest(torch.from_numpy(part), references, K)[0].mean(dim=1).numpy()
        for part in np.array_split(z, max(1, len(z) // 500))
    ]
    return {"residual": residual, "neighbours": np.concatenate(parts)}, residual


def empty() -> Latents:
    return Latents([], RECIPE)
