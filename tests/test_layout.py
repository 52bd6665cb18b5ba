"""Design.md §3 as a test: who may import whom, and what never enters which process."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A module of wganad_core imports only from rows above its own. A row may be a module or a package.
ROWS = (
    "bootstrap",
    "outside",
    "packing",
    "config",
    "records",
    "data",
    "older",
    "storage",
    "networks",
    "objectives",
    "fast_critic",
    "methods",
    "evaluation",
    "divergence",
    "thresholds",
    "pretrained",
    "use_cases",
    "run",
    "detector",
    "panels",
    "board",
    "catalogue",
    "leaks",
    "theory",
    "latent",
    "jobs",
    "figures",
    "browser",
    "live",
    "commands",
    "__main__",
)
# Rows that the server process imports, and that therefore must not bring torch along.
TORCH_FREE = {
    "outside",
    "packing",
    "older",
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
    "catalogue",
    "jobs",
    "browser",
}
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve"}


When = Literal["loaded", "called", "never"]  # a module, a function; for type checkers only


@dataclass(frozen=True)
class Import:
    """One imported name, as absolute as it can be read: `from a import b` is `a.b`."""

    name: str
    line: int
    when: When

    @property
    def when_loaded(self) -> bool:
        return self.when == "loaded"

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
        Import(name, node.lineno, when)
        for node, when in _statements(tree, "loaded")
        for name in _names(path, node)
    ]


def _statements(node: ast.AST, when: When) -> Iterator[tuple[ast.stmt, When]]:
    for child in ast.iter_child_nodes(node):
        inside = when
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inside = "never"
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = "called" if when == "loaded" else when
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, when
        yield from _statements(child, inside)


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


def modules_in(sources: Mapping[str, str]) -> dict[str, list[Import]]:
    """Imports by the dotted name of the module that has them."""
    return {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): imports(
            path, ast.parse(source, path)
        )
        for path, source in sources.items()
    }


def needs(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Which of these modules each imports, when it is loaded or later. A package is needed by who
    takes a name from itself, not by who takes a module of it."""
    modules = modules_in(sources)
    modules.pop("wganad_core", None)  # it holds a version, and estimators for who asks
    return {
        name: {
            found.name if found.name in modules else found.name.rpartition(".")[0]
            for found in its
            if found.when != "never"
        }
        & modules.keys()
        for name, its in modules.items()
    }


def circle(sources: Mapping[str, str]) -> list[str]:
    """Modules that import each other in a circle; empty if none do."""
    try:
        TopologicalSorter(needs(sources)).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def classes_named_twice(folder: str, sources: Mapping[str, str]) -> set[str]:
    """Names of public classes that more than one module of a folder has."""
    found = [
        node.name
        for path, source in sources.items()
        if path.startswith(f"{folder}/")
        for node in ast.parse(source, path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    return {name for name in found if found.count(name) > 1}


def modules_of_the_server() -> list[str]:
    """The torch-free rows, and whatever of the core the app and its pages import."""
    found = needs(project_sources())
    core = {name for name in found if name.startswith("wganad_core.")}
    wanted = {name for name in core if name.split(".")[1] in TORCH_FREE}
    return sorted(wanted.union(*(found[name] & core for name in found.keys() - core)))


def loaded_by(statements: str) -> set[str]:
    """The top-level modules in memory after a fresh Python has run `statements`."""
    code = f"{statements}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_the_project_keeps_its_layout():
    assert violations(project_sources()) == []


def test_no_modules_import_each_other():
    assert circle(project_sources()) == []


@pytest.mark.parametrize("folder", ["wganad_core", "pages"])
def test_a_class_has_its_name_alone(folder: str):
    assert classes_named_twice(folder, project_sources()) == set()


def test_a_second_class_of_a_name_is_found():
    sources = {"pages/a.py": "class A: ...", "pages/b.py": "class A: ...\nclass B: ..."}
    assert classes_named_twice("pages", sources) == {"A"}
    assert classes_named_twice("wganad_core", sources) == set()


def test_the_layout_is_the_formatters():
    assert sum(source.count("# fmt: skip") for source in project_sources().values()) <= 30


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
        ("wganad_core/config/training.py", "from wganad_core import methods"),
        ("wganad_core/config/training.py", "from wganad_core.run import train"),
        ("wganad_core/config/training.py", "import wganad_core.data.mixture"),
        ("wganad_core/config/training.py", "def late():\n    from .. import methods"),
        ("wganad_core/data/mixture.py", "from ..networks.dense import Dense"),
        ("wganad_core/data/mixture.py", "from wganad_core import Detector"),
        ("wganad_core/__init__.py", "from wganad_core import config"),
        ("wganad_core/helpers.py", ""),
        ("wganad_core/helpers/text.py", ""),
        ("wganad_core/methods/gan.py", "import streamlit as st"),
        ("wganad_core/methods/gan.py", "import plotly.graph_objects as go"),
        ("app.py", "import plotly"),
        ("wganad_core/data/own.py", "try:\n    import torch\nexcept ImportError:\n    pass"),
        ("pages/race.py", "def late():\n    import torch"),
        ("pages/own.py", "from wganad_core.commands.fit import FILE"),
        ("wganad_core/storage.py", "from pickle import load"),
        ("wganad_core/methods/vae.py", "import torch\ntorch.load('weights.pt')"),
        ("wganad_core/methods/vae.py", "import numpy as np\nnp.load('x.npy', allow_pickle=True)"),
    ],
)
def test_the_checker_finds(path: str, source: str):
    assert len(violations({path: source})) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("wganad_core/methods/gan.py", "import torch\nfrom wganad_core import config, objectives"),
        ("wganad_core/methods/gan.py", "from ..networks.dense import Dense"),
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


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("from wganad_core import b", "from wganad_core import a", True),
        ("from wganad_core.b import x", "def late():\n    from wganad_core.a import y", True),
        ("from . import b", "from .a import y", True),
        ("from wganad_core import b", "", False),
        (
            "from wganad_core import b",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from wganad_core import a",
            False,
        ),
    ],
)
def test_circles_are_found(a: str, b: str, found: bool):
    sources = {"wganad_core/__init__.py": "", "wganad_core/a.py": a, "wganad_core/b.py": b}
    assert set(circle(sources)) == ({"wganad_core.a", "wganad_core.b"} if found else set())


def test_a_package_may_import_its_modules_but_they_not_it():
    sources = {"p/__init__.py": "from p.inner import x", "p/inner.py": "from p.other import y"}
    sources["p/other.py"] = ""
    assert circle(sources) == []
    assert circle({**sources, "p/other.py": "from p import x"})


def test_a_recorded_race_needs_neither_scipy_nor_pandas():
    """Imports are most of a cold start, and what Home and Race show first is a recording."""
    heavy = {"scipy", "pandas", "sklearn", "torch"}
    assert (
        loaded_by("import pages._ui.home_cards, pages._ui.lanes, pages._ui.race.session") & heavy
        == set()
    )


def test_the_critic_s_picture_needs_neither_statistics_nor_pandas():
    code = "import app, pages._ui.critic.below, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert {"plotly.graph_objects", "wganad_core.thresholds"} <= set(ran.stdout.split())
    assert not {"pandas", "scipy.stats", "torch"} & set(ran.stdout.split())
