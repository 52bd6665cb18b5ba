"""How every estimator is fitted: rows checked and split, networks trained, a threshold chosen."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from wganad_core.config import AnyNetworkConfig, ConfigError, NetworkConfig, TrainingConfig
from wganad_core.detector import saved
from wganad_core.detector.calibrating import FEW, Calibrated
from wganad_core.detector.judging import Rows
from wganad_core.detector.learning import Progress, learn
from wganad_core.detector.model import FittedModel, fitted_model
from wganad_core.detector.preparation import Preparation
from wganad_core.detector.robust import apart, suspicious
from wganad_core.detector.scaler import Scaler
from wganad_core.detector.settings import Settings, needs_of, plain, seed_of
from wganad_core.detector.tables import coded
from wganad_core.records import FloatArray
from wganad_core.run import one_thread


class BaseWGANDetector(Calibrated):
    """Subclasses store parameters and say how X becomes rows (`_rows`) and what learns them."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        saved.CLASSES.setdefault(cls.__name__, cls)

    warm_start: bool

    # What subclasses decide.

    _prepares: ClassVar[bool] = False  # whether cells may be missing and columns hold categories

    def _rows(self, X: Any, *, fitting: bool) -> Rows:
        """X checked, as rows (n, d)."""
        return self._checked(X, fitting)

    def _network(self, n_features: int) -> AnyNetworkConfig:
        given: dict[str, Any] = {
            name: plain(getattr(self, name))
            for name in ("n_latent", "width", "depth", "activation")
        }
        if given["n_latent"] is None:
            given["n_latent"] = default_latents(n_features)
        return NetworkConfig(n_features=n_features, **given)

    def _preparation(self, rows: Rows) -> Preparation | None:
        """How rows become features; None where they are features. What surprises add is measured
        anew by every fit."""
        if self._continues:
            kept: Preparation | None = self.model_.preparation
            return kept and dataclasses.replace(kept, surprise=0.0)
        return Preparation.fitted(rows, self._words) if self._prepares else None

    def _scaler(self, rows: Rows, settings: Settings) -> Scaler:
        return Scaler.fitted(rows, settings.scaling)

    def _split(self, n: int, settings: Settings) -> tuple[NDArray[np.int64], ...]:
        """Numbers of the rows to fit on, to validate and to calibrate with."""
        order = np.random.default_rng(settings.training.seed).permutation(n)
        n_validation, n_calibration = settings.held_out(n)
        cuts = np.cumsum([n - n_validation - n_calibration, n_validation])
        fit, validation, calibration = np.split(order, cuts)
        return fit, validation, calibration

    # Fitting.

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn what is normal: Algorithm 2, then the encoder (eq. 23), then the threshold.

        Parameters
        ----------
        X : (n, d), normals only, n ≥ 2; for images and recordings as their classes say
        y : ignored

        Returns
        -------
        The estimator.

        Raises
        ------
        ValueError
            For settings and rows that cannot be used. The estimator is then as it was.
        DivergedError
            If training runs away. The estimator is then as it was.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> WGANAnomalyDetector(steps=2, random_state=0).fit(x).n_steps_
        2
        """
        steps = self.fit_steps(X)
        if plain(self.verbose):
            _show(steps)
        else:
            for _ in steps:
                pass
        return self

    def partial_fit(self, X: ArrayLike, y: object = None) -> Self:
        """Go on learning, from more normals: `steps` more on these rows, and the threshold anew on
        those of them that are held out. The first call is a `fit`.

        Scaling, categories and networks stay as the first rows made them. What only earlier rows
        showed may be unlearned: where it is to stay normal, give some of them again.

        Parameters
        ----------
        X, y : as for `fit`, with the same columns

        Raises
        ------
        ValueError, DivergedError
            As `fit`, and for settings that the networks there do not fit.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(90, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).partial_fit(x[:50])
        >>> detector.partial_fit(x[50:] + 1).n_steps_
        4
        """
        asked = self.warm_start
        self.warm_start = True
        try:
            self.fit(X)
        finally:
            self.warm_start = asked
        self.parameters_["warm_start"] = asked
        return self

    def fit_steps(self, X: ArrayLike, checkpoint: str | Path | None = None) -> Iterator[Progress]:
        """`fit` that reports as it goes.

        The fit happens while the iterator is read, and takes effect with its end. An iterator that
        is left, or that raises, leaves the estimator as it was.

        Parameters
        ----------
        X : as for `fit`
        checkpoint : path, optional
            A file that is written every few seconds and deleted at the end. A fit that was cut off
            goes on from it when it is asked for again, and ends with the same scores.

        Returns
        -------
        An iterator over `Progress`, about a hundred a stage.

        Raises
        ------
        ValueError, DivergedError
            As `fit`.
        StorageError
            If the checkpoint's place cannot be written to.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> steps = list(WGANAnomalyDetector(steps=2, random_state=0).fit_steps(x))
        >>> [(report.stage, report.step) for report in steps]
        [('generator', 1), ('generator', 2), ('encoder', 3), ('encoder', 4), ('scores', 4)]
        """
        work = copy.copy(self)  # on which attributes may change
        rows = work._rows(X, fitting=True)
        settings = work._settings(rows.shape[1])
        work.parts_ = work._parts(len(rows), settings)
        work.set_aside_ = work._suspicious(rows, settings)
        work.apart_ = work._apart(rows, settings)
        work.parts_ = tuple(part[~np.isin(part, work.set_aside_)] for part in work.parts_)
        preparation = work._preparation(rows[work.parts_[0]])
        if preparation is not None:
            settings = dataclasses.replace(settings, network=work._network(preparation.n_features))
        warm = self._warm_start(settings)
        kept = None if checkpoint is None else Path(checkpoint)
        return self._fitting(work, rows, settings, preparation, warm, kept)

    def _suspicious(self, rows: Rows, settings: Settings) -> NDArray[np.int64]:
        """The rows that `suspect_share` sets aside."""
        if not settings.suspect_share:
            return np.empty(0, np.int64)
        x = self._in_robust_units(rows, settings)
        return suspicious(x, settings.suspect_share, settings.training.seed)

    def _apart(self, rows: Rows, settings: Settings) -> NDArray[np.int64]:
        """The rows of a table that may be anomalies together, where nobody said that some are."""
        if settings.suspect_share or not self._prepares:
            return np.empty(0, np.int64)
        return apart(self._in_robust_units(rows, settings), settings.training.seed)

    def _in_robust_units(self, rows: Rows, settings: Settings) -> FloatArray:
        """Features, which anomalies among them do not scale."""
        preparation = self._preparation(rows)
        features = rows if preparation is None else preparation(rows)
        scaler = Scaler.fitted(features, "none" if settings.scaling == "none" else "robust")
        if preparation is not None and settings.scaling != "none":
            scaler = preparation.scaled(scaler, features)
        return scaler(features)

    def _parts(self, n: int, settings: Settings) -> tuple[NDArray[np.int64], ...]:
        """Numbers of rows as `_split`; of few rows, all are learned from."""
        split = self._split(n, settings)
        if n < FEW or len(split[0]) < FEW // 2:
            return np.arange(n), np.empty(0, np.int64), np.empty(0, np.int64)
        return split

    def _fitting(
        self,
        work: Self,
        rows: Rows,
        settings: Settings,
        preparation: Preparation | None,
        warm: FittedModel | None,
        checkpoint: Path | None,
    ) -> Iterator[Progress]:
        parts = [rows[part] for part in work.parts_]
        fit, validation, _ = parts if preparation is None else map(preparation, parts)
        scaler = warm.scaler if warm else work._scaler(fit, settings)
        if preparation is not None and not warm and settings.scaling != "none":
            scaler = preparation.scaled(scaler, fit)
        x, held_out = scaler(fit), scaler(validation)
        learned = yield from learn(
            settings,
            x,
            held_out,
            warm.weights if warm else {},
            self.n_steps_ if warm else 0,
            checkpoint,
        )
        with one_thread():
            standard = held_out if len(held_out) else x
            work.model_ = fitted_model(
                settings, scaler, learned.weights, x, standard, preparation=preparation
            )
        work._score = work.model_.score()
        work.parameters_ = work.get_params(deep=False)
        work.n_steps_, work.history_, work.seed_ = (
            learned.n_steps,
            learned.history,
            settings.training.seed,
        )
        work._calibrate(parts[2] if len(parts[2]) else parts[0], settings)
        self.__dict__.clear()
        self.__dict__.update(work.__dict__)
        if checkpoint:
            checkpoint.unlink(missing_ok=True)

    @property
    def _continues(self) -> bool:
        """Whether a fit goes on from the last one, and so takes the same columns."""
        return bool(self.warm_start) and hasattr(self, "model_")

    def _checked(self, X: Any, fitting: bool, n_least: int = 2, kind: Any = np.float64) -> Rows:
        """X as numbers (n, d) of this `kind`, its columns those of the fit; to fit, `n_least` rows
        or more."""
        reset = fitting and not self._continues
        if self._prepares:
            X, found = coded(X, None if reset else self._known_words)
            if reset:
                self._words = found
        values: Rows = validate_data(
            self,
            X,
            reset=reset,
            dtype=kind,
            ensure_min_samples=n_least if fitting else 1,
            ensure_all_finite="allow-nan" if self._prepares else True,
        )
        if self._prepares:
            _check_not_empty(values)
        if fitting:
            content = np.ascontiguousarray(values).view(np.uint8).data
            self.rows_sha256_ = hashlib.sha256(content).hexdigest()
        return values

    def _settings(self, n_features: int) -> Settings:
        """Every parameter, checked. Raises `ConfigError`."""
        value = {name: plain(found) for name, found in self.get_params(deep=False).items()}
        training = TrainingConfig(
            method=(needs_of(value["score_method"]) or ("wgan-gp",))[0],
            seed=seed_of(self.random_state),
            **{
                f.name: value[f.name] for f in dataclasses.fields(TrainingConfig) if f.name in value
            },
        )
        steps = value["encoder_steps"]
        return Settings(
            **{
                "scaling": "none",
                **_of(Settings, value),
                "network": self._network(n_features),
                "training": training,
                "encoder_steps": training.steps if steps is None else steps,
            }
        )

    def _warm_start(self, settings: Settings) -> FittedModel | None:
        """What training continues from, if it is to continue."""
        if not self._continues:
            return None
        model: FittedModel = self.model_
        if model.has_features != ("contrast" in settings.methods):
            raise ConfigError(
                "warm_start goes on with contrastive features where the fit before had them, and "
                "without them where it had none; leave contrast_steps as it was, or set "
                "warm_start=False."
            )
        if needs_of(model.score_method) != needs_of(settings.score_method):
            raise ConfigError(
                f"warm_start continues the networks of score_method={model.score_method!r}, which "
                f"{settings.score_method!r} does not use; set warm_start=False."
            )
        if model.network != settings.network:
            raise ConfigError(
                f"warm_start continues networks of the same sizes; found {settings.network} after "
                f"{model.network}. Set warm_start=False."
            )
        return model

    @property
    def categories_(self) -> dict[str, tuple[str, ...]]:
        """The categories of each column that has some, by its name, or `x0`, `x1`, … where names
        are no texts; in an array they are known by their numbers. `NotFittedError` before `fit`."""
        check_is_fitted(self)
        words = self._known_words
        names = getattr(self, "feature_names_in_", [f"x{at}" for at in range(len(words))])
        return {str(name): found for name, found in zip(names, words, strict=False) if found}

    @property
    def _known_words(self) -> tuple[tuple[str, ...], ...]:
        """The categories of each column, () of numbers; () where there are none at all."""
        preparation: Preparation | None = self.model_.preparation
        words = () if preparation is None else preparation.words
        return words if any(words) else ()

    def _columns(self) -> dict[str, Any]:
        """Names of the columns of what is scored, None where there are none."""
        found = getattr(self, "feature_names_in_", None)
        words = {name: list(each) for name, each in self.categories_.items()}
        return {
            "features": None if found is None else [str(name) for name in found],
            **({"categories": words} if words else {}),
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = self._prepares
        return tags


def _check_not_empty(rows: Rows) -> None:
    """Refuse rows of which nothing is known."""
    empty = np.isnan(rows).all(axis=1)
    if empty.any():
        raise ValueError(
            f"Row {int(empty.argmax())} holds NaN only, so nothing is known of it; leave out the "
            f"{int(empty.sum()):,} such rows."
        )


def default_latents(n_features: int) -> int:
    """Fewer than features, or everything can be rebuilt; from 1 up to 16."""
    return int(np.clip(round(n_features / 2), 1, 16))


def _of(config: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are fields of a config."""
    names = [field.name for field in dataclasses.fields(config)]
    return {name: values[name] for name in names if name in values}


def _show(steps: Iterator[Progress]) -> None:
    """Read the reports of a fit into a bar on standard error."""
    from tqdm import tqdm

    with tqdm(unit="step", leave=False) as bar:
        for progress in steps:
            bar.total = progress.n_steps
            if not (bar.desc or "").startswith(progress.stage):
                bar.set_description(progress.stage)
            bar.update(progress.step - bar.n)
