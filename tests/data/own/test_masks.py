"""Masks beside pictures: found by their names, read at their picture's size, judged in a shell."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wganad_core.__main__ import main as command
from wganad_core.data import DataError
from wganad_core.data.own.file import own_file
from wganad_core.data.own.images import PictureFiles, open_images
from wganad_core.data.own.masks import SEVERAL_GREYS, masks_of, read_masks
from wganad_core.data.own.samples import read_samples

SIDE = 56
CASES = Path(os.environ.get("WGANAD_CASES", "/work/shared/cases"))


def save(path: Path, values: Any, **more: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path, **more)


def washers(root: Path, n: int = 40) -> Path:
    """A plate of few greys; a hole is a dark square, of which the mask tells."""
    rng = np.random.default_rng(0)
    for at in range(n + 6):
        grey = 150 + 10 * rng.normal() + rng.normal(0, 3, (SIDE, SIDE))
        part = "train/good" if at < n else "test/good" if at < n + 2 else "test/hole"
        if part == "test/hole":
            mask = np.zeros((SIDE, SIDE), np.uint8)
            mask[20:30, 5 * (at - n) : 5 * (at - n) + 12] = 255
            grey = np.where(mask, 20, grey)
            save(root / f"ground_truth/hole/{at:03}_mask.png", mask)
        save(root / part / f"{at:03}.png", grey)
    return root


def opened(root: Path) -> PictureFiles:
    found = open_images(own_file(root))
    assert isinstance(found, PictureFiles)
    return found


def test_every_picture_for_testing_has_its_mask(tmp_path: Path) -> None:
    pictures, remarks = opened(washers(tmp_path / "plate")), set[str]()
    pairs = masks_of(pictures)
    assert [len(masks) for masks in pairs.values()] == [0, 0, 1, 1, 1, 1]
    masks = list(read_masks(pictures, pairs, remarks))
    assert [int(mask.sum()) for mask in masks] == [0, 0, 120, 120, 120, 120]
    assert {mask.shape for mask in masks} == {(SIDE, SIDE)}
    assert not remarks
    assert read_samples(tmp_path / "plate").n_masks == 4


@pytest.mark.parametrize(
    ("picture", "masks"),
    [
        ("test/hole/0.png", ["ground_truth/hole/0_mask.png"]),
        ("plate/test/hole/0.jpg", ["plate/ground_truth/hole/0_mask.png"]),
        ("test/hole/0.bmp", ["ground_truth/hole/0.png"]),
        ("test/hole/0.png", ["ground_truth/hole/0/000.png", "ground_truth/hole/0/001.png"]),
        ("Images/hole/0.JPG", ["Masks/hole/0.png"]),
        ("test/hole/0.png", ["ground_truth/test/hole/0-GT.png"]),
    ],
)
def test_names_of_other_layouts(tmp_path: Path, picture: str, masks: list[str]) -> None:
    root = Path(picture).parents[1]
    for name in (picture, *masks, f"{root}/good/0.png"):
        save(tmp_path / name, np.zeros((9, 9)))
    assert masks_of(opened(tmp_path))[picture] == tuple(masks)


def test_a_mask_that_is_not_there_or_of_nothing(tmp_path: Path) -> None:
    root = washers(tmp_path / "plate", 2)
    (root / "ground_truth/hole/005_mask.png").unlink()
    with pytest.raises(DataError, match=r"'test/hole/005.png' has no mask; expected one of that"):
        masks_of(opened(root))
    save(root / "ground_truth/hole/5_mask.png", np.zeros((9, 9)))
    with pytest.raises(DataError, match=r"5_mask.png' belongs to no picture"):
        masks_of(opened(root))
    with pytest.raises(DataError, match="There are no masks; expected pictures and, in a folder"):
        masks_of(opened(root / "test"))


def test_a_mask_of_another_size(tmp_path: Path) -> None:
    root = washers(tmp_path / "plate", 2)
    save(root / "ground_truth/hole/005_mask.png", np.ones((20, 30)))
    pictures = opened(root)
    with pytest.raises(DataError, match=r"has 30 × 20 pixels and its picture .* has 56 × 56"):
        list(read_masks(pictures, masks_of(pictures), set()))


def test_what_is_white(tmp_path: Path) -> None:
    """Of 0 and 1, of a palette, of colours; of several greys what is brighter than half."""
    plain = np.zeros((9, 9), np.uint8)
    plain[2:4, 3:6] = 1
    palette = Image.fromarray(plain, "P")
    palette.putpalette([0, 0, 0, 10, 0, 0])
    grey = np.array(plain * 200)
    grey[5, 5] = 90
    for at, image in enumerate(
        (
            Image.fromarray(plain),
            palette,
            Image.fromarray(np.stack([plain * 250, 0 * plain, 0 * plain], axis=2)),
            Image.fromarray(grey),
        )
    ):
        save(tmp_path / f"test/hole/{at}.png", np.zeros((9, 9)))
        (tmp_path / "ground_truth/hole").mkdir(parents=True, exist_ok=True)
        image.save(tmp_path / f"ground_truth/hole/{at}_mask.png")
    save(tmp_path / "test/good/0.png", np.zeros((9, 9)))
    pictures, remarks = opened(tmp_path), set[str]()
    good, *found = read_masks(pictures, masks_of(pictures), remarks)
    assert not good.any()
    for mask in found:
        np.testing.assert_array_equal(mask, plain > 0)
    assert remarks == {SEVERAL_GREYS}


def test_in_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, model = washers(tmp_path / "plate"), str(tmp_path / "m.safetensors")
    assert command(["fit", str(root), "--out", model]) == 0
    score = ["--model", model, "--out", str(tmp_path / "s.csv")]
    capsys.readouterr()
    assert command(["score", str(root), *score, "--pixels", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["pixels"]
    assert (found["n_pictures"], found["n_regions"]) == (6, 4)
    assert found["auroc"] > 0.98
    assert found["pro"] > 0.9
    packed = tmp_path / "plate.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(root.rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path))
    assert command(["score", str(packed), *score, "--pixels", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pixels"] == found
    assert command(["score", str(packed), *score, "--pixels"]) == 0
    said = capsys.readouterr().out
    assert f"pixel AUROC    {100 * found['auroc']:.1f}%, chance: 50%" in said
    assert f"PRO            {100 * found['pro']:.1f}%, chance: 15%" in said

    save(root / "ground_truth/hole/045_mask.png", np.ones((20, 30)))
    (tmp_path / "s.csv").unlink()
    assert command(["score", str(root), *score, "--pixels"]) == 1
    assert "no figures of pixels" in capsys.readouterr().err
    assert (tmp_path / "s.csv").exists()  # what was asked for besides is there


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
def test_case_16(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its masks are dots at random: where a picture differs from the others stands in for them."""
    root, model = tmp_path / "washer", str(tmp_path / "m.safetensors")
    shutil.copytree(CASES / "16-mvtec-layout/washer", root)
    usual = np.median([grey(path) for path in (root / "train/good").iterdir()], axis=0)
    for path in root.glob("ground_truth/*/*_mask.png"):
        picture = root / "test" / path.parent.name / path.name.replace("_mask", "")
        save(path, 255 * (np.abs(grey(picture) - usual) > 40))
    assert command(["fit", str(root), "--out", model]) == 0
    capsys.readouterr()
    score = ["score", str(root), "--model", model, "--out", str(tmp_path / "s.csv")]
    assert command([*score, "--pixels", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["pixels"]
    assert (found["n_pictures"], found["n_regions"]) == (32, 20)
    assert found["auroc"] > 0.999
    assert found["pro"] > 0.97


def grey(path: Path) -> Any:
    return np.asarray(Image.open(path).convert("L"), np.float64)
