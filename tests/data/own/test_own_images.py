"""Pictures of one's own: what is read from zip, folder and npy, and what is refused."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from PIL import Image

from wganad_core.data import DataError, mnist
from wganad_core.data.own import Roles, archives
from wganad_core.data.own import image as own_image
from wganad_core.data.own import images as own_images
from wganad_core.data.own.look import look
from wganad_core.data.own.picture_size import Facts, PictureSize, proposed
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import chunks, read_samples

RNG = np.random.default_rng(0)
RAMP = np.arange(784, dtype=np.uint8).reshape(28, 28)  # wraps: every value of a byte is there


def picture(pixels: np.ndarray, form: str = "PNG", mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(buffer, form)
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, kind)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def read(content: bytes, **columns: Any) -> OwnSamples:
    return read_samples(content, "upload", **columns)


PNG = picture(RAMP)


# ---------------------------------------------------------------- one picture


@settings(max_examples=60, deadline=None)
@given(
    images=hnp.arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(28), st.just(28))),
    form=st.sampled_from(["PNG", "BMP", "TIFF", "npy"]),
)
def test_pictures_of_the_right_size_come_back_as_the_networks_take_them(
    images: np.ndarray, form: str
):
    if form == "npy":
        content = npy(images)
    else:
        content = zipped({f"{i}.{form}": picture(image, form) for i, image in enumerate(images)})
    found = read(content)
    np.testing.assert_array_equal(found.x.astype(np.float32), mnist.vectors(images))
    assert found.features == own_images.PIXELS
    assert found.image_shape == (28, 28)
    assert found.remarks == ()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA", "CMYK", "I;16", "I", "F", "1"])
@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG", "BMP"])
def test_modes(mode: str, form: str):
    """The same grey picture, however it is stored."""
    grey = np.repeat(np.repeat(RNG.integers(0, 256, (7, 7)), 4, 0), 4, 1).astype(np.uint8)
    if mode == "1":
        grey = np.where(grey > 127, 255, 0).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(grey.astype(np.int32) * 257)
    elif mode == "F":
        image = Image.fromarray(grey.astype(np.float32) / 255)
    else:
        image = Image.fromarray(grey).convert(mode)
    buffer = io.BytesIO()
    try:
        image.save(buffer, form, quality=100)
    except (OSError, ValueError):
        return  # Pillow knows no such file
    found = own_image.read_image(buffer.getvalue(), set())
    tolerance = 0.05 if form == "JPEG" else 1e-6 if mode not in ("P", "CMYK") else 0.01
    np.testing.assert_allclose(found, grey / 255, rtol=0, atol=tolerance)


def test_transparent_is_white():
    pixels = np.zeros((28, 28, 4), np.uint8)
    pixels[:14, :, 3] = 255
    found = own_image.read_image(picture(pixels), set())
    assert (found[:14] == 0).all()
    assert (found[14:] == 1).all()


@settings(max_examples=40, deadline=None)
@given(height=st.integers(1, 90), width=st.integers(1, 90), grey=st.integers(0, 255))
def test_any_size(height: int, width: int, grey: int):
    remarks: set[str] = set()
    data = picture(np.full((height, width), grey, np.uint8))
    found = own_image.read_image(data, remarks)
    np.testing.assert_allclose(found, np.full((28, 28), grey / 255), atol=1e-5)
    samples = read(data)
    assert samples.image_shape is not None
    side = samples.image_shape[0]
    assert side == next(side for side in (28, 32, 64, 128) if side >= max(height, width))
    assert samples.scaled == bool(samples.remarks) == ((height, width) != (28, 28))
    np.testing.assert_allclose(samples.x, grey / 255, atol=1e-5)


def test_turned_as_the_camera_noted():
    grey = np.zeros((28, 28), np.uint8)
    grey[0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # its top is at the right
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG", exif=exif)
    found = own_image.read_image(buffer.getvalue(), set())
    np.testing.assert_allclose(found, np.rot90(grey, -1) / 255)


def test_dark_pictures_of_16_bits_stay_dark():
    found = own_image.read_image(picture(np.full((28, 28), 200, np.uint16)), set())
    np.testing.assert_allclose(found, 200 / 65535, rtol=1e-6)


def test_shrinking_averages():
    pixels = RNG.integers(0, 256, (280, 280)).astype(np.uint8)
    found = own_image.read_image(picture(pixels), set())
    assert abs(found.mean() - pixels.mean() / 255) < 0.01
    assert found.std() < 0.05


# ---------------------------------------------------------------- many


def test_zip_and_folder_are_the_same(tmp_path: Path):
    images = RNG.integers(0, 256, (12, 28, 28)).astype(np.uint8)
    files = {f"part {i % 2}/{i}.png": picture(image) for i, image in enumerate(images)}
    clutter = {"__MACOSX/._1.png": b"x", ".DS_Store": b"x", "part 0/Thumbs.db": b"x"}
    for name, content in {**files, **clutter, "notes.txt": b"x"}.items():
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "a.zip").write_bytes(zipped({**files, **clutter, "notes.txt": b"x"}))
    found = [read_samples(tmp_path / name) for name in ("folder", "a.zip")]
    np.testing.assert_array_equal(found[0].x, found[1].x)
    for each in found:
        assert each.sample_id is not None
        assert each.sample_id.tolist() == [
            f"part {i % 2}/{i}.png" for i in (0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11)
        ]
        assert each.label is None
        assert each.remarks == ("1 file of another kind left out.",)
    assert [each.about for each in found] == [12, 12]
    assert read_samples(tmp_path / "folder", sample_id="").sample_id is None


def test_pixels_of_a_table_are_put_in_their_order():
    pixels = RNG.random((3, 784))
    frame = pd.DataFrame(pixels, columns=list(own_images.PIXELS)).assign(label=[0, 1, 0])
    buffer = io.BytesIO()
    frame[frame.columns[::-1]].to_parquet(buffer)
    found = read(buffer.getvalue())
    assert found.image_shape == (28, 28)
    np.testing.assert_array_equal(found.x, pixels)


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_pipes_in_a_folder_are_passed_over(tmp_path: Path):
    (tmp_path / "1.png").write_bytes(PNG)
    os.mkfifo(tmp_path / "2.png")
    (tmp_path / "3.png").symlink_to(tmp_path / "1.png")
    assert len(read_samples(tmp_path).x) == 2
    (tmp_path / "4.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"'4\.png' cannot be read \(.*No such file"):
        read_samples(tmp_path)


def test_pieces(tmp_path: Path):
    images = RNG.integers(0, 256, (10, 28, 28)).astype(np.uint8)
    whole = mnist.vectors(images)
    (tmp_path / "a.zip").write_bytes(zipped({f"{i}.png": picture(x) for i, x in enumerate(images)}))
    (tmp_path / "a.npy").write_bytes(npy(images))
    for name in ("a.zip", "a.npy"):
        pieces = list(chunks(tmp_path / name, Roles(own_images.PIXELS), 4))
        assert [len(piece.x) for piece in pieces] == [4, 4, 2]
        assert np.concatenate([piece.row for piece in pieces]).tolist() == list(range(1, 11))
        np.testing.assert_array_equal(
            np.concatenate([piece.x for piece in pieces]).astype(np.float32), whole
        )
    with pytest.raises(DataError, match="These are pictures, whose features are p0, p1"):
        chunks(tmp_path / "a.zip", Roles(("flow",)))


@pytest.mark.parametrize(
    ("folders", "label"),
    [
        (("normal", "anomaly"), [1, 0]),
        (("Good", "bad"), [0, 1]),
        (("x/ok", "y/defect"), [0, 1]),
        (("good", "maybe"), [0, 1]),  # a kind of anomaly, which is said
        (("0", "1"), None),
    ],
)
def test_labels_by_folder(folders: tuple[str, str], label: list[int] | None):
    content = zipped({f"{folder}/{i}.png": PNG for i, folder in enumerate(folders)})
    found = read(content).label
    assert (None if found is None else found.tolist()) == label
    assert read(content, label="").label is None


def test_a_table_of_pixels_is_pictures(tmp_path: Path):
    x = RNG.random((3, 784)).round(3)
    header = ",".join(own_images.PIXELS)
    np.savetxt(tmp_path / "a.csv", x, delimiter=",", header=header, comments="")
    found = read_samples(tmp_path / "a.csv")
    assert found.image_shape == (28, 28)
    np.testing.assert_array_equal(found.x, x)


def test_a_single_picture():
    assert read(PNG).x.shape == (1, 784)
    assert look(PNG).n_rows == 1


def test_look():
    found = look(zipped({f"good/{i}.png": PNG for i in range(12)}))
    assert (found.columns, found.n_rows, found.image_shape) == ((), 12, (28, 28))
    assert found.head == tuple((f"good/{i}.png",) for i in range(10))
    assert look(npy(np.zeros((3, 9, 9)))).head == (("the picture",),) * 3


# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize(
    ("array", "grey"),
    [
        (np.array([0.0, 0.5, 1.0]), [0, 0.5, 1]),
        (np.array([0.0, 51, 255]), [0, 0.2, 1]),
        (np.array([0, 51, 255], np.int64), [0, 0.2, 1]),
        (np.array([0, 1, 1], np.uint8), [0, 1 / 255, 1 / 255]),
        (np.array([0, 1, 65535], ">u2"), [0, 1 / 65535, 1]),
        (np.array([0, 256, 65535], np.int32), [0, 256 / 65535, 1]),
        (np.array([False, True, True]), [0, 1, 1]),
        (np.array([0, np.nan, 1.0]), [0, None, 1]),
    ],
)
def test_ranges_of_arrays(array: np.ndarray, grey: list):
    """White is told from all pictures together, one value a picture here."""
    found = read(npy(np.broadcast_to(array[:, None, None], (3, 28, 28)).copy()))
    assert found.missing.tolist() == [i + 1 for i, value in enumerate(grey) if value is None]
    known = [value for value in grey if value is not None]
    np.testing.assert_allclose(found.x, np.repeat([known], 784, 0).T, atol=1e-7)


def test_colours_of_arrays():
    array = np.zeros((2, 28, 28, 3), np.uint8)
    array[0, ..., 1] = 255
    found = read(npy(array), picture_colours="grey")
    np.testing.assert_allclose(found.x, np.repeat([[0.587], [0]], 784, 1), atol=1e-6)
    assert "Colours are turned into grey." in found.remarks
    assert read(npy(array[..., :1])).x.max() == 0
    coloured = read(npy(array))
    assert coloured.image_shape == (28, 28, 3)
    np.testing.assert_array_equal(coloured.x.reshape(array.shape), array / np.float32(255))


# ---------------------------------------------------------------- the size they are seen at


def colours(side: int, n: int) -> dict[str, bytes]:
    """Grey pictures, of which the last has a spot of red as bright as what it lies on."""
    pixels = np.full((n, side, side, 3), 128, np.uint8)
    pixels[-1, 2:5, 2:5] = 200, 107, 50
    return {f"{at}.png": picture(each) for at, each in enumerate(pixels)}


def test_a_size_is_proposed_said_and_obeyed():
    content = zipped(colours(100, 5))
    found = read(content)
    assert found.image_shape == look(content, "a.zip").image_shape == (128, 128, 3)
    assert found.x.dtype == np.float32
    assert found.x.shape == (5, 128 * 128 * 3)
    assert any("Seen at 128 × 128 pixels in colour" in line for line in found.remarks)
    smaller = read(content, picture_size=32, picture_colours="grey")
    assert smaller.image_shape == (32, 32)
    assert any("32 × 32 pixels in grey, as asked for" in line for line in smaller.remarks)
    assert np.ptp(smaller.x[-1]) < 0.02  # the spot is gone
    assert np.ptp(found.x[-1].reshape(128, 128, 3), axis=2).max() > 0.5
    with pytest.raises(DataError, match="picture size of 28, 32, 64, 128; found 50"):
        read(content, picture_size=50)


def test_a_detectors_size_comes_before_what_is_proposed():
    content = zipped(colours(64, 3))
    as_fitted = PictureSize(28, "grey")
    found = read(content, features=as_fitted.names)
    assert found.image_shape == (28, 28)
    assert any("their colours are not seen" in line for line in found.remarks)
    with pytest.raises(DataError, match="wanted as 28 × 28 pixels in grey"):
        read(content, features=as_fitted.names, picture_size=64)


@pytest.mark.parametrize(
    ("n", "side", "colours", "expected"),
    [
        (1, 28, False, PictureSize(28, "grey")),
        (1, 28, True, PictureSize(28, "rgb")),
        (9, 29, False, PictureSize(32, "grey")),
        (900, 4000, True, PictureSize(128, "rgb")),
        (4_000, 4000, True, PictureSize(64, "rgb")),
        (10_000, 4000, False, PictureSize(64, "grey")),
        (100_000, 4000, True, PictureSize(28, "rgb")),
    ],
)
def test_many_pictures_are_seen_smaller(n: int, side: int, colours: bool, expected: PictureSize):
    found, remark = proposed([Facts(side, side, colours)], n)
    assert found == expected
    assert bool(remark) == (expected != PictureSize())
    assert ("too much" in remark) == (n > 1_000)


# ---------------------------------------------------------------- refusals


def patched(content: bytes, field: int, value: bytes) -> bytes:
    """With bytes of the only entry in the zip's list of files replaced."""
    at = content.rfind(b"PK\1\2") + field
    return content[:at] + value + content[at + len(value) :]


