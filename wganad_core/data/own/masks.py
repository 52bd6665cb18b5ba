"""Masks of pictures: which of their pixels are defective, at their own size.

A mask lies in a folder of masks under the name of its picture, as in MVTec AD: `test/hole/003.png`
and `ground_truth/hole/003_mask.png`; several masks of one picture lie in a folder of that name.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from wganad_core.data import DataError
from wganad_core.data.decoding import decoding
from wganad_core.data.own.file import Source, named, own_file
from wganad_core.data.own.folders import INSIDE, MASKS, TEST, TRAIN
from wganad_core.data.own.image import FORMATS
from wganad_core.data.own.images import OwnImages, PictureFiles, open_images

BESIDE = {*MASKS, *TRAIN, *TEST, *INSIDE}  # folders that kinds lie in
SHOWN = 900  # pixels of a side
ENDING = re.compile(r"[_-](mask|gt|label)$")
FEW = 32  # a mask that is no brighter holds the numbers of kinds, as VisA's do, and no greys
SEVERAL_GREYS = "Where a mask has several greys, what is brighter than half its white is defective."
NO_MASKS = (
    "There are no masks; expected pictures and, in a folder ground_truth or masks, black pictures "
    "of the same names and sizes with their defects in white."
)

Mask = NDArray[np.bool_]
Size = tuple[int, int]  # height, width


def masks_of(pictures: OwnImages | None) -> Mapping[str, tuple[str, ...]]:
    """The masks of every picture that can be judged by them, none of a normal one: of those that
    are kept for testing where folders tell, else of all.

    Raises
    ------
    DataError
        Without masks, where an anomaly has none, and for masks of pictures that are not there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from wganad_core.data.own.file import own_file
    >>> from wganad_core.data.own.images import open_images
    >>> from wganad_core.data.own.masks import masks_of
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("test/good/0.png", "test/hole/0.png", "ground_truth/hole/0_mask.png"):
    ...     (folder / name).parent.mkdir(parents=True, exist_ok=True)
    ...     Image.new("L", (9, 9)).save(folder / name)
    >>> masks_of(open_images(own_file(folder)))
    {'test/good/0.png': (), 'test/hole/0.png': ('ground_truth/hole/0_mask.png',)}
    """
    if pictures is None or not pictures.masks or pictures.names is None:
        raise DataError(NO_MASKS)
    of: dict[tuple[str, ...], list[str]] = {_key(name): [] for name in pictures.names}
    for name in pictures.masks:
        key = _key(name)
        found = of.get(key) if key in of else of.get(key[:-1])
        if found is None:
            raise DataError(
                f"The mask {name!r} belongs to no picture; expected one of its name in a folder "
                f"{PurePosixPath(name).parent.name!r} beside those of the masks."
            )
        found.append(name)
    kept = np.ones(pictures.n, np.bool_) if pictures.kept is None else pictures.kept
    pairs = {
        name: tuple(of[_key(name)])
        for name, judged in zip(pictures.names, kept, strict=True)
        if judged
    }
    normal = set(_normal(pictures))
    if lacking := [name for name, masks in pairs.items() if not masks and name not in normal]:
        n = len(lacking)
        raise DataError(
            f"{lacking[0]!r}{f' and {n - 1:,} other anomalies have' * (n > 1) or ' has'} no mask; "
            "expected one of that name in the folder of masks, or in the folders of the normals."
        )
    return pairs


def _key(name: str) -> tuple[str, ...]:
    path = PurePosixPath(name.casefold())
    return (*(part for part in path.parts[:-1] if part not in BESIDE), ENDING.sub("", path.stem))


def _normal(pictures: OwnImages) -> Sequence[str]:
    if pictures.label is None or pictures.names is None:
        return ()
    return [n for n, label in zip(pictures.names, pictures.label, strict=True) if label == 0]


def read_masks(
    pictures: PictureFiles, pairs: Mapping[str, tuple[str, ...]], remarks: set[str]
) -> Iterator[Mask]:
    """Where each picture is defective, (height, width) of the picture, in the order of `pairs`.
    Raises `DataError` for a mask of another size than its picture."""
    sizes = pictures.each(list(pairs), _size)
    masks = pictures.each(
        [mask for masks in pairs.values() for mask in masks],
        lambda data: _mask(data, pictures, remarks),
    )
    for (name, own), size in zip(pairs.items(), sizes, strict=True):
        whole = np.zeros(size, np.bool_)
        for mask_name in own:
            mask = next(masks)
            if mask.shape != size:
                raise DataError(
                    f"The mask {mask_name!r} has {_in_words(mask.shape)} pixels and its picture "
                    f"{name!r} has {_in_words(size)}; expected the same size. Scale the mask."
                )
            whole |= mask
        yield whole


@dataclasses.dataclass(frozen=True)
class WholePicture:
    """A picture in colour `rgb` (height, width, 3), and where it is defective: `mask` (height,
    width), nowhere without masks. Both are made smaller where that is more than can be shown."""

    rgb: NDArray[np.uint8]
    mask: Mask


def whole_picture(source: Source, picture: str, name: str | None = None) -> WholePicture:
    """One picture of a folder or a zip, by its name there. Raises `DataError` for one that cannot
    be read; a mask of another size is left out."""
    file = own_file(source, name)
    with named(file):
        pictures = open_images(file)
        if not isinstance(pictures, PictureFiles) or pictures.names is None:
            raise DataError("This holds no pictures by their names.")
        (image,) = pictures.each([picture], lambda data: _in_colour(data, pictures))
        mask = np.zeros(image.size[::-1], np.bool_)
        own = [one for one in pictures.masks if _key(picture) in (key := _key(one), key[:-1])]
        for found in pictures.each(own, lambda data: _mask(data, pictures, set())):
            mask |= found if found.shape == mask.shape else False
        shown = Image.fromarray(mask)
        image.thumbnail((SHOWN, SHOWN))
        return WholePicture(np.asarray(image), np.asarray(shown.resize(image.size)))


def _in_colour(data: bytes, pictures: PictureFiles) -> Image.Image:
    """Upright, on white where it is transparent; more than 8 bits as the brightest allows."""
    with decoding(data, FORMATS) as file:
        pictures.spend(file.width * file.height)
        file.load()
        image = ImageOps.exif_transpose(file)
        if image.mode.startswith(("I", "F")):
            values = np.nan_to_num(np.asarray(image, np.float64))
            image = Image.fromarray((255 * values / max(values.max(), 1e-12)).astype(np.uint8))
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def _size(data: bytes) -> Size:
    """Of a picture as it is seen, which EXIF may turn."""
    with decoding(data, FORMATS) as file:
        turned = file.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        return (file.width, file.height) if turned else (file.height, file.width)


def _mask(data: bytes, pictures: PictureFiles, remarks: set[str]) -> Mask:
    """Where it is not black; of greys, where it is brighter than half of what is brightest."""
    with decoding(data, FORMATS) as file:
        pictures.spend(file.width * file.height)
        values = np.asarray(file)
    if values.ndim == 3:  # colours, and perhaps how opaque they are
        values = values[..., : values.shape[2] - (values.shape[2] in (2, 4))].max(axis=2)
    most = float(values.max())
    if most <= FEW:
        return np.asarray(values > 0)
    if len(np.unique(values)) > 2:
        remarks.add(SEVERAL_GREYS)
    return np.asarray(values > most / 2)


def _in_words(shape: tuple[int, ...]) -> str:
    return f"{shape[1]:,} × {shape[0]:,}"
