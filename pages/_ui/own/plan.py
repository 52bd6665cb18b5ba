"""A training as it was asked for: the same in the words of a shell and in Python."""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pages._ui.own.source import Source
from wganad_core.commands.fit import joined_names
from wganad_core.data.own.samples import OwnSamples
from wganad_core.live.own_stretch import write_stretch

Kind = Literal["table", "images", "series"]
CLASSES: Mapping[str, str] = {
    "table": "WGANAnomalyDetector",
    "images": "WGANImageDetector",
    "series": "WGANSeriesDetector",
}
PROGRAM = ("python", "-m", "wganad_core")


@dataclasses.dataclass(frozen=True)
class Roles:
    """Which columns are what, "" where there is none; None as in the reader: guessed."""

    features: tuple[str, ...] | None = None
    label: str | None = None
    sample_id: str | None = None
    time: str | None = None

    def arguments(self) -> dict[str, Any]:
        """What `read_samples` is given."""
        found: dict[str, Any] = {
            "features": None if self.features is None else list(self.features),
            "label": self.label,
            "sample_id": self.sample_id,
            "time": self.time,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Plan:
    """`settings`: the detector's parameters that are not as usual. `with_label`: whether the data
    have labels, `labelled`: whether anomalies by these are kept out of the training. `stretch`:
    from which sample up to which to learn, where not from all. `model`: the name of a saved
    detector that scores instead. `threshold`: one that replaces the detector's own."""

    source: Source
    kind: Kind
    roles: Roles
    settings: tuple[tuple[str, Any], ...] = ()
    with_label: bool = False
    labelled: bool = True
    stretch: tuple[int, int] | None = None
    features: tuple[str, ...] = ()
    model: str = ""
    threshold: float | None = None

    @property
    def key(self) -> str:
        """Of the outcome: the data's, apart for a saved detector."""
        return f"saved-{self.source.key}" if self.model else self.source.key

    @property
    def model_name(self) -> str:
        return self.model or f"{self.source.title}-detector.safetensors"

    @property
    def checkpoint_name(self) -> str:
        """Where `fit` keeps what is unfinished."""
        return str(Path(self.model_name).with_suffix(".checkpoint"))

    @property
    def tuned_name(self) -> str:
        """The detector that flags by `threshold`, or as it is."""
        if self.threshold is None:
            return self.model_name
        return f"{Path(self.model_name).stem}-tuned.safetensors"

    @property
    def scores_name(self) -> str:
        return f"{self.source.title}-scores{'' if self.threshold is None else '-tuned'}.csv"

    @property
    def fitted_name(self) -> str:
        """The file of what is learned from."""
        return self.source.name if self.stretch is None else f"{self.source.title}-normal.csv"

    def commands(self) -> list[list[str]]:
        """The words of `fit` (unless the detector is there already) and of those that follow."""
        return [*([] if self.model else [self._fit()]), *self.applied()]

    def applied(self) -> list[list[str]]:
        """The words that give the detector its threshold and score the data."""
        found = []
        if self.threshold is not None:
            found.append(
                [
                    "export",
                    "detector",
                    self.model_name,
                    f"--threshold={self.threshold!r}",
                    "--out",
                    self.tuned_name,
                ]
            )
        score = ["score", self.source.name, "--model", self.tuned_name, "--out", self.scores_name]
        return [*found, [*score, *self._columns()]]

    def write_fitted(self, samples: OwnSamples, folder: Path) -> None:
        """The stretch to learn from, where that is a file of its own."""
        if self.stretch is not None and not self.model:
            write_stretch(samples, slice(*self.stretch), folder / self.fitted_name)

    def _fit(self) -> list[str]:
        words = ["fit", self.fitted_name, "--out", self.model_name]
        words += ["--kind", self.kind] if self.kind == "series" else []
        if self.stretch is None:
            words += self._columns(label=self.labelled or not self.with_label)
        elif self.features:  # the stretch's file holds nothing else
            words += [
                f"--features={joined_names(self.features)}",
                "--label-column=",
                "--id-column=",
            ]
        for name, value in self.settings:
            option = "--seed" if name == "random_state" else f"--{name.replace('_', '-')}"
            words += [option, str(value)]
        return words

    def _columns(self, *, label: bool = True) -> list[str]:
        roles, words = self.roles, []
        if roles.features is not None:
            words += [f"--features={joined_names(roles.features)}"]
        chosen = roles.label if label else ""
        for option, name in (("label", chosen), ("id", roles.sample_id)):
            words += [] if name is None else [f"--{option}-column={name}"]
        return words

    def shell(self) -> str:
        """What does the same in a shell."""
        return "\n".join(shlex.join([*PROGRAM, *words]) for words in self.commands())

    def python(self) -> str:
        """What does the same in Python."""
        arguments = "".join(f", {k}={v!r}" for k, v in self.roles.arguments().items())
        read = f'samples = read_samples(Path("{self.source.name}"){arguments})'
        imports = [
            "from pathlib import Path",
            "",
            "from wganad_core.data.own.samples import read_samples",
        ]
        along = "_along" if self.kind == "series" else ""
        score = f"scores = detector.anomaly_score{along}(samples.x)"
        if self.model:
            imports.append("from wganad_core.detector import load")
            made = f'detector = load("{self.model}")'
            return "\n".join([*imports, "", read, made, *self._set(), score])
        name = CLASSES[self.kind]
        imports.insert(2, f"from wganad_core import {name}")
        given = ", ".join(f"{key}={value!r}" for key, value in self.settings)
        fit = f"detector = {name}({given}).fit(samples.x{self._rows()})"
        return "\n".join([*imports, "", read, fit, *self._set(), score])

    def _set(self) -> list[str]:
        if self.threshold is None:
            return []
        given = f'float("{self.threshold}")' if math.isinf(self.threshold) else repr(self.threshold)
        return [f"detector.set_threshold({given})"]

    def _rows(self) -> str:
        if self.stretch is not None:
            return f"[{self.stretch[0]}:{self.stretch[1]}]"
        apart = self.with_label and self.labelled and self.kind != "series"
        return "[samples.label == 0]" if apart else ""
