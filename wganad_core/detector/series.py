"""The detector of recordings: windows in time, each a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.utils.validation import check_is_fitted

from wganad_core.config import ConfigError
from wganad_core.detector.base import BaseWGANDetector
from wganad_core.detector.judging import BLOCK_ROWS, Rows
from wganad_core.detector.scaler import Scaler
from wganad_core.detector.settings import Settings, plain

LEVEL = 0.3  # of the largest squared residual of a window; what has more stands out


class WGANSeriesDetector(BaseWGANDetector):
    """Detect anomalous stretches of recordings: X is (n_times, n_channels), equally spaced, a list
    of such, or (n, n_times, n_channels); no window crosses from one recording to the next.

    Windows of `window` steps, one every `stride` (None: half a window) and one at the very end,
    become rows of window · n_channels numbers, time first; everything else is as for
    `WGANAnomalyDetector`, whose parameters these are. `anomaly_score`, `predict` and the like tell
    one number per window, in the order of `window_starts`; `anomaly_score_along` one per step.
    Fit, validation and calibration are consecutive parts of the recording that share no step.
    `window_` and `stride_` are those of the fit.

    Parameters
    ----------
    rate : float, optional
        Steps per second of what is fitted. Files with a clock are brought to it before they are
        scored, or refused; arrays have none.

    Raises
    ------
    ValueError
        In `fit`, for a recording shorter than two windows; wherever one is scored, for one shorter
        than a window.

    Examples
    --------
    >>> from wganad_core import WGANSeriesDetector
    >>> time = np.arange(600)
    >>> turning = np.column_stack([np.sin(time / 5), np.cos(time / 5)])
    >>> detector = WGANSeriesDetector(window=8, steps=2, random_state=0).fit(turning)
    >>> turning[300:320] = 5
    >>> stretch = np.flatnonzero(detector.anomaly_score_along(turning) > detector.threshold_)
    >>> 300 in stretch, 100 in stretch
    (True, False)
    """

    _dependence = (
        "Neighbouring windows resemble each other, so nothing is guaranteed for single ones."
    )

    def __init__(
        self,
        *,
        window: int = 32,
        stride: int | None = None,
        rate: float | None = None,
        score_method: str = "ours",
        false_alarm_rate: float = 0.01,
        threshold_rule: str = "quantile",
        scaling: Literal["standard", "robust", "none"] = "standard",
        n_latent: int | None = None,
        width: int = 64,
        depth: int = 2,
        activation: str = "relu",
        steps: int = 2000,
        encoder_steps: int | None = None,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        beta1: float = 0.5,
        beta2: float = 0.9,
        n_critic: int = 3,
        penalty: float = 1.0,
        decay: str = "linear",
        average: float = 0.99,
        validation_share: float = 0.1,
        calibration_share: float = 0.15,
        patience: int | None = None,
        n_references: int = 2048,
        n_neighbours: int = 5,
        suspect_share: float = 0.0,
        device: Literal["auto", "cpu", "cuda"] = "cpu",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.window = window
        self.stride = stride
        self.rate = rate
        self.score_method = score_method
        self.false_alarm_rate = false_alarm_rate
        self.threshold_rule = threshold_rule
        self.scaling = scaling
        self.n_latent = n_latent
        self.width = width
        self.depth = depth
        self.activation = activation
        self.steps = steps
        self.encoder_steps = encoder_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.n_critic = n_critic
        self.penalty = penalty
        self.decay = decay
        self.average = average
        self.validation_share = validation_share
        self.calibration_share = calibration_share
        self.patience = patience
        self.n_references = n_references
        self.n_neighbours = n_neighbours
        self.suspect_share = suspect_share
        self.device = device
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def window_starts(self, n_times: int) -> NDArray[np.int64]:
        """The first step of every window of a recording: regular, and one that ends with it.

        Parameters
        ----------
        n_times : steps of the recording

        Returns
        -------
        (n_windows,) int64, rising.

        Raises
        ------
        ValueError
            For a recording shorter than a window.

        Examples
        --------
        >>> from wganad_core import WGANSeriesDetector
        >>> WGANSeriesDetector(window=8).window_starts(18)
        array([ 0,  4,  8, 10])
        """
        fitted = hasattr(self, "window_")
        window, stride = (self.window_, self.stride_) if fitted else self._window_and_stride()
        last = n_times - window
        if last < 0:
            raise ValueError(
                f"Expected a recording of at least one window, {window} steps; found {n_times}. "
                "Record longer, or fit with a shorter window."
            )
        starts = np.arange(0, last + 1, stride)
        return starts if starts[-1] == last else np.append(starts, last)

    def anomaly_score_along(self, X: Any) -> Any:
        """How anomalous each step is: the highest score among the windows in which it stands out.

        The steps of a window that the generator rebuilds worst, those with 30% of the largest
        squared residual or more and short breaks between them, have the window's score; its others
        at most the median of normal windows. So a spike does not flag all that lies around it. Of
        score methods that rebuild nothing, every step of a window has its score. The threshold is
        one of windows.

        Parameters
        ----------
        X : (n_times, n_channels), in the units of the recording that was fitted, or several

        Returns
        -------
        (n_times,), higher = more anomalous; a list of them for a list, (n, n_times) for an array
        of several recordings.

        Raises
        ------
        NotFittedError, ValueError
            As `anomaly_score`.
        """
        check_is_fitted(self)
        rows, starts, lengths = self._windows(X, fitting=False)
        along = np.full(int(lengths.sum()), -np.inf)
        for first in range(0, len(rows), BLOCK_ROWS):
            block = rows[first : first + BLOCK_ROWS]
            scores = self._steps_of(block)
            for start, score in zip(starts[first : first + BLOCK_ROWS], scores, strict=True):
                part = along[start : start + self.window_]
                np.maximum(part, score, out=part)
        if not _several(X):
            return along
        parts = np.split(along, np.cumsum(lengths)[:-1])
        return parts if isinstance(X, list | tuple) else np.stack(parts)

    def _steps_of(self, block: Rows) -> Rows:
        """The score of every step of some windows (n, window)."""
        judged = list(self._judgements(block))
        score = np.concatenate([found.score for found in judged]).astype(np.float64)[:, None]
        rebuilt = [found.reconstruction for found in judged if found.reconstruction is not None]
        if not rebuilt:
            return np.broadcast_to(score, (len(block), self.window_))
        z = self.model_.scaler(block).astype(np.float64)
        apart = np.square(z - np.concatenate(rebuilt))
        odd = standing_out(apart.reshape(len(block), self.window_, -1).mean(axis=2))
        usual = float(np.median(self.calibration_score_))
        return np.where(odd, score, np.minimum(score, usual))

    def _window_and_stride(self) -> tuple[int, int]:
        window = plain(self.window)
        stride = max(1, window // 2) if self.stride is None else plain(self.stride)
        for name, value in (("window", window), ("stride", stride)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} must be a whole number, 1 or more; found {value!r}.")
        if stride > window:
            raise ConfigError(
                f"stride must be at most window, or steps go unseen; found {stride} > {window}."
            )
        rate = plain(self.rate)
        if rate is not None and not (isinstance(rate, int | float) and 0 < rate < np.inf):
            raise ConfigError(f"rate must be more than 0 steps per second; found {rate!r}.")
        return window, stride

    def _rows(self, X: Any, *, fitting: bool) -> Rows:
        return self._windows(X, fitting=fitting)[0]

    def _windows(
        self, X: Any, *, fitting: bool
    ) -> tuple[Rows, NDArray[np.int64], NDArray[np.int64]]:
        """Windows as rows, their first steps in all recordings one after the other, and how long
        each recording is."""
        several = _several(X)
        values = self._checked(_joined(list(X)) if several else X, fitting, n_least=1)
        lengths = np.array([np.shape(one)[0] for one in (X if several else [values])])
        if fitting:
            self.window_, self.stride_ = self._window_and_stride()
        offsets = np.cumsum(lengths) - lengths
        starts = np.concatenate(
            [offset + self.window_starts(n) for offset, n in zip(offsets, lengths, strict=True)]
        )
        if fitting and len(starts) < 2:
            raise ValueError(
                f"Expected a recording of two windows of {self.window_} steps or more to fit; "
                f"found {len(values)} steps. Record longer, or choose a shorter window."
            )
        view = np.lib.stride_tricks.sliding_window_view(values, self.window_, axis=0)[starts]
        return view.transpose(0, 2, 1).reshape(len(starts), -1), starts, lengths

    def _scaler(self, rows: Rows, settings: Settings) -> Scaler:
        return Scaler.fitted(rows, settings.scaling, groups=self.n_features_in_)

    def _split(self, n: int, settings: Settings) -> tuple[NDArray[np.int64], ...]:
        # Windows whose steps belong to two parts go; the last may overlap one more.
        gap = -(-self.window_ // self.stride_)
        parts, end = [], n
        for size in reversed(settings.held_out(n)):
            parts.append(np.arange(max(end - size, 0), end))
            end = max(end - size - gap, 0) if size else end
        return np.arange(end), parts[1], parts[0]

    def _restore(self) -> None:
        self.window_, self.stride_ = self._window_and_stride()

    def _columns(self) -> dict[str, Any]:
        """Of a window, time first, and how windows are cut."""
        names = super()._columns()["features"]
        times = range(self.window_)
        columns = names and [f"{name} at {time}" for time in times for name in names]
        cut = {"window": self.window_, "stride": self.stride_}
        cut |= {} if self.parameters_["rate"] is None else {"rate": self.parameters_["rate"]}
        return {"features": columns, "channels": names, **cut}


def standing_out(apart: Rows) -> NDArray[np.bool_]:
    """Of windows (n, window) of squared residuals, the steps with `LEVEL` of the largest or more,
    with breaks of up to an eighth of a window filled."""
    level = LEVEL * apart.max(axis=1, keepdims=True)
    odd = (apart >= level).astype(np.int8)
    width = (apart.shape[1] // 8 + 1) | 1  # odd, so that what is filled lies in the middle
    grown = ndimage.maximum_filter1d(odd, width, axis=1, mode="constant")
    shrunk = ndimage.minimum_filter1d(grown, width, axis=1, mode="nearest")
    return np.asarray((shrunk | odd).astype(np.bool_))


def _several(X: Any) -> bool:
    """Whether X is recordings, not one."""
    if isinstance(X, list | tuple):
        return len(X) > 0 and np.ndim(X[0]) == 2
    return np.ndim(X) == 3


def _joined(every: Sequence[Any]) -> Any:
    """Recordings one after the other; those with names of channels keep them."""
    if all(hasattr(one, "columns") for one in every):
        import pandas as pd

        if len({tuple(one.columns) for one in every}) > 1:
            raise ValueError("Expected the same channels in every recording, in the same order.")
        return pd.concat(list(every), ignore_index=True)
    if len({np.shape(one)[1:] for one in every}) > 1:
        raise ValueError("Expected the same number of channels in every recording.")
    return np.concatenate([np.asarray(one) for one in every])
