"""What the cockpit reads, beside the same files read with pandas; and what it may be asked."""

from __future__ import annotations

import base64
import dataclasses
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages._ui.case import data as case_data
from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit.data import Loaded, Source
from wganad_core import pretrained, storage
from wganad_core.data import har, mnist
from wganad_core.figures import pictures
from wganad_core.records import Scored
from wganad_core.storage import StorageError
from wganad_core.use_cases import HAR, MNIST, SCORED_CASES

DIGIT = Source("mnist", "4", "", "80/20")
WINDOWS = Source("har", "laying", "wgan-gp-conv", "test+all")
POINTS = Source("mixture", "outside", "wgan-gp", "test")
POINTS_OF_GAN = Source("mixture", "outside", "gan", "test")


def read(source: Source, detector: str, part: str) -> pd.DataFrame:
    found = pd.read_parquet(pretrained.scores_path(source.case, source.abnormal))
    rows = (found.detector == detector) & (found.part == part)
    first = found.groupby("model", observed=True).seed.transform("min")
    rows &= (found.protocol == source.protocol) & (found.seed == first)
    if source.model:
        rows &= found.model.isin([source.model, "none"])
    return found[rows]


def assert_is(scored: Scored, table: pd.DataFrame) -> None:
    assert len(scored) == len(table) > 0
    assert scored.score.dtype == np.float64
    assert_array_equal(scored.score, table.score)
    assert_array_equal(scored.label, table.label)
    assert_array_equal(scored.sample_id, table.sample_id)
    assert_array_equal(scored.class_, table["class"])
    if scored.subject is None:
        assert (table.subject == "").all()
    else:
        assert_array_equal(scored.subject, table.subject)


def text(column: NDArray[np.str_] | None) -> NDArray[np.str_]:
    assert column is not None
    return column


@pytest.mark.parametrize(
    ("source", "detector"),
    [
        (DIGIT, "ours"),
        (DIGIT, "pyod-deepsvdd"),
        (WINDOWS, "ours-others"),
        (WINDOWS, "knn-total"),
        (dataclasses.replace(WINDOWS, model="wgan-gp-dense", protocol="test"), "critic"),
        (POINTS, "critic"),
        (POINTS, "density"),
        (POINTS_OF_GAN, "generator"),
    ],
)
def test_scores_are_those_of_the_file(source: Source, detector: str):
    loaded = cockpit_data.load(source, detector)
    assert_is(loaded.test, read(source, detector, "test"))
    assert loaded.calibration is not None
    assert_is(loaded.calibration, read(source, detector, "calibration"))
    fit = read(source, detector, "fit").score
    assert loaded.fit_range == (fit.min(), fit.max())
    assert source.abnormal in set(text(loaded.test.class_)[loaded.test.label == 1])
    assert loaded.subject_wise == (source.case == "har")


@pytest.mark.parametrize("detector", ["inversion", "anogan"])
def test_slow_detectors_have_a_thousand_tests_and_nothing_else(detector: str):
    loaded = cockpit_data.load(DIGIT, detector)
    assert_is(loaded.test, read(DIGIT, detector, "test"))
    assert len(loaded.test) == 1_000
    assert loaded.calibration is None
    assert loaded.fit_range is None


@pytest.mark.parametrize(
    ("source", "a", "b", "n"),
    [
        (DIGIT, "ours", "knn", 19_460),
        (DIGIT, "ours", "anogan", 1_000),
        (DIGIT, "anogan", "pca", 1_000),
        (DIGIT, "inversion", "anogan", 1_000),
        (WINDOWS, "ours", "knn", 4_354),
        (POINTS, "critic", "density", 5_000),
    ],
)
def test_two_detectors_meet_sample_by_sample(source: Source, a: str, b: str, n: int):
    one, other = cockpit_data.load(source, a), cockpit_data.load(source, b)
    mine, theirs = cockpit_data.common(one, other)
    first, second = one.test.take(mine), other.test.take(theirs)
    assert_array_equal(first.sample_id, second.sample_id)
    left, right = (read(source, name, "test")[["sample_id", "score"]] for name in (a, b))
    joined = left.merge(right, on="sample_id").set_index("sample_id")
    assert len(first) == len(joined) == n
    joined = joined.loc[text(first.sample_id).tolist()]
    assert_array_equal(first.score, joined.score_x)
    assert_array_equal(second.score, joined.score_y)


