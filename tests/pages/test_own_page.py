"""The page "Your data" without a browser: its states, a training, uploads, refusals."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import resource
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages._ui.own import saved as own_saved
from pages._ui.own import source as own_source
from pages._ui.own import tab as own_tab
from pages._ui.own.outcome import FIT
from pages._ui.own.plan import Plan
from pages._ui.own.results import INVITATION
from pages._ui.own.session import Job, Jobs
from tests import app_pages
from tests.here import Here
from wganad_core import detector
from wganad_core.data.own import Roles
from wganad_core.data.own.scores import MAX_SCORES_BYTES
from wganad_core.figures import own_explained, own_training
from wganad_core.live.fitting import Fitting, Fittings
from wganad_core.records import PARTS
from wganad_core.storage import StorageError

pytestmark = pytest.mark.usefixtures("own_fittings")


@pytest.fixture(scope="module")
def own_fittings(page_workers: None) -> Iterator[None]:
    """Jobs run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_tab, "Fittings", functools.partial(Fittings, start=Here))
        own_tab.fittings.clear()
        yield
        own_tab.tabs().stop()
        own_tab.fittings().stop()
        own_tab.fittings.clear()


def opened(**query: str) -> AppTest:
    return app_pages.opened("own.py", **query)


def texts(test: AppTest) -> str:
    return "\n".join(
        str(e.value) for e in (*test.title, *test.markdown, *test.caption, *test.get("html"))
    )


def group(test: AppTest, key: str):
    return next(each for each in test.button_group if each.key == key)


@pytest.fixture(scope="module")
def trained() -> AppTest:
    """The example of a table, after a quick training."""
    test = opened()
    group(test, "own-effort-table").set_value("quick").run()
    finish(test)
    return test


@pytest.mark.parametrize(
    ("kind", "words"),
    [("table", "A pump"), ("images", "Handwritten zeros"), ("series", "A shaft")],
)
def test_every_example_opens_ready_to_train(kind: str, words: str) -> None:
    test = opened(kind=kind)
    assert words in texts(test)
    assert not test.error
    assert not test.button(key="own-train").disabled


def test_a_training_ends_in_a_verdict_and_the_cockpit(trained: AppTest) -> None:
    assert "of 60 anomalies caught" in texts(trained)
    assert "normal rows that neither taught it nor chose its threshold" in texts(trained)
    assert trained.button(key="own-train").label == "Train again"
    assert "is flagged with a score of" in texts(trained)
    assert any("Beside others" in str(each.proto.popover.label) for each in trained.get("popover"))
    group(trained, "show").set_value("scores").run()
    assert any("Threshold" in str(slider.label) for slider in trained.select_slider)


def test_what_is_counted_had_no_part_in_the_threshold(trained: AppTest) -> None:
    """And the base rate that is proposed is the file's, not that of what the split left."""
    (outcome,) = jobs_of(trained).outcomes.values()
    normal = outcome.unseen & (outcome.label == 0)
    assert set(outcome.part[normal].tolist()) == {PARTS.index("validation")}
    alarms = int((outcome.score[normal] > outcome.threshold).sum())
    assert f"caught, {alarms:,} false alarm" in texts(trained)
    assert f"among {normal.sum():,} unseen normal rows" in texts(trained)
    assert outcome.base_rate == 60 / 1_200
    (rate,) = [each for each in trained.select_slider if "Base rate" in str(each.label)]
    assert rate.value == 0.05
    assert "If 5% of your rows are anomalies" in texts(trained)


@pytest.mark.parametrize("view", ["explain", "take", "learned"])
def test_every_view_of_what_was_found(trained: AppTest, view: str) -> None:
    group(trained, "show").set_value(view).run()
    assert not trained.exception
    assert not trained.error
    if view == "explain":
        assert "is flagged with a score of" in texts(trained)
    if view == "take":
        snippet, shell = (block.value for block in trained.code)
        assert "WGANAnomalyDetector(steps=500, random_state=0)" in snippet
        assert "fit pump.csv --out pump-detector.safetensors --steps 500 --seed 0" in shell


