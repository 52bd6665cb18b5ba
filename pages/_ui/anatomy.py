"""What every page begins with: one sentence, and one line of choices that open as popovers.

Above the picture stand at most 90 pixels on a laptop and 120 on a phone (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

STYLE = """
<style>
.st-key-headline h1 {
  margin: 0;
  padding: 0 0 0.1rem;
  font-size: 1.4rem;
  font-weight: 600;
  line-height: 1.25;
}
.st-key-subline p {margin: 0 0 0.2rem; font-size: 1rem; line-height: 1.35;}
.st-key-headline [data-testid=stMarkdownContainer] {margin-bottom: 0;}
.st-key-headline {margin-bottom: -0.75rem;}
.st-key-choices {gap: 0.5rem; margin-bottom: -0.6rem;}
.st-key-choices button {min-height: 2.1rem; padding: 0.1rem 0.65rem;}
@media (max-width: 640px) {
  .stMainBlockContainer {padding-top: 3.7rem !important;}
  .st-key-headline h1 {font-size: 1.05rem; line-height: 1.15;}
  .st-key-headline {margin-bottom: -0.8rem;}
  .st-key-subline p {font-size: 0.85rem;}
  .st-key-choices {gap: 0.2rem 0.3rem; margin-bottom: -0.7rem;}
  .st-key-choices button {min-height: 1.9rem; padding: 0 0.45rem;}
  .st-key-choices button p {font-size: 0.85rem;}
}
</style>
"""


def headline(sentence: str) -> None:
    """The page's title: what you see, with the number that matters."""
    with st.container(key="headline"):
        st.title(sentence, anchor=False)


def subline(words: str) -> None:
    """A sentence under the title, of a page that has no choices."""
    with st.container(key="subline"):
        st.markdown(words)


@contextmanager
def choices() -> Iterator[None]:
    """The one line of choices; what is rare goes into one more popover at its end."""
    with st.container(key="choices", horizontal=True, vertical_alignment="center"):
        yield
