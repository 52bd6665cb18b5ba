"""Recordings on the page of windows: the bundled one, spans in time, what the page says of them;
and that the two views of all scores open."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.case import data
from tests import app_pages
from wganad_core import board, evaluation, outside, pretrained
from wganad_core.config import ACTIVITIES
from wganad_core.data import DataError, har, har_example, timeline
from wganad_core.data.har import SIGNALS, Windows
from wganad_core.data.recording import Recording, read_recording
from wganad_core.data.uci_pipeline import uci_preset
from wganad_core.use_cases import HAR

pytestmark = pytest.mark.usefixtures("page_workers")


# Spans in time


def recording(seconds: float, gap_at: float | None = None) -> Recording:
    """UCI's nine signals at 50 Hz, with half a second missing after `gap_at`."""
    time = np.arange(round(seconds * 50)) / 50
    if gap_at is not None:
        time[time >= gap_at] += 0.5
    return Recording(time, SIGNALS, np.zeros((len(time), 9)))


def test_windows_answer_for_what_is_nearest_to_their_middle():
    # 320 rows: windows begin at 0, 1.28, 2.56 and 3.84 s; their middles are 1.28 s apart.
    line = timeline.timeline(recording(6.4))
    np.testing.assert_allclose(line.begin, [0, 1.92, 3.2, 4.48])
    np.testing.assert_allclose(line.end, [1.92, 3.2, 4.48, 6.4])


def test_no_span_reaches_over_a_gap():
    # 3.84 s (two windows), a gap, and 2.6 s (one window) that begin at 4.34 s.
    line = timeline.timeline(recording(6.44, gap_at=3.84))
    np.testing.assert_allclose(line.begin, [0, 1.92, 4.34])
    np.testing.assert_allclose(line.end, [1.92, 3.84, 6.9])
    every = timeline.flagged(line, np.array([5.0, 7, 6]), 4)
    assert [(part.n, part.peak) for part in every] == [(2, 7), (1, 6)]


def test_flagged_stretches_by_hand():
    line = timeline.timeline(recording(6.4))
    score = np.array([3.0, 1.0, 2.0, 5.0])
    first, second = timeline.flagged(line, score, 1.0)
    assert first == timeline.Flagged(0, 1.92, 3, 1)
    assert (second.start, second.end) == pytest.approx((3.2, 6.4))
    assert (second.peak, second.n) == (5, 2)
    assert timeline.flagged(line, score, 5.0) == []  # equal is normal
    (whole,) = timeline.flagged(line, score, -np.inf)
    assert (whole.start, whole.end, whole.n) == pytest.approx((0, 6.4, 4))


def test_bouts_end_with_the_activity_or_at_a_gap():
    time = np.array([0.0, 0.02, 0.04, 3.0, 3.02])
    done = np.array(["sitting", "sitting", "laying", "laying", "laying"])
    assert timeline.bouts(Recording(time, ("x",), np.zeros((5, 1))), done) == [
        timeline.Bout(0, 0.02, "sitting"),
        timeline.Bout(0.04, 0.04, "laying"),
        timeline.Bout(3.0, 3.02, "laying"),
    ]


def test_a_missing_sensor_is_zero_and_missing_gravity_is_refused():
    time = np.arange(200) / 50
    three = SIGNALS[6:]
    line = timeline.timeline(Recording(time, three, np.ones((200, 3))))
    assert line.has("total_acc")
    assert not line.has("body_gyro")
    assert (line.signals[:, 6:] == 1).all()
    assert not line.signals[:, :6].any()
    with pytest.raises(DataError, match="Expected the total acceleration"):
        timeline.timeline(Recording(time, SIGNALS[:6], np.ones((200, 6))))


# The bundled recording


def test_stitching_undoes_cutting():
    rows = np.random.default_rng(0).normal(size=(320, 9)).astype(np.float32)
    windows = np.stack([rows[i : i + 128].T for i in (0, 64, 128, 192)])
    np.testing.assert_array_equal(har_example.stitched(windows), rows)
    with pytest.raises(ValueError, match="Window 2 does not follow"):
        har_example.stitched(windows[[0, 1, 3]])
    pool = Windows(
        windows[[0, 1, 3, 2, 3]],
        np.array(["sitting"] * 4 + ["laying"]),
        np.array([2] * 5),
        np.arange(5),
    )
    assert [run.tolist() for run in har_example.runs(pool)] == [[0, 1], [2], [3], [4]]