def test_the_threshold_that_was_set_goes_into_the_files(trained: AppTest) -> None:
    group(trained, "show").set_value("scores").run()
    slider = next(each for each in trained.select_slider if "Threshold" in str(each.label))
    (outcome,) = jobs_of(trained).outcomes.values()
    slider.set_value(outcome.for_cockpit(outcome.unseen).options[-100]).run()
    group(trained, "show").set_value("take").run()
    assert "You set the threshold to" in texts(trained)
    trained.button(key="own-apply").click().run()
    assert not trained.exception
    assert not trained.error
    threshold = outcome.given["made"]
    assert threshold == outcome.current > outcome.threshold
    saved = detector.load(outcome.folder / "pump-detector-tuned.safetensors")
    assert saved.threshold_ == threshold
    assert detector.load(outcome.model).threshold_ == outcome.threshold
    table = pd.read_csv(outcome.folder / "pump-scores-tuned.csv")
    np.testing.assert_array_equal(table["flagged"], table["score"] > threshold)
    del trained.session_state["_cockpit-thresholds"]  # as a reload does
    assert "that you set, not with its own" in texts(trained.run())
    group(trained, "show").set_value("explain").run()
    assert f"(threshold {threshold:.3g})" in texts(trained)
    assert "At its own threshold" in texts(trained)
    group(trained, "show").set_value("take").run()
    snippet, shell = (block.value for block in trained.code)
    assert f"detector.set_threshold({threshold!r})" in snippet
    assert f"export detector pump-detector.safetensors --threshold={threshold!r}" in shell


def test_another_example_does_not_lose_what_was_found(trained: AppTest) -> None:
    group(trained, "kind").set_value("series").run()
    assert "anomalies caught" not in texts(trained)
    group(trained, "kind").set_value("table").run()
    assert "of 60 anomalies caught" in texts(trained)


def test_a_cancelled_training_keeps_what_was_there(trained: AppTest) -> None:
    group(trained, "kind").set_value("table").run()
    before = texts(trained)
    assert "You have changed" not in before
    group(trained, "own-effort-table").set_value("thorough").run()
    assert "You have changed" in texts(trained)
    trained.button(key="own-train").click().run()
    trained.button(key="own-cancel").click().run()
    assert "Cancelled. Nothing of it was kept." in trained.info[0].value  # it had hardly begun
    assert "of 60 anomalies caught" in texts(trained)
    group(trained, "own-effort-table").set_value("quick").run()
    group(trained, "show").set_value("explain").run()
    assert "is flagged with a score of" in texts(trained)


def jobs_of(test: AppTest) -> Jobs:
    jobs: Jobs = own_tab.tabs().open(test.session_state[own_tab.NAME]).kept["jobs"]
    return jobs


def begun(test: AppTest) -> Job:
    """A long training of the pump, once it has left a checkpoint."""
    group(test, "own-effort-table").set_value("thorough").run()
    test.button(key="own-train").click().run()
    job = jobs_of(test).latest
    assert job is not None
    deadline = time.monotonic() + 120
    while not job.begun:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return job


def test_a_cancelled_training_goes_on_also_after_another(trained: AppTest) -> None:
    test = opened()
    run = begun(test)
    test.button(key="own-cancel").click().run()
    assert "Cancelled. Train goes on where it was" in test.info[0].value
    told = len(run.fitting.reports)

    group(test, "kind").set_value("series").run()
    test.button(key="own-train").click().run()
    test.button(key="own-cancel").click().run()
    group(test, "kind").set_value("table").run()
    assert "Train goes on where it was" in test.info[0].value

    test.button(key="own-train").click().run()
    again = jobs_of(test).latest
    assert again is not None
    assert again.folder == run.folder
    assert len(again.fitting.reports) >= told - 1
    test.button(key="own-cancel").click().run()


