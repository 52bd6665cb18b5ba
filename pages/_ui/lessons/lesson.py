"""A lesson as its file tells it (`pages/lessons/*.toml`), checked when it is read.

A step sets a page up by its address, and then asks for a prediction, or for something to be done,
which is seen in the address. docs/lessons.md says how to write one.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from wganad_core.config import ConfigError

FOLDER = Path(__file__).resolve().parents[2] / "lessons"
PARAMETER = "lesson"  # in the address: name.step, from 1, and .answer, from 0, once it was given
SIGNS = ("=", "<", ">", "!", "*")


@dataclasses.dataclass(frozen=True)
class Ask:
    """A prediction: `options` of which number `right` (from 0) is right, and why. `shows`: what the
    address changes to once it was made."""

    question: str
    options: tuple[str, ...]
    right: int
    because: str
    shows: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Watch:
    """Something to do, and how the address says that it was done: by parameter "=value", "<number",
    ">number", "!value" (another one) or "*" (any); then what there is to see."""

    do: str
    address: Mapping[str, str]
    done: str


@dataclasses.dataclass(frozen=True)
class LessonStep:
    """A page at an address, what to know there, and a prediction or a task, or both."""

    page: str
    query: Mapping[str, str]
    say: str
    ask: Ask | None
    watch: Watch | None


@dataclasses.dataclass(frozen=True)
class Lesson:
    name: str
    title: str
    goal: str
    minutes: int
    order: int
    steps: tuple[LessonStep, ...]

    def address(self, number: int, answer: int | None = None) -> str:
        """Path and query of a step (from 1), before or after its prediction."""
        step = self.steps[number - 1]
        query = dict(step.query)
        place = f"{self.name}.{number}"
        if answer is not None and step.ask is not None:
            query |= step.ask.shows
            place += f".{answer}"
        return f"{step.page}?{urlencode(query | {PARAMETER: place})}"


@dataclasses.dataclass(frozen=True)
class Place:
    """Where in a lesson somebody is: the step from 1, and the answer from 0, if it was given."""

    lesson: Lesson
    number: int
    answer: int | None


def place_of(text: str) -> Place | None:
    """What the parameter in an address means; None for anything that is no place in a lesson."""
    name, _, rest = text.partition(".")
    number, _, answer = rest.partition(".")
    found = lessons().get(name)
    if found is None or not number.isdecimal() or not 1 <= int(number[:4]) <= len(found.steps):
        return None
    ask = found.steps[int(number) - 1].ask
    known = ask is not None and answer.isdecimal() and int(answer[:4]) < len(ask.options)
    return Place(found, int(number), int(answer) if known else None)


@cache
def lessons() -> dict[str, Lesson]:
    """All of the folder, in their order. Raises `ConfigError` for a file that is no lesson."""
    found = [read(path) for path in sorted(FOLDER.glob("*.toml")) if path.stem != "terms"]
    return {one.name: one for one in sorted(found, key=lambda one: (one.order, one.name))}


@cache
def terms() -> dict[str, str]:
    """What words mean that lessons write as [[word]]."""
    return dict(_table(FOLDER / "terms.toml"))


def read(path: Path) -> Lesson:
    """One file. Raises `ConfigError` with one sentence that names the file and the place."""
    table = _table(path)
    reader = _Reader(path.name)
    steps = reader.take(table, "step", list, "steps")
    return Lesson(
        name=path.stem,
        title=reader.take(table, "title", str),
        goal=reader.take(table, "goal", str),
        minutes=reader.take(table, "minutes", int),
        order=reader.take(table, "order", int),
        steps=tuple(reader.step(step, f"step {i}") for i, step in enumerate(steps, start=1)),
    )


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The lesson file {path.name} cannot be read: {error}.") from error


@dataclasses.dataclass(frozen=True)
class _Reader:
    file: str

    def take(self, table: Mapping[str, Any], name: str, kind: type, where: str = "it") -> Any:
        value = table.get(name)
        if not isinstance(value, kind):
            raise ConfigError(
                f"The lesson file {self.file} needs “{name}” ({kind.__name__}) in {where}; found "
                f"{value!r}."
            )
        return value

    def step(self, table: Any, where: str) -> LessonStep:
        ask, watch = table.get("ask"), table.get("watch")
        if ask is None and watch is None:
            raise ConfigError(
                f"The lesson file {self.file}, {where}, needs a prediction (ask) or a task (watch)."
            )
        return LessonStep(
            page=self.take(table, "page", str, where),
            query=self.words(table.get("query", {})),
            say=self.take(table, "say", str, where).strip(),
            ask=None if ask is None else self.ask(ask, where),
            watch=None if watch is None else self.watch(watch, where),
        )

    def ask(self, table: Mapping[str, Any], where: str) -> Ask:
        options = tuple(map(str, self.take(table, "options", list, where)))
        right = self.take(table, "right", int, where)
        if not 0 <= right < len(options) or len(options) < 2:
            raise ConfigError(
                f"The lesson file {self.file}, {where}: of {len(options)} options number {right} "
                "(from 0) cannot be right."
            )
        question, because = (self.take(table, name, str, where) for name in ("question", "because"))
        return Ask(question, options, right, because, self.words(table.get("shows", {})))

    def watch(self, table: Mapping[str, Any], where: str) -> Watch:
        address = self.words(self.take(table, "address", dict, where))
        wrong = [value for value in address.values() if not value.startswith(SIGNS)]
        if wrong or not address:
            raise ConfigError(
                f"The lesson file {self.file}, {where}: what is watched for in the address begins "
                f"with one of {' '.join(SIGNS)}; found {wrong[0] if wrong else 'nothing'!r}."
            )
        do, done = (self.take(table, name, str, where) for name in ("do", "done"))
        return Watch(do, address, done)

    @staticmethod
    def words(table: Mapping[str, Any]) -> dict[str, str]:
        return {str(name): str(value) for name, value in table.items()}
