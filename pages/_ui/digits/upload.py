"""A digit of your own: made like MNIST's, then taken apart as any other."""

from __future__ import annotations

import streamlit as st

from pages._ui.digits import autopsy as digits_autopsy
from pages._ui.digits import data as digits_data
from wganad_core.data import DataError
from wganad_core.data.gallery import Gallery


def show(digit: str, found: Gallery, detector: str) -> None:
    from wganad_core.data.picture import read_picture

    st.markdown(
        "Photograph or draw a digit, dark on light or light on dark. It is turned into what MNIST "
        "holds: light ink on black, cropped, scaled into 20 × 20 pixels with its proportions kept, "
        "and centred by its centre of mass in 28 × 28."
    )
    file = st.file_uploader(
        "A picture of one digit", ["png", "jpg", "jpeg"], key="own-digit", max_upload_size=16
    )
    if file is None:
        return
    try:
        picture = read_picture(file.getvalue(), file.name)
    except DataError as error:
        st.error(str(error))
        return
    st.caption(" ".join(picture.remarks))
    x = digits_data.vectors(picture.image[None])
    digits_autopsy.take_apart(digit, found, detector, x, stored={})
