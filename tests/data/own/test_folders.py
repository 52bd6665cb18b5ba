"""Folders of pictures tell what is normal, what is for training, and what is a mask."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wganad_core.data.own import Roles
from wganad_core.data.own.folders import told_by_folders
from wganad_core.data.own.samples import read_samples
from wganad_core.detector import load
from wganad_core.jobs.fit import fit
from wganad_core.jobs.orders import FitOrder, ScoreOrder
from wganad_core.jobs.score import score

MVTEC = (
    "washer/train/good/0.png",
    "washer/train/good/1.png",
    "washer/test/good/0.png",
    "washer/test/hole/0.png",
    "washer/test/scratch/0.png",
    "washer/ground_truth/hole/0_mask.png",
)


def test_the_layout_of_mvtec() -> None:
    found = told_by_folders(MVTEC)
    assert found.names == MVTEC[:5]
    assert found.label is not None
    assert found.label.tolist() == [0, 0, 0, 1, 1]
    assert found.class_ is not None
    assert found.class_.tolist() == ["normal"] * 3 + ["hole", "scratch"]
    assert found.kept is not None
    assert found.kept.tolist() == [False, False, True, True, True]
    assert [line.split(",")[0][:33] for line in found.remarks] == [
        "1 picture in a folder of masks sh",
        "By their folders",
        "Folders for training and testing:",
    ]


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (("good/a.png", "bad/b.png"), [0, 1]),
        (("good/a.png", "cracks/b.png"), [0, 1]),
        (("cats/a.png", "dogs/b.png"), None),
        (("good/a.png", "b.png"), None),
        (("masks/a.png", "masks/b.png"), None),
        ((), None),
    ],
)
def test_other_folders(names: tuple[str, ...], label: list[int] | None) -> None:
    found = told_by_folders(names)
    assert found.names == names
    assert (None if found.label is None else found.label.tolist()) == label
    assert found.kept is None


def test_a_fit_leaves_the_test_folder_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for at, name in enumerate(MVTEC):
        for copy in range(20 if "train" in name else 2):
            path = tmp_path / "all" / name.replace(".png", f"-{copy}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            grey = (40 * at + rng.integers(0, 9, (28, 28))).astype(np.uint8)
            Image.fromarray(grey).save(path)
    order = FitOrder(
        tmp_path / "all", tmp_path / "m.safetensors", parameters=(("score_method", "pca"),)
    )
    found = fit(order)
    assert found.n == 40
    assert len(found.row) == 46
    names = read_samples(tmp_path / "all").sample_id
    assert names is not None
    learned = names[found.part < 3]
    assert {name.split("/")[1] for name in learned} == {"train"}


def test_a_chosen_size_is_the_detectors(tmp_path: Path) -> None:
    """It is in the command, in the file, and what new pictures are scored at."""
    rng = np.random.default_rng(0)
    (tmp_path / "all").mkdir()
    for at in range(50):
        rgb = rng.integers(100, 140, (40, 40, 3)).astype(np.uint8)
        Image.fromarray(rgb).save(tmp_path / f"all/{at}.png")
    parameters = (("score_method", "pca"),)
    roles = Roles(picture_size=32, picture_colours="grey")
    order = FitOrder(tmp_path / "all", tmp_path / "m.safetensors", roles, parameters=parameters)
    found = fit(order)
    assert found.n_features == 32 * 32
    assert "--picture-size 32 --picture-colours grey" in found.command
    scored = score(ScoreOrder(order.file, order.out, tmp_path / "s.csv"))
    assert scored.n == 50
    assert any("32 × 32 pixels in grey, as the detector takes them" in r for r in scored.remarks)
    assert any("colours are not seen" in remark for remark in scored.remarks)


@pytest.mark.parametrize("form", ["WEBP", "GIF"])
def test_other_forms(form: str) -> None:
    buffer = io.BytesIO()
    grey = np.repeat(np.arange(0, 252, 9, dtype=np.uint8)[None], 28, axis=0)
    more = {"lossless": True} if form == "WEBP" else {}
    Image.fromarray(grey).save(buffer, form, **more)
    (x,) = read_samples(buffer.getvalue(), f"a.{form.lower()}").x
    np.testing.assert_allclose(x.reshape(28, 28), grey / 255, atol=1e-6)


def test_twelve_bits_in_sixteen_are_said() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.full((28, 28), 4000, np.uint16)).save(buffer, "PNG")
    assert any("12 or fewer" in line for line in read_samples(buffer.getvalue()).remarks)


CASES = Path(os.environ.get("WGANAD_CASES", "/work/shared/cases"))


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
def test_case_16() -> None:
    found = read_samples(CASES / "16-mvtec-layout/washer")
    assert found.label is not None
    assert found.kept is not None
    assert found.learned.sum() == 60
    assert found.label.sum() == 20
    assert found.class_ is not None
    assert set(found.class_) == {"normal", "hole", "scratch"}


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
def test_cases_16_and_17_are_found(tmp_path: Path) -> None:
    """By what such pictures are judged by, at 128 pixels in colour. Of 28 pixels in grey PCA found
    12 of 30 colours, the networks none of either; PCA in colour finds all with 3 false alarms."""
    order = FitOrder(
        CASES / "16-mvtec-layout/washer",
        tmp_path / "m.safetensors",
        parameters=(("false_alarm_rate", 0.05),),
    )
    said: list[str] = []
    found = fit(order, say=said.append)
    assert found.score_method == "local"
    assert any("where they are oddest" in line for line in said)
    assert "--score-method local" in found.command
    detector = load(order.out)
    for folder, caught, alarms in (
        ("16-mvtec-layout/washer", 20, 1),
        ("17-colour-only-defect/test", 12, 1),
    ):
        samples = read_samples(CASES / folder)
        flagged = detector.predict(samples.x) == -1
        kept = ~samples.learned if samples.kept is not None else np.ones(len(flagged), bool)
        assert (flagged & (samples.label == 1)).sum() == caught
        assert (flagged & kept & (samples.label == 0)).sum() <= alarms


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
@pytest.mark.parametrize("name", ["a.webp", "a.gif", "la.png", "pal.png", "cmyk.jpg", "exif.jpg"])
def test_case_19(name: str) -> None:
    folder = CASES / "19-odd-pictures"
    expected, found = (
        read_samples(folder / one, picture_size=28, picture_colours="grey").x
        for one in ("a.png", name)
    )
    assert np.abs(found - expected).mean() < 0.05
