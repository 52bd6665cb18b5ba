"""`VERB NOUN …` and `VERB FILE …` as argparse parsers."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Mapping, Sequence
from typing import Any

from wganad_core.commands.console import Command

PROGRAM = "python -m wganad_core"


class Leaf(argparse.ArgumentParser):
    """A command. It asks for its options when it is chosen: those of `fit` are an estimator's,
    which the help of everything else need not import."""

    def __init__(self, *, command: Command, more: str = "", **_: Any) -> None:
        summary = command.summary[0].upper() + command.summary[1:] + "."
        super().__init__(
            prog=f"{PROGRAM} {command.name}",
            usage=f"{PROGRAM} {command.usage}",
            description=summary,
            epilog=f"examples:\n{command.examples}{more}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.set_defaults(run=command.run)
        self._command: Command | None = command

    def parse_known_args(  # type: ignore[override]  # its overloads say no more
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        if self._command is not None:
            self._command.options(self)
            self._command = None
        chosen, unknown = super().parse_known_args(args, namespace)
        if unknown:  # said here, with the usage of the command and not of the whole program
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return chosen, []


class Verb(argparse.ArgumentParser):
    """A verb: with nouns, alone before a FILE, or both; what is no noun is the file then."""

    def __init__(self, *, commands: Sequence[Command], **_: Any) -> None:
        name = commands[0].name.partition(" ")[0]
        super().__init__(prog=f"{PROGRAM} {name}")
        nouns = {command.name.partition(" ")[2]: command for command in commands}
        file = nouns.pop("", None)
        self.nouns = tuple(nouns)
        self.alone = Leaf(command=file, more=_more(name, nouns)) if file else None
        if nouns:
            below = self.add_subparsers(metavar="NOUN", required=True, parser_class=Leaf)
            for noun, command in nouns.items():
                below.add_parser(noun, help=command.summary, command=command)

    def parse_known_args(  # type: ignore[override]  # its overloads say no more
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        words = list(args or ())
        if self.alone is None or (words and words[0] in self.nouns):
            return super().parse_known_args(words, namespace)
        if words and words[0].isalnum() and not os.path.exists(words[0]):
            like = difflib.get_close_matches(words[0], self.nouns, n=1)
            if like:
                self.alone.error(f"{words[0]!r} is no file; is the noun {like[0]!r} meant?")
        return self.alone.parse_known_args(words, namespace)


def _more(verb: str, nouns: Mapping[str, Command]) -> str:
    """What the help of the verb alone says of its nouns."""
    if not nouns:
        return ""
    lines = (f"  {noun:<9}{command.summary}" for noun, command in nouns.items())
    head = (
        f"instead of FILE, a noun (`{verb} NOUN --help` says more; a file of that name is ./NOUN)"
    )
    return "\n".join(["", "", f"{head}:", *lines])


def add_verbs(parser: argparse.ArgumentParser, commands: Sequence[Command]) -> None:
    """A parser for each verb of `commands`."""
    verbs: dict[str, list[Command]] = {}
    for command in commands:
        verbs.setdefault(command.name.partition(" ")[0], []).append(command)
    below = parser.add_subparsers(metavar="VERB", required=True, parser_class=Verb)
    for verb, members in verbs.items():
        below.add_parser(verb, help="; ".join(c.summary for c in members), commands=members)