def test_the_bundled_recording_has_every_activity_of_a_test_person():
    example = har_example.load_example()
    assert har_example.EXAMPLE.stat().st_size < 150_000
    assert list(dict.fromkeys(example.activities.tolist())) == list(ACTIVITIES)
    assert har_example.SUBJECT in har.TEST_SUBJECTS
    assert 90 < example.recording.time[-1] < 120
    line = timeline.timeline(uci_preset(example.recording))
    assert len(line) == 6 * har_example.N_EACH
    middle = (line.begin + line.end) / 2
    truth = timeline.bouts(example.recording, example.activities)
    done = [next(b.activity for b in truth if b.start <= at <= b.end) for at in middle]
    assert {name: done.count(name) for name in ACTIVITIES} == dict.fromkeys(ACTIVITIES, 11)


def test_the_bundled_recording_is_made_from_the_full_data(shared_data: Path):
    made = har_example.make_example(har.load_har(shared_data / "uci_har"))
    example = har_example.load_example()
    np.testing.assert_array_equal(made.recording.time, example.recording.time)
    np.testing.assert_array_equal(made.recording.values, example.recording.values)
    np.testing.assert_array_equal(made.activities, example.activities)


def test_the_example_survives_as_csv():
    example = har_example.load_example().recording
    again = read_recording(io.BytesIO(har_example.to_csv(example)))
    np.testing.assert_array_equal(again.time, example.time)
    np.testing.assert_array_equal(
        again.values.astype(np.float16), example.values.astype(np.float16)
    )


def test_a_damaged_example_is_one_sentence(tmp_path: Path):
    path = tmp_path / "broken.npz"
    path.write_bytes(har_example.EXAMPLE.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"broken\.npz cannot be read .* restore it"):
        har_example.load_example(path)
    with pytest.raises(DataError, match="Expected 90 windows of subject 2 walking"):
        har_example.make_example(har.load_sample(), n_each=90)


# The page


@pytest.fixture(scope="module")
def activity() -> str:
    """An activity whose models on nine and on three signals ship with their scores."""
    for name in ("laying", *ACTIVITIES):
        folder = pretrained.SHIPPED / "har"
        models = [
            pretrained.model_file(folder, name, method, architecture=architecture)
            for method, architecture in (
                ("wgan-gp", "conv"),
                ("encoder", "conv"),
                ("ours", "conv"),
                ("wgan-gp", "dense"),
                ("encoder", "dense"),
            )
        ]
        if all(path.exists() for path in (*models, pretrained.scores_path("har", name))):
            return name
    pytest.skip("No activity's models and scores are in pretrained/har.")


def opened(view: str, **query: str) -> AppTest:
    return app_pages.opened("har.py", view=view, **query)


def words(test: AppTest) -> str:
    return " ".join(
        element.value
        for kind in (test.subheader, test.markdown, test.caption, test.info)
        for element in kind
    )


def stretches(test: AppTest) -> list[tuple[float, float]]:
    table = next(found.value for found in test.dataframe if "peak" in found.value)
    return list(zip(table["start"], table["end"], strict=True))


def csv(columns: str, values: np.ndarray) -> bytes:
    rows = [f"{i / 50:.2f}," + ",".join(f"{v:.4f}" for v in row) for i, row in enumerate(values)]
    return "\n".join([f"time,{columns}", *rows]).encode()


