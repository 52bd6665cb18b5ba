"""The reproduction page without a browser: its sentence, its choices, its cells, the leaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests import app_pages
from tests.benchmarks import lab_weights
from wganad_core import board, catalogue, leaks, pretrained
from wganad_core.leaks import WAYS
from wganad_core.use_cases import USE_CASES, UseCase

pytestmark = pytest.mark.usefixtures("page_workers")


@pytest.fixture(scope="module", params=USE_CASES)
def case(request: pytest.FixtureRequest) -> UseCase:
    found: UseCase = USE_CASES[request.param]
    if not all(pretrained.scores_path(found.name, name).exists() for name in found.classes):
        pytest.skip(f"Not all score tables of {found.title} are here.")
    return found


def opened(**query: str) -> AppTest:
    return app_pages.opened("reproduction.py", **query)


def pick(test: AppTest, key: str, value: str) -> AppTest:
    test.radio(key=key).set_value(value).run()
    assert not test.exception
    assert not test.error
    return test


def figures(case: UseCase, abnormal: str, detector: str) -> board.Row:
    return next(
        row
        for row in board.rows(board.shipped_scores(case.name, abnormal))
        if (row.detector, row.protocol, row.seed) == (detector, case.protocols[0], 0)
    )


def test_the_sentence_and_the_first_cell(case: UseCase) -> None:
    test = opened(case=case.name)
    first = test.title[0].value
    assert first.startswith(f"{case.title}, mean AUPRC over {len(case.classes)} unseen classes")
    assert "chance" in first
    detector = next(iter(case.detectors))
    row = figures(case, case.usual_class, detector)
    assert case.usual_class in test.subheader[0].value
    said = " ".join(element.value for element in test.markdown)
    assert f"AUPRC **{row.auprc:.1%}**" in said
    assert f"{row.n:,} test {case.samples}" in said
    shown = test.code[0].value.splitlines()
    elsewhere = any("does not come along" in caption.value for caption in test.caption)
    assert elsewhere == (lab_weights.COMMAND in catalogue.behind(case, row).commands)
    for command in shown[:-1]:
        assert command.startswith(f"python -m wganad_core train {case.name} --method ")
        assert f"--abnormal {case.usual_class}" in command
    assert shown[-1].endswith(f"--detector {detector} --recompute")


def test_choices_change_the_sentence_and_the_address(case: UseCase) -> None:
    test = opened(case=case.name)
    other = case.classes[1]
    pick(test, f"{case.name}-sort", other)
    assert f"AUPRC on {other}" in test.title[0].value
    assert other in test.subheader[0].value
    pick(test, "measure", "auroc")
    assert "AUROC" in test.title[0].value
    assert "chance 50%" in test.title[0].value
    assert test.query_params["sort"] == other
    assert test.query_params["measure"] == "auroc"


def test_the_address_names_a_cell(case: UseCase) -> None:
    row = next(r for r in board.QUOTED if r.use_case == case.name)
    test = opened(case=case.name, cell=f"{row.model}~paper~{row.abnormal}")
    assert "(quoted)" in test.subheader[0].value
    assert not test.code
    test = opened(case=case.name, cell="anything")
    assert case.usual_class in test.subheader[0].value
    assert "cell" not in test.query_params


def test_a_cell_is_where_the_address_says_now(case: UseCase) -> None:
    """As after the browser's Back: what was seen before the last click."""
    row = next(r for r in board.QUOTED if r.use_case == case.name)
    test = opened(case=case.name, cell=f"{row.model}~paper~{row.abnormal}")
    assert "(quoted)" in test.subheader[0].value
    del test.query_params["cell"]
    assert "(quoted)" not in test.run().subheader[0].value


def test_every_leak_is_drawn_with_why(case: UseCase) -> None:
    if not leaks.shipped_path().exists():
        pytest.skip("No measured leaks are here.")
    test = opened(view="leaks")
    found = leaks.load(leaks.shipped_path())
    for way in found.ways:
        app_pages.choose(test, leak=way)
        pairs = found.pairs[way]
        assert f"{100 * leaks.mean_gain(pairs):+.1f} points" in test.title[0].value
        assert WAYS[way].why in " ".join(element.value for element in test.markdown)
        assert len(test.dataframe[0].value) == len(pairs)


def test_nothing_here_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    (error,) = opened().error
    assert error.value == "No score tables are here; restore them from the repository."
    (error,) = opened(view="leaks").error
    assert "leaks.safetensors" in error.value
