"""The detector of recordings: windows in time, each a row of a table."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from wganad_core.config import ConfigError
from wganad_core.detector.base import BaseWGANDetector, Rows
from wganad_core.detector.scaler import Scaler
from wganad_core.detector.settings import Settings, plain


class WGANSeriesDetector(BaseWGANDetector):
    """Detect anomalous stretches of a recording: X is (n_times, n_channels), equally spaced.

    Windows of `window` steps, one every `stride` (None: half a window) and one at the very end,
    become rows of window · n_channels numbers, time first; everything else is as for
    `WGANAnomalyDetector`, whose parameters these are. `anomaly_score`, `predict` and the like tell
    one number per window, in the order of `window_starts`; `anomaly_score_along` one per step.
    Fit, validation and calibration are consecutive parts of the recording that share no step.
    `window_` and `stride_` are those of the fit.

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
        warm_start: bool = False,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.window = window
        self.stride = stride
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

    def anomaly_score_along(self, X: ArrayLike) -> Rows:
        """The highest score among the windows that cover each step.

        Parameters
        ----------
        X : (n_times, n_channels), in the units of the recording that was fitted

        Returns
        -------
        (n_times,), higher = more anomalous.

        Raises
        ------
        NotFittedError, ValueError
            As `anomaly_score`.
        """
        check_is_fitted(self)
        scores = self.anomaly_score(X)
        n_times = len(np.asarray(X))
        along = np.full(n_times, -np.inf)
        for start, score in zip(self.window_starts(n_times), scores, strict=True):
            part = along[start : start + self.window_]
            np.maximum(part, score, out=part)
        return along

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
        return window, stride

    def _rows(self, X: Any, *, fitting: bool) -> Rows:
        values = self._checked(X, fitting, n_least=1)
        if fitting:
            self.window_, self.stride_ = self._window_and_stride()
        starts = self.window_starts(len(values))
        if fitting and len(starts) < 2:
            raise ValueError(
                f"Expected a recording of two windows of {self.window_} steps or more to fit; "
                f"found {len(values)} steps. Record longer, or choose a shorter window."
            )
        view = np.lib.stride_tricks.sliding_window_view(values, self.window_, axis=0)[starts]
        return view.transpose(0, 2, 1).reshape(len(starts), -1)

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
        return {"features": columns, "channels": names, **cut}
