"""Thumbnails of the cockpit's gallery: what they show, and how much they weigh."""

from __future__ import annotations

import base64
import io
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from wganad_core.figures import pictures
from wganad_core.figures.windows import signals as windows

SVG = "{http://www.w3.org/2000/svg}"


def test_a_digit_comes_back_in_sixteen_shades_of_the_ink_in_use():
    image = np.linspace(0, 1, 784)
    uri = pictures.digit(image)
    data = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (28, 28)
    colours = np.array(picture.convert("RGB")).reshape(-1, 3)
    assert (colours[0].tolist(), colours[-1].tolist()) == ([255, 255, 255], [0x1B, 0x1F, 0x24])
    shades, levels = np.unique(-colours.astype(int), axis=0, return_inverse=True)
    assert len(shades) == 16
    assert levels.reshape(-1).tolist() == np.rint(image * 15).astype(int).tolist()


def test_a_digit_clips_and_stays_small_even_as_noise():
    noise = np.random.default_rng(0).normal(0.5, 1, 784)
    noise[0] = np.nan
    assert len(pictures.digit(noise)) < 800  # incompressible: 392 bytes and their frame
    assert pictures.digit(np.full(784, 7.0)) == pictures.digit(np.ones(784))


def lines(svg: str) -> list[tuple[str, np.ndarray]]:
    """Colour and pixel rows of each line of a window."""
    found = []
    for path in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        numbers = [int(n) for n in re.findall(r"-?\d+", path.attrib["d"])]
        assert numbers[0] == 0
        assert set(numbers[2::2]) == {pictures.STEP}
        found.append((path.attrib["stroke"], np.cumsum([numbers[1], *numbers[3::2]])))
    return found


def test_a_window_shows_its_three_axes_on_one_scale():
    # −1 g is the lowest row and 1.5 g the highest; what lies beyond runs along the edge.
    total = np.stack([np.full(128, -1.0), np.full(128, 9.0), np.r_[np.zeros(64), np.full(64, 1.5)]])
    (x, low), (y, high), (z, step) = lines(pictures.window(total.astype(np.float16)))
    assert [x, y, z] == list(windows.AXES.values())
    assert len(low) == 32
    assert set(low) == {33}
    assert set(high) == {1}
    assert step.tolist() == [20] * 16 + [1] * 16  # 33 − 32 · (0 + 1)/2.5 = 20.2


def test_a_window_is_small_and_must_have_three_long_axes():
    wild = np.random.default_rng(0).uniform(-2, 3, (3, 128))
    assert len(pictures.window(wild)) <= 700
    with pytest.raises(ValueError, match=r"shape \(3, 32 or more\); found \(3, 31\)"):
        pictures.window(np.zeros((3, 31)))
    with pytest.raises(ValueError, match=r"found \(2, 128\)"):
        pictures.window(np.zeros((2, 128)))


def test_the_plane_places_rings_and_points_and_keeps_strangers_at_its_edge():
    groups = {
        "missed <b>": (np.array([[0.0, 0.0], [-1.0, 1.0]]), "#E69F00"),
        "far": (np.array([[99.0, np.nan]]), "#D55E00"),
        "none": (np.empty((0, 2)), "#CC79A7"),
    }
    svg = pictures.plane((-2, 2, -2, 2), np.array([[1.0, -1.0]]), 0.2, groups)
    root = ElementTree.fromstring(svg)
    ring = root.find(f".//{SVG}circle")
    assert ring is not None
    assert ring.attrib == {"cx": "135", "cy": "135", "r": "9"}  # 45 pixels to a unit, y upwards
    paths = list(root.iter(f"{SVG}path"))
    assert [path.attrib["d"] for path in paths] == ["M90 90h0M45 45h0", "M177 177h0", ""]
    assert [path.attrib["stroke"] for path in paths] == ["#E69F00", "#D55E00", "#CC79A7"]
    assert paths[0][0].text == "missed <b>"


def test_an_svg_survives_its_way_into_an_attribute():
    svg = pictures.window(np.random.default_rng(0).uniform(-1, 1.5, (3, 128)))
    uri = pictures.uri(svg)
    assert not set(uri) & set('<>#"&')
    sent = urllib.parse.unquote(uri.removeprefix("data:image/svg+xml,"))
    assert [c for c, _ in lines(sent)] == list(windows.AXES.values())
    assert len(uri) < 1.2 * len(svg)


def test_the_plane_of_twenty_five_modes_and_sixty_points_is_small():
    rng = np.random.default_rng(0)
    groups = {name: (rng.uniform(-2, 2, (20, 2)), "#D55E00") for name in ("a", "b", "c")}
    modes = rng.uniform(-2, 2, (25, 2))
    assert len(pictures.plane((-2, 2, -2, 2), modes, 0.1, groups)) <= 3000