def test_a_training_that_has_told_nothing_is_a_line_above_the_data(tmp_path: Path) -> None:
    """Not two empty charts in place of the data, of networks that a comparison has not even."""
    test = opened()
    jobs = jobs_of(test)
    (rows,) = (table for table in test.dataframe if "flow_m3_h" in table.value)
    source = own_source.OwnFile("table", "pump.csv", tmp_path, "table", None)  # type: ignore[arg-type]
    plan = Plan(source, "table", Roles())
    fitting = Fitting(tmp_path, (), state="running")
    jobs.latest = Job(plan, None, fitting)  # type: ignore[arg-type]
    test.run()
    (progress,) = test.get("progress")
    assert progress.proto.text == "Reading pump.csv …"
    assert not test.get("bidi_component")
    assert any(table.value.equals(rows.value) for table in test.dataframe)
    report = {"stage": "generator", "step": 1, "n_steps": 9, "w_estimate": 1.0}
    fitting.reports.append({**report, "losses": {}, "validation": 1.0, "seconds_left": None})
    test.run()
    assert len(test.get("bidi_component")) == 1
    jobs.latest = None


def test_scoring_waits_for_a_training_and_ends_none(trained: AppTest) -> None:
    model = jobs_of(trained).outcomes["table"].model.read_bytes()
    test = opened()
    run = begun(test)
    group(test, "with").set_value("saved").run()
    test.file_uploader(key="own-detector").upload("m.safetensors", model, "").run()
    assert test.button(key="own-score").disabled
    assert run.fitting.active
    test.button(key="own-cancel").click().run()
    assert not test.button(key="own-score").disabled


def test_a_file_that_is_taken_away_is_gone() -> None:
    test = opened(kind="own")
    upload = test.file_uploader(key="own-data")
    upload.upload("mine.csv", b"a,b\n" + b"1,2\n3,4\n" * 30, "text/csv").run()
    (file,) = tab_of(test).folder.glob("*/mine.csv")
    test.file_uploader(key="own-data").clear().run()
    assert "**mine.csv** is still here." in texts(test)
    test.button(key="own-remove").click().run()
    assert not file.exists()
    assert "mine.csv" not in texts(test)
    assert not [each for each in test.button if each.key == "own-train"]


def tab_of(test: AppTest) -> own_tab.OwnTab:
    return own_tab.tabs().open(test.session_state[own_tab.NAME])


def test_a_score_that_was_chosen_for_rows_is_none_for_pictures() -> None:
    test = opened()
    test.selectbox(key="own-method-table").set_value("neighbours").run()
    group(test, "kind").set_value("images").run()
    assert test.selectbox(key="own-method-images").value == "ours"
    group(test, "kind").set_value("table").run()
    assert test.selectbox(key="own-method-table").value == "neighbours"


def test_roles_stay_as_they_were_made() -> None:
    """Also when other data were looked at in between."""
    test = opened()
    key = "own-roles-table"
    edited = {"edited_rows": {1: {"Role": "leave out"}}, "added_rows": [], "deleted_rows": []}
    test.session_state[key] = edited
    test.run()
    left = own_tab.tabs().open(test.session_state[own_tab.NAME]).kept["settings"][key]
    assert left[1] == "leave out"
    for kind in ("series", "table"):
        group(test, "kind").set_value(kind).run()
    assert own_tab.tabs().open(test.session_state[own_tab.NAME]).kept["settings"][key] == left


def test_rows_to_learn_from_can_be_named(trained: AppTest) -> None:
    test = opened()
    group(test, "own-normals-table-table").set_value("range").run()
    test.number_input(key="own-to row-table").set_value(400).run()
    group(test, "own-effort-table").set_value("quick").run()
    finish(test)
    (outcome,) = jobs_of(test).outcomes.values()
    assert outcome.plan.stretch == (0, 400)
    learned = outcome.row[outcome.part == FIT]
    assert learned.max() <= 400
    assert "[0:400]" in outcome.plan.python()


