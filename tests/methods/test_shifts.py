"""What makes another thing of a sample, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from wganad_core.config import ARCHITECTURES, ConfigError, ImageConfig, NetworkConfig, WindowConfig
from wganad_core.data import har
from wganad_core.data.views import View
from wganad_core.methods.shifts import Movements, Rotations, ShiftHead, reading, shifts_of

X = np.asarray(har.load_sample().signals[::60], np.float32)  # ten windows
VIEW = View.fitted("signals", X)
ROWS = torch.from_numpy(VIEW.rows(X))
SCALES = VIEW.scales


def movements() -> Movements:
    found = shifts_of(WindowConfig(scales=SCALES))
    assert isinstance(found, Movements)
    return found


def raw(rows: Tensor) -> np.ndarray:
    """Rows in g and rad/s, (n, 9, 128)."""
    return VIEW.signals(rows.numpy())


def gravity(x: np.ndarray) -> np.ndarray:
    return x[:, 6:] - x[:, :3]


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


def test_which_samples_have_shifts() -> None:
    assert isinstance(shifts_of(ImageConfig()), Rotations)
    for name in ARCHITECTURES:
        config = WindowConfig(architecture=name)
        if config.view == "signals":
            assert isinstance(shifts_of(config), Movements)
        else:
            with pytest.raises(ConfigError, match="nine signals"):
                shifts_of(config)
    with pytest.raises(ConfigError, match="need images"):
        shifts_of(NetworkConfig())


def test_quarter_turns_by_hand() -> None:
    image = torch.arange(784.0).view(28, 28)
    found = Rotations(28, 1)(image.view(1, -1)).view(4, 28, 28)
    assert torch.equal(found[0], image)
    assert torch.equal(found[1], image.T.flip(0))  # against the clock
    assert torch.equal(found[2], image.flip(0, 1))
    assert torch.equal(found[3], image.T.flip(1))


def test_a_view_is_undone_and_made_again() -> None:
    shift = movements()
    close(shift.signals(ROWS).flatten(1, 2).numpy(), X)
    close(shift.rows(shift.signals(ROWS)).numpy(), ROWS.numpy())
    still = torch.zeros(2, 9 * 128)
    assert torch.equal(shift.rows(shift.signals(still)), still)


def test_eight_shifts_by_hand() -> None:
    """In g and rad/s, as a body or a phone would bring them about."""
    partner = np.roll(X, 1, axis=0)
    found = [raw(rows) for rows in movements()(ROWS, ROWS.roll(1, 0))]
    assert len(found) == Movements.n_shifts
    same, back, turned, exchanged, crossed, quicker, slower, stronger = found
    close(same, X)
    sign = np.array([1, 1, 1, -1, -1, -1, 1, 1, 1])[:, None]
    close(back, sign * X[:, :, ::-1])
    close(turned, np.array([1, -1, -1] * 3)[:, None] * X)
    close(exchanged[:, :6], X[:, :6])
    close(gravity(exchanged), gravity(partner))
    close(crossed[:, :6], X[:, [1, 2, 0, 4, 5, 3]])
    close(gravity(crossed), gravity(X))
    close(stronger[:, :6], 2 * X[:, :6])
    close(gravity(stronger), gravity(X))
    # A step from the middle is one and a half steps, or two thirds of one, of what was.
    close(quicker[:, :, 64], (X[:, :, 64] * 3 + X[:, :, 65]) / 4)
    close(slower[:, :, 65], X[:, :, 64] / 2 + X[:, :, 65] / 2)


def test_reading_is_mirrored_at_both_ends() -> None:
    ramp = torch.arange(8.0)
    found = ramp @ reading(1.5, 8)  # times −1.75, −0.25, 1.25, … 7.25, 8.75
    assert found.tolist() == pytest.approx([1.75, 0.25, 1.25, 2.75, 4.25, 5.75, 6.75, 5.25])
    assert torch.equal(ramp @ reading(1.0, 8), ramp)


def test_a_sample_to_be_scored_needs_no_other() -> None:
    """It goes through the same shifts but for the one that mixes two, whatever its company."""
    shift = movements()
    together = shift(ROWS)
    assert len(together) == len(Movements.scored) == Movements.n_shifts - 1
    assert torch.equal(together, shift(ROWS, ROWS.roll(1, 0))[list(Movements.scored)])
    alone = torch.cat([shift(row[None]) for row in ROWS], dim=1)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-6)


def test_a_head_stores_its_weights_only() -> None:
    """What shifts are made of comes from the settings."""
    head = ShiftHead(5, movements())
    assert head(torch.zeros(2, 5)).shape == (2, 8)
    assert sorted(head.state_dict()) == ["bias", "weight"]


def test_double_precision_goes_all_the_way() -> None:
    shift = movements().double()
    assert shift(ROWS.double()).dtype == torch.float64
