"""What stands behind a row: that files are those which detectors need, and what they cost."""

from __future__ import annotations

import shlex

import pytest

from tests.benchmarks import lab_weights
from tests.test_board import row
from wganad_core import board, catalogue, pretrained
from wganad_core.__main__ import make_parser
from wganad_core.methods import DETECTORS
from wganad_core.methods.evidence import CONTRAST
from wganad_core.use_cases import HAR, MNIST, USE_CASES, UseCase

SHIPPED_RULES = [
    (case, path)
    for case in USE_CASES.values()
    for path in sorted((pretrained.SHIPPED / case.name).glob("*/ours*.safetensors"))
]


def needed(case: UseCase, found: board.Row) -> set[str]:
    """The methods that the code of a detector asks for."""
    return set(DETECTORS[found.detector].needs)


@pytest.mark.parametrize("case", USE_CASES.values(), ids=lambda case: case.name)
def test_behind_every_shipped_row_is_what_its_detector_needs(case: UseCase):
    """A new detector that needs more than the model it is named after goes into `ALSO`."""
    there = [name for name in case.classes if pretrained.scores_path(case.name, name).exists()]
    if not there:
        pytest.skip(f"No score tables of {case.title} are here.")
    for found in board.rows(board.shipped_scores(case.name, there[0])):
        files = {path.name.split(".")[0] for path in catalogue.behind(case, found).files}
        if found.detector in case.baselines or found.model == "none":
            assert not files
            continue
        if case is MNIST and found.seed:  # of further seeds of digits only scores ship
            assert not files
            continue
        architecture = catalogue.architecture_of(case, found.model)
        for method in needed(case, found):
            names = {
                pretrained.model_file(
                    pretrained.SHIPPED, "", method, seed, architecture=architecture
                ).stem
                for seed in {found.seed or 0, 0}  # a further seed may borrow the first one's
            }
            assert names & files, f"{found.detector} needs {method}"


def test_several_seeds_are_behind_what_they_say_together():
    found = catalogue.behind(
        HAR,
        row(
            "laying",
            use_case="har",
            detector="ours-together",
            model="wgan-gp-conv",
            protocol="test",
        ),
    )
    names = {path.stem for path in found.files}
    for method in ("contrast", "ours"):
        assert {f"{method}-conv", f"{method}-conv-1", f"{method}-conv-2"} <= names
    assert {"wgan-gp-conv", "encoder-conv"} <= names
    assert len(found.commands) == 5


@pytest.mark.parametrize(("case", "path"), SHIPPED_RULES, ids=lambda value: str(value)[-30:])
def test_features_are_behind_the_rules_that_look_at_them(case: UseCase, path):
    for name, rule in pretrained.load_rules(path).rules.items():
        found = catalogue._mentioned(rule.names, case.methods)
        bases = {name.partition("/")[0] for name in rule.names}
        assert ("contrast" in found) == bool(bases & CONTRAST), name


def test_an_architecture_is_read_off_a_models_name():
    assert catalogue.architecture_of(HAR, "wgan-gp-recurrent") == "recurrent"
    assert catalogue.architecture_of(MNIST, "bigan") == MNIST.architectures[0]
    assert catalogue.model_words(HAR, "wgan-gp-dense") == HAR.models["dense"]
    assert catalogue.model_words(HAR, "none") == ""


def test_costs_add_up():
    path = pretrained.model_file(pretrained.SHIPPED / "mnist", "4", "wgan-gp")
    if not path.exists():
        pytest.skip("The models of digit 4 are not here.")
    found = catalogue.behind(MNIST, row("4", detector="critic"))
    model = pretrained.load_model(path)
    assert found.files == (path,)
    assert found.bytes == path.stat().st_size
    assert (found.seconds, found.commands) == (model.metrics.get("seconds"), (model.command,))
    (line,) = board.lines([row("4", detector="critic")], "4")
    cost = catalogue.cost(MNIST, line)
    assert cost == catalogue.Cost(found.seconds, found.bytes / 1e6)


def test_nothing_is_behind_what_does_not_ship():
    nothing = catalogue.Behind()
    assert catalogue.behind(MNIST, row("4", model="none", detector="knn")) == nothing
    assert catalogue.behind(MNIST, row("4", seed=None, detector="paper")) == nothing
    assert catalogue.behind(MNIST, row("4", seed=99)) == nothing
    (line,) = board.lines([row("4", model="none", detector="knn")], "4")
    assert catalogue.cost(MNIST, line) == catalogue.Cost(None, None)


@pytest.mark.parametrize("case", USE_CASES.values(), ids=lambda case: case.name)
def test_the_commands_are_commands(case: UseCase):
    there = [name for name in case.classes if pretrained.scores_path(case.name, name).exists()]
    if not there:
        pytest.skip(f"No score tables of {case.title} are here.")
    parser = make_parser()
    for found in board.rows(board.shipped_scores(case.name, there[0])):
        for command in (
            catalogue.evaluation_command(case, found),
            *catalogue.behind(case, found).commands,
        ):
            if command != lab_weights.COMMAND:
                parser.parse_args(shlex.split(command)[3:])