def link(target: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("a.png")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)
    return buffer.getvalue()


def of_size(width: int, height: int) -> bytes:
    """A picture whose header tells of more than there is."""
    import zlib

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return PNG[:8] + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + PNG[33:]


BOMB = b"\0" * 30_000_000
REFUSED = [
    (zipped({}), "Expected pictures .* found nothing"),
    (zipped({"a.docx": b"a"}), r"Expected pictures .* found 'a\.docx'"),
    (zipped({"[Content_Types].xml": b"", "a.png": PNG}), "This is an Excel file"),
    (zipped({"../a.png": PNG}), r"The zip holds the path '\.\./a\.png', which leads out of it"),
    (zipped({"x/../../a.png": PNG}), "which leads out of it"),
    (zipped({"..\\a.png": PNG}), "which leads out of it"),
    (zipped({"/etc/a.png": PNG}), "which leads out of it"),
    (zipped({"C:\\a.png": PNG}), "which leads out of it"),
    (link("/etc/passwd"), "The zip holds the link 'a.png'"),
    (patched(zipped({"a.png": PNG}), 8, b"\1"), "'a.png' is encrypted"),
    (zipped({"a.png": PNG, "b.zip": zipped({"a.png": PNG})}), "another archive, 'b.zip'"),
    (zipped({"a.png": PNG}, zipfile.ZIP_LZMA), "'a.png' is packed in an unusual way"),
    (zipped({"a.png": BOMB}), "'a.png' unpacks to 30 MB; expected at most 20 MB"),
    (patched(zipped({"a.png": BOMB}), 24, struct.pack("<I", 1000)), "'a.png' cannot be read"),
    (patched(zipped({"a.png": PNG}), 24, struct.pack("<I", 5000)), "'a.png' cannot be read"),
    (
        zipped({"a.png": zipped({"a.png": PNG})}),
        "'a.png' is no PNG, JPEG, BMP, TIFF, WEBP or GIF picture",
    ),
    (zipped({"a.png": b""}), "'a.png' is no PNG, JPEG, BMP, TIFF, WEBP or GIF picture"),
    (zipped({"a.png": PNG[:-40]}), r"'a\.png' cannot be decoded"),
    (zipped({"a.png": of_size(40_000, 40_000)}), "'a.png' is too large: expected at most 50 mill"),
    (zipped({"a.png": of_size(9_000, 9_000)}), "expected at most 50 million pixels"),
    (zipped({"a.png": PNG})[:-10], "This zip is damaged or cut off"),
    (of_size(9_000, 9_000), "This picture is too large"),
    (npy(np.zeros((2, 3, 4, 5))), r"Expected an array \(rows, columns\), or images"),
    (npy(np.zeros((2, 3, 4, 5, 3))), r"Expected an array \(rows, columns\), or images"),
    (npy(np.zeros((2, 28, 28), complex)), "found the type complex128"),
    (npy(np.full((2, 28, 28), -1.0)), "The array holds grey values from -1 to -1"),
    (npy(np.full((2, 28, 28), 300.0)), "The array holds grey values from 300 to 300"),
    (npy(np.full((2, 28, 28), 70_000)), "The array holds grey values"),
]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("content", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(content: bytes, sentence: str):
    with pytest.raises(DataError, match=rf"^upload: .*{sentence}") as caught:
        read(content)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"^upload: "):
        look(content, "upload")


