"""MNIST: reading the official files, the bundled sample, and the protocols of §2.2 and §5.

The pool is all 70,000 images, the 60,000 training images first, so that an image has one number
whatever the protocol. Which part an image falls into depends on its class and on `SEED`, never on
which digit is the anomaly: one held-out fifth serves all ten models.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wganad_core.config import DIGITS, PROTOCOLS
from wganad_core.data import DataError
from wganad_core.data.fetch import BROKEN, Dataset, File, OnBytes, dataset_folder, reason, unpacked
from wganad_core.data.pool import Pool, Samples
from wganad_core.data.samples import FOLDER, content_ids, need_full_pool, opened_sample
from wganad_core.data.unfinished import Replacement
from wganad_core.data.views import View
from wganad_core.records import PARTS, FloatArray, Split

SIDE = 28
N_TRAIN, N_TEST = 60_000, 10_000
SEED = 2018
TRAIN_SHARE, FIT_SHARE, VALIDATION_SHARE = 0.8, 0.9, 0.05
# Images and labels of the training part, then of the test part: size and SHA-256, uncompressed.
FILES = """\
train-images-idx3-ubyte.gz 47040016 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte.gz 60008 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte.gz 7840016 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte.gz 10008 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"""
PUBLISHED = Dataset(
    "mnist",
    "MNIST",
    tuple(File(n, int(size), digest) for n, size, digest in map(str.split, FILES.splitlines())),
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)
SAMPLE = FOLDER / "mnist.npz"

Bytes = NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Digits:
    """Images (n, 28, 28), labels (n,) 0–9 and `position` (n,), their numbers in the pool."""

    images: Bytes
    labels: NDArray[np.int64]
    position: NDArray[np.int64]


def read_idx(path: Path, shape: tuple[int, ...]) -> Bytes:
    """The unsigned bytes of an idx file, gzipped or not, of exactly this shape.

    Raises `DataError` that says what was expected and found: another magic number, another
    shape, too few or too many bytes, a broken archive.
    """
    header, n = 4 + 4 * len(shape), math.prod(shape)
    try:
        data = unpacked(path, header + n + 1)
    except BROKEN as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); fetch it again.") from error
    magic = bytes([0, 0, 8, len(shape)])
    if data[:4] != magic:
        raise DataError(
            f"{path} is not an idx file of {len(shape)}-dimensional unsigned bytes: expected the "
            f"magic number {magic.hex()}, found {data[:4].hex() or 'nothing'}; fetch it again."
        )
    if len(data) < header:
        raise DataError(
            f"{path}: expected a header of {header} bytes, found {len(data)}; fetch it again."
        )
    found = tuple(np.frombuffer(data[4:header], ">u4").tolist())
    if found != shape:
        raise DataError(f"{path}: expected the shape {shape}, found {found}; fetch it again.")
    if len(data) != header + n:
        size = "more" if len(data) > header + n else f"{len(data) - header:,}"
        raise DataError(
            f"{path}: expected {n:,} bytes after the header, found {size}; fetch it again."
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def load_mnist(folder: Path) -> Digits:
    """The pool of 70,000 from the four official files in `folder`, their form validated."""
    images, labels = [], []
    paths = [folder / file.name for file in PUBLISHED.files]
    for i, n in ((0, N_TRAIN), (2, N_TEST)):
        images.append(read_idx(paths[i], (n, SIDE, SIDE)))
        labels.append(read_idx(paths[i + 1], (n,)))
        if (highest := labels[-1].max()) > 9:
            raise DataError(
                f"{paths[i + 1]}: expected labels 0–9, found {highest}; fetch it again."
            )
    return Digits(
        np.concatenate(images), np.concatenate(labels).astype(np.int64), np.arange(N_TRAIN + N_TEST)
    )


def load_sample(path: Path = SAMPLE) -> Digits:
    """The bundled held-out fifth of the 80/20 protocol (14,001 images)."""
    with opened_sample(path) as content:
        images, labels, position = (content[name] for name in ("images", "labels", "position"))
        if images.dtype != np.uint8 or images.shape != (len(labels), SIDE, SIDE):
            raise ValueError(f"images of shape {images.shape} for {len(labels):,} labels")
        if labels.dtype != np.uint8 or labels.shape != position.shape or labels.max() > 9:
            raise ValueError("labels other than 0–9, one for each position")
        if (np.diff(position, prepend=-1, append=N_TRAIN + N_TEST) < 1).any():
            raise ValueError(f"positions that do not rise from 0 to {N_TRAIN + N_TEST:,}")
    return Digits(images, labels.astype(np.int64), position.astype(np.int64))


def save_sample(digits: Digits, path: Path = SAMPLE) -> None:
    """Write the held-out fifth of the full pool, compressed."""
    need_full_pool(digits.position, N_TRAIN + N_TEST, "images", "load_mnist")
    held_out = np.concatenate([_train_and_test(digits.labels, d)[1] for d in range(10)])
    held_out.sort()
    with Replacement(path) as file:
        np.savez_compressed(
            file,
            images=digits.images[held_out],
            labels=digits.labels[held_out].astype(np.uint8),
            position=held_out.astype(np.int64),
        )


def split_mnist(digits: Digits, abnormal: str, protocol: str = "80/20") -> Split:
    """One digit as the anomaly, on the full pool.

    `80/20`: a fifth of every normal class and all images of the digit are test. `official`: the
    10,000 test images and the digit's among the 60,000. The rest of the normals is divided into
    fit, validation and calibration, 90 : 5 : 5, class by class.
    """
    if abnormal not in DIGITS:
        raise DataError(f"The abnormal digit is one of 0 to 9; found {abnormal!r}.")
    if protocol not in PROTOCOLS:
        raise DataError(f"The protocol is {' or '.join(PROTOCOLS)}; found {protocol!r}.")
    need_full_pool(digits.position, N_TRAIN + N_TEST, "images", "load_mnist")
    parts: dict[str, list[NDArray[np.int64]]] = {name: [] for name in PARTS}
    for digit in range(10):
        if str(digit) == abnormal:
            parts["test"].append(np.flatnonzero(digits.labels == digit))
            continue
        train, test = _train_and_test(digits.labels, digit, protocol)
        sizes = [round(share * len(train)) for share in (FIT_SHARE, VALIDATION_SHARE)]
        divided = [*np.split(train, np.cumsum(sizes)), test]
        for name, index in zip(PARTS, divided, strict=True):
            parts[name].append(index)
    return Split(
        use_case="mnist",
        abnormal=abnormal,
        protocol=protocol,
        classes=np.array(DIGITS)[digits.labels],
        parts={name: np.sort(np.concatenate(index)) for name, index in parts.items()},
    )


def _train_and_test(
    labels: NDArray[np.int64], digit: int, protocol: str = "80/20"
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A normal class's numbers in the pool, in the order of its one permutation, train and test."""
    members = np.flatnonzero(labels == digit)
    shuffled = np.random.default_rng([SEED, digit]).permutation(members)
    if protocol == "official":
        return shuffled[shuffled < N_TRAIN], members[members >= N_TRAIN]
    n_train = round(TRAIN_SHARE * len(members))
    return shuffled[:n_train], shuffled[n_train:]


