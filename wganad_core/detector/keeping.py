"""How a fitted estimator is kept: pickled, saved, exported. What pickles is the model; the networks
are built again from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from wganad_core.detector import onnx, saved
from wganad_core.detector.judging import Judging
from wganad_core.storage import StorageError


class Kept(Judging):
    """Becomes a file, and comes back from one."""

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_score"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "model_"):
            self._score = self.model_.score()

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator as one safetensors file, atomically.

        The file holds no code: `load` checks a hash and unpickles nothing.

        Raises
        ------
        NotFittedError
            Before `fit`.
        StorageError
            If the file cannot be written.

        Examples
        --------
        >>> import numpy as np
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     detector.save(f"{folder}/detector.safetensors")
        ...     again = WGANAnomalyDetector.load(f"{folder}/detector.safetensors")
        >>> bool(np.all(again.anomaly_score(x) == detector.anomaly_score(x)))
        True
        """
        saved.save(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` of the same class wrote; `detector.load` takes any class.

        Raises
        ------
        StorageError
            With one sentence, for anything else.
        """
        found = saved.load(path)
        if not isinstance(found, cls):
            raise StorageError(
                f"{path} holds a {type(found).__name__}; expected a {cls.__name__}. Load it with "
                "wganad_core.detector.load."
            )
        return found

    def export_onnx(self, path: str | Path) -> None:
        """Write the scoring path, threshold included, as ONNX; see `detector.onnx.export_onnx`."""
        onnx.export_onnx(self, path)

    def _restore(self) -> None:
        """Set what the parameters of the fit decide, as they are read from a file."""
