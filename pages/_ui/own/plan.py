"""A training as it was asked for: the same as orders, in a shell and in Python."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

from pages._ui.own.source import OwnFile
from wganad_core.data.own import LabelRanges, Roles
from wganad_core.jobs.beside import BASELINES, LOCAL
from wganad_core.jobs.orders import (
    KINDS,
    ExportOrder,
    FitOrder,
    Kind,
    Order,
    ScoreOrder,
    shell_line,
)

QUICK = "neighbours"
WITHOUT_NETWORKS = ("false_alarm_rate", "window", "suspect_share", "random_state")


@dataclasses.dataclass(frozen=True)
class Plan:
    """`settings`: the detector's parameters that are not as usual. `with_label`: whether the data
    have labels, `labelled`: whether anomalies by these are kept out of the training. `stretch`:
    from which sample up to which to learn, where not from all, and `rows`, the first and last row
    of the file in it. `model`: the name of a saved detector that scores instead. `threshold`: one
    that replaces the detector's own. `ranges`: the file that has the labels. `masked`: whether
    pictures have masks."""

    source: OwnFile
    kind: Kind
    roles: Roles
    settings: tuple[tuple[str, Any], ...] = ()
    with_label: bool = False
    labelled: bool = True
    stretch: tuple[int, int] | None = None
    rows: tuple[int, int] | None = None
    model: str = ""
    threshold: float | None = None
    with_words: bool = False
    quick: bool = False
    ranges: LabelRanges | None = None
    masked: bool = False

    @property
    def key(self) -> str:
        """Of the outcome: the data's, apart for a saved detector."""
        return f"saved-{self.source.key}" if self.model else self.source.key

    @property
    def model_name(self) -> str:
        return self.model or f"{self.source.title}-{'quick-' * self.quick}detector.safetensors"

    @property
    def first(self) -> Plan | None:
        """The same without networks, of use within seconds; None where it is that already."""
        method = dict(self.settings).get("score_method")
        if self.model or self.quick or method in (LOCAL, *BASELINES):
            return None
        kept = tuple((k, v) for k, v in self.settings if k in WITHOUT_NETWORKS)
        settings = (("score_method", QUICK), *kept)
        return dataclasses.replace(self, settings=settings, quick=True)

    @property
    def tuned_name(self) -> str:
        """The detector that flags by `threshold`, or as it is."""
        if self.threshold is None:
            return self.model_name
        return f"{Path(self.model_name).stem}-tuned.safetensors"

    @property
    def scores_name(self) -> str:
        tuned = "" if self.threshold is None else "-tuned"
        return f"{self.source.title}-{'quick-' * self.quick}scores{tuned}.csv"

    @property
    def fit(self) -> FitOrder:
        roles, ranges = self.roles, self._beside
        if self.stretch is not None or (self.with_label and not self.labelled):
            roles = dataclasses.replace(roles, label="")  # all of these rows are normal
            ranges = None
        kind = self.kind if self.kind == "series" else None
        model = Path(self.model_name)
        file, beside = Path(self.source.name), not self.quick
        return FitOrder(
            file, model, roles, kind, self.rows, self.settings, beside=beside, ranges=ranges
        )

    @property
    def _beside(self) -> LabelRanges | None:
        """The file of ranges as it lies beside the data."""
        if self.ranges is None:
            return None
        return dataclasses.replace(self.ranges, file=Path(self.ranges.file.name))

    def orders(self) -> list[Order]:
        """The fit (unless the detector is there already) and those that follow."""
        return [*([] if self.model else [self.fit]), *self.applied()]

    def whole(self) -> list[Order]:
        """What is of use within seconds, then the orders themselves."""
        return [*(self.first.orders() if self.first else ()), *self.orders()]

    def applied(self) -> list[Order]:
        """Those that give the detector its threshold and score the data."""
        found: list[Order] = []
        model = Path(self.tuned_name)
        if self.threshold is not None:
            found.append(ExportOrder(Path(self.model_name), model, self.threshold, "detector"))
        data, scores = Path(self.source.name), Path(self.scores_name)
        why = self.kind == "series" and not self.quick
        pixels = self.masked and not self.quick
        # How pictures are seen is the detector's.
        roles = dataclasses.replace(self.roles, picture_size=None, picture_colours=None)
        score = ScoreOrder(data, model, scores, roles, why=why, pixels=pixels)
        return [*found, dataclasses.replace(score, ranges=self._beside)]

    def onnx(self) -> ExportOrder:
        model = Path(self.tuned_name)
        return ExportOrder(model, model.with_suffix(".onnx"))

    def shell(self) -> str:
        """What does the same in a shell."""
        return "\n".join(map(shell_line, self.orders()))

    def python(self) -> str:
        """What does the same in Python."""
        named = {k: v for k, v in dataclasses.asdict(self.roles).items() if v not in (None, ())}
        if "features" in named:
            named["features"] = list(named["features"])
        arguments = "".join(f", {name}={value!r}" for name, value in named.items())
        data = "samples.table()" if self.with_words else "samples.x"
        along = "_along" if self.kind == "series" else ""
        given = ", ".join(f"{name}={value!r}" for name, value in self.settings)
        made = f"{KINDS[self.kind]}({given}).fit({data}{self._rows()})"
        imported = f"from wganad_core import {KINDS[self.kind]}"
        if self.model:
            made = f'load("{self.model}")'
            imported = "from wganad_core.detector import load"
        lines = [
            "from pathlib import Path",
            "",
            *sorted([imported, *self._imports()]),
            "",
            *self._read(f'read_samples(Path("{self.source.name}"){arguments})'),
            f"detector = {made}",
            *self._set(),
            f"scores = detector.anomaly_score{along}({data})",
        ]
        return "\n".join(lines)

    def _imports(self) -> list[str]:
        found = ["from wganad_core.data.own.samples import read_samples"]
        if self.ranges is not None:
            found.append("from wganad_core.data.own import LabelRanges")
            found.append("from wganad_core.data.own.labels_beside import with_ranges")
        return found

    def _read(self, samples: str) -> list[str]:
        if (ranges := self._beside) is None:
            return [f"samples = {samples}"]
        given = {"counted": ranges.counted, "zone": ranges.zone}
        more = "".join(f", {name}={value!r}" for name, value in given.items() if value)
        return [
            f'ranges = LabelRanges(Path("{ranges.file.name}"){more})',
            f"samples = with_ranges({samples}, ranges)",
        ]

    def _set(self) -> list[str]:
        if self.threshold is None:
            return []
        given = f'float("{self.threshold}")' if math.isinf(self.threshold) else repr(self.threshold)
        return [f"detector.set_threshold({given})"]

    def _rows(self) -> str:
        if self.stretch is not None:
            return f"[{self.stretch[0]}:{self.stretch[1]}]"
        apart = self.with_label and self.labelled and self.kind != "series"
        return "[samples.learned]" if apart else ""