def finish(test: AppTest) -> None:
    test.button(key="own-train").click().run()
    end = time.monotonic() + 600  # the machine may be busy
    while test.button(key="own-train").disabled:
        assert time.monotonic() < end
        assert not test.error
        time.sleep(0.3)
        test.run()
    assert not test.exception


def test_uploads_of_every_kind() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["flow", "heat", "noise"])
    parquet, npy, pictures = io.BytesIO(), io.BytesIO(), io.BytesIO()
    frame.to_parquet(parquet)
    np.save(npy, frame.to_numpy())
    with zipfile.ZipFile(pictures, "w") as archive:
        for i in range(4):
            picture = io.BytesIO()
            Image.fromarray(rng.integers(255, size=(28, 28), dtype=np.uint8)).save(picture, "png")
            archive.writestr(f"normal/{i}.png", picture.getvalue())
    test = opened(kind="own")
    for name, file, words in (
        ("a.parquet", parquet, "60 rows, 3 columns"),
        ("a.npy", npy, "60 rows, 3 columns"),
        ("a.zip", pictures, "4 images"),
    ):
        test.file_uploader(key="own-data").upload(name, file.getvalue(), "").run()
        assert not test.error
        assert words in texts(test)
        assert not test.button(key="own-train").disabled


def test_what_may_be_uploaded_is_what_the_server_takes() -> None:
    config = tomllib.loads((app_pages.ROOT / ".streamlit/config.toml").read_text())
    takes = config["server"]["maxUploadSize"]
    assert max(own_source.MEGABYTES, own_saved.MEGABYTES) <= takes
    assert takes * 10**6 >= MAX_SCORES_BYTES


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"a,b\n", "header"),
        (b"a,a\n1,2\n3,4\n", "name"),
        (b"a,b,label\n1,2,1\n3,4,1\n", "learns from normals"),
        (b"a,b\n,\n,\n", "every column is empty"),
        (b"PK\3\4nothing", "zip"),
        (b"a,b\n1,2\n", "one normal row"),
        (b"a\n1\nx\n2\n", "'x' in line 3"),
    ],
)
def test_a_bad_file_is_one_sentence(data: bytes, sentence: str) -> None:
    test = opened(kind="own")
    assert not test.button
    test.file_uploader(key="own-data").upload("bad.csv", data, "text/csv").run()
    assert not test.exception
    assert len(test.error) == 1
    assert sentence in test.error[0].value.casefold()
    assert "Traceback" not in test.error[0].value


def test_a_file_with_gaps_and_text_is_reported() -> None:
    rows = "".join(f"{i},{i % 7},5,k{i}\n" for i in range(50))
    test = opened(kind="own")
    data = f"a,b,c,name\n1,,5,k\n{rows}".encode()
    test.file_uploader(key="own-data").upload("mine.csv", data, "text/csv").run()
    assert not test.error
    assert "In 1 of 51 rows a cell is missing" in texts(test)
    assert "The same value throughout" in texts(test)
    assert "All 51 rows are taken as normal" in texts(test)


def test_a_column_of_numbers_with_a_word_in_it_is_left_out_and_told() -> None:
    rows = "".join(f"{i % 11},{i % 7}\n" for i in range(2_000))
    test = opened(kind="own")
    data = f"a,b\n{rows}3,x\n".encode()
    test.file_uploader(key="own-data").upload("mine.csv", data, "text/csv").run()
    assert not test.error
    assert "'x' in line 2,002" in texts(test)
    assert not test.button(key="own-train").disabled


def test_a_saved_detector_that_knows_these_rows_says_so(trained: AppTest) -> None:
    model = jobs_of(trained).outcomes["table"].model.read_bytes()
    test = opened(**{"with": "saved"})
    test.file_uploader(key="own-detector").upload("m.safetensors", model, "").run()
    assert "meant for 1% false alarms" in texts(test)
    test.button(key="own-score").click().run()
    end = time.monotonic() + 60
    while test.button(key="own-score").disabled:
        assert time.monotonic() < end
        time.sleep(0.2)
        test.run()
    assert "The detector was fitted to these very rows" in texts(test)


