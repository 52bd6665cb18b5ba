"""The first look: digits that the model knows and one it has never seen, in, back, and compared."""

from __future__ import annotations

import streamlit as st

from pages._ui.digits import data as digits_data
from wganad_core.data.gallery import Gallery
from wganad_core.records import FloatArray

N_UNSEEN = 7
STYLE = """<style>
.dg-strips {display: grid; gap: 2.2rem;
  grid-template-columns: calc(5.2rem + (100% - 7.4rem) * 7 / 16) minmax(0, 1fr);
  margin: 0.2rem 0 0.4rem;}
.dg-group {margin: 0; min-width: 0;}
.dg-group figcaption {font-weight: 700; margin-bottom: 0.3rem; border-bottom: 3px solid;
  color: inherit; padding-bottom: 0.1rem;}
.dg-unseen figcaption {border-color: #D55E00;}
.dg-seen figcaption {border-color: #0072B2;}
.dg-grid {display: grid; gap: 4px; align-items: center;}
.dg-unseen .dg-grid {grid-template-columns: 5.2rem repeat(7, minmax(0, 1fr));}
.dg-seen .dg-grid {grid-template-columns: repeat(9, minmax(0, 1fr));}
.dg-grid img {width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 3px;
  display: block; box-shadow: 0 0 0 1px rgba(128, 140, 155, 0.45);}
.dg-grid span {font-size: 0.85rem; line-height: 1.1; text-align: center;
  font-variant-numeric: tabular-nums;}
.dg-grid .dg-row {text-align: left; font-weight: 600;}
.dg-seen .dg-row {display: none;}
@media (max-width: 900px) {
  .dg-strips {grid-template-columns: 1fr; gap: 0.8rem;}
  .dg-unseen .dg-grid {grid-template-columns: 3.6rem repeat(7, minmax(0, 1fr)); gap: 2px;}
  .dg-seen .dg-grid {grid-template-columns: 3.6rem repeat(9, minmax(0, 1fr)); gap: 2px;}
  .dg-seen .dg-row {display: block;}
  .dg-grid span {font-size: 0.68rem;}
}
</style>"""


def show(digit: str, found: Gallery, detector: str) -> None:
    """The first images of the test part, never picked: how they come back, and what is left."""
    unseen, seen = found.first(N_UNSEEN, per_class=1)
    x = digits_data.vectors(digits_data.sample().images[[*unseen, *seen]])
    rebuilder = digits_data.rebuilder(digit, detector)
    judged, _ = digits_data.judge(digit, x, (rebuilder,))
    rebuilt = digits_data.rebuilt(judged)[rebuilder]
    places = [
        found.place(detector, score).normals for score in found.score(detector)[[*unseen, *seen]]
    ]
    n = len(unseen)
    st.html(STYLE)
    st.html(
        '<div class="dg-strips">'
        + _group("unseen", f"Never seen: {digit}", x[:n], rebuilt[:n], places[:n])
        + _group("seen", "Seen in training", x[n:], rebuilt[n:], places[n:])
        + "</div>"
    )
    st.caption(
        "The first images of the test part, none picked. Red: ink that is missing from what came "
        f"back. Blue: too much of it. “Odder than”: the share of normal test images "
        f"that score lower by {digits_data.name_of(detector)}."
    )


def _group(kind: str, title: str, x: FloatArray, rebuilt: FloatArray, places: list[float]) -> str:
    from wganad_core.figures.digits import data_uri

    def images(words: str, pixels: FloatArray, diverging: bool = False) -> str:
        tags = "".join(
            f'<img alt="{words}" src="{data_uri(image, 28, diverging)}">' for image in pixels
        )
        return f'<span class="dg-row">{words}</span>{tags}'

    shares = "".join(f"<span>{int(100 * share)}%</span>" for share in places)
    return (
        f'<figure class="dg-group dg-{kind}"><figcaption>{title}</figcaption><div class="dg-grid">'
        + images("goes in", x)
        + images("comes back", rebuilt)
        + images("difference", x - rebuilt, diverging=True)
        + f'<span class="dg-row">odder than</span>{shares}</div></figure>'
    )
