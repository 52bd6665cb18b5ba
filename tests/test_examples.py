"""The examples in docstrings run, and give what they show."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import wganad_core

ROOT = Path(__file__).resolve().parent.parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
MODULES = [
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in sorted((ROOT / "wganad_core").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]
# Rooms of which users import every public function.
ROOMS = ("evaluation", "thresholds", "divergence")


@pytest.mark.parametrize("name", MODULES)
def test_examples_show_what_they_give(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert found.attempted
    assert not found.failed, "see what doctest printed"


@pytest.mark.parametrize("name", ["WGANAnomalyDetector", "WGANImageDetector", "WGANSeriesDetector"])
def test_every_estimator_has_an_example(name: str) -> None:
    assert ">>> " in str(getattr(wganad_core, name).__doc__)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_function_has_an_example(room: str) -> None:
    module = importlib.import_module(f"wganad_core.{room}")
    names = getattr(module, "__all__", [n for n in vars(module) if not n.startswith("_")])
    functions = [
        value
        for value in (getattr(module, name) for name in names)
        if inspect.isfunction(value) and value.__module__.startswith(module.__name__)
    ]
    assert functions
    assert [f.__name__ for f in functions if ">>> " not in str(f.__doc__)] == []
