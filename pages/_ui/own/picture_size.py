"""At which size and how pictures are seen: as proposed, or as chosen."""

from __future__ import annotations

import streamlit as st

from pages._ui.own.tab import choice
from wganad_core.config import PICTURE_SIDES
from wganad_core.data.own import Colours, Roles
from wganad_core.data.own.picture_size import MOST_VALUES, PictureSize

HOW: dict[Colours, str] = {"grey": "Grey", "rgb": "Colour"}


def chosen(key: str, shape: tuple[int, ...], n: int) -> Roles:
    """What is chosen for `n` pictures, for which the shape is proposed; those that are too large
    for so many are not offered."""
    proposed = PictureSize(shape[0], "rgb" if len(shape) == 3 else "grey")
    with st.container(horizontal=True, gap="medium"):
        colours: Colours = choice("Pictures in", HOW, f"own-colours-{key}", proposed.colours)
        sides = {
            side: str(side)
            for side in PICTURE_SIDES
            if side == PICTURE_SIDES[0] or n * PictureSize(side, colours).n_values <= MOST_VALUES
        }
        side = choice("Pixels a side", sides, f"own-side-{key}", min(proposed.side, max(sides)))
    if PictureSize(side, colours) == proposed:
        return Roles()
    return Roles(picture_size=side, picture_colours=colours)
