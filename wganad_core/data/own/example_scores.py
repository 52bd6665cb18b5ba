"""Made scores, for who has none at hand."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd


def csv() -> bytes:
    """5,000 normals of three machines, of which one is louder, and 100 faults.

    Examples
    --------
    >>> from wganad_core.data.own import example_scores
    >>> example_scores.csv().splitlines()[0]
    b'id,class,label,score'
    """
    rng = np.random.default_rng(7)
    machine = rng.integers(3, size=5_100)
    label = (np.arange(5_100) >= 5_000).astype(int)
    score = rng.gamma(4.0 + machine, 0.5) + label * rng.gamma(6.0, 0.5, 5_100)
    table = pd.DataFrame(
        {
            "id": [f"part-{i:05d}" for i in range(1, 5_101)],
            "class": np.where(label == 1, "fault", np.array(["press", "mill", "lathe"])[machine]),
            "label": label,
            "score": score.round(4),
        }
    )
    return table.sample(frac=1, random_state=7).to_csv(index=False).encode()


def file() -> io.BytesIO:
    """The same as an uploaded file.

    Examples
    --------
    >>> from wganad_core.data.own import example_scores
    >>> example_scores.file().name
    'scores.csv'
    """
    found = io.BytesIO(csv())
    found.name = "scores.csv"
    return found
