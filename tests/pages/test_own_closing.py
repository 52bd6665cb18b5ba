"""A total under a table on *Your data*: left out, said, and kept where that is chosen."""

from __future__ import annotations

import pytest

from tests.data.own.test_csv_closing import table
from tests.pages.test_own_page import finish, jobs_of, opened, own_fittings, texts

__all__ = ["own_fittings"]  # a fixture
pytestmark = pytest.mark.usefixtures("own_fittings")


def test_a_total_is_left_out_unless_it_is_chosen() -> None:
    test = opened(kind="own")
    test.file_uploader(key="own-data").upload("shops.csv", table("Total,900,8\n"), "").run()
    assert "Left out under the table: 'Total'." in texts(test)
    assert "All 40 rows are taken as normal" in texts(test)
    (kept,) = (each for each in test.button_group if str(each.key).startswith("own-closing-"))
    kept.set_value(True).run()
    assert "Left out under the table" not in texts(test)
    assert "All 41 rows are taken as normal" in texts(test)
    test.selectbox(key="own-method-table").set_value("neighbours").run()
    finish(test)
    assert not test.error
    (outcome,) = jobs_of(test).outcomes.values()
    assert len(outcome.row) == 41
    assert "--keep-closing" in outcome.plan.shell()
    assert "keep_closing=True" in outcome.plan.python()
