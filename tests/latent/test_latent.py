"""The latent space: laws, a small measured sweep, the map by hand, and the shipped figures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from wganad_core import latent
from wganad_core.__main__ import main
from wganad_core.commands import study_latent
from wganad_core.figures.latent import (
    beside_figure,
    dimension_figure,
    map_figure,
    walk_sprite,
)
from wganad_core.latent import study
from wganad_core.latent.map import latent_map


def small() -> study.Sweep:
    ring = study.ring()
    gan = ring.gan.replace(batch_size=32, steps=30)
    encoder = ring.encoder.replace(batch_size=32, steps=30)
    return dataclasses.replace(
        ring, fit=ring.fit[:500], network=study.DENSE.replace(width=16), gan=gan, encoder=encoder
    )


def test_an_encoder_ends_where_latents_are():
    h = 9 * torch.randn((500, 6), generator=torch.Generator().manual_seed(1))
    for name in ("tanh", "clip"):
        assert study.Ending(name)(h).abs().max() <= study.REACH
        assert study.Ending(name)(0.01 * h) == pytest.approx(0.01 * h, abs=3e-3)
    lengths = study.Ending("shell")(h).norm(dim=1)
    assert torch.allclose(lengths, torch.full_like(lengths, 6**0.5))


def test_endings_share_their_generator_and_first_weights():
    task = small()
    found = {fit.ending: fit for fit in study.measure(task, 2, endings=tuple(latent.ENDINGS))}
    assert list(found) == list(latent.ENDINGS)
    assert len({fit.rebuilt for fit in found.values()}) > 2
    [alone] = study.measure(task, 2, endings=("shell",))
    assert alone.rebuilt == found["shell"].rebuilt


@pytest.mark.parametrize("law", latent.LAWS)
def test_every_law_has_mean_zero_and_variance_one(law: str):
    z = study.drawn(law, (20_000, 6), torch.Generator().manual_seed(0))
    assert z.mean(dim=0).abs().max() < 0.03
    assert (z.var(dim=0) - 1).abs().max() < 0.05
    lengths = z.norm(dim=1)
    if law == "sphere":
        assert torch.allclose(lengths, torch.full_like(lengths, 6**0.5), atol=1e-5)
    elif law == "uniform":
        assert z.abs().max() <= 3**0.5


def test_a_fit_is_the_same_for_a_seed_and_another_for_another_law():
    task = small()
    [one], [again] = study.measure(task, 3), study.measure(task, 3)
    assert (one.rebuilt, one.auprc) == (again.rebuilt, again.auprc)
    [other] = study.measure(task, 3, "sphere")
    assert other.rebuilt != one.rebuilt
    assert one.n == 4_000
    assert one.rebuilt_unseen > one.rebuilt > 0


def test_the_command_adds_to_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    task = small()
    monkeypatch.setattr(study, "ring", lambda: task)
    path = tmp_path / "latent.safetensors"
    words = ["study", "latent", "mixture", "--out", str(path)]
    assert (tuple(latent.LAWS), tuple(latent.ENDINGS)) == (study_latent.LAWS, study_latent.ENDINGS)
    assert main([*words, "--dimension", "2", "--dimension", "4"]) == 0
    other = ["--law", "uniform", "--ending", "tanh", "--ending", "norm"]
    assert main([*words, "--dimension", "2", *other, "--json"]) == 0
    assert "AUPRC of neighbours" in capsys.readouterr().out
    found = latent.load(path)
    assert [(fit.n_latent, fit.law, fit.ending) for fit in found.fits] == [
        (2, "normal", "norm"),
        (2, "uniform", "norm"),
        (2, "uniform", "tanh"),
        (4, "normal", "norm"),
    ]
    beside = [(fit.law, fit.ending) for fit in found.beside("mixture", "outside")]
    assert beside == [("normal", "norm"), ("uniform", "norm"), ("uniform", "tanh")]
    assert [fit.n_latent for fit in found.of("mixture", "outside")] == [2, 4]
    assert main([*words, "--dimension", "2", "--seed", "7"]) == 0
    assert [fit.seed for fit in latent.load(path).beside("mixture", "outside")] == [0, 7, 0, 0]
    assert main([*words, "--dimension", "100000"]) == 1


def test_the_unseen_class_lands_where_it_is_nearest():
    rng = np.random.default_rng(0)
    centres = {"a": (0, 0, 0), "b": (5, 0, 0), "c": (0, 5, 0), "x": (5, 0.5, 0)}
    z = np.concatenate([rng.normal(at, 0.3, (30, 3)) for at in centres.values()])
    classes = np.repeat([*centres], 30)
    found = latent_map(z, classes, "x")
    assert found.where == "b"
    assert found.lands["b"] == 1.0
    assert found.share > 0.95
    number = found.nearest(*found.places[7])
    assert number == 7


def test_the_unseen_class_has_no_say_in_the_axes():
    rng = np.random.default_rng(1)
    z, classes = rng.normal(size=(60, 4)), np.array(["a"] * 40 + ["x"] * 20)
    moved = z.copy()
    moved[40:] += 100
    one, other = (latent_map(each, classes, "x") for each in (z, moved))
    assert one.places[:40] == pytest.approx(other.places[:40])


def test_pictures_show_what_they_are_given():
    rng = np.random.default_rng(2)
    classes = np.repeat(["1", "7"], 30)
    images = rng.uniform(size=(60, 784)).astype(np.float32)
    found = latent_map(rng.normal(size=(60, 5)), classes, "7")
    figure = map_figure(found, classes, images, "7")
    drawn = figure["layout"]["images"]
    # The first of the unseen class comes first; what would hide an image is left a dot.
    assert (drawn[0]["x"], drawn[0]["y"]) == pytest.approx(tuple(found.places[30]))
    assert 20 < len(drawn) < 60
    places = np.array([(one["x"], one["y"]) for one in drawn])
    places = (places - found.places.min(axis=0)) / np.ptp(found.places, axis=0) * [1250, 530]
    apart = np.abs(places[:, None] - places).max(axis=-1) + 1_000 * np.eye(len(drawn))
    assert apart.min() > 30  # pixels, on a laptop
    assert len(figure["layout"]["meta"]["narrow"]["images"]) < len(drawn)
    assert sum(len(trace["x"]) for trace in figure["data"]) == 60
    picture = walk_sprite(images[:2], images[:5])
    assert picture.size == (7 * 88, 88)


def test_what_ships_is_told_as_it_was_measured():
    path = latent.shipped_path()
    found = latent.load(path)
    fits = found.of("mnist", "4")
    assert len(fits) >= 3
    # More room redraws normals better; a rule is never below chance by much.
    assert fits[0].rebuilt > fits[-1].rebuilt
    for fit in found.fits:
        assert 0 < fit.base_rate < 1
        assert all(0 <= value <= 1 for value in (*fit.auprc.values(), *fit.auroc.values()))
    drawn, dimensions = dimension_figure(fits)["data"][0], sorted({fit.n_latent for fit in fits})
    assert drawn["x"] == dimensions
    for n, mean, more in zip(dimensions, drawn["y"], drawn["error_y"]["array"], strict=True):
        seeds = [fit.rebuilt for fit in fits if fit.n_latent == n]
        assert mean == pytest.approx(np.mean(seeds))
        assert mean + more == pytest.approx(max(seeds))
    for use_case, unseen in (("mnist", "4"), ("mixture", "outside")):
        beside = found.beside(use_case, unseen)
        assert {fit.law for fit in beside} == set(latent.LAWS)
        assert {fit.ending for fit in beside} == set(latent.ENDINGS)
        shown = beside_figure(beside)
        assert shown["data"][0]["x"] == [100 * fit.auprc["neighbours"] for fit in beside]
        assert len(shown["data"][0]["y"]) == len(beside)
