"""Lessons as files: what ships is sound, what is wrong is said; the list of them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pages._ui import site
from pages._ui.lessons import lesson
from tests.app_pages import opened
from wganad_core import pretrained, storage
from wganad_core.config import ConfigError
from wganad_core.data import gallery
from wganad_core.evaluation import summary

GOOD = """
title = "T"
goal = "G"
minutes = 2
order = 1
[[step]]
page = "critic"
say = "See."
[step.ask]
question = "Q?"
options = ["a", "b"]
right = 0
because = "So."
"""


def test_six_lessons_of_two_to_four_minutes_ship() -> None:
    found = lesson.lessons()
    assert len(found) == 6
    assert {one.minutes for one in found.values()} <= {2, 3, 4}
    pages = {name for name, _, _ in site.PAGES}
    for one in found.values():
        assert {step.page for step in one.steps} <= pages


def test_every_term_is_explained() -> None:
    for path in lesson.FOLDER.glob("*.toml"):
        words = {*re.findall(r"\[\[([^\]|]+)[\]|]", path.read_text(encoding="utf-8"))} - {"step"}
        assert words <= lesson.terms().keys(), path.name


def test_a_task_is_not_done_before_it_is_begun() -> None:
    """What the step's own address says may not meet the condition."""
    for one in lesson.lessons().values():
        for step in one.steps:
            if step.watch is None:
                continue
            at = {**step.query, **(step.ask.shows if step.ask else {})}
            met = [
                name in at and (rule == "*" or rule == f"={at[name]}")
                for name, rule in step.watch.address.items()
            ]
            assert not all(met), (one.name, step.say)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clip.1", (1, None)),
        ("clip.2.1", (2, 1)),
        ("clip.2.7", (2, None)),  # no such option
        ("clip.3.0", (3, None)),  # nothing was asked there
        ("clip.9", None),
        ("clip", None),
        ("nothing.1", None),
        ("", None),
    ],
)
def test_places_of_an_address(text: str, expected: tuple | None) -> None:
    found = lesson.place_of(text)
    assert (None if found is None else (found.number, found.answer)) == expected


def test_a_steps_address_sets_the_page_up_and_names_the_step() -> None:
    clip = lesson.lessons()["clip"]
    before, after = (parse_qs(urlsplit(clip.address(1, k)).query) for k in (None, 1))
    assert before == {"theta": ["1"], "lesson": ["clip.1"]}
    assert after == {"theta": ["3.6"], "lesson": ["clip.1.1"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('title = "T"', ""), "needs “title” (str) in it; found None"),
        (("minutes = 2", 'minutes = "2"'), "needs “minutes” (int)"),
        (("right = 0", "right = 2"), "of 2 options number 2 (from 0) cannot be right"),
        (("[step.ask]", "[step.asked]"), "step 1, needs a prediction (ask) or a task (watch)"),
        (("[[step]]", "[[step"), "cannot be read"),
    ],
)
def test_a_file_that_is_no_lesson_is_refused(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert lesson.read(path).name == "mine"
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)):
        lesson.read(path)


def test_what_cannot_be_watched_for_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    watch = '[step.watch]\ndo = "D"\ndone = "E"\naddress = { point = "0,1" }\n'
    path.write_text(GOOD + watch, encoding="utf-8")
    with pytest.raises(ConfigError, match="begins with one of = < > ! \\*; found '0,1'"):
        lesson.read(path)


def test_the_encoder_lesson_compares_on_the_same_images() -> None:
    """Inversion scored 1,000 of the test images; the encoder is compared on those."""
    parts = gallery.parts_of(storage.load_scores(pretrained.scores_path("mnist", "4")))
    slow, quick = (parts["wgan-gp", "80/20", name].test for name in ("inversion", "encoder"))
    same = quick.take(gallery.positions(slow.sample_id, quick.sample_id))
    assert slow.label is not None
    assert quick.label is not None
    of_slow = summary(slow.label, slow.score)
    of_same, of_all = summary(slow.label, same.score), summary(quick.label, quick.score)
    ask = lesson.lessons()["encoder"].steps[1].ask
    assert ask is not None
    assert f"On the same {of_slow.n:,} test images" in ask.question
    assert f"the {of_slow.auprc:.2f} of inversion" in ask.question
    assert f"is {of_same.auprc:.2f} on the {of_same.n:,} images" in ask.because
    assert f"{of_all.auprc:.2f}" == f"{of_same.auprc:.2f}"  # “and on all of them”


@pytest.mark.usefixtures("page_workers")
def test_the_list_leads_to_every_first_step() -> None:
    test = opened("lessons.py")
    assert "6 lessons" in test.title[0].value
    page = " ".join(element.proto.body for element in test.get("html"))
    for one in lesson.lessons().values():
        assert one.title in page
        assert one.address(1) in page
    assert "Is a point in the middle, the average of all data, normal?" in page
    assert "On: Theory<" in page
