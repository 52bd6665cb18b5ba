"""The command line: `python -m wganad_core VERB NOUN …`.

Results go to standard output, progress and complaints to standard error. Exit status: 0 done,
1 refused or failed (one sentence says why), 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib.util
import json
import math
import re
import shlex
import signal
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import wganad_core

DESCRIPTION = """\
Train, draw and look into Wasserstein GANs that detect anomalies.

A command is a verb and a noun. Each explains itself:
  python -m wganad_core train mixture --help"""


@dataclasses.dataclass(frozen=True)
class Command:
    """A verb and its noun, what it does in a line, examples, its options and its work."""

    name: str
    usage: str
    summary: str
    examples: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class Refused(Exception):
    """An input cannot be used; the message is the sentence to show."""


# ---------------------------------------------------------------- train mixture

# Every setting of a run with its help; the option's name is the field's, but for `data_seed`.
SETTINGS: dict[str, dict[str, str]] = {
    "mixture": {
        "n_modes": "Gaussians on the ring",
        "radius": "of the ring",
        "sigma": "standard deviation of each Gaussian, or noise of the other shapes",
        "n_samples": "points in the data set",
        "data_seed": "for drawing the data set",
    },
    "training": {
        "steps": "generator updates, each after n-critic critic updates",
        "seed": "for weights, batches and latents",
        "batch_size": "",
        "learning_rate": "",
        "penalty": "λ of the gradient penalty (wgan-gp)",
        "clip": "c of the weight clipping (wgan-clip)",
        "n_critic": "critic updates a step (k in Algorithm 1)",
        "generator_loss": "(gan)",
        "optimizer": "",
        "beta1": "of Adam",
        "beta2": "of Adam",
        "decay": "of the learning rate over the run",
        "average": "rate of the generator's moving average that is sampled from; 0 = none",
    },
    "network": {
        "width": "units of a hidden layer",
        "depth": "hidden layers",
        "activation": "",
        "n_latent": "dimensions of z",
    },
}


def train_mixture_options(parser: argparse.ArgumentParser) -> None:
    from wganad_core.config import METHODS

    parser.add_argument("--method", choices=METHODS, required=True)
    parser.add_argument(
        "--recipe", choices=("paper", "sharp"), default="paper",
        help="where settings that you do not give come from (sharp: wgan-gp only)",
    )  # fmt: skip
    parser.add_argument(
        "--data", default="ring", metavar="SHAPE|FILE",
        help="ring, ring-8, grid, moons, swiss-roll, or a text file with two columns of numbers",
    )  # fmt: skip
    for part, fields in SETTINGS.items():
        group = parser.add_argument_group(f"{part} (default: the recipe's)")
        for name, words in fields.items():
            group.add_argument(_flag(name), help=words or None, **_kind(part, name))
    group = parser.add_argument_group("files")
    group.add_argument("--out", type=Path, metavar="RUN.safetensors",
                       help="the run file (default: mixture-METHOD-SEED.safetensors here); "
                       "one that exists is replaced")  # fmt: skip
    group.add_argument("--checkpoint", type=Path, metavar="PATH",
                       help="where an unfinished run is kept, and continued from if it is there; "
                       "goes when the run file is written (default: beside it)")  # fmt: skip
    group.add_argument("--checkpoint-every", type=_positive, default=1000, metavar="N",
                       help="steps between checkpoints (default: %(default)s)")  # fmt: skip
    group.add_argument("--keep-weights", type=_natural, default=0, metavar="N",
                       help="keep the weights of N more steps, evenly spaced")  # fmt: skip
    _json_option(parser)


def train_mixture(arguments: argparse.Namespace) -> int:
    mixture, lane, points = settings_of(arguments)
    out = arguments.out or Path(f"mixture-{lane.training.method}-{lane.training.seed}.safetensors")
    checkpoint = arguments.checkpoint or out.with_name(f"{out.stem}.checkpoint.safetensors")
    for path in (out, checkpoint):
        if path.is_dir():
            raise Refused(f"{path} is a folder; name a file.")

    import torch
    from tqdm import tqdm

    from wganad_core import pretrained
    from wganad_core.live.offline import METRICS, OfflineRun

    torch.set_num_threads(1)  # two threads change the bits and are no faster on these networks
    run = OfflineRun(mixture, lane, points, arguments.keep_weights)
    if checkpoint.exists():
        run.resume(checkpoint)
        _say(f"Continuing {checkpoint} at step {run.step:,}.")
    bar = tqdm(
        total=lane.training.steps, initial=run.step, unit=" steps", desc=lane.training.method,
        mininterval=0.5 if sys.stderr.isatty() else 10, dynamic_ncols=True,
    )  # fmt: skip
    with bar, _interrupt_as_flag() as interrupted:
        for step in run.steps():
            bar.update(step - bar.n)
            if interrupted() and step < lane.training.steps and not run.stopped:
                run.save(checkpoint)
                bar.close()
                _say(f"Stopped at step {step:,}; the same command continues from {checkpoint}.")
                return 130
            if step % arguments.checkpoint_every == 0:
                run.save(checkpoint)
    result = run.result(reproducing_command(mixture, lane, arguments.data, arguments.keep_weights))
    pretrained.save_run(result, out)
    checkpoint.unlink(missing_ok=True)
    metrics = {name: result.metrics.get(name) for name in METRICS}
    if arguments.json:
        facts = {"path": str(out), "method": lane.training.method, "seed": lane.training.seed}
        _print_json({**facts, **metrics, "stopped": run.stopped, "command": result.command})
    else:
        print("\n".join(_facts(metrics)))
        print(f"written to {out}")
    if run.stopped:
        _say(run.stopped)
    return 1 if run.stopped else 0


def settings_of(arguments: argparse.Namespace) -> tuple[Any, Any, Any]:
    """MixtureConfig, LaneConfig and, for a data file, its points, from the options."""
    from wganad_core.config import MIXTURES, LaneConfig, MixtureConfig, NetworkConfig
    from wganad_core.use_cases import RECIPES

    recipe = RECIPES[arguments.method if arguments.recipe == "paper" else arguments.recipe]
    if recipe.method != arguments.method:
        raise Refused(
            f"The recipe {arguments.recipe} is for {recipe.method}; found --method "
            f"{arguments.method}. Leave --recipe out."
        )

    def given(part: str) -> dict[str, Any]:
        values = {_field(name): getattr(arguments, name) for name in SETTINGS[part]}
        return {name: value for name, value in values.items() if value is not None}

    if arguments.data in MIXTURES and arguments.data != "own":
        name, points = arguments.data, None
    else:
        name, points = "own", read_points(Path(arguments.data))
    mixture = MixtureConfig(name=name, **given("mixture"))
    network = NetworkConfig(**given("network"))
    return (
        mixture,
        LaneConfig(network=network, training=recipe.replace(**given("training"))),
        points,
    )


def read_points(path: Path) -> Any:
    """Two columns of numbers (n, 2) from a text file; a first line of names is skipped."""
    import numpy as np

    try:
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    except OSError as error:
        raise Refused(
            f"{path} is neither a shape (ring, ring-8, grid, moons, swiss-roll) nor a file that "
            f"can be read: {error.strerror}."
        ) from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            x, y = (float(cell) for cell in re.split(r"[,;\s]+", line.strip()))
        except ValueError:
            if number == 1:
                continue
            raise Refused(
                f"{path}, line {number}: expected two numbers, found {line.strip()[:40]!r}."
            ) from None
        rows.append((x, y))
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def reproducing_command(mixture: Any, lane: Any, data: str = "", keep_weights: int = 0) -> str:
    """The shortest command line that trains this lane on this data; the page shows it too.

    `data` names the file of a data set called `own`.
    """
    from wganad_core.config import MixtureConfig, NetworkConfig
    from wganad_core.use_cases import RECIPES, recipe_of

    method, recipe = lane.training.method, recipe_of(lane.training)
    pairs = {
        "mixture": (mixture, MixtureConfig()),
        "training": (lane.training, RECIPES[recipe]),
        "network": (lane.network, NetworkConfig()),
    }
    command = ["python", "-m", "wganad_core", "train", "mixture", "--method", method]
    command += ["--recipe", recipe] if recipe != method else []
    where = mixture.name if mixture.name != "own" else data or "POINTS.csv"
    command += ["--data", where] if where != "ring" else []
    for part, fields in SETTINGS.items():
        chosen, default = pairs[part]
        for name in fields:
            value = getattr(chosen, _field(name))
            if value != getattr(default, _field(name)):
                command += [_flag(name), str(value)]
    command += ["--keep-weights", str(keep_weights)] if keep_weights else []
    return shlex.join(command)


def _field(name: str) -> str:
    return "seed" if name == "data_seed" else name


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _kind(part: str, name: str) -> dict[str, Any]:
    """How argparse reads a setting, from the type of the config's field."""
    from wganad_core import config

    owner = {
        "mixture": config.MixtureConfig,
        "training": config.TrainingConfig,
        "network": config.NetworkConfig,
    }[part]
    kind = typing.get_type_hints(owner)[_field(name)]
    if typing.get_origin(kind) is typing.Literal:
        return {"choices": typing.get_args(kind)}
    return {"type": kind, "metavar": "N" if kind is int else "X"}


