"""The gallery's numbers by hand: places, orders, and the join of scores with images."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from wganad_core.data import latents
from wganad_core.data.gallery import Gallery, join, parts_of
from wganad_core.data.mnist import sample_ids
from wganad_core.records import ScoreTable

CLASSES = np.array(["0", "0", "1", "1", "2"])
SCORES = np.array([0.1, 0.4, 0.3, 0.9, np.nan], np.float32)


@pytest.fixture
def shown() -> Gallery:
    """Digit 1 is abnormal; the bundled images are the test part backwards, and one stranger."""
    return Gallery("1", CLASSES, {"ours": SCORES}, np.array([4, 3, 2, 1, 0, -1]))


def test_places_by_hand(shown: Gallery) -> None:
    place = shown.place("ours", 0.35)
    assert (place.rank, place.n) == (3, 4)
    assert (place.normals, place.anomalies) == (0.5, 0.5)
    assert shown.place("ours", 0.9).rank == 1


def test_who_scored_a_part_only(shown: Gallery) -> None:
    assert shown.part_of("ours") == 4
    everything = Gallery("1", CLASSES, {"ours": np.arange(5, dtype=np.float32)}, np.arange(5))
    assert everything.part_of("ours") is None


def test_orders_by_hand(shown: Gallery) -> None:
    assert shown.order("ours", "highest").tolist() == [1, 3, 2, 4]
    assert shown.order("ours", "lowest").tolist() == [4, 2, 3, 1]
    assert shown.order("ours", "misses").tolist() == [2, 1]
    assert shown.order("ours", "alarms").tolist() == [3, 4]
    assert shown.order("ours", "highest", "0", n=1).tolist() == [3]
    assert len(shown.order("ours", "alarms", "1")) == 0
    among = np.array([True, False, True, False, True, True])
    assert shown.order("ours", "highest", among=among).tolist() == [2, 4]


@pytest.mark.parametrize("n", [1, 2, 3, 24])
def test_a_mixture_is_fixed_and_takes_what_there_is(shown: Gallery, n: int) -> None:
    mixed = shown.order("ours", "mixed", n=n)
    assert len(set(mixed.tolist())) == min(n, 4)
    assert mixed.tolist() == shown.order("ours", "mixed", n=n).tolist()


def test_the_first_images_of_both_kinds(shown: Gallery) -> None:
    unseen, seen = shown.first("ours", 1, per_class=1)
    assert unseen.tolist() == [1]
    assert seen.tolist() == [3]  # the only 2 has no score


def test_scores_of_one_image(shown: Gallery) -> None:
    assert shown.scores_of(1) == pytest.approx({"ours": 0.9})
    assert shown.scores_of(0) == {}  # not scored
    assert shown.scores_of(5) == {}  # not in the test part


def test_one_detector_as_a_table(shown: Gallery) -> None:
    table = shown.table("ours")
    assert table.class_.tolist() == ["0", "0", "1", "1"]
    assert table.label.tolist() == [0, 0, 1, 1]
    assert set(table.part.tolist()) == {"test"}


def test_scores_join_with_images_by_content() -> None:
    images = np.arange(4 * 784, dtype=np.int64).reshape(4, 28, 28).astype(np.uint8)
    images[:, 0, 0] = [0, 1, 2, 3]
    ids = sample_ids(images)
    rows = [  # id, detector, part, protocol, seed, class, score
        (ids[2], "ours", "test", "80/20", 0, "7", 0.2),
        (ids[0], "ours", "test", "80/20", 0, "4", 0.8),
        (ids[0], "slow", "test", "80/20", 0, "4", 0.5),
        (ids[1], "ours", "calibration", "80/20", 0, "7", 0.1),
        (ids[1], "ours", "test", "official", 0, "7", 0.1),
        (ids[1], "ours", "test", "80/20", 1, "7", 0.1),
    ]
    sample_id, detector, part, protocol, seed, class_, score = map(
        np.array, zip(*rows, strict=True)
    )
    n = len(rows)
    table = ScoreTable(
        np.full(n, "mnist"),
        np.full(n, "wgan-gp"),
        detector,
        np.full(n, "4"),
        protocol,
        seed,
        part,
        sample_id,
        np.full(n, ""),
        class_,
        np.asarray(class_ == "4", np.int64),
        score.astype(np.float32),
    )
    tests = {
        detector: parts.test
        for (_, protocol, detector), parts in parts_of(table).items()
        if protocol == "80/20"
    }
    found = join("4", tests, ids)
    assert found.abnormal == "4"
    assert len(found.classes) == 2
    assert found.score("ours").tolist() == pytest.approx([0.8, nan, 0.2, nan], nan_ok=True)
    assert found.score("slow").tolist() == pytest.approx([0.5, nan, nan, nan], nan_ok=True)
    assert found.classes[found.row[0]] == "4"


def test_latents_are_seeded() -> None:
    np.testing.assert_array_equal(latents.draw(3, 4, seed=5), latents.draw(3, 4, seed=5))
    assert (latents.draw(3, 4, seed=5) != latents.draw(3, 4, seed=6)).any()


def test_a_walk_keeps_to_the_great_circle() -> None:
    path = latents.walk(np.array([2.0, 0.0], np.float32), np.array([0.0, 2.0], np.float32), 3)
    assert path.ravel().tolist() == pytest.approx([2, 0, 2**0.5, 2**0.5, 0, 2], abs=1e-6)
    same = latents.walk(path[0], path[0], 2)
    assert same.ravel().tolist() == pytest.approx([2, 0, 2, 0], abs=1e-5)


def test_recorded_steps_are_those_of_a_search() -> None:
    assert latents.recorded(10, 5) == [0, 2, 4, 6, 8, 10]
    assert latents.recorded(3, 24) == [0, 1, 2, 3]
