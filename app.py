"""The app: `python3 app.py` sets up what it needs and opens it in the browser."""

import sys

if "streamlit" not in sys.modules:
    # Started by plain Python, not by Streamlit: make the environment and start Streamlit in it.
    from wganad_core import bootstrap

    raise SystemExit(bootstrap.open_app(sys.argv[1:]))

import streamlit as st

from pages._ui import runtime

st.set_page_config(page_title="WGAN anomaly detection", page_icon="🎯", layout="wide")
# Streamlit leaves a fifth of a laptop's screen empty above the first line.
st.html("<style>.stMainBlockContainer {padding-top: 4.2rem; padding-bottom: 3rem;}</style>")
runtime.start()
st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/race.py", title="Race", icon=":material/sports_score:", url_path="race"),
        st.Page(
            "pages/critic.py", title="Critic as detector", icon=":material/radar:",
            url_path="critic",
        ),
        st.Page(
            "pages/mnist.py", title="Digits", icon=":material/image_search:", url_path="mnist"
        ),
        st.Page(
            "pages/har.py", title="Movements", icon=":material/directions_walk:", url_path="har"
        ),
    ],
    position="top",
).run()  # fmt: skip