# ---------------------------------------------------------------- render mixture, info run


def render_mixture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("figures"), metavar="DIR",
                        help="where the files go (default: %(default)s)")  # fmt: skip
    parser.add_argument("--runs", type=Path, nargs="+", metavar="FILE",
                        help="run files, one per method (default: the shipped ones)")  # fmt: skip
    parser.add_argument("--png", action="store_true", help="PNG as well (needs kaleido)")
    _json_option(parser)


def render_mixture(arguments: argparse.Namespace) -> int:
    if arguments.png and importlib.util.find_spec("kaleido") is None:
        raise Refused("--png needs the package kaleido; install it or leave --png out.")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise Refused(f"{arguments.out} is a file; name a folder.")
    from wganad_core import pretrained, storage
    from wganad_core.config import METHODS
    from wganad_core.data.mixture import make_mixture

    shipped = [pretrained.shipped_run(method) for method in METHODS]
    runs: dict[str, pretrained.Run] = {}
    for path in arguments.runs or shipped:
        run = pretrained.load_run(path)
        method = run.lane.training.method
        if method in runs:
            raise Refused(f"{path} is a second run of {method}; give one per method.")
        runs[method] = run
    mixtures = {run.mixture for run in runs.values()}
    if len(mixtures) > 1:
        raise Refused("These runs were trained on different data; give runs of one data set.")
    mixture = make_mixture(mixtures.pop())

    from wganad_core.figures.paper import paper_figures
    from wganad_core.live.offline import look_back

    looks = {method: look_back(run, mixture) for method, run in runs.items()}
    written = []
    for name, figure in paper_figures(runs, mixture, looks).items():
        pages = {"html": figure.to_html(include_plotlyjs=True).encode()}
        if arguments.png:
            pages["png"] = figure.to_image(format="png", scale=2)
        for suffix, page in pages.items():
            path = arguments.out / f"{name}.{suffix}"
            storage.write_atomically(path, page)
            written.append(str(path))
            _say(f"written {path}")
    if arguments.json:
        _print_json({"files": written})
    return 0


