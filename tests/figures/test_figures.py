"""The paper's figures: what each of them draws, from made-up runs with known content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.figures.test_export import RING, recording
from wganad_core.config import METHODS, LaneConfig, Method, MixtureConfig, TrainingConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.figures import paper
from wganad_core.figures.paper import paper_figures
from wganad_core.pretrained import RecordedRun
from wganad_core.records import Frame, LookBack

# 1,000 points, 100 a batch: 10 steps an epoch.
DATA = MixtureConfig(n_samples=1000)


def run_of(method: Method, steps: Sequence[int] = range(0, 91, 10)) -> RecordedRun:
    training = TrainingConfig(method=method, batch_size=100, n_critic=2, steps=90)
    past = recording(RING, list(steps))
    return RecordedRun(DATA, LaneConfig(training=training), past, {}, {}, "")


def look() -> LookBack:
    x = np.linspace(-4, 4, 20, dtype=np.float32)
    return LookBack(field=np.tile(x, (20, 1)), low=-1.0, high=0.5, samples=RING.x[:300])


def all_figures(mixture: Mixture = RING) -> dict[str, Any]:
    runs: dict[str, RecordedRun] = {method: run_of(method) for method in METHODS}
    return paper_figures(runs, mixture, {method: look() for method in runs})


def test_every_figure_of_the_paper_for_this_use_case():
    figures = all_figures()
    assert list(figures) == [
        "fig-01-06-data-set",
        "fig-07-gan-discriminator-loss",
        "fig-08-gan-first-epochs",
        "fig-09-12-wgan-clip-samples",
        "fig-09-12-wgan-gp-samples",
        "fig-10-wgan-clip-estimate",
        "fig-10-wgan-gp-estimate",
        "fig-13-wgan-clip-critic",
        "fig-13-wgan-gp-critic",
    ]
    for figure in figures.values():
        assert figure.layout.title.text.startswith("Fig")
        assert figure.to_json()


def test_only_what_there_is_gets_drawn():
    assert list(paper_figures({}, RING, {})) == ["fig-01-06-data-set"]
    names = list(paper_figures({"gan": run_of("gan", range(0, 10))}, RING, {}))
    assert names == ["fig-01-06-data-set", "fig-07-gan-discriminator-loss"]


def test_shapes_without_modes_are_drawn_too():
    assert len(all_figures(make_mixture(MixtureConfig(name="moons", n_samples=1000)))) == 9


def test_an_epoch_is_counted_in_generator_steps():
    run = run_of("gan")
    assert paper.steps_per_epoch(run) == 10
    epochs = paper.epoch_frames(run)
    assert [(epoch, frame.step) for epoch, frame in epochs] == [(e, 10 * e) for e in range(1, 9)]
    short = paper.epoch_frames(run_of("gan", range(0, 36, 5)))
    assert [epoch for epoch, _ in short] == [1, 2, 3]


@pytest.mark.parametrize("far", [False, True])
def test_fig_8_gives_its_last_panel_a_scale_of_its_own_if_samples_leave(far: bool):
    run = run_of("gan")
    if far:
        away = np.full((1000, 2), (9.0, 0.0), np.float32)
        run.recording.frames[8] = Frame(**{**vars(run.recording.frames[8]), "samples": away})
    figure = paper.first_epochs(run, RING)
    assert tuple(figure.layout.xaxis.range) == pytest.approx(RING.box[:2])
    left, right = figure.layout.xaxis8.range
    titles = [note.text for note in figure.layout.annotations]
    assert titles[0] == "epoch 1 (step 10)"
    assert titles[-1] == "epoch 8 (step 80)" + (", other scale" if far else "")
    assert (left < RING.box[0] and right > 9.0) if far else right == pytest.approx(RING.box[1])


def test_fig_10_plots_the_estimate_and_not_the_loss():
    figure = paper.w_estimate(run_of("wgan-gp"))
    estimate, exact = figure.data
    np.testing.assert_allclose(estimate.y, 1 - np.arange(0, 91, 10) / 90, atol=1e-6)
    assert exact.name == "exact W₁"
    assert "mix signs" in figure.layout.title.subtitle.text
    assert len(paper.w_estimate(run_of("wgan-clip")).data) == 1  # its unit is unknown


def test_fig_13_clips_to_the_range_over_the_training_set():
    figure = paper.critic_output(look(), RING)
    whole, _, clipped, _ = figure.data
    assert (whole.z.min(), whole.z.max()) == (-4, 4)
    assert (clipped.z.min(), clipped.z.max()) == (-1, 0.5)
    inside = (look().field >= -1) & (look().field <= 0.5)
    np.testing.assert_array_equal(clipped.z[inside], whole.z[inside])
    assert "[-1, 0.5]" in figure.layout.annotations[1].text
