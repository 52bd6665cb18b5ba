"""The estimators' parameters as options of `fit`: names, types, defaults and help are theirs."""

from __future__ import annotations

import argparse
import functools
import inspect
import re
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from wganad_core.commands.console import natural
from wganad_core.jobs.orders import KINDS, SEED, option
from wganad_core.jobs.prepare import estimator_class

# What a command line says otherwise: it shows progress, starts afresh, and can be repeated.
LEFT_OUT = ("self", "verbose", "warm_start")


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """An option for each parameter of the estimators; only what is given is in the namespace."""
    seen: set[str] = set()
    for kind, name in KINDS.items():
        own = estimator_class(kind)
        group = parser.add_argument_group(
            f"parameters of {name}" + (", besides those above" if seen else ""),
            prose(own) if seen else None,
        )
        words = described(own)
        for parameter, hint in parameters(own):
            if parameter.name not in seen:
                _add(group, parameter, hint, words.get(parameter.name, ""))
                seen.add(parameter.name)


def given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The parameters that are set, of whatever kind of detector."""
    every = {p.name for kind in KINDS for p, _ in parameters(estimator_class(kind))}
    return {name: value for name, value in vars(arguments).items() if name in every}


def parameters(kind: Any) -> Iterator[tuple[inspect.Parameter, Any]]:
    """The constructor's parameters that are options, each with its type."""
    hints = typing.get_type_hints(kind.__init__)
    for parameter in inspect.signature(kind.__init__).parameters.values():
        if parameter.name not in LEFT_OUT and parameter.kind is not parameter.VAR_KEYWORD:
            yield parameter, hints.get(parameter.name, Any)


def described(kind: Any) -> Mapping[str, str]:
    """What the docstrings of a class and its bases say of each parameter, in one line.

    An entry is `name : type`, or `one, other : type`, with its text indented below, as numpydoc
    has it.
    """
    found: dict[str, str] = {}
    for one in reversed(inspect.getmro(kind)):
        text = inspect.cleandoc(one.__dict__.get("__doc__") or "")
        for match in re.finditer(r"^(\w[\w, ]*) : .*\n((?: {4}.*\n?)+)", text, re.MULTILINE):
            found |= dict.fromkeys(match[1].split(", "), " ".join(match[2].split()))
    return found


def prose(kind: Any) -> str:
    """What a class's docstring says before its sections, but for the first line."""
    text = (inspect.getdoc(kind) or "").partition("\nParameters\n")[0].partition("\n")[2]
    return textwrap.fill(" ".join(text.split()), 78)


def defaults(name: str) -> str:
    """The default of a parameter, for a help text; where kinds differ, that of each."""
    found = {
        kind: parameter.default
        for kind in KINDS
        for parameter, _ in parameters(estimator_class(kind))
        if parameter.name == name
    }
    first = next(iter(found.values()))
    others = [f"{value} for {kind}" for kind, value in found.items() if value != first]
    if first is None and not others:
        return ""  # the words tell what none means
    return f" (default: {'; '.join(['none' if first is None else str(first), *others])})"


def _add(group: Any, parameter: inspect.Parameter, hint: Any, words: str) -> None:
    allowed = [part for part in (typing.get_args(hint) or (hint,)) if part is not types.NoneType]
    names = [option(parameter.name)]
    more: dict[str, Any] = {}
    if parameter.name == SEED:
        names, more = [*names, "--seed"], {"type": natural, "metavar": "N"}
    elif all(isinstance(part, str) for part in allowed):
        more = {"choices": allowed}
    elif bool in allowed:
        more = {"action": argparse.BooleanOptionalAction}
    elif float in allowed:
        more = {"type": _or_none(float, hint), "metavar": "X"}
    elif int in allowed:
        more = {"type": _or_none(int, hint), "metavar": "N"}
    else:
        more = {"metavar": "NAME"}
    shown = " (default: 0)" if parameter.name == SEED else defaults(parameter.name)
    text = f"{words.rstrip('.')}{shown}".strip().replace("%", "%%").replace("None:", "none:")
    group.add_argument(*names, default=argparse.SUPPRESS, help=text, **more)


def _or_none(kind: Any, hint: Any) -> Any:
    """An argument's type: a number, or `none` where a parameter may be None."""
    if types.NoneType not in typing.get_args(hint):
        return kind
    return functools.partial(_number_or_none, kind)


def _number_or_none(kind: Any, text: str) -> Any:
    if text.casefold() == "none":
        return None
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"must be {what} or none; found {text}") from None
