"""What all samples of a file show together: missing cells, constants, labels of one kind."""

from __future__ import annotations

from collections import Counter

import numpy as np

from wganad_core.data import DataError
from wganad_core.data.own.labels import MAX_KINDS, UNLABELLED
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.rows import coarse, same_throughout


def remarks_on(samples: OwnSamples) -> list[str]:
    """What the whole shows: missing values, constant features, labels of one kind."""
    remarks = []
    n = len(samples.missing)
    if not len(samples.x):
        raise DataError(
            f"No row has a feature that is neither missing nor infinite ({n:,} rows); choose other "
            "features, or fill them."
        )
    if n:
        remarks.append(
            f"{n:,} of {n + len(samples.x):,} rows {'are' if n > 1 else 'is'} left out: nothing is "
            "there."
        )
    if some := int(np.isnan(samples.x).any(axis=1).sum()):
        remarks.append(f"In {some:,} of {n + len(samples.x):,} rows a cell is missing.")
    if len(samples.x) > 1 and samples.image_shape is None:
        numbers = [not words for words in samples.words] or [True] * samples.x.shape[1]
        constant = np.flatnonzero((samples.x == samples.x[0]).all(axis=0) & numbers)
        remarks += same_throughout({samples.features[at]: samples.x[0, at] for at in constant})
        remarks += coarse(samples.x, samples.features)
    if samples.group is not None and (nobody := int((samples.group == "").sum())):
        remarks.append(
            f"In {nobody:,} rows the column that tells recordings apart is empty; they are taken "
            "for a recording of their own."
        )
    return remarks + _about_labels(samples)


def _about_labels(samples: OwnSamples) -> list[str]:
    """Labels of one kind, of several kinds, and none."""
    if samples.label is None:
        return []
    remarks = []
    unlabelled = int((samples.label == UNLABELLED).sum())
    if unlabelled:
        remarks.append(
            f"{unlabelled:,} rows have no label: they are scored, but count neither as normal nor "
            "as anomalies."
        )
    known = np.unique(samples.label[samples.label != UNLABELLED])
    if len(known) == 1:
        which = "an anomaly" if known[0] else "normal"
        remarks.append(f"Every {'labelled ' * bool(unlabelled)}sample is labelled {which}.")
    if samples.class_ is not None:
        found = sorted(Counter(samples.class_[samples.label == 1].tolist()).items())
        if len(found) > MAX_KINDS:
            raise DataError(
                f"The label tells {len(found):,} kinds of anomalies apart; expected at most "
                f"{MAX_KINDS}. Choose another label column or none."
            )
        kinds = ", ".join(f"{kind!r} ({n:,})" for kind, n in found[:10])
        if len(found) > 1:
            remarks.append(f"Kinds of anomalies: {kinds}{', …' if len(found) > 10 else ''}.")
    return remarks
