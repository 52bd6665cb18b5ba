"""Theory: what §3.2 and §3.3 prove, to touch; each equation beside the picture that it explains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked, runtime
from pages._ui.theory import apart, errors, law, plane, transport


class Shown(Protocol):
    """A part with what was chosen of it; its title goes `above`."""

    def show(self, above: DeltaGenerator) -> None: ...


PARTS: Mapping[str, tuple[str, Callable[[], Shown]]] = {
    "apart": ("JS or W₁", apart.choose),
    "transport": ("Transport", transport.choose),
    "plane": ("Plane", plane.choose),
    "errors": ("Three errors", errors.choose),
    "law": ("1/√n", law.choose),
}
STYLE = """<style>
.katex-display > .katex {font-size: 1.05em;}
html.projector .katex-display > .katex {font-size: 0.8em;}
</style>"""


def main() -> None:
    titles = {name: title for name, (title, _) in PARTS.items()}
    st.html(STYLE)
    above, line = st.empty(), st.container()
    with line, anatomy.choices():
        part = linked.tabs("Part", titles, key="part", default="apart")
        chosen = PARTS[part][1]()
    chosen.show(above)


runtime.run_page(main)