def test_ones_own_scores_have_no_other_detector():
    own = Loaded(Scored(np.arange(3.0)))
    with pytest.raises(ValueError, match="without one"):
        cockpit_data.common(own, cockpit_data.load(POINTS, "critic"))
    assert not cockpit_data.shown(own).any()


@pytest.mark.parametrize("case", ["mnist", "har", "mixture"])
def test_every_detector_of_every_file_has_a_name_and_a_meaning(case: str):
    for abnormal in SCORED_CASES[case].classes:
        table = pd.read_parquet(pretrained.scores_path(case, abnormal), columns=["detector"])
        in_file = set(table.detector)
        offered: set[str] = set()
        for model in cockpit_data.models(case, abnormal):
            for protocol in {"mnist": ["80/20"], "har": ["test", "test+all"]}.get(case, ["test"]):
                found = cockpit_data.detectors(Source(case, abnormal, model, protocol))
                assert list(found) == [n for n in SCORED_CASES[case].labels if n in found]
                offered |= found.keys()
        assert offered == in_file
        assert in_file <= SCORED_CASES[case].meanings.keys()


def test_names_are_peoples_and_ours_comes_first():
    names = list(cockpit_data.detectors(DIGIT).values())
    assert names[:2] == ["Ours", "Ours (WGAN)"]
    assert names[-2:] == ["PyOD VAE", "PyOD Deep SVDD"]
    assert next(iter(cockpit_data.detectors(WINDOWS))) == "ours"


def test_text_is_kept_once_for_all_detectors():
    found = [cockpit_data.load(DIGIT, name) for name in ("ours", "critic", "pca", "pyod-vae")]
    for column in ("label", "sample_id", "class_"):
        assert len({id(getattr(loaded.test, column)) for loaded in found}) == 1
        assert len({id(getattr(loaded.calibration, column)) for loaded in found}) == 1


# Pictures


def test_shown_are_exactly_the_bundled_samples():
    digits, windows = case_data.samples(MNIST), case_data.samples(HAR)
    sizes = [(DIGIT, "ours", len(digits.ids)), (WINDOWS, "knn", len(windows.ids))]
    for source, detector, n in [*sizes, (POINTS, "critic", 5_000)]:
        loaded = cockpit_data.load(source, detector)
        assert cockpit_data.shown(loaded).sum() == n
    slow = cockpit_data.load(DIGIT, "anogan")
    mask = cockpit_data.shown(slow)
    full = cockpit_data.load(DIGIT, "ours").test
    known = set(text(full.sample_id)[cockpit_data.shown(cockpit_data.load(DIGIT, "ours"))])
    assert_array_equal(mask, [name in known for name in text(slow.test.sample_id)])
    assert 0 < mask.sum() < 1_000


@pytest.mark.parametrize(("source", "detector"), [(DIGIT, "anogan"), (WINDOWS, "ours")])
def test_a_picture_is_that_of_the_sample(source: Source, detector: str):
    """By the labels of the bundled samples, which the score table does not come from."""
    loaded = cockpit_data.load(source, detector)
    seen = np.flatnonzero(cockpit_data.shown(loaded))
    at = cockpit_data._chosen(loaded, seen)
    assert len(set(at.tolist())) == len(seen)
    samples = case_data.samples(source.use_case)
    assert_array_equal(samples.classes[at], text(loaded.test.class_)[seen])
    if source.case == "har":
        assert_array_equal(samples.subjects[at], text(loaded.test.subject)[seen])


def test_pictures_show_the_samples_that_were_asked_for():
    """By the content that the sample's id is the hash of."""
    loaded = cockpit_data.load(DIGIT, "ours")
    asked = np.flatnonzero(cockpit_data.shown(loaded))[[5_000, 3, 14_000]]
    digits = mnist.load_sample()
    by_id = dict(zip(mnist.sample_ids(digits.images).tolist(), digits.images, strict=True))
    for html, i in zip(cockpit_data.pictures(DIGIT, loaded, asked), asked, strict=True):
        name = text(loaded.test.class_)[i]
        assert html.endswith(f'alt="{"an" if name == "8" else "a"} {name}">')
        data = base64.b64decode(html.partition("base64,")[2].partition('"')[0])
        picture = np.array(Image.open(io.BytesIO(data)).convert("RGB"))
        levels = np.rint(by_id[text(loaded.test.sample_id)[i]] / 255 * 15).astype(int)
        assert_array_equal(picture, pictures.INK[levels])


