"""`train mixture`: a GAN on points of the plane, into a run file."""

from __future__ import annotations

import argparse
import os
import typing
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
from wganad_core.commands.own_options import overwrite_option
from wganad_core.config import (
    METHODS,
    MIXTURES,
    LaneConfig,
    MixtureConfig,
    NetworkConfig,
    TrainingConfig,
)
from wganad_core.jobs.outputs import Output, check_outputs
from wganad_core.use_cases import RECIPES, command_line, option

if TYPE_CHECKING:
    from wganad_core.pretrained import RecordedRun
    from wganad_core.records import FloatArray

# Every setting of a run with its help.
SETTINGS: dict[type, dict[str, str]] = {
    MixtureConfig: {
        "n_modes": "Gaussians on the ring",
        "radius": "of the ring",
        "sigma": "standard deviation of each Gaussian, or noise of the other shapes",
        "n_samples": "points in the data set",
        "seed": "for drawing the data set",
    },
    TrainingConfig: {
        "steps": "generator updates, each after n-critic critic updates",
        "seed": "for weights, batches and latents",
        "batch_size": "",
        "learning_rate": "",
        "critic_learning_rate": "of the critic, where it has its own; 0 = the learning rate",
        "penalty": "λ of the gradient penalty (wgan-gp)",
        "clip": "c of the weight clipping (wgan-clip)",
        "n_critic": "critic updates a step (k in Algorithm 1)",
        "generator_loss": "(gan)",
        "optimizer": "",
        "beta1": "of Adam",
        "beta2": "of Adam",
        "weight_decay": "of AdamW",
        "decay": "of the learning rate over the run",
        "average": "rate of the generator's moving average that is sampled from; 0 = none",
    },
    NetworkConfig: {
        "width": "units of a hidden layer",
        "depth": "hidden layers",
        "activation": "",
        "n_latent": "dimensions of z",
    },
}


def mixture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument(
        "--recipe",
        choices=("paper", *(name for name in RECIPES if name not in METHODS)),
        default="paper",
        help="where settings that you do not give come from (sharp: wgan-gp; slow-critic: gan)",
    )
    parser.add_argument(
        "--data",
        default="ring",
        metavar="SHAPE|FILE",
        help="ring, ring-8, grid, moons, swiss-roll, or a text file with two columns of numbers",
    )
    for part, settings in SETTINGS.items():
        title = part.__name__.removesuffix("Config").lower()
        group = parser.add_argument_group(f"{title} (default: the recipe's)")
        for name, words in settings.items():
            group.add_argument(
                option(part, name), dest=_place(part, name), help=words or None, **_kind(part, name)
            )
    group = parser.add_argument_group("files")
    group.add_argument(
        "--out",
        type=Path,
        metavar="RUN.safetensors",
        help="the run file (default: mixture-METHOD-SEED.safetensors here); "
        "a run that exists is replaced",
    )
    group.add_argument(
        "--checkpoint",
        type=Path,
        metavar="PATH",
        help="where an unfinished run is kept, and continued from if it is there; "
        "goes when the run file is written (default: beside it)",
    )
    group.add_argument(
        "--checkpoint-every",
        type=positive,
        default=1000,
        metavar="N",
        help="steps between checkpoints (default: %(default)s)",
    )
    group.add_argument(
        "--keep-weights",
        type=natural,
        default=0,
        metavar="N",
        help="keep the weights of N more steps, evenly spaced",
    )
    overwrite_option(parser)
    json_option(parser)


def _place(part: type, name: str) -> str:
    """Where argparse keeps a setting."""
    return f"{part.__name__}.{name}"


def _kind(part: type, name: str) -> dict[str, Any]:
    """How argparse reads a setting, from the type of the config's field."""
    kind = typing.get_type_hints(part)[name]
    if typing.get_origin(kind) is typing.Literal:
        return {"choices": typing.get_args(kind)}
    return {"type": kind, "metavar": "N" if kind is int else "X"}


