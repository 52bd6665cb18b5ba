"""What the folders of pictures tell: which are normal, which kinds of anomalies there are, which
are to learn from, and which are masks. The layout of MVTec AD is known: train/good, test/KIND,
ground_truth/KIND."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

NORMAL = ("normal", "normals", "good", "ok")
ANOMALY = ("anomaly", "anomalies", "anomalous", "abnormal", "bad", "defect", "defective")
MASKS = ("ground_truth", "groundtruth", "masks", "mask")
INSIDE = ("images", "image", "img", "imgs")  # what a kind's own folder may hold them in
TRAIN, TEST = ("train", "training"), ("test", "testing")
SHOWN = 8  # kinds in a sentence


@dataclasses.dataclass(frozen=True)
class Told:
    """`names` without `masks`; of each (n,) its `label`, its folder where that tells kinds of
    anomalies, and whether it is `kept` for testing; None where folders tell nothing of that."""

    names: tuple[str, ...]
    label: NDArray[np.int64] | None = None
    class_: NDArray[np.object_] | None = None
    kept: NDArray[np.bool_] | None = None
    remarks: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()


def told_by_folders(names: Sequence[str]) -> Told:
    """By the folder that each picture lies in: normal if that is called so; any other is a kind of
    anomaly, where one is called normal at all."""
    remarks: list[str] = []
    masks: tuple[str, ...] = ()
    folders = [tuple(part.casefold() for part in PurePosixPath(name).parts[:-1]) for name in names]
    masked = [bool(set(parts) & set(MASKS)) for parts in folders]
    if any(masked) and not all(masked):
        n = sum(masked)
        remarks.append(
            f"{n:,} picture{'s' * (n > 1)} in a folder of masks show{'s' * (n == 1)} where defects "
            "are and are no samples; left out."
        )
        masks = tuple(name for name, mask in zip(names, masked, strict=True) if mask)
        pairs = [
            (n, parts) for n, parts, mask in zip(names, folders, masked, strict=True) if not mask
        ]
        names, folders = [n for n, _ in pairs], [parts for _, parts in pairs]
    found = Told(tuple(names), remarks=tuple(remarks), masks=masks)
    within = [[part for part in parts if part not in INSIDE] for parts in folders]
    words = [parts[-1] if parts else "" for parts in within]
    normal = np.array([word in NORMAL for word in words], np.bool_)
    if all(word in ANOMALY or word in NORMAL for word in words) and words:
        found = dataclasses.replace(found, label=(~normal).astype(np.int64))
    elif normal.any() and all(words):
        kinds = Counter(word for word in words if word not in NORMAL)
        listed = ", ".join(f"{kind!r} ({n:,})" for kind, n in kinds.most_common(SHOWN))
        remarks.append(
            f"By their folders, {normal.sum():,} pictures are normal and the others anomalies: "
            f"{listed}{', …' * (len(kinds) > SHOWN)}."
        )
        class_ = np.array(["normal" if one in NORMAL else one for one in words], object)
        found = dataclasses.replace(found, label=(~normal).astype(np.int64), class_=class_)
    return dataclasses.replace(_with_parts(found, folders, normal, remarks), remarks=tuple(remarks))


def _with_parts(
    found: Told, folders: Sequence[tuple[str, ...]], normal: NDArray[np.bool_], remarks: list[str]
) -> Told:
    """Which are kept for testing, where some lie in a folder for training and some in one for
    testing."""
    train = np.array([bool(set(parts) & set(TRAIN)) for parts in folders], np.bool_)
    test = np.array([bool(set(parts) & set(TEST)) for parts in folders], np.bool_)
    if not (train.any() and test.any() and (train & normal).any()):
        return found
    remarks.append(
        f"Folders for training and testing: what is normal is learned from the {train.sum():,} "
        f"pictures for training, and the other {(~train).sum():,} are only scored."
    )
    return dataclasses.replace(found, kept=~train)