def test_rows_with_gaps_and_times_are_samples_or_moments_of_a_recording() -> None:
    rows = "".join(f"2026-01-01T00:00:{i:02},{i % 7},{i % 5}\n" for i in range(50))
    test = opened(kind="own")
    data = f"time,a,b\n2026-01-01T00:00:00,,1\n{rows}".encode()
    test.file_uploader(key="own-data").upload("mine.csv", data, "text/csv").run()
    assert not test.error
    assert not test.button(key="own-train").disabled
    assert "a time and missing cells" in texts(test)
    rows_are = next(e for e in test.button_group if str(e.key).startswith("own-rows"))
    rows_are.set_value("series").run()
    assert not test.error
    assert not test.button(key="own-train").disabled


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        (
            "report.pdf",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)),
            "This is a PDF",
        ),
        ("well.las", b"~Version\n VERS. 2.0:\n~Curve\n~ASCII\n1 2\n", "LAS file of a well"),
        ("notes.md", b"# Notes\n\nOf a, b.\n\n| a | b |\n|---|---|\n", "Expected 2 columns"),
    ],
)
def test_a_file_of_any_type_is_told_what_it_is(name: str, data: bytes, sentence: str) -> None:
    """Not Streamlit's "files are not allowed"; what was there before is still there."""
    test = opened(kind="own")
    assert not test.file_uploader(key="own-data").proto.type
    test.file_uploader(key="own-data").upload(name, data, "").run()
    (said,) = (error.value for error in test.error)
    assert said.startswith(f"{name}: ")
    assert sentence in said
    assert test.title[0].value == INVITATION


def test_a_failed_upload_takes_nothing_away() -> None:
    test = opened(kind="own")
    test.file_uploader(key="own-data").upload("good.csv", b"a,b\n" + b"1,2\n3,4\n" * 30, "").run()
    test.file_uploader(key="own-data").upload("bad.csv", b"a,a\n1,2\n", "").run()
    (said,) = (error.value for error in test.error)
    assert said.startswith("bad.csv: ")
    assert test.title[0].value.startswith("good.csv: 60 rows, 2 columns.")
    assert not test.button(key="own-train").disabled


def test_a_recording_is_kept_with_its_choices_on_another_page() -> None:
    rows = "".join(f"2026-01-01T00:00:{i:02},{i % 7}\n" for i in range(50))
    test = opened(kind="own")
    test.file_uploader(key="own-data").upload("mine.csv", f"time,a\n{rows}".encode(), "").run()
    assert test.number_input(key="own-window").value == 32  # it is a recording
    test.number_input(key="own-window").set_value(8).run()
    test.switch_page("theory.py").run()
    test.switch_page("own.py").run()
    assert test.title[0].value.startswith("mine.csv: 50 rows")
    assert test.number_input(key="own-window").value == 8
    assert not test.button(key="own-train").disabled


def test_no_saved_detector_is_one_sentence() -> None:
    test = opened(**{"with": "saved"})
    upload = test.file_uploader(key="own-detector")
    upload.upload("m.safetensors", b"", "application/octet-stream").run()
    assert len(test.error) == 1
    assert test.error[0].value.startswith("m.safetensors")
    assert not [each for each in test.button if each.key == "own-score"]