def upload(test: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    test.file_uploader[0].set_value((name, content, "text/csv")).run()
    assert not test.exception
    return test


def test_the_example_is_scored_as_its_windows_were(activity: str) -> None:
    """Its windows are windows of the test part, so the shipped table knows what to flag."""
    test = opened("own", activity=activity, detector="ours")
    assert not test.error
    line = timeline.timeline(uci_preset(har_example.load_example().recording))
    shipped = data.parts(HAR, activity, "conv", "ours")
    assert shipped.test.sample_id is not None
    assert shipped.calibration is not None
    known = dict(zip(shipped.test.sample_id.tolist(), shipped.test.score.tolist(), strict=True))
    score = np.array([known[name] for name in har.sample_ids(line.signals)])
    # Twentieths of the calibration normals may be above the first threshold.
    calibration = np.sort(shipped.calibration.score)
    threshold = calibration[len(calibration) - 1 - len(calibration) // 20]
    expected = timeline.flagged(line, score, float(threshold))
    np.testing.assert_allclose(stretches(test), [(part.start, part.end) for part in expected])
    n = len(expected)
    assert f"Example (test person 2): {n} stretch{'es' * (n > 1)} flagged" in words(test)


def test_the_note_counts_people_not_windows(activity: str) -> None:
    test = opened("own", activity=activity, detector="ours")
    shipped = data.parts(HAR, activity, "conv", "ours")
    assert shipped.calibration is not None
    assert set(evaluation.false_alarms_by_subject(shipped.calibration, 0)) == {"27", "30"}
    assert set(evaluation.false_alarms_by_subject(shipped.test, np.inf).values()) == {0.0}
    assert len(evaluation.false_alarms_by_subject(shipped.test, -np.inf)) == 9
    assert "Two people are no population" in words(test)
    test.select_slider(key="own-rate").set_value(0.0).run()
    assert "it flags 0% for person 27 and 0% for person 30" in words(test)


def test_three_accelerations_are_scored_by_the_dense_network(activity: str) -> None:
    test = opened("own", activity=activity, detector="ours")
    values = np.random.default_rng(0).normal([0, 0, 1], 0.02, (500, 3))
    upload(test, csv("acc_x,acc_y,acc_z", values), "[mine](http://foreign.test).csv")
    (info,) = (found.value for found in test.info if "gyroscope" in found.value)
    assert "only “Dense” can score it, here with the detector “Encoder”" in info
    assert f"{outside.shown('[mine](http://foreign.test).csv')}: " in words(test)
    assert "6 windows of 2.56 s" in words(test)


def test_a_bad_file_is_one_sentence_and_loses_nothing(activity: str) -> None:
    test = opened("own", activity=activity, detector="encoder")
    upload(test, b"\xff\xfe", "bad.csv")
    assert test.error[0].value.startswith("bad.csv: This is empty; expected a header")
    assert "Example (test person 2)" in words(test)
    good = har_example.to_csv(har_example.load_example().recording)
    upload(test, good, "good.csv")
    assert not test.error
    assert "good.csv: " in words(test)
    upload(test, csv("acc_x,acc_y,acc_z", np.full((500, 3), 9.81)), "heavy.csv")
    assert test.error[0].value.startswith("heavy.csv: Expected accelerations that include gravity")
    assert "good.csv: " in words(test)  # the last one that could be read stays
    test.selectbox(key="own-acc").set_value("m/s²").run()
    assert not test.error
    assert "heavy.csv: " in words(test)


def test_a_recording_is_still_here_until_it_is_removed(activity: str) -> None:
    test = opened("own", activity=activity, detector="encoder")
    good = har_example.to_csv(har_example.load_example().recording)
    upload(test, good, "good.csv")
    assert "is still here" not in words(test)
    test.file_uploader(key="own-recording").clear().run()  # what a visit elsewhere does to it
    assert "**good.csv** is still here." in words(test)
    assert "good.csv: " in words(test)
    test.button(key="own-recording-remove").click().run()
    assert "is still here" not in words(test)
    assert "Example (test person 2)" in words(test)


def test_the_first_rate_is_on_the_slider(activity: str) -> None:
    test = opened("own", activity=activity)
    assert test.select_slider(key="own-rate").value == 0.05
    assert "for 5.0% false alarms" in words(test)


def test_the_address_keeps_the_rate_and_where_the_line_was_dragged(activity: str) -> None:
    test = opened("own", activity=activity, detector="encoder", rate="0.1")
    assert "for 10.0% false alarms" in words(test)
    test.select_slider(key="own-rate").set_value(0.2).run()
    assert test.query_params["rate"] == "0.2"
    test = opened("own", activity=activity, detector="encoder", t="0.5")
    assert "**Threshold 0.5**, where you dragged it." in words(test)
    app_pages.choose(test, detector="critic")  # says nothing of another detector's scores
    assert "for 5.0% false alarms" in words(test)
    assert "t" not in test.query_params


def test_boxes_open(activity: str) -> None:
    test = opened("boxes", activity=activity, detector="encoder")
    assert not test.error
    assert f"Fig. 24: precision and recall for {activity}" in words(test)
    assert "not exchangeable" in words(test)


def test_the_board_has_shipped_figures_and_their_references(activity: str) -> None:
    test = opened("board")
    assert not test.error
    table = test.dataframe[0].value.set_index("Detector")
    (found,) = (
        row
        for row in board.rows(board.shipped_scores("har", activity))
        if (row.model, row.detector, row.protocol, row.seed)
        == ("wgan-gp-dense", "encoder", "test", 0)
    )
    assert found.auprc is not None
    assert found.base_rate is not None
    if len({row.seed for row in board.rows(board.shipped_scores("har", activity))}) == 1:
        assert table.loc["Encoder · Dense", activity] == pytest.approx(100 * found.auprc)
    assert table.loc["Chance (base rate π)", activity] == pytest.approx(100 * found.base_rate)
    assert "Floor (worst ranking)" in table.index
    assert "Neighbour (spectra)" in table.index
    test.radio(key="measure").set_value("auroc").run()
    again = test.dataframe[0].value.set_index("Detector")
    assert set(again.drop(columns="Seeds").loc["Chance"]) == {50.0}
