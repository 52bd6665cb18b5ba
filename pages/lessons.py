"""Lessons: six of a few minutes each, played on the pages that they are about."""

from __future__ import annotations

import streamlit as st

from pages._ui import anatomy, runtime
from pages._ui.lessons.lesson import Lesson, lessons
from pages._ui.site import PAGES

STYLE = """<style>
.lesson-card {display: block; height: 100%; padding: 0.9rem 1.1rem; border-radius: 0.6rem;
  border: 1px solid rgba(128, 128, 128, 0.35); border-left: 4px solid #0072B2;
  color: inherit !important; text-decoration: none !important;}
.lesson-card:hover {border-color: #0072B2;}
.lesson-card p {margin: 0.35rem 0 0.7rem;}
.lesson-card q {display: block; padding-left: 0.7rem; border-left: 2px solid #E69F00;
  font-style: italic;}
.lesson-card small {display: block; margin-top: 0.7rem; opacity: 0.75; font-size: 0.875rem;}
.lesson-card b {font-size: 1.15rem;}
.lesson-card span {float: right; opacity: 0.7;}
.lesson-cards {display: grid; gap: 0.9rem; margin: 0.8rem 0 1rem;
  grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr));}
</style>"""


def main() -> None:
    found = list(lessons().values())
    minutes = sum(lesson.minutes for lesson in found)
    anatomy.headline(f"{len(found)} lessons, {minutes} minutes: predict first, then look")
    anatomy.subline(
        "Each plays on the pages of this app: it sets one up, asks what you expect, and sees what "
        "you do there."
    )
    cards = "".join(_card(number, lesson) for number, lesson in enumerate(found, start=1))
    st.html(f'{STYLE}<div class="lesson-cards">{cards}</div>')
    st.caption(
        "For a lecture: **Hide answers** and **Projector** are at the end of the panel, the key "
        "**N** goes on, and every step has an address of its own. Another lesson is one more file "
        "in `pages/lessons/` (docs/lessons.md)."
    )


def _card(number: int, lesson: Lesson) -> str:
    """Texts of our own files; nothing of anybody else's."""
    titles = {name: title for name, title, _ in PAGES}
    where = " · ".join(dict.fromkeys(titles[step.page] for step in lesson.steps))
    first = next((step.ask.question for step in lesson.steps if step.ask), "").replace("*", "")
    return (
        f'<a class="lesson-card" href="{lesson.address(1)}" target="_self">'
        f"<span>{lesson.minutes} min</span><b>{number}. {lesson.title}</b><p>{lesson.goal}</p>"
        f"<q>{first}</q><small>On: {where}</small></a>"
    )


runtime.run_page(main)
