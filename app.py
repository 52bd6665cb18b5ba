"""The app: `python3 app.py` sets up what it needs and opens it in the browser."""

import sys

if __name__ == "__main__" and "streamlit" not in sys.modules:
    # Started by plain Python, not by Streamlit: make the environment and start Streamlit in it.
    from wganad_core import bootstrap

    raise SystemExit(bootstrap.open_app(sys.argv[1:]))

import streamlit as st

from pages._ui import anatomy, runtime
from pages._ui.lessons import panel

PAGES = (
    ("home", "Home", "home"),
    ("race", "Race", "sports_score"),
    ("critic", "Critic as detector", "radar"),
    ("theory", "Theory", "function"),
    ("mnist", "Digits", "image_search"),
    ("latent", "Latent space", "scatter_plot"),
    ("har", "Movements", "directions_walk"),
    ("cockpit", "Threshold", "tune"),
    ("reproduction", "Reproduction", "grid_on"),
    ("own", "Your data", "upload_file"),
    ("lessons", "Lessons", "school"),
)  # name in `pages/` and in the address, title, icon; the first is the home page


def main() -> None:
    st.set_page_config(page_title="WGAN anomaly detection", page_icon="🎯", layout="wide")
    # Streamlit leaves a fifth of a laptop's screen empty above the first line.
    st.html("<style>.stMainBlockContainer {padding-top: 4rem; padding-bottom: 3rem;}</style>")
    st.html(anatomy.STYLE)
    anatomy.script()
    runtime.start()
    pages = [
        st.Page(
            f"pages/{name}.py",
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