def info_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    _json_option(parser)


def info_run(arguments: argparse.Namespace) -> int:
    from wganad_core import pretrained

    run = pretrained.load_run(arguments.file)
    past = run.recording
    facts: dict[str, Any] = {
        "method": run.lane.training.method,
        "data": run.mixture.name,
        "seed": run.lane.training.seed,
        "frames": len(past.frames),
        "weights_at": sorted(run.weights),
        **run.metrics,
        "events": past.events,
        "command": run.command,
    }
    if arguments.json:
        whole = {"mixture": run.mixture.to_dict(), "lane": run.lane.to_dict()}
        _print_json({"path": str(arguments.file), **facts, **whole})
        return 0
    facts["weights_at"] = ", ".join(f"{step:,}" for step in facts["weights_at"])
    events = facts.pop("events")
    print("\n".join(_facts(facts)))
    for event in events:
        print(f"event: {event}")
    return 0


# ---------------------------------------------------------------- every command

COMMANDS = (
    Command(
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
        train_mixture_options,
        train_mixture,
    ),
    Command(
        "render mixture",
        "render mixture [options]",
        "write the paper's figures of the mixture as HTML",
        """\
  from the runs that ship with the project, into the folder figures:
    python -m wganad_core render mixture
  from your own runs, PNG as well:
    python -m wganad_core render mixture --runs gan.safetensors gp.safetensors --png""",
        render_mixture_options,
        render_mixture,
    ),
    Command(
        "info run",
        "info run FILE [--json]",
        "say what a run file holds",
        """\
  settings, figures at the end, and the command that trains it again:
    python -m wganad_core info run wgan-gp.safetensors""",
        info_run_options,
        info_run,
    ),
)


