"""Design.md §3 as a test: who may import whom, and what never enters which process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A module of wganad_core imports only from rows above its own. A row may be a module or a package.
ROWS = (
    "bootstrap",
    "config",
    "records",
    "data",
    "networks",
    "storage",
    "objectives",
    "fast_critic",
    "training",
    "scoring",
    "evaluation",
    "divergence",
    "thresholds",
    "detector",
    "pretrained",
    "use_cases",
    "runs",
    "board",
    "jobs",
    "figures",
    "live",
    "commands",
    "__main__",
)
# Rows that the server process imports, and that therefore must not bring torch along.
TORCH_FREE = {
    "config",
    "records",
    "data",
    "storage",
    "evaluation",
    "divergence",
    "thresholds",
    "figures",
    "pretrained",
    "use_cases",
    "board",
    "jobs",
}
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve"}


@dataclass(frozen=True)
class Import:
    """One imported name, as absolute as it can be read: `from a import b` is `a.b`."""

    name: str
    line: int
    when_loaded: bool  # rather than inside a function or for type checkers only

    @property
    def root(self) -> str:
        return self.name.partition(".")[0]

    @property
    def row(self) -> str | None:
        """The row of wganad_core that this import reaches, "" for the package itself."""
        parts = self.name.split(".")
        if parts[0] != "wganad_core":
            return None
        return parts[1] if len(parts) > 1 else ""


def imports(path: str, tree: ast.Module) -> list[Import]:
    """Every import statement of a module, wherever it stands."""
    return [
        Import(name, node.lineno, when_loaded)
        for node, when_loaded in _statements(tree, when_loaded=True)
        for name in _names(path, node)
    ]


def _statements(node: ast.AST, when_loaded: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, when_loaded
        yield from _statements(child, when_loaded and not later and not typing_only)


def _names(path: str, node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert isinstance(node, ast.ImportFrom)
    base = node.module or ""
    if node.level:
        package = path.removesuffix(".py").split("/")[: -node.level]
        base = ".".join([*package, *([base] if base else [])])
    return [f"{base}.{alias.name}" for alias in node.names]


def violations(sources: Mapping[str, str]) -> list[str]:
    """Everything that breaks the layout in these files, as `path:line: sentence`."""
    return [
        f"{path}:{line}: {sentence}"
        for path, source in sources.items()
        for line, sentence in _violations_in(path, ast.parse(source, path))
    ]


def _violations_in(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    folder, _, rest = path.partition("/")
    row = rest.partition("/")[0].removesuffix(".py") if folder == "wganad_core" else None
    if row is not None and row not in (*ROWS, "__init__"):
        yield 1, f"{row} is not a row of the layout"
        return
    for found in imports(path, tree):
        if row is not None and found.row is not None:
            yield from _wrong_direction(row, found)
        if row is None and found.row == "commands":
            yield found.line, f"{folder} imports {found.name}; pages and commands share jobs"
        yield from _wrong_library(row, folder, found)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load":
            yield node.lineno, "torch.load unpickles; weights are read by storage alone"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield node.value.lineno, "allow_pickle is never needed"


def _wrong_direction(row: str, found: Import) -> Iterator[tuple[int, str]]:
    if row == "__init__":
        if found.when_loaded:
            yield found.line, "wganad_core must stay free of imports"
    elif found.row in ("", "__version__"):
        return  # the package itself, which holds nothing else
    elif found.row not in ROWS:
        yield found.line, f"{row} imports {found.name}, which is in no row"
    elif found.row != row and ROWS.index(found.row) > ROWS.index(row):
        yield found.line, f"{row} imports {found.row}, which is below it"


def _wrong_library(row: str | None, folder: str, found: Import) -> Iterator[tuple[int, str]]:
    where = row or folder
    if found.root == "streamlit" and row is not None:
        yield found.line, f"{where} imports streamlit; only app.py and pages may"
    if found.root == "plotly" and where not in ("figures", "pages"):
        yield found.line, f"{where} imports plotly; only figures and pages may"
    if found.root == "torch":
        if row is None:
            yield found.line, f"{where} imports torch; it belongs in the worker process"
        elif row in TORCH_FREE and found.when_loaded:
            yield found.line, f"{where} imports torch when it is loaded"
    if found.root in UNPICKLERS:
        yield found.line, f"{where} imports {found.root}, which can run what it reads"


def project_sources() -> dict[str, str]:
    paths = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("wganad_core/**/*.py")]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(paths)
    }


def modules_of_the_server() -> list[str]:
    """The torch-free rows that exist, and whatever of the core the app and its pages import."""
    sources = project_sources()
    core = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in sources
        if path.startswith("wganad_core/")
    }
    wanted = {name for name in core if len(p := name.split(".")) > 1 and p[1] in TORCH_FREE}
    for path, source in sources.items():
        if not path.startswith("wganad_core/"):
            names = {found.name for found in imports(path, ast.parse(source))}
            # `from wganad_core.live import Client` reads as the name of a class in a module.
            wanted |= core & (names | {name.rpartition(".")[0] for name in names})
    return sorted(wanted)


def loaded_by(statements: str) -> set[str]:
    """The top-level modules in memory after a fresh Python has run `statements`."""
    code = f"{statements}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_the_project_keeps_its_layout():
    assert violations(project_sources()) == []


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"torch", "numpy", "scipy", "sklearn", "pandas", "plotly", "streamlit"}
    assert not heavy & loaded_by("import wganad_core")


def test_the_server_process_never_loads_torch():
    modules = modules_of_the_server()
    assert modules
    assert "torch" not in loaded_by("\n".join(f"import {name}" for name in modules))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("wganad_core/config.py", "from wganad_core import training"),
        ("wganad_core/config.py", "from wganad_core.training import train"),
        ("wganad_core/config.py", "import wganad_core.data.mixture"),
        ("wganad_core/config.py", "def late():\n    from . import training"),
        ("wganad_core/data/mixture.py", "from ..networks.dense import Dense"),
        ("wganad_core/data/mixture.py", "from wganad_core import Detector"),
        ("wganad_core/__init__.py", "from wganad_core import config"),
        ("wganad_core/helpers.py", ""),
        ("wganad_core/helpers/text.py", ""),
        ("wganad_core/training.py", "import streamlit as st"),
        ("wganad_core/training.py", "import plotly.graph_objects as go"),
        ("app.py", "import plotly"),
        ("wganad_core/data/own.py", "try:\n    import torch\nexcept ImportError:\n    pass"),
        ("pages/race.py", "def late():\n    import torch"),
        ("pages/own.py", "from wganad_core.commands.fit import FILE"),
        ("wganad_core/storage.py", "from pickle import load"),
        ("wganad_core/scoring.py", "import torch\ntorch.load('weights.pt')"),
        ("wganad_core/scoring.py", "import numpy as np\nnp.load('x.npy', allow_pickle=True)"),
    ],
)
def test_the_checker_finds(path: str, source: str):
    assert len(violations({path: source})) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("wganad_core/training.py", "import torch\nfrom wganad_core import config, objectives"),
        ("wganad_core/training.py", "from .networks.dense import Dense"),
        ("wganad_core/records.py", "import wganad_core"),
        ("wganad_core/records.py", "from wganad_core import __version__"),
        ("wganad_core/data/own.py", "from wganad_core.data import cache\nfrom . import windows"),
        ("wganad_core/figures/race.py", "import plotly.graph_objects as go"),
        ("wganad_core/use_cases.py", "def train():\n    import torch"),
        (
            "wganad_core/evaluation.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
        ),
        ("wganad_core/__init__.py", "def __getattr__(name):\n    from wganad_core import detector"),
        ("pages/_ui/chart.py", "import plotly\nimport streamlit\nfrom wganad_core import live"),
    ],
)
def test_the_checker_allows(path: str, source: str):
    assert violations({path: source}) == []