@contextlib.contextmanager
def full(n: int = 0) -> Iterator[None]:
    """No file takes more than n bytes, as on a full device."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_upload_that_does_not_fit_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        full(10_000),
        pytest.raises(StorageError, match=r"^mine.csv could not be written \(File t"),
    ):
        own_tab.keep(bytes(20_000), tmp_path / "upload", "mine.csv")
    assert not list(tmp_path.iterdir())


def test_uploads_to_a_full_device_are_sentences_and_work_once_there_is_room() -> None:
    data = b"a,b\n" + b"1,2\n3,4\n" * 30

    def upload(test: AppTest, key: str, name: str, content: bytes) -> list[str]:
        (place,) = (each for each in test.file_uploader if str(each.key).startswith(key))
        place.upload(name, content, "").run()
        assert not test.exception
        return [error.value for error in test.error]

    test = opened(kind="own")
    with full():
        (said,) = upload(test, "own-data", "mine.csv", data)
    assert said.startswith("mine.csv could not be written (File too large); free some space or")
    assert upload(test, "own-data", "mine.csv", data) == []
    with full():
        (said,) = upload(test, "own-ranges-", "faults.csv", b"start,end\n3,5\n")
    assert said.startswith("faults.csv could not be written (File too large)")
    assert not test.button(key="own-train").disabled  # the file is still there
    assert upload(test, "own-ranges-", "faults.csv", b"start,end\n3,5\n") == []
    test = opened(**{"with": "saved"})
    with full():
        (said,) = upload(test, "own-detector", "m.safetensors", bytes(99))
    assert said.startswith("m.safetensors could not be written (File too large)")


def test_a_tab_without_a_temporary_folder_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    test = opened(kind="own")
    assert not test.exception
    (said,) = (error.value for error in test.error)
    assert said.startswith("The server could not read or write a file of its own (No such file")


# Figures


def test_the_figure_of_a_training() -> None:
    def report(stage: str, step: int, **losses: float) -> dict[str, object]:
        w = 1.0 if stage == "generator" else None
        return {
            "stage": stage,
            "step": step,
            "n_steps": 4,
            "w_estimate": w,
            "losses": losses,
            "validation": 0.5,
        }

    reports = [
        report("generator", 1, critic=1.0),
        report("generator", 2, critic=2.0),
        report("encoder", 3, encoder=3.0),
    ]
    drawn = go.Figure(own_training.training_spec(reports, 4))
    lines = {(line.name, line.xaxis): line for line in drawn.data}
    np.testing.assert_array_equal(lines["W estimate", "x"].y, [1, 1, np.nan])
    np.testing.assert_array_equal(lines["critic", "x2"].y, [1, 2, np.nan])
    np.testing.assert_array_equal(lines["held-out rows", "x2"].x, [3])
    assert drawn.layout.shapes[0].x0 == 2
    assert len(own_training.training_spec([], 1)["data"])


def test_the_figure_of_a_row_and_of_a_recording() -> None:
    residual = np.array([0.1, 2.0, 0.5])
    bars = own_explained.features_figure("abc", "012", "000", residual).data[0]
    assert list(bars.y) == ["b", "c", "a"]
    assert bars.text[0] == " found 1, expected 0"
    rng = np.random.default_rng(0)
    long = rng.normal(size=(30_000, 2))
    label = np.zeros(30_000, int)
    label[100:200] = 1
    drawn = own_explained.recording_figure(["a", "b"], long, label=label, rebuilt=long)
    assert len(drawn.data) == 4
    assert drawn.data[0].y.max() == np.float32(long[:, 0].max())  # thinning keeps peaks
    assert (drawn.layout.shapes[0].x0, drawn.layout.shapes[0].x1) == (101, 201)


def test_labels_from_a_second_file():
    """They take the place of a column, go along to the fit, and are told by one remark."""
    test = opened(kind="own")
    times = pd.date_range("2024-03-01", periods=400, freq="5min")
    value = np.sin(np.arange(400) / 5).round(3)
    value[200:210] += 5
    table = pd.DataFrame({"timestamp": times, "value": value, "label": 0})
    test.file_uploader(key="own-data").upload("pump.csv", table.to_csv(index=False).encode(), "")
    test.run()
    ranges = next(each for each in test.file_uploader if str(each.key).startswith("own-ranges-"))
    window = [str(times[200]), str(times[209])]
    ranges.upload("windows.json", json.dumps({"x/pump.csv": [window]}).encode(), "")
    test.run()
    assert not test.exception
    assert "1 range of windows.json: 10 of 400 rows" in texts(test)
    assert "Column 'label' serves" not in texts(test)
