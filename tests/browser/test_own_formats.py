"""Ten files as people have them, in a real browser: what columns are taken for, what is said."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from playwright.sync_api import Page, expect
from scipy.io import savemat

from tests.browser.test_app import complaints
from tests.browser.test_own import PATIENCE, upload
from tests.conftest import Server

N = 120
RNG = np.random.default_rng(0)
MINUTES = pd.date_range("2024-03-01", periods=N, freq="min")
HEAT, FLOW = 20 + RNG.normal(size=N).round(2), 3 + RNG.normal(size=N).round(3)
ODD = (np.arange(N) % 30 == 0).astype(int)


def csv(columns: dict[str, Any], **how: Any) -> str:
    return str(pd.DataFrame(columns).to_csv(index=False, **how))


def engines() -> bytes:
    """NASA's turbofans: blanks between 26 columns without names."""
    numbers = RNG.normal(size=(N, 24)).round(4).tolist()
    lines = (
        f"{1 + at // 40} {1 + at % 40} {' '.join(map(str, row))}  \n"
        for at, row in enumerate(numbers)
    )
    return "".join(lines).encode()


def excel() -> bytes:
    day = MINUTES.strftime("%d.%m.%Y %H:%M:%S")
    table = csv({"Zeit": day, "Temp °C": HEAT, "Durchfluss": FLOW}, sep=";", decimal=",")
    return table.encode("latin-1")


def sixteen() -> bytes:
    table = csv({"heat": HEAT, "flow": FLOW, "is_fraud": ODD}, sep="\t")
    return table.encode("utf-16")


def packed() -> bytes:
    return gzip.compress(csv({"timestamp": MINUTES, "value": HEAT}).encode())


def categories() -> bytes:
    kinds = pd.Categorical(np.where(ODD, "bad", "good"))
    table = pd.DataFrame({"heat": HEAT, "mode": pd.Categorical(list("ab") * 60), "quality": kinds})
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def arff() -> bytes:
    names = "".join(f"@attribute {name} numeric\n" for name in ("heat", "flow"))
    rows = "".join(f"{h},{f},{o}\n" for h, f, o in zip(HEAT, FLOW, ODD, strict=True))
    return f"@relation pump\n{names}@attribute target {{0,1}}\n@data\n{rows}".encode()


def matlab() -> bytes:
    file: Any = io.BytesIO()
    savemat(file, {"X": np.column_stack([HEAT, FLOW]), "y": ODD[:, None]})
    return file.getvalue()


def arrays() -> bytes:
    file = io.BytesIO()
    np.savez(file, X=np.column_stack([HEAT, FLOW]), y=ODD)
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def pictures() -> bytes:
    def png(light: int) -> bytes:
        file = io.BytesIO()
        noise = RNG.integers(0, 20, (64, 64, 3))
        Image.fromarray((light + noise).astype(np.uint8)).save(file, "PNG")
        return file.getvalue()

    names = [f"nut/train/good/{i:03}.png" for i in range(30)]
    names += ["nut/test/good/000.png", "nut/test/crack/000.png"]
    files = {name: png(200 if "crack" in name else 90) for name in names}
    return zipped(files | {"nut/ground_truth/crack/000_mask.png": png(0)})


def phone() -> bytes:
    clock: dict[str, Any] = {"time": 1_698_501_144_000_000_000 + np.arange(N) * 10_000_000}
    clock["seconds_elapsed"] = np.arange(N) * 0.01

    def sensor() -> bytes:
        return csv(clock | {axis: RNG.normal(size=N).round(4) for axis in "zyx"}).encode()

    return zipped({"Accelerometer.csv": sensor(), "Gyroscope.csv": sensor()})


# Whether columns have these roles, as the table tells those who cannot see what is drawn.
SHOWN = """roles => {
    const rows = [...document.querySelectorAll("canvas tbody tr")];
    const shown = rows.map(row => [...row.cells].map(cell => cell.textContent));
    return Object.entries(roles).every(([name, role]) =>
        shown.some(cells => cells.length === 5 && cells[0] === name && cells[1] === role));
}"""
FEATURES = {"heat": "feature", "flow": "feature"}
# Name, bytes, size, some of the columns with their roles, and what must be said.
FILES: tuple[tuple[str, Callable[[], bytes], str, dict[str, str], tuple[str, ...]], ...] = (
    (
        "train_FD001.txt",
        engines,
        "120 rows, 26 columns",
        {"x0": "group", "x1": "leave out", "x2": "feature"},
        ("taken for those of C-MAPSS", "Blanks part the columns"),
    ),
    (
        "excel.csv",
        excel,
        "120 rows, 3 columns",
        {"Zeit": "time", "Temp °C": "feature", "Durchfluss": "feature"},
        ("read as Latin-1", "decimal points", "with the day first"),
    ),
    (
        "utf16.txt",
        sixteen,
        "120 rows, 3 columns",
        FEATURES | {"is_fraud": "label"},
        ("text in UTF-16",),
    ),
    (
        "pump.csv.gz",
        packed,
        "120 rows, 2 columns",
        {"timestamp": "time", "value": "feature"},
        ("labels are windows in a second file",),
    ),
    (
        "modes.parquet",
        categories,
        "120 rows, 3 columns",
        {"heat": "feature", "mode": "category", "quality": "label"},
        (),
    ),
    ("pump.arff", arff, "120 rows, 3 columns", FEATURES | {"target": "label"}, ()),
    (
        "97.mat",
        matlab,
        "120 rows, 3 columns",
        {"X0": "feature", "X1": "feature", "y": "label"},
        (),
    ),
    (
        "pump.npz",
        arrays,
        "120 rows, 3 columns",
        {"X0": "feature", "X1": "feature", "y": "label"},
        (),
    ),
    (
        "nut.zip",
        pictures,
        "32 images",
        {},
        ("1 picture in a folder of masks", "learned from the 30 pictures for training"),
    ),
    (
        "phone.zip",
        phone,
        "120 rows, 7 columns",
        {"seconds_elapsed": "time", "Gyroscope_x": "feature"},
        ("The sensors Accelerometer, Gyroscope of one recording",),
    ),
)


def test_ten_files_as_people_have_them(page: Page, app: Server, problems: list[str]) -> None:
    page.goto(f"{app.url}/own?kind=own")
    page.locator("input[type=file]").first.wait_for(state="attached", timeout=PATIENCE)
    for name, made, size, roles, said in FILES:
        upload(page, name, made())
        title = page.get_by_text(re.compile(f"{re.escape(name)}.*{size}"))
        expect(title).to_be_visible(timeout=PATIENCE)
        for words in said:
            expect(page.get_by_text(words).first).to_be_visible(timeout=PATIENCE)
        page.wait_for_function(f"roles => ({SHOWN})(roles)", arg=roles, timeout=60_000)
        assert not page.get_by_test_id("stAlert").count(), name
        assert not page.get_by_test_id("stException").count(), name
        expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    assert not complaints(problems)
