"""Rows that lie apart, and may be anomalies that were learned as normal: told, and set aside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.pages.test_own_another import wait
from tests.pages.test_own_page import (  # noqa: F401  # a fixture
    jobs_of,
    opened,
    own_fittings,
)

pytestmark = pytest.mark.usefixtures("own_fittings")


def test_a_clump_is_told_of_and_set_aside_by_a_button() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    x[:8] = 6 + 0.1 * rng.normal(size=(8, 3))
    table = pd.DataFrame(x, columns=["flow", "heat", "noise"])
    test = opened(kind="own")
    (place,) = (each for each in test.file_uploader if str(each.key).startswith("own-data"))
    place.upload("clump.csv", table.to_csv(index=False).encode(), "text/csv").run()
    test.selectbox(key="own-method-table").set_value("neighbours").run()
    test.button(key="own-train").click().run()
    wait(test)
    labels = [str(each.proto.popover.label) for each in test.get("popover")]
    assert "8 rows lie apart" in labels
    before = next(iter(jobs_of(test).outcomes.values()))
    assert (before.score > before.threshold)[np.isin(before.row, range(1, 9))].sum() < 8
    test.button(key="own-apart").click().run()
    wait(test)
    after = next(iter(jobs_of(test).outcomes.values()))
    assert after.fitted is not None
    assert after.fitted.set_aside.tolist() == list(range(1, 9))
    assert (after.score > after.threshold)[np.isin(after.row, range(1, 9))].all()
    assert not any("lie apart" in str(each.proto.popover.label) for each in test.get("popover"))
