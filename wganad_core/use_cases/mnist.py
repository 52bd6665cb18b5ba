"""MNIST: a digit that models have never seen (§5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wganad_core.config import DIGITS, PROTOCOLS, ImageConfig, RuleConfig, TrainingConfig
from wganad_core.use_cases.case import ENCODER, GAN, BoardWords, PaperBoxes, Phrases, UseCase, usual

if TYPE_CHECKING:
    from wganad_core.data.fetch import Dataset, OnBytes
    from wganad_core.data.pool import Pool, Samples


def published() -> Dataset:
    from wganad_core.data import mnist

    return mnist.PUBLISHED


def pool(download: bool = False, progress: OnBytes | None = None) -> Pool:
    from wganad_core.data import mnist  # not before: help needs no NumPy

    return mnist.load_pool(download, progress)


def bundled() -> Samples:
    from wganad_core.data import mnist

    return mnist.samples()


def an(digit: str) -> str:
    """A digit with its article."""
    return f"an {digit}" if digit == "8" else f"a {digit}"


# "image" are made for detection; "paper" are small ones, for which the paper's settings are meant.
NETWORKS = {
    "image": ImageConfig(
        depth=3, n_latent=64, generator_width=48, critic_width=32, encoder_width=32, hidden=128
    ),
    "paper": ImageConfig(),
}
NETWORKS["image/encoder"] = NETWORKS["image"].replace(hidden=256)
NETWORKS |= {
    f"{architecture}/{method}": ImageConfig(hidden=32)
    for architecture in ("image", "paper")
    for method in ("bigan", "vae")
}
NETWORKS["image/vae"] = NETWORKS["image"].replace(
    n_latent=20, generator_width=16, encoder_width=12, hidden=64
)
_BIGAN = TrainingConfig(method="bigan", learning_rate=1e-3, beta2=0.999, n_critic=1, penalty=3.0)
RECIPES = {
    "wgan-gp": GAN.replace(batch_size=64, n_critic=3, average=0.999, steps=5_000),
    "encoder": ENCODER.replace(batch_size=256, steps=4_000),
    "contrast": ENCODER.replace(method="contrast", steps=4_000),
    "paper/wgan-gp": GAN.replace(steps=5_000),
    "paper/encoder": ENCODER,
    "gan": TrainingConfig(method="gan", learning_rate=2e-4, n_critic=1, average=0.998, steps=5_000),
    "bigan": _BIGAN.replace(decay="linear", steps=2_000),
    "vae": ENCODER.replace(method="vae", steps=4_000),
    "paper/vae": ENCODER.replace(method="vae", steps=1_500),
}

# What rules may be made of: evidence of the contrastive features, and of the WGAN-GP's networks.
CONTRAST = ("near-shifted", "near-projected", "shift")
WGAN = ("near-latent", "near-encoder", "near-critic", "critic", "residual", "relative", "izi")

# How many centres of normals, along how many main axes of a space: `pretrained/` is to stay below
# 75 MB. Latents have no main axes, as E's batch normalisation gives all the same spread.
CENTRES = 5_000
AXES = {"critic": 32, "encoder": 64, "projected": 64, "shifted": 64}

DETECTORS = {
    "ours": (
        "Ours",
        "Our rule: contrastive features that tell images from their rotations, and the WGAN-GP's "
        "networks, joined; for each digit the evidence that finds the other nine best",
    ),
    **usual("ours-wgan", "encoder", "critic", "critic-interval"),
    "inversion": ("Inversion", "What is left after a search for the best z (eqs 21–22)"),
    "anogan": ("AnoGAN", "That search, with the critic's features (eqs 13–15)"),
    "bigan": ("BiGAN", "What the BiGAN makes of it (eqs 18–20)"),
    "vae": ("VAE", "What the variational autoencoder makes of it"),
}
BASELINES = {
    "knn": ("Neighbours (pixels)", "Distance to the nearest normal images, pixel by pixel"),
    "pca": ("PCA", "What is left of an image after its principal components"),
    "iforest": ("Isolation forest", "How quickly random cuts isolate an image"),
    "pyod-vae": ("PyOD VAE", "The library PyOD's variational autoencoder"),
    "pyod-deepsvdd": ("PyOD Deep SVDD", "The library PyOD's Deep SVDD"),
}

QUOTED = {
    "wgan-gp": "Paper, WGAN and encoder",
    "bigan": "Paper, BiGAN",
    "vae": "Paper, VAE",
}
WORDS = {name: words[0] for name, words in {**DETECTORS, **BASELINES}.items()}
BOARD = BoardWords(
    bars={
        **{WORDS[name]: (name, "") for name in ("ours", "ours-wgan", "encoder", "knn")},
        **{QUOTED[model]: ("paper", model) for model in ("vae", "bigan", "wgan-gp")},
    },
    paper=QUOTED,
    caption="MNIST 80/20; columns: the unseen digit. Rows “Paper” are "
    "quoted from its Table 1, whose base rates are not told; all others are scored on the "
    "same test part, the slow ones (Inversion, AnoGAN) on 1,000 of it.",
)

MNIST = UseCase(
    name="mnist",
    title="MNIST",
    label="Digits",
    noun="digit",
    shape="image",
    samples="images",
    published=published,
    classes=DIGITS,
    usual_class="4",
    protocols=PROTOCOLS,
    architectures=("image", "paper"),
    methods=("wgan-gp", "gan", "encoder", "bigan", "vae", "contrast"),
    # Which of this evidence joins is chosen for each digit: panels.criterion.
    ours={
        "image": RuleConfig(
            rules={"ours": (*CONTRAST, *WGAN), "ours-wgan": WGAN},
            k=3,
            n_references=CENTRES,
            n_axes=AXES,
            bits=4,
            join="logs",
            centres=True,
        ),
    },
    protocols_train_apart=True,
    searched=True,
    networks=NETWORKS,
    recipes=RECIPES,
    detectors=DETECTORS,
    baselines=BASELINES,
    describe=an,
    phrases=Phrases(source="{noun} {name} unseen", anomalies="images of {what}"),
    bundled=bundled,
    pool=pool,
    views={
        "gallery": "Gallery",
        "own": "Your digit",
        "boxes": "By class",
        "board": "Table 1",
        "generator": "Generated",
    },
    boxes=(
        PaperBoxes(
            "Fig. 14: the critic's output",
            "critic",
            "Minus the critic's output on every test image (§5.1).",
        ),
        PaperBoxes(
            "Fig. 15: the reversed generator",
            "inversion",
            "What is left after the search for z (eqs 21–22), on the fixed subset that slow "
            "detectors score.",
        ),
    ),
    board=BOARD,
)
