"""`study latent`: dimension and law of the latent space against what detection makes of them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from wganad_core.commands.console import (
    Command,
    Refused,
    json_option,
    positive,
    print_facts,
    print_json,
    say,
)
from wganad_core.commands.study import figures_file, figures_option
from wganad_core.config import DIGITS

if TYPE_CHECKING:
    from wganad_core.latent import LatentFit

CASES = ("mnist", "mixture")
LAWS = ("normal", "uniform", "sphere", "mixture")
ENDINGS = ("norm", "tanh", "clip", "shell")
DIMENSIONS = (2, 4, 8, 16, 32, 64, 128)
MOST = 512


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("use_case", choices=CASES, metavar="CASE", help="mnist or mixture")
    parser.add_argument("--digit", default="4", choices=DIGITS, help="unseen (mnist)")
    parser.add_argument(
        "--dimension",
        type=positive,
        action="append",
        metavar="D",
        help="of the latent space, once or more (default: 2 4 8 16 32 64 128)",
    )
    parser.add_argument("--law", choices=LAWS, default="normal", help="of the latents")
    parser.add_argument(
        "--ending",
        choices=ENDINGS,
        action="append",
        help="what the encoder ends with, once or more (default: norm)",
    )
    parser.add_argument("--seed", type=int, default=0, help="each has a row of its own")
    figures_option(parser, "what is measured is added to it")
    json_option(parser)


def study_latent(arguments: argparse.Namespace) -> int:
    """Measure, and write after each dimension, so that nothing is lost by stopping."""
    from wganad_core import latent
    from wganad_core.latent import study
    from wganad_core.use_cases import MNIST

    dimensions = arguments.dimension or list(DIMENSIONS)
    if max(dimensions) > MOST:
        raise Refused(f"A latent space has at most {MOST} dimensions; found {max(dimensions)}.")
    out = figures_file(arguments, latent.shipped_path(), latent.KIND)
    found = latent.load(out) if out.exists() else study.empty()
    mnist = arguments.use_case == "mnist"
    task = study.digits(MNIST.pool(), arguments.digit) if mnist else study.ring()
    for n in dimensions:
        say(f"{arguments.use_case} without {task.abnormal}: {n} dimensions, {arguments.law}")
        endings = arguments.ending or [found.usual[1]]
        for fit in study.measure(task, n, arguments.law, endings, arguments.seed):
            found = found.updated(fit)
            latent.save(found, out)
            if not arguments.json:
                print_facts(_told(fit))
    if arguments.json:
        import dataclasses

        print_json({"path": str(out), **dataclasses.asdict(found)})
    return 0


def _told(fit: LatentFit) -> dict[str, object]:
    told: dict[str, object] = {"dimensions": fit.n_latent, "ending": fit.ending}
    told |= {"error of normals": fit.rebuilt}
    told |= {f"AUPRC of {name}": f"{value:.1%}" for name, value in fit.auprc.items()}
    return told | {"base rate": f"{fit.base_rate:.1%}", "seconds": fit.seconds}


LATENT = Command(
    "study latent",
    "study latent CASE [options]",
    "measure what the latent space's dimension and law do to detection",
    """\
  digit 4 unseen, 2 to 128 dimensions; half an hour on one core:
    python -m wganad_core study latent mnist --digit 4
  other laws at one dimension:
    python -m wganad_core study latent mnist --law mixture --dimension 16
  other outputs of the encoder, of the same generator:
    python -m wganad_core study latent mnist --dimension 16 --ending tanh --ending shell
  the ring of Gaussians, elsewhere:
    python -m wganad_core study latent mixture --dimension 2 --out ring.safetensors""",
    options,
    study_latent,
)