def test_pictures_of_windows_are_of_total_acceleration():
    loaded = cockpit_data.load(WINDOWS, "knn")
    asked = np.flatnonzero(cockpit_data.shown(loaded))[[200, 1]]
    windows = har.load_sample()
    by_id = dict(zip(har.sample_ids(windows.signals).tolist(), windows.signals, strict=True))
    wanted = [by_id[text(loaded.test.sample_id)[i]][6:] for i in asked]
    expected = [pictures.uri(pictures.window(total)) for total in wanted]
    found = cockpit_data.pictures(WINDOWS, loaded, asked)
    assert [html.partition('src="')[2].partition('"')[0] for html in found] == expected
    assert expected[0] != expected[1]
    points = cockpit_data.load(POINTS, "critic")
    with pytest.raises(ValueError, match="its points"):
        cockpit_data.pictures(POINTS, points, [0])


def test_points_are_on_the_side_of_three_sigma_that_their_labels_say():
    loaded = cockpit_data.load(POINTS, "critic")
    everyone = np.arange(5_000)
    x, plane = cockpit_data.points(POINTS, loaded, everyone), cockpit_data.plane()
    assert_array_equal(plane.is_anomaly(x), loaded.test.label == 1)
    some = np.array([4_999, 0, 17])
    assert_array_equal(cockpit_data.points(POINTS, loaded, some), x[some])


def test_what_has_no_picture_is_refused():
    loaded = cockpit_data.load(DIGIT, "ours")
    hidden = np.flatnonzero(~cockpit_data.shown(loaded))[:1]
    with pytest.raises(ValueError, match="shown"):
        cockpit_data._chosen(loaded, hidden)
    with pytest.raises(ValueError, match="mixture"):
        cockpit_data.points(DIGIT, loaded, [0])


# Files that are not as they were


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data root with the mixture's table alone, of one run and the density."""
    table = storage.load_scores(pretrained.scores_path("mixture", "outside"))
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    kept = type(table).stack([table.where(model="gan"), table.where(model="none")])
    storage.save_scores(kept, pretrained.scores_path("mixture", "outside"))
    return pretrained.scores_path("mixture", "outside")


def test_a_missing_file_is_named_in_a_sentence(elsewhere: Path):
    with pytest.raises(StorageError, match=r"4 as the anomaly.*4\.parquet is missing.*none"):
        cockpit_data.load(DIGIT, "ours")
    with pytest.raises(StorageError, match="the model “wgan-gp”"):
        cockpit_data.detectors(POINTS)
    with pytest.raises(StorageError, match=r"the detector “vae”.*critic, "):
        cockpit_data.load(POINTS_OF_GAN, "vae")
    assert cockpit_data.models("mixture", "outside") == ["gan"]


def test_a_file_that_changes_is_read_again(elsewhere: Path):
    source = POINTS_OF_GAN
    before = cockpit_data.load(source, "critic")
    assert cockpit_data.load(source, "critic") is before
    table = storage.load_scores(elsewhere)
    storage.save_scores(dataclasses.replace(table, score=table.score + 1), elsewhere)
    os.utime(elsewhere, ns=(1, 1))
    after = cockpit_data.load(source, "critic")
    assert_array_equal(after.test.score, (before.test.score.astype(np.float32) + 1))


def test_detectors_that_were_tested_on_other_samples_are_refused(elsewhere: Path):
    table = storage.load_scores(elsewhere)
    strange = (table.detector == "critic") & (table.part == "test")
    ids = np.where(strange, np.char.add("x", table.sample_id), table.sample_id)
    storage.save_scores(dataclasses.replace(table, sample_id=ids), elsewhere)
    os.utime(elsewhere, ns=(2, 2))
    with pytest.raises(StorageError, match="different samples"):
        cockpit_data.load(POINTS_OF_GAN, "generator")


def test_of_several_seeds_the_first_is_read(elsewhere: Path):
    table = storage.load_scores(elsewhere)
    later = dataclasses.replace(table, seed=table.seed + 1, score=table.score + 9)
    storage.save_scores(type(table).stack([later, table]), elsewhere)
    os.utime(elsewhere, ns=(3, 3))
    loaded = cockpit_data.load(POINTS_OF_GAN, "generator")
    assert_is(loaded.test, read(POINTS_OF_GAN, "generator", "test"))


def test_a_file_without_scores_is_refused(elsewhere: Path):
    storage.save_scores(storage.load_scores(elsewhere).where(part="none"), elsewhere)
    os.utime(elsewhere, ns=(4, 4))
    with pytest.raises(StorageError, match="no test scores"):
        cockpit_data.detectors(POINTS_OF_GAN)


