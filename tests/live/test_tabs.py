"""What a tab holds outlives it for a while, and goes to nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from wganad_core.live import tabs
from wganad_core.live.tabs import Tabs


class Thing:
    def __init__(self) -> None:
        self.rested = self.ended = 0
        self.browser = ""

    def rest(self) -> None:
        self.rested += 1

    def end(self) -> None:
        self.ended += 1


@pytest.fixture
def kept() -> Iterator[Callable[..., Tabs[Thing]]]:
    made: list[Tabs[Thing]] = []

    def make(rest: float = 60, end: float = 60, most: int = 4) -> Tabs[Thing]:
        made.append(Tabs(Thing, rest, end, most))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def until(true: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def opened(them: Tabs[Thing], asked: str | None = None) -> tuple[str, Thing]:
    name = them.name(asked)
    return name, them.open(name)


def test_a_closed_tab_opens_again_by_its_name(kept):
    them = kept()
    name, thing = opened(them)
    assert them.open(name) is thing
    them.close(name)
    assert opened(them, name) == (name, thing)
    them.close(name)
    assert them.open(name) is thing  # the network failed for a moment; the session knows the name
    assert (thing.rested, thing.ended) == (0, 0)


def test_names_differ_and_unknown_ones_get_something_new(kept):
    them = kept()
    (one, a), (two, b), (three, c) = opened(them), opened(them), opened(them, "unheard of")
    assert len({one, two, three, "unheard of"}) == 4
    assert len({a, b, c}) == 3
    assert all(len(name) > 20 for name in (one, two, three))


def test_an_open_tab_is_not_shared(kept, monkeypatch):
    monkeypatch.setattr(tabs, "PATIENCE", 0.05)
    them = kept()
    name, thing = opened(them)
    other, another = opened(them, name)
    assert other != name
    assert another is not thing


def test_what_is_somebody_elses_is_not_given(kept):
    them = kept()
    name, thing = opened(them)
    them.close(name)
    assert them.name(name, lambda held: held is not thing) != name
    assert them.name(name, lambda held: held is thing) == name


def test_a_reload_that_is_faster_than_the_close_waits_for_it(kept, monkeypatch):
    monkeypatch.setattr(tabs, "PATIENCE", 10)
    them = kept()
    name, thing = opened(them)
    threading.Timer(0.1, them.close, [name]).start()
    assert opened(them, name) == (name, thing)


def test_it_rests_and_then_ends(kept):
    them = kept(rest=0.02, end=0.1)
    name, thing = opened(them)
    time.sleep(0.15)
    assert (thing.rested, thing.ended) == (0, 0)  # an open tab goes on
    them.close(name)
    assert until(lambda: thing.rested == 1)
    assert until(lambda: thing.ended == 1)
    assert them.open(name) is not thing


def test_one_that_came_back_neither_rests_nor_ends(kept):
    them = kept(rest=0.05, end=0.1)
    name, thing = opened(them)
    them.close(name)
    them.open(name)
    time.sleep(0.2)
    assert (thing.rested, thing.ended) == (0, 0)


def test_of_too_many_the_first_to_go_ends(kept):
    them = kept(most=2)
    three = [opened(them) for _ in range(3)]
    for name, _ in three:
        them.close(name)
    assert [thing.ended for _, thing in three] == [1, 0, 0]
    assert opened(them, three[1][0]) == three[1]


def test_closing_twice_or_what_is_unknown_does_nothing(kept):
    them = kept()
    name, thing = opened(them)
    for _ in range(2):
        them.close(name)
    them.close("unheard of")
    assert them.open(name) is thing


def test_all_end_with_the_server(kept):
    them = kept()
    (_, a), (name, b) = opened(them), opened(them)
    them.close(name)
    them.stop()
    assert (a.ended, b.ended) == (1, 1)


def test_tabs_of_others_end_nobody_s(kept: Callable[..., Tabs[Thing]]) -> None:
    them = kept(most=2)
    mine = them.open(name := them.name())
    mine.browser = "mine"
    them.close(name)
    for _ in range(5):
        other = them.open(another := them.name())
        other.browser = "theirs"
        them.close(another)
    assert not mine.ended
    assert other.ended == 0
    assert them.open(name) is mine
