"""The app: `python3 app.py` sets up what it needs and opens it in the browser."""

import sys

if __name__ == "__main__" and "streamlit" not in sys.modules:
    # Started by plain Python, not by Streamlit: make the environment and start Streamlit in it.
    from wganad_core import bootstrap

    raise SystemExit(bootstrap.open_app(sys.argv[1:]))

import streamlit as st

from pages._ui import site, warm

app = st.App(
    "pages/menu.py", routes=site.routes(), lifespan=warm.lifespan
)  # `streamlit run` looks for this
