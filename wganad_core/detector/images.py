"""The detector of images, with the convolutional networks of §5.2.

What contrastive features are worth, of 5,000 normals of MNIST's training part (`python -m
tests.benchmarks.image_detector`; AUPRC in % at a base rate of 1/6, without and with): digit 9
unseen 27 and 79, digit 1 26 and 67, digit 4 56 and 85. Which pieces join was chosen on these three:
neighbours in the encoder's and the critic's layers and the critic itself lower the sum (9: 68,
1: 63), as so short a training leaves them weak.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from wganad_core.config import PICTURE_SIDES, ImageConfig
from wganad_core.data.own.picture_size import EVERY
from wganad_core.detector.base import BaseWGANDetector
from wganad_core.detector.judging import Rows
from wganad_core.detector.settings import plain
from wganad_core.methods.local import LocalScore, local_maps
from wganad_core.run import one_thread

SHAPES = {size.shape: size for size in EVERY.values()}
EXPECTED = (
    f"Expected images of {', '.join(f'{side} × {side}' for side in PICTURE_SIDES)} pixels, in grey "
    "or in colour"
)


class WGANImageDetector(BaseWGANDetector):
    """Detect anomalous images: X is (n, s, s) in grey or (n, s, s, 3) in colour, in [0, 1].

    s is 28, 32, 64 or 128; rows (n, s·s) and (n, s·s·3) are taken, too.

    The parameters are those of `WGANAnomalyDetector`, but for the networks' sizes: channels of
    the widest layers are twice `generator_width`, `critic_width` and `encoder_width`, `hidden` is
    the dense layer. Sizes, rates and steps are those that ship for MNIST with fewer steps: some
    minutes on one core.

    `score_method="ours"` joins three pieces of evidence of contrastive features, which learn to
    tell an image from its quarter turns: neighbours in them and in their projection, and how badly
    the turns are recognised. The generator and the encoder say what an image should be. Where
    images may come at any angle, set `contrast_steps=0`.

    `score_method="local"` needs no networks and takes seconds: it finds small defects
    (`methods.local`), and is what `fit FILE` takes for pictures that are not 28 × 28 in grey.

    Parameters
    ----------
    contrast_steps : int, optional
        How long contrastive features are learned, for "ours" only. None: half of `steps`, which
        takes a third longer than without. 0: none; "ours" is then the critic, the residual relative
        to the image, and the neighbours in the encoder's and the critic's layers.

    Raises
    ------
    ValueError
        In `fit` and wherever images are scored: for other sizes, and for pixels outside [0, 1].

    Examples
    --------
    >>> from wganad_core import WGANImageDetector
    >>> images = np.random.default_rng(0).uniform(0, 0.1, (60, 28, 28))
    >>> sizes = {"generator_width": 2, "critic_width": 2, "encoder_width": 2, "hidden": 4}
    >>> steps = {"steps": 2, "encoder_steps": 2}
    >>> detector = WGANImageDetector(**sizes, **steps, random_state=0).fit(images)
    >>> detector.predict(1 - images[:2])
    array([-1, -1])
    """

    def __init__(
        self,
        *,
        score_method: str = "ours",
        false_alarm_rate: float = 0.01,
        threshold_rule: str = "quantile",
        n_latent: int = 16,
        generator_width: int = 24,
        critic_width: int = 16,
        encoder_width: int = 16,
        hidden: int = 64,
        steps: int = 3000,
        encoder_steps: int | None = 1500,
        contrast_steps: int | None = None,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        beta1: float = 0.5,
        beta2: float = 0.9,
        n_critic: int = 2,
        penalty: float = 10.0,
        decay: str = "linear",
        average: float = 0.998,
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
        self.score_method = score_method
        self.false_alarm_rate = false_alarm_rate
        self.threshold_rule = threshold_rule
        self.n_latent = n_latent
        self.generator_width = generator_width
        self.critic_width = critic_width
        self.encoder_width = encoder_width
        self.hidden = hidden
        self.steps = steps
        self.encoder_steps = encoder_steps
        self.contrast_steps = contrast_steps
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

    def _rows(self, X: ArrayLike, *, fitting: bool) -> Rows:
        found: Any = X
        if np.ndim(X) > 2:
            found = np.asarray(X)
            size = SHAPES.get(found.shape[1:])
            if size is None:
                raise ValueError(f"{EXPECTED}; found an array of {found.shape}.")
            found = found.reshape(len(found), size.n_values)
        d = np.shape(found)[1] if np.ndim(found) == 2 else 0
        rows = self._checked(found, fitting, kind=EVERY[d].kind if d in EVERY else np.float64)
        if rows.shape[1] not in EVERY:
            raise ValueError(
                f"{EXPECTED}, as rows or as (n, height, width) or (n, height, width, 3); found "
                f"{rows.shape[1]:,} columns. Rows of a table are for WGANAnomalyDetector."
            )
        if len(rows) and (rows.min() < 0 or rows.max() > 1):
            raise ValueError(
                "Expected pixels in [0, 1]; found values from "
                f"{rows.min():g} to {rows.max():g}. Divide bytes by 255."
            )
        return rows

    def explain(self, X: ArrayLike) -> Rows:
        """How far each value is from its reconstruction (n, d), squared; of `score_method="local"`
        how odd its pixel is, from 0 up: by the score as it is around it, times the log residual.

        Errors as `reconstruct`.

        Examples
        --------
        >>> from wganad_core import WGANImageDetector
        >>> images = np.random.default_rng(0).uniform(0.4, 0.6, (60, 28, 28))
        >>> detector = WGANImageDetector(score_method="local", random_state=0).fit(images)
        >>> images[0, 9:12, 9:12] = 0
        >>> at = detector.explain(images[:1]).argmax()
        >>> bool(7 < at // 28 < 13), bool(7 < at % 28 < 13)
        (True, True)
        """
        check_is_fitted(self)
        if not isinstance(self._score, LocalScore):
            return super().explain(X)
        z = self.model_.scaler(self._rows(X, fitting=False))
        with one_thread():
            odd = local_maps(self._score, self._score.pixels, z)
        channels = self.model_.network.n_features // odd[0].size
        return np.repeat(odd.reshape(len(odd), -1), channels, axis=1).astype(np.float64)

    def _network(self, n_features: int) -> ImageConfig:
        size = EVERY[n_features]
        return ImageConfig(
            side=size.side,
            channels=size.n_values // size.side**2,
            n_latent=plain(self.n_latent),
            generator_width=plain(self.generator_width),
            critic_width=plain(self.critic_width),
            encoder_width=plain(self.encoder_width),
            hidden=plain(self.hidden),
        )