def make_parser() -> argparse.ArgumentParser:
    """One parser per verb and noun, all from `COMMANDS`."""
    style: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    examples = "examples:\n" + "\n".join(
        f"  {example.strip()}"
        for command in COMMANDS
        for example in command.examples.splitlines()[1:2]
    )
    parser = argparse.ArgumentParser(
        prog="python -m wganad_core", description=DESCRIPTION, epilog=examples, **style
    )
    parser.add_argument("--version", action="version", version=wganad_core.__version__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    nouns: dict[str, Any] = {}
    for command in COMMANDS:
        verb, noun = command.name.split()
        if verb not in nouns:
            lines = [c.summary for c in COMMANDS if c.name.split()[0] == verb]
            nouns[verb] = verbs.add_parser(verb, help="; ".join(lines), **style).add_subparsers(
                metavar="NOUN", required=True
            )
        leaf = nouns[verb].add_parser(
            noun, help=command.summary, usage=f"python -m wganad_core {command.usage}",
            description=command.summary[0].upper() + command.summary[1:] + ".",
            epilog=f"examples:\n{command.examples}", **style,
        )  # fmt: skip
        command.options(leaf)
        leaf.set_defaults(run=command.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (usage errors leave through `SystemExit`)."""
    from wganad_core.config import ConfigError
    from wganad_core.data.mixture import DataError
    from wganad_core.storage import StorageError

    chosen = make_parser().parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except (ConfigError, DataError, StorageError, Refused) as problem:
        _say(str(problem))
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    return status


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


def _print_json(value: dict[str, Any]) -> None:
    """Strict JSON: what is not finite becomes null."""

    def strict(item: Any) -> Any:
        if isinstance(item, dict):
            return {str(key): strict(entry) for key, entry in item.items()}
        if isinstance(item, list | tuple):
            return [strict(entry) for entry in item]
        return None if isinstance(item, float) and not math.isfinite(item) else item

    print(json.dumps(strict(value), allow_nan=False, ensure_ascii=False))


def _facts(values: dict[str, Any]) -> list[str]:
    width = max(map(len, values))
    return [
        f"{name:<{width}}  {value:,.4g}"
        if isinstance(value, float)
        else f"{name:<{width}}  {value}"
        for name, value in values.items()
        if value is not None
    ]


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; found {text}")
    return value


def _natural(text: str) -> int:
    return _positive(text) if text != "0" else 0


@contextlib.contextmanager
def _interrupt_as_flag() -> Iterator[Callable[[], bool]]:
    """While training, Ctrl-C waits for the end of the step; a second one does not."""
    pressed: list[bool] = []

    def note(*_: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(main())
