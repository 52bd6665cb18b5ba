"""Pictures with masks on *Your data*: taken apart at their own size, and judged by the pixel."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup

from pages._ui.own import tab as own_tab
from tests.data.own.test_masks import SIDE, save, washers
from tests.pages.test_own_page import finish, group, jobs_of, opened, own_fittings, texts
from wganad_core import detector
from wganad_core.data import DataError
from wganad_core.data.own.masks import whole_picture
from wganad_core.figures import pictures

__all__ = ["own_fittings"]  # a fixture
pytestmark = pytest.mark.usefixtures("own_fittings")


def plates(folder: Path) -> bytes:
    """Washers of 56 grey pixels a side, zipped."""
    packed = io.BytesIO()
    root = washers(folder / "plate")
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(root.rglob("*.png")):
            archive.write(path, path.relative_to(folder))
    return packed.getvalue()


SHOWN_THEN_ASKED = ("own-strip", "Pixels a side")


def test_size_and_colours_are_chosen_fitted_shown_saved_and_kept(tmp_path: Path) -> None:
    test = opened(kind="own")
    test.file_uploader(key="own-data").upload("plate.zip", plates(tmp_path), "").run()
    side, colours = starting(test, "own-side-"), starting(test, "own-colours-")
    assert (side.value, colours.value) == (64, "grey")  # proposed: 56 pixels fit into it
    drawn = [str(getattr(each, "proto", "")) for each in test.main]
    first = [next(i for i, one in enumerate(drawn) if word in one) for word in SHOWN_THEN_ASKED]
    assert first == sorted(first)
    assert "Seen at 64 × 64 pixels in grey" in texts(test)
    side.set_value(32).run()
    starting(test, "own-colours-").set_value("rgb").run()
    assert "Seen at 32 × 32 pixels in colour, as asked for" in texts(test)
    finish(test)
    assert not test.error
    assert "Rebuilt from what is normal, 32 × 32" in texts(test)

    (outcome,) = jobs_of(test).outcomes.values()
    assert detector.load(outcome.model).n_features_in_ == 32 * 32 * 3
    group(test, "show").set_value("take").run()
    snippet, shell = (block.value for block in test.code)
    assert "--picture-size 32 --picture-colours rgb" in shell
    assert "picture_size=32, picture_colours='rgb'" in snippet

    name = test.session_state[own_tab.NAME]
    own_tab.tabs().close(name)  # as the end of the browser's connection does
    again = opened(kind="own", run=name)
    side, colours = starting(again, "own-side-"), starting(again, "own-colours-")
    assert (side.value, colours.value) == (32, "rgb")
    assert "Seen at 32 × 32 pixels in colour, as asked for" in texts(again)
    assert "of 4 anomalies caught" in texts(again)
    assert "You have changed" not in texts(again)


def starting(test: AppTest, key: str) -> ButtonGroup[Any]:
    """The row of choices whose key begins so."""
    return next(each for each in test.button_group if str(each.key).startswith(key))


def test_masks_are_compared_and_drawn(tmp_path: Path) -> None:
    test = opened(kind="own")
    test.file_uploader(key="own-data").upload("plate.zip", plates(tmp_path), "").run()
    finish(test)
    assert not test.error
    said = texts(test)
    assert "4 of 4 anomalies caught" in said
    assert "**Pixel AUROC" in said
    assert "the 4 defects that masks show in 6 pictures" in said
    assert "own-trio own-whole" in said
    assert "What is left over, and the mask (line)" in said


def test_a_picture_at_its_own_size(tmp_path: Path) -> None:
    root = washers(tmp_path / "plate", 2)
    found = whole_picture(root, "test/hole/005.png")
    assert (found.rgb.shape, found.mask.shape) == ((SIDE, SIDE, 3), (SIDE, SIDE))
    assert found.mask.sum() == 120
    assert found.rgb[found.mask].mean() < 30
    assert not whole_picture(root, "test/good/003.png").mask.any()
    save(root / "test/hole/005.png", np.zeros((900, 1800)))  # its mask is of another size
    found = whole_picture(root, "test/hole/005.png")
    assert found.rgb.shape == (450, 900, 3)
    assert not found.mask.any()
    with pytest.raises(DataError, match="no pictures by their names"):
        whole_picture(root / "test/hole/004.png", "x")


def test_sixteen_bits_and_what_is_transparent(tmp_path: Path) -> None:
    (tmp_path / "test/good").mkdir(parents=True)
    deep = np.linspace(0, 4_000, 81).reshape(9, 9).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "test/good/a.png")
    Image.new("LA", (9, 9), (0, 0)).save(tmp_path / "test/good/b.png")
    found = whole_picture(tmp_path, "test/good/a.png").rgb
    assert (found.min(), found.max()) == (0, 255)
    assert (whole_picture(tmp_path, "test/good/b.png").rgb == 255).all()


def test_spots_are_orange_and_the_mask_has_a_line() -> None:
    grey = np.full((50, 50, 3), 100, np.uint8)
    spots, mask = np.zeros((50, 50)), np.zeros((50, 50), bool)
    spots[20:30, 20:30] = 1
    mask[10:40, 10:40] = True
    found = pictures.spotted(grey, spots, mask)
    assert (found[25, 25] == pictures.SPOT).all()
    assert (found[25, 9] == pictures.LINE).all()
    assert len(set(found[15, 15].tolist())) == 1
    dark = np.zeros(784)
    assert pictures.digit(dark) == pictures.digit(1 - dark, light=True)  # black is not white paper
    assert pictures.photograph(found).startswith("data:image/webp;base64,")
