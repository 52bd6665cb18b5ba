"""Pictures of the theory show the numbers that they are given."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from wganad_core.figures.theory.errors import errors_figure, law_figure, parts
from wganad_core.figures.theory.transport import transport_figure
from wganad_core.theory import shipped
from wganad_core.theory.shipped import AT, CLOUDS, CRITICS, Theory
from wganad_core.theory.transport import optimal_plan


@pytest.fixture(scope="module")
def found() -> Theory:
    return shipped.load(shipped.shipped_path())


def words(figure: dict) -> str:
    go.Figure(figure)  # Plotly has nothing to object to
    arrays = [v for trace in figure["data"] for v in trace.values() if isinstance(v, np.ndarray)]
    assert {array.itemsize for array in arrays} <= {4, 8}  # it knows no half precision
    notes = [*figure["layout"]["annotations"], *figure["layout"]["meta"]["narrow"]["annotations"]]
    return " ".join(note["text"] for note in notes)


def test_threads_end_at_their_points_and_f_passes_through_them(found: Theory):
    case = CLOUDS["split"]
    plan = optimal_plan(*(np.array(cloud)[:, None] for cloud in (case.real, case.fake)))
    figure = transport_figure(plan, AT, found.critics["split"]["penalty"], CRITICS["penalty"])
    threads = figure["data"][0]
    ends = np.asarray(threads["x"]).reshape(-1, 26)[:, [0, 24]]
    assert ends == pytest.approx(np.stack([case.real, case.fake], axis=1), abs=1e-5)
    assert "1.800" in words(figure)
    assert f"{found.critics['split']['penalty'].estimate:.3f}" in words(figure)
    assert len(transport_figure(plan, AT, None, "")["data"]) == len(figure["data"]) - 1


def test_the_bars_are_the_errors(found: Theory):
    fit, i = found.error(3, 4), found.n.index(1_000)
    bars = [trace for trace in errors_figure(fit, i, 1_000)["data"] if trace["type"] == "bar"]
    assert [bar["x"][0] for bar in bars] == pytest.approx(list(parts(fit, i)))
    assert sum(parts(fit, i)) == pytest.approx(float(np.mean(fit.sampled[i])), abs=1e-6)


def test_the_law_is_written_with_its_interval(found: Theory):
    figure = law_figure(found.law_of_n)
    for rate in found.law_of_n.rates.values():
        assert rate.words in words(figure)
    json.dumps(figure["layout"])


def test_what_ships_is_what_the_numbers_give(found: Theory):
    """Of the shipped grid, what can be had again at once."""
    assert sorted({fit.size for fit in found.errors}) == [1, 2, 3, 5, 7]
    for name, case in CLOUDS.items():
        w = optimal_plan(*(np.array(cloud)[:, None] for cloud in (case.real, case.fake))).primal
        critics = found.critics[name]
        assert critics["one-sided"].estimate == pytest.approx(w, rel=0.2)
        assert critics["clip"].estimate < 0.02 * w
        for critic in critics.values():
            assert critic.estimate <= critic.slope * w * 1.02
    parameters = found.law_of_n.rates[shipped.PARAMETERS]
    assert parameters.low < -0.5 < parameters.high
