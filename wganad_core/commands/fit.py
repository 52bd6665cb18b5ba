"""`fit FILE`: the paper's detector on normal rows of one's own."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import (
    Command,
    Refused,
    json_option,
    print_facts,
    print_json,
    say,
)
from wganad_core.commands.fit_options import KINDS, add_parameters, given, option
from wganad_core.commands.score_file import column_options
from wganad_core.commands.score_recording import unbroken
from wganad_core.commands.score_writer import check_place

if TYPE_CHECKING:
    from wganad_core.data.own.samples import OwnSamples


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="CSV, parquet or npy, or a folder "
        "or zip of images; what a label calls an anomaly is left out",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="MODEL",
        help="gets the detector, a safetensors file",
    )
    parser.add_argument(
        "--kind",
        choices=KINDS,
        help="what a sample is: a row, an image, or a window of a recording "
        "whose rows follow each other in time (default: by the file)",
    )
    column_options(parser, "(default: all columns of numbers that are nothing else)")
    json_option(parser)
    add_parameters(parser)


@dataclasses.dataclass(frozen=True)
class Fitted:
    """An estimator, the file's samples, those of them that it was fitted to, and what to say."""

    estimator: Any
    samples: OwnSamples
    x: Any
    facts: dict[str, Any]


def fitted(arguments: argparse.Namespace, watch: Callable[[Iterator[Any]], None]) -> Fitted:
    """Fit a detector while `watch` reads its progress, and write it when it is whole."""
    from wganad_core.commands.fit_options import estimator_class
    from wganad_core.data.own.samples import read_samples

    check_place(arguments.out, arguments.file)
    samples = read_samples(
        arguments.file,
        features=arguments.features,
        label=arguments.label_column,
        sample_id=arguments.id_column,
    )
    kind = arguments.kind or ("images" if samples.image_shape else "table")
    settings = given(arguments, kind)
    for remark in samples.remarks:
        say(f"remark: {remark}")
    x = normal_rows(samples, kind)
    began = time.perf_counter()
    estimator = estimator_class(kind)(**settings)
    _fit(estimator, samples.name, x, arguments.out.with_suffix(".checkpoint"), watch)
    estimator.save(arguments.out)
    facts = _facts(estimator, samples, len(x), time.perf_counter() - began)
    facts["command"] = command_line(
        arguments.file,
        arguments.out,
        settings,
        kind=arguments.kind,
        features=arguments.features,
        label=arguments.label_column,
        sample_id=arguments.id_column,
    )
    return Fitted(estimator, samples, x, facts)


def fit_file(arguments: argparse.Namespace) -> int:
    """Fit with a progress bar, and say what came of it."""
    done = fitted(arguments, _shown)
    samples, facts = done.samples, done.facts
    if arguments.json:
        print_json({"path": str(arguments.out), **facts, "remarks": samples.remarks})
    else:
        _print(facts)
        print(f"written to {arguments.out}")
    return 0


def normal_rows(samples: OwnSamples, kind: str = "table") -> Any:
    """What a detector is fitted to: the rows that are not labelled anomalies, under the names of
    their columns if these came from the file. Raises `Refused` where there are none."""
    x = samples.x
    if kind == "series":
        x = unbroken(samples).x
        if samples.label is not None and samples.label.any():
            raise Refused(
                f"{samples.name}: a recording to learn from must be normal throughout, and row "
                f"{samples.row[samples.label.argmax()]:,} is labelled an anomaly; fit to a normal "
                "stretch, or take all of it with --label-column ''."
            )
    elif samples.label is not None:
        x = x[samples.label == 0]
        if not len(x):
            raise Refused(f"{samples.name} has anomalies only; a detector learns from normal rows.")
    if kind != "series" and len(x) < 2:
        raise Refused(
            f"{samples.name} has one row to learn from; a detector needs two, and is of use with "
            "some hundred. Add normal rows."
        )
    if not samples.named and (samples.image_shape or counted(samples.features)):
        return x
    import pandas as pd

    return pd.DataFrame(x, columns=list(samples.features))


def counted(features: Sequence[str]) -> bool:
    """Whether names only count columns, and so say nothing."""
    return all(name == f"x{at}" for at, name in enumerate(features))


def _fit(
    estimator: Any, name: str, x: Any, checkpoint: Path, watch: Callable[[Iterator[Any]], None]
) -> None:
    """Fit to the end, from the checkpoint if it is this fit's. Ctrl-C leaves through
    `KeyboardInterrupt`, and the checkpoint where it is."""
    from wganad_core.config import ConfigError
    from wganad_core.methods import DivergedError

    if checkpoint.exists():
        say(f"{checkpoint} is there: a fit of the same rows and settings goes on from it.")
    try:
        watch(estimator.fit_steps(x, checkpoint))
    except DivergedError as error:
        raise Refused(str(error)) from error
    except ConfigError:
        raise
    except ValueError as error:  # rows that the estimator refuses
        raise Refused(f"{name}: {' '.join(str(error).split())}") from error
    except KeyboardInterrupt:
        if checkpoint.exists():
            say(f"The same command goes on from {checkpoint}.")
        raise


