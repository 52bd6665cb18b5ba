"""The best step by the test part: small networks, trained briefly, judged all along.

Two detectors of the paper's: the critic along the WGAN-GP's run, then the encoder along its own on
the finished generator. Nothing else differs between the two sides but which step is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wganad_core import evaluation
from wganad_core.config import ImageConfig
from wganad_core.data.pool import Pool
from wganad_core.leaks import Pair
from wganad_core.methods import DETECTORS, Bundle
from wganad_core.records import FloatArray, Split
from wganad_core.run.loop import Run, Stage, one_thread
from wganad_core.use_cases import UseCase
from wganad_core.use_cases.case import ENCODER, GAN

NETWORK = ImageConfig(n_latent=16, generator_width=12, critic_width=8, encoder_width=8, hidden=32)
_GAN, _ENCODER = GAN.replace(steps=1_500), ENCODER.replace(batch_size=64, steps=800)
STAGES = (Stage(_GAN, NETWORK), Stage(_ENCODER, NETWORK))
JUDGED_BY = {"wgan-gp": "critic", "encoder": "encoder"}  # the detector of each stage
N_JUDGED = 20  # looks at the test part, evenly spaced over a stage
N_CLASSES = 2  # as many runs: minutes


class _Watcher:
    """AUPRC on the test part at evenly spaced steps of every stage."""

    def __init__(self, x: FloatArray, label: NDArray[np.int64]) -> None:
        self.x, self.label = x, label
        self.found: dict[str, dict[int, float]] = {}

    def after_step(self, run: Run) -> None:
        trainer = run.trainer
        if trainer.n_steps % (trainer.config.steps // N_JUDGED):
            return
        method = trainer.config.method
        bundle = Bundle(
            NETWORK, {"wgan-gp": trainer.networks.modules, method: trainer.networks.modules}
        )
        score = DETECTORS[JUDGED_BY[method]].make(bundle).judge(self.x).score
        by_step = self.found.setdefault(JUDGED_BY[method], {})
        by_step[trainer.n_steps] = evaluation.summary(self.label, score).auprc

    def state(self) -> tuple[dict[str, NDArray[np.float64]], dict[str, object]]:
        return {}, {}

    def load_state(self, arrays: object, meta: object) -> None:
        raise NotImplementedError("These runs are not resumed.")


def measure(case: UseCase, pool: Pool, classes: tuple[str, ...] = ()) -> Iterator[Pair]:
    """For a few classes (or those named): the last step, and the best one on the test."""
    for abnormal in classes or case.classes[:N_CLASSES]:
        split = pool.split(abnormal, case.protocols[0])
        label = split.labels("test")
        for detector, by_step in _along(pool, split, label).items():
            last, best = max(by_step), max(by_step, key=by_step.__getitem__)
            yield Pair(
                use_case=case.name,
                abnormal=abnormal,
                what=detector,
                honest=by_step[last],
                leaky=by_step[best],
                honest_base_rate=float(label.mean()),
                leaky_base_rate=float(label.mean()),
                n=len(label),
                honest_by=f"step {last:,}",
                leaky_by=f"step {best:,}",
            )


def _along(pool: Pool, split: Split, label: NDArray[np.int64]) -> dict[str, dict[int, float]]:
    """AUPRC by detector and step."""
    fit, test = (pool.rows(split.parts[part], None) for part in ("fit", "test"))
    watcher = _Watcher(test, label)
    with one_thread():
        for _ in Run(fit, STAGES, observers=[watcher]):
            pass
    return watcher.found
