"""`train mnist`: one model, or all ten digits' models, of a method."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import (
    Command,
    Refused,
    json_option,
    natural,
    positive,
    print_facts,
    print_json,
    say,
    train_to_the_end,
)
from wganad_core.config import DIGITS, PROTOCOLS, ImageConfig, TrainingConfig
from wganad_core.use_cases import MNIST_NETWORKS, MNIST_RECIPES, option

if TYPE_CHECKING:
    from wganad_core.data.mnist import Digits
    from wganad_core.pretrained import Model
    from wganad_core.runs import ModelRun, Task

WORDS = {
    "steps": "of the method; a step of a GAN is a generator update",
    "seed": "for weights, batches and latents",
    "batch_size": "",
    "learning_rate": "",
    "penalty": "λ of the gradient penalty (wgan-gp)",
    "n_critic": "critic updates a step",
    "decay": "of the learning rate over the run",
    "average": "rate of the generator's moving average that is kept; 0 = none",
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=tuple(MNIST_RECIPES), required=True)
    parser.add_argument(
        "--abnormal", choices=(*DIGITS, "all"), required=True,
        help="the digit that the model never sees; all: ten models in turn",
    )  # fmt: skip
    parser.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0])
    group = parser.add_argument_group("training (default: the method's recipe)")
    for name, words in WORDS.items():
        group.add_argument(option(TrainingConfig, name), help=words or None, **_kind(name))
    parser.add_argument("--latents", type=positive, metavar="N", help="dimensions of z")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        help="models go to FOLDER/DIGIT/METHOD.safetensors, checkpoints beside "
                        "them (default: models/mnist in the data directory)")  # fmt: skip
    parser.add_argument("--checkpoint-every", type=positive, default=500, metavar="N",
                        help="steps between checkpoints (default: %(default)s)")  # fmt: skip
    parser.add_argument("--fetch", action="store_true", help="download MNIST if it is not there")
    json_option(parser)


def _kind(name: str) -> dict[str, Any]:
    """How argparse reads a setting."""
    if name == "decay":
        return {"choices": ("none", "linear", "cosine")}
    whole = {"steps": positive, "seed": natural, "batch_size": positive, "n_critic": positive}
    return {"type": whole.get(name, float), "metavar": "N" if name in whole else "X"}


def train_mnist(arguments: argparse.Namespace) -> int:
    """Train what is asked for and not yet there, each from its checkpoint if it has one."""
    import torch

    from wganad_core.data.cache import data_directory
    from wganad_core.data.fetch import mnist_folder
    from wganad_core.data.mnist import load_mnist

    torch.set_num_threads(1)  # two change the bits and gain little; run two digits side by side
    folder = arguments.out or data_directory() / "models" / "mnist"
    digits = load_mnist(mnist_folder(fetch=arguments.fetch))
    chosen = DIGITS if arguments.abnormal == "all" else (arguments.abnormal,)
    for abnormal in chosen:
        status = _train_one(arguments, task_of(arguments, abnormal), digits, folder)
        if status:
            return status
    return 0


def task_of(arguments: argparse.Namespace, abnormal: str) -> Task:
    from wganad_core.runs import Task

    given = {name: getattr(arguments, name) for name in WORDS}
    given = {name: value for name, value in given.items() if value is not None}
    network = MNIST_NETWORKS.get(arguments.method, ImageConfig())
    return Task(
        use_case="mnist",
        abnormal=abnormal,
        protocol=arguments.protocol,
        network=network if not arguments.latents else network.replace(n_latent=arguments.latents),
        training=MNIST_RECIPES[arguments.method].replace(**given),
    )


def _train_one(arguments: argparse.Namespace, task: Task, digits: Digits, folder: Path) -> int:
    from wganad_core import pretrained
    from wganad_core.training import DivergedError

    out = pretrained.model_file(
        folder, task.abnormal, arguments.method, task.training.seed, task.protocol
    )
    checkpoint = out.with_suffix(".checkpoint")
    if out.exists():
        say(f"{out} is there already; delete it to train it again.")
        return 0
    run = _start(task, digits, folder)
    title = f"{arguments.method}, without {task.abnormal}"
    try:
        if not train_to_the_end(run, title, checkpoint, arguments.checkpoint_every):
            return 130
    except DivergedError as error:
        raise Refused(str(error)) from error
    model = run.result(command_line(task))
    pretrained.save_model(model, out)
    checkpoint.unlink(missing_ok=True)
    _report(model, out, arguments.json)
    return 0


def _start(task: Task, digits: Digits, folder: Path) -> ModelRun:
    from wganad_core import pretrained
    from wganad_core.data.mnist import split_mnist, vectors
    from wganad_core.runs import ModelRun

    split = split_mnist(digits, task.abnormal, task.protocol)
    fit, validation = (vectors(digits.images[split.parts[p]]) for p in ("fit", "validation"))
    generator = None
    if task.training.method == "encoder":
        path = pretrained.model_file(
            folder, task.abnormal, "wgan-gp", task.training.seed, task.protocol
        )
        if not path.exists():
            raise Refused(
                f"An encoder needs its generator in {path}; train it first with --method wgan-gp "
                f"--abnormal {task.abnormal} and the same folder and seed."
            )
        model = pretrained.load_model(path)
        if model.network.n_latent != task.network.n_latent:
            raise Refused(
                f"The generator in {path} has {model.network.n_latent} latents, the encoder would "
                f"have {task.network.n_latent}; give --latents {model.network.n_latent}."
            )
        generator = model.arrays
    return ModelRun(task, fit, validation, generator)


def command_line(task: Task) -> str:
    """The shortest shell command that trains this model."""
    recipe = MNIST_RECIPES[task.training.method].to_dict()
    words = ["python", "-m", "wganad_core", "train", "mnist", "--method", task.training.method]
    words += ["--abnormal", task.abnormal]
    words += ["--protocol", task.protocol] if task.protocol != PROTOCOLS[0] else []
    for name, value in task.training.to_dict().items():
        if value != recipe[name]:
            words += [option(TrainingConfig, name), str(value)]
    usual = MNIST_NETWORKS.get(task.training.method, ImageConfig())
    if task.network.n_latent != usual.n_latent:
        words += ["--latents", str(task.network.n_latent)]
    return shlex.join(words)


def _report(model: Model, out: Path, as_json: bool) -> None:
    facts: dict[str, Any] = {"abnormal": model.abnormal, "method": model.training.method}
    facts |= model.metrics
    if as_json:
        print_json({**facts, "path": str(out), "command": model.command})
    else:
        print_facts(facts)
        print(f"written to {out}")


MNIST = Command(
    "train mnist",
    "train mnist --method METHOD --abnormal DIGIT|all [options]",
    "train a model of MNIST without one digit",
    """\
  the paper's model without the digit 4, then its encoder:
    python -m wganad_core train mnist --method wgan-gp --abnormal 4
    python -m wganad_core train mnist --method encoder --abnormal 4
  all ten digits; what is finished is skipped, what was begun is continued:
    python -m wganad_core train mnist --method wgan-gp --abnormal all
  another seed, shorter, with the figures as JSON:
    python -m wganad_core train mnist --method vae --abnormal 9 --seed 1 --steps 500 --json

Ctrl-C keeps what was done; the same command continues it.""",
    options,
    train_mnist,
)
