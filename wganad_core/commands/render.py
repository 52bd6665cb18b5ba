"""`render mixture`: the paper's figures of the mixture as files."""

from __future__ import annotations

import argparse
import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import Command, Refused, json_option, print_json, say
from wganad_core.commands.own_options import overwrite_option
from wganad_core.jobs.outputs import PAGE, PNG_SOFTWARE, Output, check_outputs

if TYPE_CHECKING:
    from wganad_core.pretrained import RecordedRun


def mixture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("figures"),
        metavar="DIR",
        help="where the files go (default: %(default)s)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="run files, one per method (default: the shipped ones)",
    )
    parser.add_argument("--png", action="store_true", help="PNG as well (needs kaleido)")
    overwrite_option(parser)
    json_option(parser)


def render_mixture(arguments: argparse.Namespace) -> int:
    """Draw the figures of the given or the shipped runs and write each into a file."""
    if arguments.png and importlib.util.find_spec("kaleido") is None:
        raise Refused("--png needs the package kaleido; install it or leave --png out.")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise Refused(f"{arguments.out} is a file; name a folder.")
    runs = _runs_by_method(arguments.runs)

    from wganad_core import storage
    from wganad_core.data.mixture import make_mixture
    from wganad_core.figures.paper import paper_figures
    from wganad_core.run.mixture import look_back

    mixture = make_mixture(next(iter(runs.values())).mixture)
    looks = {method: look_back(run, mixture) for method, run in runs.items()}
    forms = {"html": _page} | ({"png": _png} if arguments.png else {})
    files = {
        arguments.out / f"{name}.{suffix}": (form, figure)
        for name, figure in paper_figures(runs, mixture, looks).items()
        for suffix, form in forms.items()
    }
    outputs = [Output(path, "figure") for path in files]
    check_outputs(outputs, arguments.runs or (), arguments.overwrite)
    for path, (form, figure) in files.items():
        storage.write_atomically(path, form(figure))
        say(f"written {path}")
    if arguments.json:
        print_json({"files": list(map(str, files))})
    return 0


def _page(figure: Any) -> bytes:
    page: str = figure.to_html(include_plotlyjs=True)
    return PAGE + page.encode()


def _png(figure: Any) -> bytes:
    return signed(figure.to_image(format="png", scale=2))


def signed(png: bytes) -> bytes:
    """The same picture, with a note of who made it."""
    from PIL import Image, PngImagePlugin

    note, file = PngImagePlugin.PngInfo(), io.BytesIO()
    note.add_text("Software", PNG_SOFTWARE)
    Image.open(io.BytesIO(png)).save(file, "png", pnginfo=note)
    return file.getvalue()


def _runs_by_method(paths: Sequence[Path] | None) -> dict[str, RecordedRun]:
    """One run per method, all of them trained on the same data."""
    from wganad_core import pretrained

    runs: dict[str, RecordedRun] = {}
    for path in paths or map(pretrained.shipped_run, pretrained.PAPER_RUNS):
        run = pretrained.load_run(path)
        method = run.lane.training.method
        if method in runs:
            raise Refused(f"{path} is a second run of {method}; give one per method.")
        runs[method] = run
    if len({run.mixture for run in runs.values()}) > 1:
        raise Refused("These runs were trained on different data; give runs of one data set.")
    return runs


MIXTURE = Command(
    "render mixture",
    "render mixture [options]",
    "write the paper's figures of the mixture as HTML",
    """\
  from the runs that ship with the project, into the folder figures:
    python -m wganad_core render mixture
  from your own runs, PNG as well:
    python -m wganad_core render mixture --runs gan.safetensors gp.safetensors --png""",
    mixture_options,
    render_mixture,
)