def test_limits_of_a_zip(monkeypatch: pytest.MonkeyPatch):
    content = zipped({f"{i}.png": PNG for i in range(5)})
    monkeypatch.setattr(own_images, "MAX_FILES", 4)
    with pytest.raises(DataError, match="Expected at most 4 pictures; found 5"):
        read(content)
    monkeypatch.setattr(own_images, "MAX_FILES", 5)
    monkeypatch.setattr(own_images, "MAX_TOTAL", 4 * len(PNG))
    with pytest.raises(DataError, match="Expected pictures of at most 0 GB when unpacked"):
        read(content)
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 100)
    with pytest.raises(DataError, match="Expected at most 100,000 pictures in a zip"):
        read(content)


def test_a_folder_without_pictures(tmp_path: Path):
    with pytest.raises(DataError, match=r"Expected pictures .* found nothing"):
        read_samples(tmp_path)
    (tmp_path / "a.csv").write_text("a\n1\n")
    assert read_samples(tmp_path).features == ("a",)  # one table is that table
    (tmp_path / "a.csv").rename(tmp_path / "a.docx")
    with pytest.raises(DataError, match=r"or tables .* found 'a\.docx'"):
        read_samples(tmp_path)


SEED = zipped({"a/1.png": PNG, "a/2.jpg": picture(RAMP, "JPEG"), "3.tif": picture(RAMP, "TIFF")})


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore:.*bomb")
@settings(max_examples=250, deadline=None)
@given(
    cut=st.integers(0, 2 * len(SEED)),
    changes=st.lists(st.tuples(st.integers(0, len(SEED) - 1), st.integers(0, 255)), max_size=4),
)
def test_damaged_zips_are_read_or_refused(cut: int, changes: list):
    damaged = bytearray(SEED)
    for at, value in changes:
        damaged[at] = value
    try:
        found = read(bytes(damaged[:cut]))
    except DataError:
        return
    assert ((found.x >= 0) & (found.x <= 1)).all() or found.image_shape is None


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore:.*bomb")
@settings(max_examples=200, deadline=None)
@given(
    form=st.sampled_from(["PNG", "JPEG", "TIFF", "BMP"]),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_damaged_pictures_are_read_or_refused(form: str, changes: list):
    damaged = bytearray(picture(RAMP, form))
    for at, value in changes:
        damaged[at % len(damaged)] = value
    try:
        found = own_image.read_image(bytes(damaged), set())
    except DataError:
        return
    assert found.shape == (28, 28)
    assert ((found >= 0) & (found <= 1)).all()


def test_a_zip_of_huge_pictures_of_one_colour_is_refused_soon(monkeypatch):
    """A few bytes that hold very many pixels."""
    monkeypatch.setattr(own_images, "MAX_PIXELS", 2_500_000)
    file = io.BytesIO()
    Image.new("1", (1000, 1000)).save(file, "PNG")
    data = zipped({f"{i}.png": file.getvalue() for i in range(5)})
    monkeypatch.setattr(own_images, "PIXELS_A_BYTE", 0)
    with pytest.raises(DataError, match=r"'2.png' is too much: expected at most 0.0 billion"):
        read_samples(data)
    monkeypatch.setattr(own_images, "PIXELS_A_BYTE", 2_500_000 // len(data) + 1)
    assert len(read_samples(data).x) == 5
