"""What the server holds of people's files and for their addresses."""

import tracemalloc

import numpy as np
import pytest

from pages._ui.race.recorded import mixture
from pages._ui.reading import Account
from wganad_core.config import LIVE_SAMPLES, MixtureConfig
from wganad_core.data import DataError
from wganad_core.data.own.samples import read_samples

TABLE = b"heat,flow\n" + b"1.5,2\n" * 50  # 800 bytes of numbers, 400 of their rows


def test_people_s_files_share_what_the_server_may_hold() -> None:
    account = Account(most=3_000)
    first, second = (read_samples(TABLE, "pump.csv") for _ in range(2))
    account.enter(first, "pump.csv")
    account.enter(second, "pump.csv")
    assert account.held == 2 * (first.x.nbytes + first.row.nbytes + first.missing.nbytes)
    more = np.zeros((100, 2))
    with pytest.raises(DataError, match=r"^points\.csv: The server may hold .*fewer rows"):
        account.enter(more, "points.csv")
    del first
    account.enter(more, "points.csv")
    del second, more
    assert account.held == 0


def test_addresses_of_fifty_large_races_leave_the_memory_level() -> None:
    tracemalloc.start()
    try:
        sizes = []
        for seed in range(50):
            data = mixture(MixtureConfig(n_samples=LIVE_SAMPLES, seed=1_000 + seed))
            sizes.append(tracemalloc.get_traced_memory()[0] / data.x.nbytes)
    finally:
        tracemalloc.stop()
        mixture.clear()
    assert sizes[15] > 15  # in data sets: the first ones are kept
    assert max(sizes[20:]) < sizes[16] + 2
