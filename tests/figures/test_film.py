"""The file of a search's film: what `lanes.js` unpacks of it, and what is refused."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from wganad_core.figures.film import pack_film
from wganad_core.figures.lanes import unpack_header

QUERY = np.linspace(0, 1, 784, dtype=np.float32)
PICTURES = np.stack([0 * QUERY, 0.5 * QUERY, QUERY])
LOSSES = np.array([3.0, 2.0, 1.0])


def test_a_film_has_every_picture_and_what_was_made_small() -> None:
    file = pack_film(QUERY, PICTURES, LOSSES, [0, 10, 20])
    header, data = unpack_header(file), gzip.decompress(file)
    (lane,) = header["lanes"]
    assert lane["history"] == {"step": [0, 10, 20], "loss": [3, 2, 1]}
    assert lane["words"][1] == "loss 2"
    payload = data[4 + int.from_bytes(data[:4], "little") :]
    for place, values in ((header["data"], QUERY), (lane["layers"]["image"], PICTURES)):
        codes = np.frombuffer(payload, np.uint8, values.size, place["at"])
        found = place["low"] + place["step"] * codes.reshape(place["shape"])
        np.testing.assert_allclose(found, values, rtol=0, atol=place["step"] / 2 + 1e-6)


def test_a_film_has_a_picture_for_every_loss() -> None:
    with pytest.raises(ValueError, match="3 images, 2 losses and 3 steps"):
        pack_film(QUERY, PICTURES, LOSSES[:2], [0, 10, 20])
    with pytest.raises(ValueError, match="at least one"):
        pack_film(QUERY, PICTURES[:0], LOSSES[:0], [])
