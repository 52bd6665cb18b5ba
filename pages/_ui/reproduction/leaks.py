"""How results get too good: each way measured, honest → leaky."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.chart import live_chart
from wganad_core import leaks
from wganad_core.figures.reproduction import PairGroup, duration, paired_dots
from wganad_core.leaks import WAYS, Leaks, Pair
from wganad_core.use_cases import USE_CASES


@dataclasses.dataclass(frozen=True)
class LeakChoice:
    """One way, and what was measured of it."""

    way: str
    found: Leaks

    def show(self, title: st.delta_generator.DeltaGenerator) -> None:
        way, pairs = WAYS[self.way], self.found.pairs[self.way]
        most = max(pairs, key=lambda pair: pair.gain)
        noun = USE_CASES[most.use_case].noun
        with title:
            anatomy.headline(
                f"{way.title}: AUPRC {100 * leaks.mean_gain(pairs):+.1f} points on average, "
                f"{100 * most.gain:+.1f} on {noun} {most.abnormal}"
            )
        live_chart(
            paired_dots(panels(pairs), way.honest, way.leaky),
            key="leaks",
            alt=f"AUPRC by class, {way.honest.lower()} and {way.leaky.lower()}",
        )
        st.markdown(f"**Why it is wrong.** {way.why}")
        st.caption(
            f"Measured in {duration(self.found.seconds[self.way])}; base rates, test samples and "
            "what was chosen are under the pointer. Again: "
            f"`{self.found.command} --leak {self.way}`."
        )
        wide = st.column_config.TextColumn(width=210)
        with st.expander("All numbers", expanded=True):
            st.dataframe(
                _table(pairs),
                hide_index=True,
                height="content",
                column_config=dict.fromkeys(("Of", "Honest by", "Leaky by"), wide),
            )


def choose() -> LeakChoice:
    """Which way. Raises `StorageError` where nothing was measured."""
    path = leaks.shipped_path()
    found = _read(path, path.stat().st_mtime_ns if path.exists() else 0)
    titles = {name: WAYS[name].short.capitalize() for name in found.ways}
    way = linked.tabs("Leak", titles, key="leak", default=next(iter(titles)))
    return LeakChoice(way, found)


@st.cache_resource(show_spinner=False, max_entries=2)
def _read(path: Path, changed: int) -> Leaks:
    """Keyed by the file's time of change."""
    return leaks.load(path)


def panels(pairs: list[Pair]) -> list[PairGroup]:
    """A panel per use case and figure."""
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair.use_case, pair.what), []).append(pair)
    return [PairGroup(_panel_title(*key), found) for key, found in groups.items()]


def _panel_title(use_case: str, what: str) -> str:
    case = USE_CASES[use_case]
    return f"{case.title} · {case.name_of(what)}"


def _table(pairs: list[Pair]) -> list[dict[str, str]]:
    """The numbers of the picture, and who was chosen where that differs."""
    by = ("honest_by", "leaky_by") if any(pair.honest_by for pair in pairs) else ()
    return [
        {
            "Of": _panel_title(pair.use_case, pair.what),
            "Unseen": pair.abnormal,
            "Honest": f"{pair.honest:.1%}",
            "Leaky": f"{pair.leaky:.1%}",
            "Points": f"{100 * pair.gain:+.1f}",
            "π honest": f"{pair.honest_base_rate:.1%}",
            "π leaky": f"{pair.leaky_base_rate:.1%}",
            "Samples": f"{pair.n:,}",
            **{name.replace("_", " ").capitalize(): getattr(pair, name) for name in by},
        }
        for pair in pairs
    ]