def _shown(steps: Iterator[Any]) -> None:
    from tqdm import tqdm

    bar = tqdm(unit=" steps", mininterval=0.5 if sys.stderr.isatty() else 10, dynamic_ncols=True)
    with bar:
        for progress in steps:
            bar.total = progress.n_steps
            bar.set_description(progress.stage, refresh=False)
            if progress.w_estimate == progress.w_estimate:  # not NaN
                bar.set_postfix_str(f"W {progress.w_estimate:.3g}", refresh=False)
            bar.update(progress.step - bar.n)


def _facts(estimator: Any, samples: OwnSamples, n: int, seconds: float) -> dict[str, Any]:
    advice = estimator.advice_
    return {
        "detector": type(estimator).__name__,
        "score_method": estimator.model_.score_method,
        "n": n,
        "n_features": int(estimator.n_features_in_),
        "without_all_features": len(samples.missing),
        "anomalies_left_out": len(samples.x) - n,
        "steps": int(estimator.n_steps_),
        "seconds": seconds,
        "threshold": estimator.threshold_,
        "threshold_text": repr(float(estimator.threshold_)),  # JSON has no infinity
        "false_alarm_rate": estimator.false_alarm_rate,
        "rule": advice.rule,
        "assumption": advice.assumption,
        "warning": advice.warning,
        "expected_false_alarm_rate": advice.expected,
    }


def command_line(
    file: Path | str,
    out: Path | str,
    settings: Mapping[str, Any],
    *,
    kind: str | None = None,
    features: Sequence[str] | None = None,
    label: str | None = None,
    sample_id: str | None = None,
) -> str:
    """The shell command that fits this detector; `settings`: the parameters that are given."""
    words = ["python", "-m", "wganad_core", "fit", str(file), "--out", str(out)]
    words += ["--kind", kind] if kind else []
    words += [f"--features={joined_names(features)}"] if features else []
    for role, name in (("label", label), ("id", sample_id)):
        words += [] if name is None else [f"--{role}-column={name}"]
    for name, value in settings.items():
        if isinstance(value, bool):
            words.append(option(name) if value else f"--no-{name.replace('_', '-')}")
        else:
            words.append(f"{option(name)}={'none' if value is None else value}")
    return shlex.join(words)


def joined_names(features: Sequence[str]) -> str:
    """Names as --features takes them."""
    import csv
    import io

    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(features)
    return line.getvalue()


def _print(facts: Mapping[str, Any]) -> None:
    left = [
        f"{n:,} {what}"
        for n, what in (
            (facts["without_all_features"], "that lack a feature"),
            (facts["anomalies_left_out"], "labelled as anomalies"),
        )
        if n
    ]
    expected = facts["expected_false_alarm_rate"]
    print_facts(
        {
            "detector": f"{facts['detector']}, score_method {facts['score_method']}",
            "rows": f"{facts['n']:,} of {facts['n_features']:,} features",
            "left out": ", ".join(left) or None,
            "steps": f"{facts['steps']:,} in {facts['seconds']:.1f} s",
            "threshold": f"{facts['threshold_text']} ({facts['rule']}, meant to flag "
            f"{100 * facts['false_alarm_rate']:g} % of normals)",
            "expected": expected
            and "{:.3g} to {:.3g} of normals are flagged (95 % interval)".format(*expected),
            "assumption": facts["assumption"],
            "warning": facts["warning"],
            "command": facts["command"],
        }
    )


FILE = Command(
    "fit",
    "fit FILE --out MODEL [options]",
    "fit the paper's detector to normal rows of one's own",
    """\
  a table of normal operation; text, ids and labels are recognised and left out:
    python -m wganad_core fit normal.csv --out model.safetensors
  chosen columns, another seed:
    python -m wganad_core fit data.parquet --out m.safetensors --features flow,pressure --seed 1
  images of what is right, all sizes:
    python -m wganad_core fit photos/ --out model.safetensors
  rows with a fault are left out, and the report is for a program:
    python -m wganad_core fit a.csv --out m.safetensors --label-column fault --json

Then `score FILE --model MODEL --out scores.csv`. The same file, options and seed give the same
detector here, on the page and in Python. Ctrl-C leaves nothing half-written: the same command
goes on from a checkpoint beside the model.""",
    options,
    fit_file,
)
