"""What the server runs for every page: the menu, the page that was chosen, a lesson above it."""

from __future__ import annotations

import streamlit as st

from pages._ui import runtime
from pages._ui.lessons import panel
from pages._ui.site import PAGES


def main() -> None:
    st.set_page_config(page_title="WGAN anomaly detection", page_icon="🎯", layout="wide")
    runtime.start()
    pages = [
        st.Page(
            f"{name}.py",
            title=title,
            icon=f":material/{icon}:",
            url_path=name,
            default=name == PAGES[0][0],
        )
        for name, title, icon in PAGES
    ]
    page = st.navigation(pages, position="top")
    lesson = st.container()
    page.run()
    with lesson:
        panel.show()


# Not in processes that `multiprocessing` starts: they run this file again, under another name.
if __name__ == "__main__":
    main()