def vectors(images: Bytes) -> NDArray[np.float32]:
    """Images as rows (n, 784) in [0, 1], which is what every network takes."""
    return images.reshape(len(images), SIDE * SIDE).astype(np.float32) / np.float32(255)


def sample_ids(images: Bytes) -> NDArray[np.str_]:
    """A content hash (16 hex digits) per image, so that scores join with data in any order."""
    return content_ids(images)


# As models and pages see it


@dataclasses.dataclass(frozen=True)
class DigitPool(Pool):
    digits: Digits

    def split(self, abnormal: str, protocol: str) -> Split:
        return split_mnist(self.digits, abnormal, protocol)

    def view(self, kind: str, index: NDArray[np.int64]) -> None:
        return None

    def rows(self, index: NDArray[np.int64], view: View | None) -> FloatArray:
        return vectors(self.digits.images[index])

    def ids(self, index: NDArray[np.int64]) -> NDArray[np.str_]:
        return sample_ids(self.digits.images[index])

    def subjects(self, index: NDArray[np.int64]) -> NDArray[np.str_]:
        return np.full(len(index), "")


def load_pool(download: bool = False, progress: OnBytes | None = None) -> DigitPool:
    """All 70,000, verified; downloaded first if they are missing and `download` is set.

    Raises `DataError` with one sentence for a set that is not there or not as published.
    """
    return DigitPool(load_mnist(dataset_folder(PUBLISHED, download, progress)))


def samples() -> Samples:
    """The held-out fifth for pages."""
    digits = load_sample()
    return Samples(
        classes=digits.labels.astype(np.str_),
        ids=sample_ids(digits.images),
        subjects=np.full(len(digits.labels), ""),
        position=digits.position,
        take=lambda index: vectors(digits.images[index]),
    )
