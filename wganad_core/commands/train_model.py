"""`train USE_CASE`: one model of a method, or one without each class."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import shlex
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from wganad_core.commands.console import (
    Command,
    Refused,
    interrupt_as_flag,
    json_option,
    natural,
    positive,
    print_facts,
    print_json,
    say,
    train_to_the_end,
)
from wganad_core.config import Decay, Precision, TrainingConfig, WindowConfig
from wganad_core.jobs.outputs import Output, check_outputs
from wganad_core.use_cases import USE_CASES, UseCase, option

if TYPE_CHECKING:
    from wganad_core.data.pool import Pool
    from wganad_core.pretrained import Model
    from wganad_core.run.model import ModelRun, Task

WORDS = {
    "steps": "of the method; a step of a GAN is a generator update",
    "seed": "for weights, batches and latents",
    "batch_size": "",
    "learning_rate": "",
    "penalty": "λ of the gradient penalty (wgan-gp)",
    "n_critic": "critic updates a step",
    "decay": "of the learning rate over the run",
    "average": "rate of the generator's moving average that is kept; 0 = none",
    "precision": "of products in large layers (contrast, encoder); bfloat16 takes half the time "
    "where the processor or GPU multiplies it",
}
CHOICES = {"decay": get_args(Decay), "precision": get_args(Precision)}


def options(case: UseCase, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=case.methods, required=True)
    parser.add_argument(
        "--abnormal",
        choices=(*case.classes, "all"),
        required=True,
        help=f"the {case.noun} that the model never sees; all: a model without each in turn",
    )
    if len(case.architectures) > 1:
        parser.add_argument(
            "--architecture",
            choices=case.architectures,
            default=case.architectures[0],
            help="of the networks (default: %(default)s)",
        )
    else:
        parser.set_defaults(architecture=case.architectures[0])
    if case.protocols_train_apart:
        parser.add_argument("--protocol", choices=case.protocols, default=case.protocols[0])
    else:
        parser.set_defaults(protocol=case.protocols[0])
    group = parser.add_argument_group("training (default: the method's recipe)")
    for name, words in WORDS.items():
        group.add_argument(option(TrainingConfig, name), help=words or None, **_kind(name))
    parser.add_argument("--latents", type=positive, metavar="N", help="dimensions of z")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help=f"models go to FOLDER/{case.noun.upper()}/, checkpoints beside them "
        f"(default: models/{case.name} in the data directory)",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        default=1,
        metavar="N",
        help=f"how many {case.noun}s are trained side by side, a process each "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to train; auto: on a GPU where there is one (default: %(default)s)",
    )
    parser.add_argument(
        "--checkpoint-every",
        type=positive,
        default=500,
        metavar="N",
        help="steps between checkpoints (default: %(default)s)",
    )
    parser.add_argument(
        "--fetch", action="store_true", help=f"download {case.title} if it is not there"
    )
    json_option(parser)


def _kind(name: str) -> dict[str, Any]:
    """How argparse reads a setting."""
    if name in CHOICES:
        return {"choices": CHOICES[name]}
    whole = {"steps": positive, "seed": natural, "batch_size": positive, "n_critic": positive}
    return {"type": whole.get(name, float), "metavar": "N" if name in whole else "X"}


def train_models(case: UseCase, arguments: argparse.Namespace) -> int:
    """Train what is asked for and not yet there, each from its checkpoint if it has one."""
    import torch

    from wganad_core.data.cache import data_directory

    torch.set_num_threads(1)  # two change the bits and gain little; run two classes side by side
    folder = arguments.out or data_directory() / "models" / case.name
    chosen = case.classes if arguments.abnormal == "all" else (arguments.abnormal,)
    for abnormal in chosen:
        _check(*_files(task_of(case, arguments, abnormal), folder, arguments.architecture))
    pool = case.pool(download=arguments.fetch)
    if arguments.jobs > 1 and len(chosen) > 1:
        return side_by_side(case, arguments, chosen)
    for abnormal in chosen:
        status = _train_one(case, arguments, abnormal, pool, folder)
        if status:
            return status
    return 0


def side_by_side(case: UseCase, arguments: argparse.Namespace, chosen: Sequence[str]) -> int:
    """Each class by this command in a process of its own, `jobs` at a time; after Ctrl-C, which
    reaches those that train, no other begins."""
    alone = argparse.Namespace(**{**vars(arguments), "jobs": 1, "run": None})
    workers = ProcessPoolExecutor(
        arguments.jobs, mp_context=get_context("spawn"), initializer=_note_interrupts
    )
    with interrupt_as_flag(), workers:
        trained = [workers.submit(_train_class, case.name, alone, name) for name in chosen]
        return max(done.result() for done in trained)


_stopped: list[bool] = []  # of a worker's process, which is handed one more class than it trains


def _note_interrupts() -> None:
    signal.signal(signal.SIGINT, lambda *_: _stopped.append(True))


def _train_class(name: str, arguments: argparse.Namespace, abnormal: str) -> int:
    if _stopped:
        return 130
    arguments.abnormal = abnormal
    status = train_models(USE_CASES[name], arguments)
    _stopped.extend([True] * (status != 0))
    return status


def task_of(case: UseCase, arguments: argparse.Namespace, abnormal: str) -> Task:
    from wganad_core.run.model import Task

    given = {name: getattr(arguments, name) for name in WORDS}
    given = {name: value for name, value in given.items() if value is not None}
    network = case.network(arguments.method, arguments.architecture)
    return Task(
        use_case=case.name,
        abnormal=abnormal,
        protocol=arguments.protocol,
        network=network if not arguments.latents else network.replace(n_latent=arguments.latents),
        training=case.recipe(arguments.method, arguments.architecture).replace(**given),
    )


def _train_one(
    case: UseCase, arguments: argparse.Namespace, abnormal: str, pool: Pool, folder: Path
) -> int:
    from wganad_core import pretrained
    from wganad_core.methods import DivergedError
    from wganad_core.run import Checkpoint, device_of

    task = task_of(case, arguments, abnormal)
    out, unfinished = _files(task, folder, arguments.architecture)
    if out.exists():
        say(f"{out} is there already; delete it to train it again.")
        return 0
    try:
        device = device_of(arguments.device)
    except ValueError as error:
        raise Refused(str(error)) from error
    generator, _ = _files(task, folder, arguments.architecture, "wgan-gp")
    run = _start(task, pool, generator, device)
    title = f"{arguments.method}, without {abnormal}"
    checkpoint = Checkpoint(unfinished, run.task.plan(), run.data)
    try:
        if not train_to_the_end(run, title, checkpoint, arguments.checkpoint_every):
            return 130
    except DivergedError as error:
        raise Refused(str(error)) from error
    model = run.result(command_line(case, task, arguments.architecture))
    pretrained.save_model(model, out)
    checkpoint.delete()
    _report(model, out, arguments.json)
    return 0


def _files(
    task: Task, folder: Path, architecture: str, method: str | None = None
) -> tuple[Path, Path]:
    """The task's model, or one of another method beside it, and the checkpoint of that."""
    from wganad_core import pretrained

    training = task.training
    out = pretrained.model_file(
        folder, task.abnormal, method or training.method, training.seed, task.protocol, architecture
    )
    return out, out.with_suffix(".checkpoint")


