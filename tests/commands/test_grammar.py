"""How words become commands: a verb with a noun, or with a file."""

from __future__ import annotations

import inspect
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from wganad_core import WGANAnomalyDetector, detector
from wganad_core.__main__ import commands, main, make_parser
from wganad_core.commands import (
    evaluate,
    evaluate_scores,
    export,
    export_page,
    fit,
    score,
    score_file,
    train,
)
from wganad_core.commands.fit_options import LEFT_OUT, described
from wganad_core.jobs.orders import KINDS, SEED
from wganad_core.use_cases import HAR, MNIST

ROOT = Path(__file__).resolve().parents[2]
TO = "--model m.safetensors --out o.csv"


def refused_usage(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as exit_:
        main(words.split())
    assert exit_.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("score mnist --abnormal 4", score.of(MNIST)),
        ("score har --abnormal laying", score.of(HAR)),
        ("score mixture", score.MIXTURE),
        (f"score data.csv {TO}", score_file.FILE),
        (f"score {TO} data.csv", score_file.FILE),
        (f"score ./mnist {TO}", score_file.FILE),
        (f"score mnist.csv {TO}", score_file.FILE),
        (f"score folder/ {TO}", score_file.FILE),
        ("evaluate mnist", evaluate.of(MNIST)),
        ("evaluate scores.csv", evaluate_scores.FILE),
        ("evaluate --json scores.csv", evaluate_scores.FILE),
        ("export onnx m.safetensors --out m.onnx", export.ONNX),
        ("export detector m.safetensors --threshold 1 --out n.safetensors", export.DETECTOR),
        ("export page --out p.html", export_page.PAGE),
        ("fit mnist.csv --out m.safetensors", fit.FILE),
        ("train mixture --method gan", train.MIXTURE),
    ],
)
def test_a_noun_is_a_noun_and_anything_else_the_file(words: str, command):
    chosen = make_parser().parse_args(words.split()).run
    # A command of a use case is made anew: the same function of the same case.
    assert chosen == command.run or (chosen.func, chosen.args) == (
        command.run.func,
        command.run.args,
    )


def test_one_parser_reads_one_line_after_another():
    parser = make_parser()
    for _ in range(2):
        assert parser.parse_args(["evaluate", "scores.csv"]).file == Path("scores.csv")
        assert parser.parse_args(["evaluate", "mnist", "--abnormal", "4"]).abnormal == "4"


def test_a_mistyped_noun_is_told_from_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = refused_usage("score mnits --abnormal 4", capsys)
    assert "'mnits' is no file; is the noun 'mnist' meant?" in said
    Path("mnits").write_text("x\n1\n")
    assert "following arguments are required: --model" in refused_usage("score mnits", capsys)
    assert make_parser().parse_args(["score", "mnits", *TO.split()]).file == Path("mnits")


@pytest.mark.parametrize(
    ("words", "usage"),
    [
        ("score", "score FILE --model MODEL --out OUT"),
        (f"score data.csv {TO} --abnormal 4", "score FILE --model MODEL --out OUT"),
        ("score mnist data.csv --abnormal 4", "score mnist --abnormal"),
        ("evaluate", "evaluate FILE"),
        ("fit data.csv", "fit FILE --out MODEL"),
        ("fit data.csv --out m --steps many", "fit FILE --out MODEL"),
        ("fit data.csv --out m --scaling loud", "fit FILE --out MODEL"),
        ("export", "export [-h] NOUN"),
        ("export pickle m.safetensors", "export [-h] NOUN"),
        (f"score data.csv {TO} --threshold nan", "score FILE"),
        (f"score data.csv {TO} --threads 0", "score FILE"),
        (f"score data.csv {TO} --engine spark", "score FILE"),
    ],
)
def test_wrong_usage_shows_the_usage_of_the_command(words: str, usage: str, capsys):
    assert f"usage: python -m wganad_core {usage}" in refused_usage(words, capsys)


def help_of(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as exit_:
        main([*words.split(), "--help"])
    assert exit_.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("verb", ["score", "evaluate"])
def test_the_help_of_a_verb_alone_names_its_nouns(verb: str, capsys):
    shown = help_of(verb, capsys)
    below = shown.partition("instead of FILE, a noun")[2]
    nouns = [c for c in commands() if c.name.startswith(f"{verb} ")]
    assert nouns
    for command in nouns:
        assert f"  {command.name.split()[1]} " in below
        assert command.summary in below


def test_the_parameters_of_fit_are_those_of_the_estimators(capsys):
    """Each with words of its docstring, and with its default."""
    shown = " ".join(help_of("fit", capsys).split())
    for name in KINDS.values():
        for parameter in inspect.signature(getattr(detector, name)).parameters.values():
            option = f"--{parameter.name.replace('_', '-')}"
            if parameter.name in LEFT_OUT:
                assert f"{option} " not in shown
                continue
            at = shown.index(f" {option} ", shown.index("parameters of WGANAnomalyDetector"))
            words = shown[at + len(option) + 1 :].replace(" --seed", "").split(" --")[0]
            assert described(WGANAnomalyDetector).get(parameter.name, "")[:15].rstrip(".") in words
            assert len(words.split()) > 3 or f"`{parameter.name}`" in shown, f"{option}: {words}"
            if parameter.name == "n_latent":
                assert "(default: none; 16 for images)" in words
            elif parameter.default is not None and parameter.name != SEED:
                assert str(parameter.default) in words
    assert "(default: 0.01)" in shown


@pytest.mark.parametrize("words", ["--help", "score --help", "evaluate --help", "export --help"])
def test_help_imports_nothing_heavy(words: str):
    code = (
        "import sys, wganad_core.__main__ as m\n"
        f"try: m.main({words.split()})\n"
        "except SystemExit: pass\n"
        "print({'torch', 'plotly', 'streamlit', 'pandas', 'numpy', 'sklearn', 'pyarrow', 'dask'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_every_example_is_one_shell_line():
    for command in commands():
        for line in command.examples.splitlines():
            if line.strip().startswith("python -m"):
                assert shlex.split(line)[:4][3] == command.name.split()[0], line