# The choice


def page() -> None:
    import streamlit as st

    from pages._ui.cockpit import choice as cockpit_choice

    source = cockpit_choice.choose()
    if source is None:
        return
    detector, against = cockpit_choice.detectors(source)
    names = (source.case, source.abnormal, source.model, source.protocol, detector, against)
    st.code("|".join(str(name) for name in names))


def opened(**query: str) -> AppTest:
    test = AppTest.from_function(page, default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    return checked(test.run())


def checked(test: AppTest) -> AppTest:
    assert not test.exception
    assert not test.error
    return test


def press(test: AppTest, key: str, value: str) -> AppTest:
    return checked(test.radio(key=key).set_value(value).run())


def answer(test: AppTest) -> tuple[str, ...]:
    return tuple(test.code[0].value.split("|"))


def address(test: AppTest) -> dict[str, str]:
    """AppTest gives a list for what stood there from the start and text for what was set."""
    found = dict(test.query_params).items()
    return {name: v if isinstance(v, str) else v[0] for name, v in found}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("mnist", ("mnist", "4", "", "80/20", "ours", "None")),
        ("har", ("har", "laying", "wgan-gp-conv", "test", "ours", "None")),
        ("mixture", ("mixture", "outside", "wgan-gp", "test", "critic", "None")),
    ],
)
def test_the_usual_choice_needs_no_address(case: str, expected: tuple[str, ...]):
    assert answer(opened(case=case)) == expected
    test = press(opened(), "case", case)
    assert answer(test) == expected
    assert address(test) == ({} if case == "mnist" else {"case": case})


def test_the_address_is_obeyed_and_kept():
    query = {
        "case": "har",
        "class": "sitting",
        "model": "dense",
        "protocol": "test+all",
        "detector": "critic",
        "against": "knn-spectra",
    }
    test = opened(**query)
    assert answer(test) == ("har", "sitting", "wgan-gp-dense", "test+all", "critic", "knn-spectra")
    assert address(test) == query


def test_names_that_do_not_exist_are_ignored_and_leave_the_address():
    test = opened(
        case="mnist",
        **{
            "class": "x",
            "model": "dense",
            "protocol": "test+all",
            "detector": "ours-others",
            "against": "nobody",
        },
    )
    assert answer(test) == ("mnist", "4", "", "80/20", "ours", "None")
    assert address(test) == {}


def test_every_choice_goes_into_the_address():
    test = press(press(opened(), "mnist-class", "8"), "mnist-detector", "critic")
    test = press(test, "mnist-against", "anogan")
    assert answer(test) == ("mnist", "8", "", "80/20", "critic", "anogan")
    assert address(test) == {"class": "8", "detector": "critic", "against": "anogan"}
    test = press(test, "mnist-against", "")
    assert address(test) == {"class": "8", "detector": "critic"}


def test_nobody_is_compared_with_themselves():
    test = press(opened(against="vae"), "mnist-detector", "vae")
    assert answer(test)[-2:] == ("vae", "None")
    assert address(test) == {"detector": "vae"}


def test_what_another_use_case_does_not_have_is_forgotten():
    test = press(press(opened(), "mnist-class", "8"), "mnist-detector", "bigan")
    test = press(test, "case", "har")
    assert answer(test) == ("har", "laying", "wgan-gp-conv", "test", "ours", "None")
    assert address(test) == {"case": "har"}
    test = press(press(test, "har-model", "recurrent"), "har-protocol", "test+all")
    test = press(test, "har-detector", "critic")
    test = press(test, "case", "mixture")
    assert answer(test) == ("mixture", "outside", "wgan-gp", "test", "critic", "None")
    assert address(test) == {"case": "mixture"}
    test = press(press(test, "mixture-model", "gan"), "mixture-against", "density")
    test = press(test, "case", "own")
    assert address(test) == {"case": "own"}
    assert answer(press(test, "case", "mnist"))[:2] == ("mnist", "4")


def test_a_model_with_fewer_detectors_falls_back():
    test = press(press(opened(case="har"), "har-detector", "ours-wgan"), "har-against", "ours")
    test = press(test, "har-model", "dense")
    assert answer(test)[2] == "wgan-gp-dense"
    assert answer(test)[4] in ("encoder", "critic-features", "critic", "knn")
    assert answer(test)[5] == "None"
    assert address(test) == {"case": "har", "model": "dense"}
