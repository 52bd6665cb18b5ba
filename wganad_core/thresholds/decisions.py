"""What was decided when, and why: noted beside a threshold's report, and read from it again."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import Any

from wganad_core.data import DataError

MOST, MOST_BYTES, LONGEST = 500, 2_000_000, 500  # decisions, bytes of a report, characters of a why


@dataclasses.dataclass(frozen=True)
class Decision:
    """`at`: when, in UTC as ISO has it; `rule`: how the threshold was found, and `why` in a
    person's words; `detector` and `scores`: whose it is; what it `flagged` of `n`, then."""

    at: str
    threshold: float
    rule: str
    why: str
    detector: str
    scores: str
    flagged: int
    n: int

    def facts(self) -> dict[str, Any]:
        """As JSON takes it, which has no infinity."""
        facts = dataclasses.asdict(self)
        finite = math.isfinite(self.threshold)
        text = {"threshold_text": repr(self.threshold)}
        return {**facts, "threshold": self.threshold if finite else None, **text}


def read_decisions(report: bytes) -> tuple[Decision, ...]:
    """The decisions in a report that the cockpit has written, in their order.

    Raises
    ------
    DataError
        With one sentence, for what is no such report.

    Examples
    --------
    >>> import json
    >>> from wganad_core.thresholds import Decision, read_decisions
    >>> one = Decision("2024-05-31T12:00:00Z", 2.5, "by hand", "audit", "ours", "s.csv", 3, 100)
    >>> read_decisions(json.dumps({"decisions": [one.facts()]}).encode()) == (one,)
    True
    """
    wrong = DataError(
        "This is no report of the cockpit; expected the JSON file that “Report (JSON)” gives."
    )
    if len(report) > MOST_BYTES:
        raise wrong
    try:
        found = json.loads(report.decode())["decisions"]
        made = tuple(_decision(one) for one in found)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise wrong from None
    if len(made) > MOST:
        raise DataError(f"Expected at most {MOST} decisions; found {len(made):,}.")
    return made


def _decision(one: Any) -> Decision:
    words = [one[name] for name in ("at", "rule", "why", "detector", "scores", "threshold_text")]
    numbers = [one["flagged"], one["n"]]
    plain = all(isinstance(word, str) and len(word) <= LONGEST for word in words)
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    threshold = float(words.pop())
    if not plain or not whole or math.isnan(threshold):
        raise ValueError
    at, rule, why, detector, scores = words
    return Decision(at, threshold, rule, why, detector, scores, *numbers)


def merged(one: Sequence[Decision], other: Sequence[Decision]) -> tuple[Decision, ...]:
    """All of both, each once, in the order of their times.

    Examples
    --------
    >>> from wganad_core.thresholds import Decision, merged
    >>> noon = Decision("2024-05-31T12:00:00Z", 2.5, "by hand", "audit", "ours", "s.csv", 3, 100)
    >>> dawn = Decision("2024-05-31T05:00:00Z", 2.0, "by hand", "night", "ours", "s.csv", 9, 100)
    >>> merged([noon], [dawn, noon]) == (dawn, noon)
    True
    """
    return tuple(sorted(dict.fromkeys((*one, *other)), key=lambda decision: decision.at))[-MOST:]
