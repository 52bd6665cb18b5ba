"""What every page begins with: one sentence, and one line of choices that open as popovers.

Above the picture stand at most 90 pixels on a laptop and 120 on a phone (docs/architecture.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages._ui.component import STATIC, serve_file

STYLE = """
<style>
.stMainBlockContainer > .stVerticalBlock > :has(> .st-key-script), .st-key-script {display: none;}
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
[class*="st-key-choices"] {gap: 0.3rem 0.5rem; margin-bottom: -0.6rem;}
[class*="st-key-choices"] button {min-height: 2.1rem; padding: 0.1rem 0.65rem;}
[class*="st-key-choices"] [data-testid=stCaptionContainer] p {line-height: 1.3;}
[class*="st-key-tabs-"] {margin-right: 0.6rem;}
[class*="st-key-tabs-"] [role=radiogroup] button {min-height: 2.1rem; padding: 0.1rem 0.6rem;}
/* The chosen view, readable on dark paper, too. */
[class*="st-key-tabs-"] [role=radiogroup] button[aria-checked=true] p {
  color: light-dark(#005f96, #7cc0ee);
}
/* A canvas is filled after the page: what is below it has its place from the start. */
.st-key-lanes-recorded, .st-key-lanes-live {min-height: calc(100vh - 9.1rem);}
@media (min-width: 640px) {
  .st-key-lanes-hero {min-height: calc(100vh - 17.6rem);}
  .st-key-chart-detector {min-height: 500px;}
  .st-key-chart-strip {min-height: 156px;}
  .st-key-chart-signals, .st-key-chart-recurrence {min-height: 460px;}
}
/* What stands below the picture begins with smaller words than the title. */
.stMainBlockContainer:has(.st-key-headline) h3 {font-size: 1.15rem; padding: 0.3rem 0 0.1rem;}
@media (max-width: 640px) {
  .st-key-choices [class*="st-key-tabs-"] {margin: 0; width: 100% !important;}
  /* What is rare shows its icon only. */
  .st-key-choices .st-key-rare button p {display: none;}
  .stMainBlockContainer {padding-top: 3.7rem !important;}
  .st-key-headline h1 {font-size: 1.05rem; line-height: 1.15;}
  .st-key-headline {margin-bottom: -0.8rem;}
  .st-key-subline p {font-size: 0.85rem;}
  [class*="st-key-choices"] {gap: 0.2rem 0.3rem; margin-bottom: -0.7rem;}
  [class*="st-key-choices"] button {min-height: 1.8rem; padding: 0 0.45rem;}
  [class*="st-key-choices"] button p {font-size: 0.85rem; line-height: 1.3;}
  [class*="st-key-tabs-"] [role=radiogroup] button {
    min-height: 1.6rem !important;
    height: 1.75rem;
    padding: 0 0.4rem;
  }
  [class*="st-key-tabs-"] [role=radiogroup] button p {font-size: 0.8rem !important;}
}
</style>
"""


def script() -> None:
    """What every page does in the browser (`static/page.js`)."""
    with st.container(key="script"):
        tag = f'<script type="module" src="{serve_file("chart", STATIC / "page.js")}"></script>'
        st.html(tag, unsafe_allow_javascript=True)


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
