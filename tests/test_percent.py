"""How shares are written: "87.0%", as by Python's `:.1%` and by Plotly, never "87.0 %"."""

from __future__ import annotations

import ast
import re

import pytest

from tests.conftest import ROOT

OURS = [ROOT / "pages", ROOT / "wganad_core"]
# After a digit or, in a part of an f-string, after a value. `%{` is Plotly's, `%H` a clock's.
IN_PYTHON = re.compile(r"(?:\d|^) %(?![{A-Z])")
IN_SCRIPTS = re.compile(r"[\d}] %[\s`\"']")


def spaced_in_python(source: str) -> list[str]:
    strings = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    texts = (node.value for node in strings if isinstance(node.value, str))
    return [text for text in texts if IN_PYTHON.search(text)]


@pytest.mark.parametrize("source", ['f"{x:.1f} % of"', '"at 5 % of"', '"%g" + " %"'])
def test_a_blank_before_a_percent_sign_is_found(source):
    assert spaced_in_python(source)


@pytest.mark.parametrize("source", ['f"{x:.1%} of"', '"f %{z:.3g}"', '10 % 2, "5%"'])
def test_what_is_well_written_is_left_alone(source):
    assert not spaced_in_python(source)


def test_no_blank_stands_before_a_percent_sign():
    found = {}
    for path in (path for folder in OURS for path in folder.rglob("*.py")):
        found[path] = spaced_in_python(path.read_text(encoding="utf-8"))
    for path in (path for folder in OURS for path in folder.rglob("*.js")):
        found[path] = IN_SCRIPTS.findall(path.read_text(encoding="utf-8"))
    assert {path: texts for path, texts in found.items() if texts} == {}
