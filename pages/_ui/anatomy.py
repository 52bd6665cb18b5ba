"""What every page begins with: one sentence, and one line of choices that open as popovers.

Above the picture stand at most 90 pixels on a laptop and 120 on a phone (docs/architecture.md);
their looks: `static/site.css`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


def headline(sentence: str) -> None:
    """The page's title: what you see, with the number that matters."""
    with st.container(key="headline"):
        st.title(sentence, anchor=False)


def subline(words: str) -> None:
    """A sentence under the title, of a page that has no choices."""
    with st.container(key="subline"):
        st.markdown(words)


@contextmanager
def choices(of: str = "") -> Iterator[None]:
    """The one line of choices; what is rare goes into one more popover at its end. `of`: the part
    of the page that has a line of its own, further down."""
    key = f"choices-{of}" if of else "choices"
    with st.container(key=key, horizontal=True, vertical_alignment="center"):
        yield