def settings_of(
    arguments: argparse.Namespace,
) -> tuple[MixtureConfig, LaneConfig, FloatArray | None]:
    """The data and the lane that the options ask for and, for a data file, its points."""
    recipe = RECIPES[arguments.method if arguments.recipe == "paper" else arguments.recipe]
    if recipe.method != arguments.method:
        raise Refused(
            f"The recipe {arguments.recipe} is for {recipe.method}; found --method "
            f"{arguments.method}. Leave --recipe out."
        )

    def given(part: type) -> dict[str, Any]:
        values = {name: getattr(arguments, _place(part, name)) for name in SETTINGS[part]}
        return {name: value for name, value in values.items() if value is not None}

    is_shape = arguments.data in MIXTURES and arguments.data != "own"
    mixture = MixtureConfig(name=arguments.data if is_shape else "own", **given(MixtureConfig))
    network = NetworkConfig(**given(NetworkConfig))
    lane = LaneConfig(network=network, training=recipe.replace(**given(TrainingConfig)))
    return mixture, lane, None if is_shape else _points_of(Path(arguments.data))


def _points_of(path: Path) -> FloatArray:
    from wganad_core.data.own.points import near_unit, read_points

    if not os.path.exists(path) or path.is_dir():
        shapes = ", ".join(name for name in MIXTURES if name != "own")
        raise Refused(f"{path} is neither a shape ({shapes}) nor a file.")
    points, told = near_unit(read_points(path))  # as the race page has them
    if told:
        say(told)
    return points


def train_mixture(arguments: argparse.Namespace) -> int:
    """Train to the end, or from a checkpoint on, and write the run file."""
    mixture, lane, points = settings_of(arguments)
    out, checkpoint = _files(arguments, lane)

    import torch

    from wganad_core import pretrained
    from wganad_core.run import Checkpoint
    from wganad_core.run.mixture import MixtureRun

    torch.set_num_threads(1)  # two threads change the bits and are no faster on these networks
    run = MixtureRun(mixture, lane, points, arguments.keep_weights)
    title = lane.training.method
    kept = Checkpoint(checkpoint, run.plan, run.data)
    if not train_to_the_end(run, title, kept, arguments.checkpoint_every):
        return 130
    result = run.result(command_line(mixture, lane, arguments.data, arguments.keep_weights))
    pretrained.save_run(result, out)
    kept.delete()
    _report(result, out, run.stopped, arguments.json)
    return 1 if run.stopped else 0


def _files(arguments: argparse.Namespace, lane: LaneConfig) -> tuple[Path, Path]:
    """The run file and its checkpoint, which may be written."""
    training = lane.training
    out = arguments.out or Path(f"mixture-{training.method}-{training.seed}.safetensors")
    checkpoint = arguments.checkpoint or out.parent / f"{out.stem}.checkpoint.safetensors"
    outputs = Output(out, "run"), Output(checkpoint, "checkpoint", beside=True)
    check_outputs(outputs, [Path(arguments.data)], arguments.overwrite)
    return out, checkpoint


def _report(result: RecordedRun, out: Path, stopped: str | None, as_json: bool) -> None:
    from wganad_core.run.mixture import METRICS

    metrics = {name: result.metrics.get(name) for name in METRICS}
    if as_json:
        training = result.lane.training
        facts = {"path": str(out), "method": training.method, "seed": training.seed}
        print_json({**facts, **metrics, "stopped": stopped, "command": result.command})
    else:
        print_facts(metrics)
        print(f"written to {out}")
    if stopped:
        say(stopped)


MIXTURE = Command(
    "train mixture",
    "train mixture --method METHOD [options]",
    "train a GAN on points of the plane",
    """\
  the paper's WGAN-GP, on 100,000 points of the ring of seven Gaussians:
    python -m wganad_core train mixture --method wgan-gp --out wgan-gp.safetensors
  sharper, in fewer steps, another seed:
    python -m wganad_core train mixture --method wgan-gp --recipe sharp --seed 1
  watch the vanilla GAN collapse; the figures at the end as JSON:
    python -m wganad_core train mixture --method gan --json
  on your own points, two columns of numbers:
    python -m wganad_core train mixture --method wgan-gp --data points.csv

Ctrl-C keeps what was done; the same command continues it.""",
    mixture_options,
    train_mixture,
)