def _check(out: Path, checkpoint: Path) -> None:
    """Refuse, before any work, a place that cannot be written; a model that is there stays."""
    if not out.exists():
        check_outputs([Output(out, "model"), Output(checkpoint, "checkpoint", beside=True)])


def _start(task: Task, pool: Pool, generator_file: Path, device: str) -> ModelRun:
    from wganad_core import pretrained
    from wganad_core.run.model import ModelRun

    split = pool.split(task.abnormal, task.protocol)
    view = pool.view(getattr(task.network, "view", ""), split.parts["fit"])
    task = dataclasses.replace(task, view=view)
    if view is not None and task.training.method == "contrast":  # whose shifts undo the view
        assert isinstance(task.network, WindowConfig)
        task = dataclasses.replace(task, network=task.network.replace(scales=view.scales))
    fit, validation = (pool.rows(split.parts[part], view) for part in ("fit", "validation"))
    generator = None
    if task.training.method == "encoder":
        if not generator_file.exists():
            raise Refused(
                f"An encoder needs its generator in {generator_file}; train it first with "
                f"--method wgan-gp --abnormal {task.abnormal} and the same folder and seed."
            )
        model = pretrained.load_model(generator_file)
        if model.network.n_latent != task.network.n_latent:
            raise Refused(
                f"The generator in {generator_file} has {model.network.n_latent} latents, the "
                f"encoder would have {task.network.n_latent}; give --latents "
                f"{model.network.n_latent}."
            )
        generator = model.arrays
    return ModelRun(task, fit, validation, generator, device)


def command_line(case: UseCase, task: Task, architecture: str) -> str:
    """The shortest shell command that trains this model."""
    method = task.training.method
    recipe = case.recipe(method, architecture).to_dict()
    words = ["python", "-m", "wganad_core", "train", case.name, "--method", method]
    words += ["--abnormal", task.abnormal]
    words += ["--architecture", architecture] if architecture != case.architectures[0] else []
    words += ["--protocol", task.protocol] if task.protocol != case.protocols[0] else []
    for name, value in task.training.to_dict().items():
        if value != recipe[name]:
            words += [option(TrainingConfig, name), str(value)]
    usual = case.network(method, architecture)
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


def of(case: UseCase) -> Command:
    """`train CASE`."""
    first, last, method = case.classes[0], case.classes[-1], case.methods[-1]
    program = f"python -m wganad_core train {case.name}"
    examples = f"""\
  the paper's model without one {case.noun}, then its encoder:
    {program} --method wgan-gp --abnormal {first}
    {program} --method encoder --abnormal {first}
  without each in turn; what is finished is skipped, what was begun is continued:
    {program} --method wgan-gp --abnormal all
  shorter, with the figures as JSON:
    {program} --method {method} --abnormal {last} --steps 500 --json"""
    for other in case.architectures[1:2]:
        examples += f"""
  networks of another architecture:
    {program} --architecture {other} --method wgan-gp --abnormal all"""
    return Command(
        f"train {case.name}",
        f"train {case.name} --method METHOD --abnormal {case.noun.upper()}|all [options]",
        f"train a model of {case.title} without one {case.noun}",
        f"{examples}\n\nCtrl-C keeps what was done; the same command continues it.",
        functools.partial(options, case),
        functools.partial(train_models, case),
    )
