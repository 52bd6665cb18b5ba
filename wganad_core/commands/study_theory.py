"""`study theory`: §3.2 and §3.3 measured, for the page of that name."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from wganad_core.commands.console import Command, json_option, print_facts, print_json, say
from wganad_core.commands.study import figures_file, figures_option

if TYPE_CHECKING:
    from wganad_core.theory.shipped import Theory


def options(parser: argparse.ArgumentParser) -> None:
    figures_option(parser, "where the figures go")
    json_option(parser)


def study_theory(arguments: argparse.Namespace) -> int:
    """Measure, write and print what each of the three errors costs."""
    import torch

    from wganad_core.theory import shipped
    from wganad_core.theory.study import measure

    torch.set_num_threads(1)
    out = figures_file(arguments, shipped.shipped_path(), shipped.KIND)
    found = measure(say)
    shipped.save(found, out)
    told = {"path": str(out), "seconds": found.seconds, **_told(found)}
    if arguments.json:
        print_json(told)
    else:
        print_facts(told)
    return 0


def _told(found: Theory) -> dict[str, str]:
    """The law's slopes, and every setting's errors in nats of Jensen–Shannon divergence."""
    told = {f"slope of {name}": rate.words for name, rate in found.law_of_n.rates.items()}
    for one in found.errors:
        size, limited = one.parts
        told[f"{one.size} Gaussians, {one.side}² bumps"] = (
            f"{size:.4f} + {limited:.4f}, ε {one.epsilon:.3f}"
        )
    return told


THEORY = Command(
    "study theory",
    "study theory [options]",
    "measure the three errors of Fig. 5, critics of small clouds, and the 1/√n law",
    """\
  all of it, in a few minutes on one core:
    python -m wganad_core study theory
  elsewhere:
    python -m wganad_core study theory --out theory.safetensors --json""",
    options,
    study_theory,
)
