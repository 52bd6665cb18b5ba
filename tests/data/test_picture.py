"""A digit of one's own, from a file: brought back to what MNIST holds, or refused in a sentence."""

from __future__ import annotations

import functools
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from wganad_core.data import DataError, mnist
from wganad_core.data.picture import read_picture

RNG = np.random.default_rng(0)


def file_of(pixels: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@functools.cache
def digits() -> np.ndarray:
    return mnist.load_sample().images[:5]


def enlarged(digit: np.ndarray) -> np.ndarray:
    """Ten times as large, off the middle of a larger canvas."""
    canvas = np.zeros((420, 500), np.uint8)
    canvas[30:310, 150:430] = np.kron(digit, np.ones((10, 10), np.uint8))
    return canvas


def bar(height: int = 60, width: int = 90) -> np.ndarray:
    """An upright bar, 40 by 8, in white on black."""
    pixels = np.zeros((height, width), np.uint8)
    pixels[5:45, 20:28] = 255
    return pixels


def centre(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return float((rows * image).sum() / image.sum()), float((columns * image).sum() / image.sum())


def error(image: np.ndarray, digit: np.ndarray) -> float:
    return float(np.abs(image.astype(float) - digit).mean() / 255)


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("light", [False, True])
def test_a_digit_enlarged_moved_and_inverted_comes_back(number: int, kind: str, light: bool):
    digit = digits()[number]
    canvas = enlarged(digit)
    picture = read_picture(file_of(255 - canvas if light else canvas, kind))
    assert picture.image.shape == (28, 28)
    assert picture.image.dtype == np.uint8
    assert error(picture.image, digit) < 0.02  # a shift by one pixel makes about 0.05
    assert centre(picture.image) == pytest.approx((14, 14), abs=0.5)
    assert any("Inverted" in remark for remark in picture.remarks) == light


def test_a_bar_by_hand():
    image = read_picture(file_of(bar())).image  # 40 × 8 becomes 20 × 4, its middle at 14
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) in [
        (4, 23, 12, 15),
        (5, 24, 13, 16),
        (4, 23, 13, 16),
        (5, 24, 12, 15),
    ]
    assert image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].min() > 240


def test_noise_shadow_and_low_contrast_are_evened_out():
    digit = digits()[0]
    rows, columns = np.indices((420, 500))
    light = 90 + 60 * columns / 500 + 20 * rows / 420
    photo = light - 0.3 * enlarged(digit) + RNG.normal(0, 2, light.shape)
    picture = read_picture(file_of(photo.round().astype(np.uint8)))
    assert error(picture.image, digit) < 0.04
    words = " ".join(picture.remarks)
    assert "Inverted" in words
    assert "lighting" in words
    assert "contrast" in words


@pytest.mark.parametrize("ink", [0, 255])
def test_transparency_is_laid_on_what_the_ink_is_not(ink: int):
    clear = np.zeros((*bar().shape, 4), np.uint8)
    clear[..., :3] = ink
    clear[..., 3] = bar()
    picture = read_picture(file_of(clear))
    np.testing.assert_array_equal(picture.image, read_picture(file_of(bar())).image)
    assert f"Laid the transparent parts on {'black' if ink else 'white'}." in picture.remarks


def test_modes_of_a_file_make_no_difference():
    expected = read_picture(file_of(bar())).image
    grey = Image.fromarray(bar())
    deep = Image.fromarray(bar().astype(np.uint16) * 257)
    for image in (grey.convert("RGB"), grey.convert("P"), grey.convert("1"), deep):
        np.testing.assert_array_equal(read_picture(file_of(image)).image, expected)


def test_a_photograph_is_turned_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    wide = np.rot90(bar(), 1)  # by a quarter, the other way round
    turned = read_picture(file_of(wide, "JPEG", exif=exif, quality=95))
    assert error(turned.image, read_picture(file_of(bar())).image) < 0.02  # unturned: 0.16
    assert "Turned upright, as the camera noted." in turned.remarks


def test_a_hair_line_becomes_a_stroke():
    pixels = np.full((600, 600), 255, np.uint8)
    pixels[100:500, 300:304] = 0  # 4 of 400 is a fifth of one of 20 pixels
    picture = read_picture(file_of(pixels))
    assert any(remark.startswith("Widened the stroke from 0.") for remark in picture.remarks)
    assert np.median(picture.image.sum(axis=1)[6:22]) == pytest.approx(2 * 255, abs=0.6 * 255)


PNG = file_of(bar())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no PNG or JPEG picture; save it as one of these"),
        (b"just words", "is no PNG or JPEG picture"),
        (file_of(bar(), "GIF"), "is no PNG or JPEG picture"),
        (PNG[: len(PNG) // 2], "cannot be decoded and may be cut short"),
        (file_of(enlarged(np.full((28, 28), 9, np.uint8)), "JPEG")[:700], "cannot be decoded"),
        (file_of(np.full((50, 50), 255, np.uint8)), "shows nothing"),
        (file_of(np.zeros((50, 50, 4), np.uint8)), "shows nothing"),
        (file_of(np.zeros((1, 1), np.uint8)), "shows nothing"),
        (file_of(RNG.integers(110, 140, (200, 200)).astype(np.uint8)), "shows nothing"),
        (file_of(Image.new("1", (8000, 7000))), "at most 50 million pixels, found 8,000 × 7,000"),
        (file_of(Image.new("1", (20_000, 20_000))), "at most 50 million pixels"),
        (b"\x89PNG" + bytes(21_000_000), "expected at most 20 MB, found 21 MB; scale it down"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_files_are_refused_in_one_sentence(data: bytes, sentence: str):
    with pytest.raises(DataError, match=f"^mine.png {'.*' + re.escape(sentence)}") as refused:
        read_picture(data, "mine.png")
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


SHIFTS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


@pytest.mark.parametrize("turned", [0, 12, 30, 45])
def test_a_sheet_on_a_dark_desk_is_found(turned: int) -> None:
    sheet = Image.new("L", (240, 320), 225)
    pen = ImageDraw.Draw(sheet)
    pen.line([(120, 90), (120, 230)], fill=40, width=14)
    desk = Image.new("L", (640, 480), 45)
    turned_sheet = sheet.convert("RGBA").rotate(turned, expand=True)
    desk.paste(turned_sheet.convert("L"), (170, 60), turned_sheet.getchannel("A"))
    found = read_picture(png(desk))
    assert "Found the sheet of paper" in " ".join(found.remarks)
    alone = read_picture(png(sheet.rotate(turned, fillcolor=225))).image.astype(int)
    apart = [np.abs(found.image - np.roll(alone, by, (0, 1))).mean() for by in SHIFTS]
    assert min(apart) < 6  # of 255: rounding may move it by a pixel


@pytest.mark.parametrize("width", [20, 60, 80])
def test_a_light_ring_on_black_is_ink(width: int) -> None:
    ring = Image.new("L", (300, 400), 10)
    ImageDraw.Draw(ring).ellipse([30, 30, 270, 370], outline=245, width=width)
    found = read_picture(png(ring))
    assert "sheet" not in " ".join(found.remarks)
    assert found.image[14, 14] == 0
    assert found.image[14].max() > 200


def test_paper_without_four_edges_is_warned_of() -> None:
    desk = Image.new("L", (400, 400), 40)
    ImageDraw.Draw(desk).polygon([(60, 60), (340, 60), (200, 340)], fill=230)
    found = read_picture(png(desk))
    assert "cut the picture to the paper" in " ".join(found.remarks)
