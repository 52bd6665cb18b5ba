"""Every detector on every class in turn, beside what the paper prints: bars and a table."""

from __future__ import annotations

import dataclasses

import pandas as pd
import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.case import data
from pages._ui.chart import live_chart
from wganad_core import board, catalogue
from wganad_core.figures.board import auprc_bars
from wganad_core.storage import StorageError
from wganad_core.use_cases import UseCase

MEASURES = {"auprc": "AUPRC", "auroc": "AUROC"}
THE_PAPERS = "the paper's, here"  # its own detector, as measured here
CHANCE, FLOOR, EVEN = "Chance (base rate π)", "Floor (worst ranking)", "Chance"


@dataclasses.dataclass(frozen=True)
class TableChoice:
    """Which figures are looked at."""

    case: UseCase
    protocol: str
    measure: str

    def show(self, above: st.delta_generator.DeltaGenerator) -> None:
        """The sentence above the choices, bars and the table."""
        _show(self.case, self.protocol, self.measure, above)


def choose(case: UseCase) -> TableChoice:
    """What there is to choose, in the line of choices."""
    protocol = case.protocols[0]
    if case.protocol_words:
        protocol = linked.in_words(
            "Tested on",
            case.protocol_words,
            key="protocol",
            default=protocol,
            help=case.protocol_help,
        )
    measure = linked.in_words("Figure", MEASURES, key="measure", default="auprc")
    return TableChoice(case, protocol, measure)


def _show(
    case: UseCase, protocol: str, measure: str, above: st.delta_generator.DeltaGenerator
) -> None:
    rows = _rows(case, protocol)
    title, *others = _sentences(case, rows)
    with above:
        anatomy.headline(title)
    series = {
        label: found
        for label, (detector, model) in case.board.bars.items()
        if (found := [r for r in rows if r.detector == detector and model in ("", r.model)])
    }
    named = {row.abnormal for row in rows}
    classes = [name for name in (*case.classes, board.MEAN) if name in named]
    live_chart(
        auprc_bars(series, classes),
        key="bars",
        alt=f"AUPRC by unseen {case.noun} and detector",
    )
    for sentence in others:
        st.markdown(sentence)
    left_out = _show_table(case, rows, measure, classes)
    n = len({row.seed for row in rows if row.seed is not None})
    seeds = "one seed" if n == 1 else f"means of up to {n} seeds"
    gaps = f" Not scored everywhere, so left out: {', '.join(left_out)}." if left_out else ""
    st.caption(
        f"{MEASURES[measure]} in %, {case.board.caption.format(seeds=seeds)}{gaps} From the "
        f"shell: `python -m wganad_core evaluate {case.name}`."
    )


def _rows(case: UseCase, protocol: str) -> list[board.Row]:
    """The figures of all classes that are here, quoted and measured, and their means."""
    measured = [row for row in data.rows(case) if row.protocol == protocol]
    if not measured:
        raise StorageError(
            f"No score tables of {case.title} are here; restore them from the repository."
        )
    rows = [row for row in board.QUOTED if row.use_case == case.name] + measured
    return [*rows, *board.means(rows, case.classes)]


def _sentences(case: UseCase, rows: list[board.Row]) -> list[str]:
    """What the paper says, beside the same setting here and our rule."""
    found = {(r.abnormal, r.detector, r.model): r.auprc for r in rows if r.auprc is not None}
    ours = next(iter(case.board.bars.values()))
    if not case.board.quotes:
        return [_means(found, len({r.abnormal for r in rows if r.detector == "ours"}))]
    sentences = []
    for abnormal, architecture, words in case.board.quotes:
        parts = [f"{abnormal.capitalize()}: {words}"]
        if same := found.get((abnormal, "encoder", case.model_of(architecture))):
            parts.append(f"the same setting reaches {same:.0%} here")
        if best := found.get((abnormal, *ours)):
            parts.append(f"our rule {best:.0%}")
        sentences.append(f"{'; '.join(parts)}.")
    return sentences


def _means(found: dict[tuple[str, str, str], float], n: int) -> str:
    paper = found[board.MEAN, "paper", "wgan-gp"]
    ours = [v for (abnormal, name, _), v in found.items() if (abnormal, name) == ("mean", "ours")]
    if not ours:
        return f"The paper reaches a mean AUPRC of {paper:.0%}; {n} of our ten digits are here."
    here = found.get((board.MEAN, "encoder", "wgan-gp"))
    same = "" if here is None else f", its detector {here:.1%} here"
    return f"Mean AUPRC over ten digits: the paper {paper:.0%}{same}, ours {ours[0]:.1%}"


def _show_table(
    case: UseCase, rows: list[board.Row], measure: str, classes: list[str]
) -> list[str]:
    """Returns the detectors that are left out, as their rows would have gaps."""
    table, left_out = _table(case, rows, measure, classes)
    many = len(classes) > 8
    number = st.column_config.NumberColumn(format="%.1f", width=58 if many else 78)
    reference = table["Detector"].isin([*case.board.paper.values(), CHANCE, FLOOR, EVEN])
    st.dataframe(
        table.style.highlight_max(
            subset=pd.IndexSlice[table.index[~reference], classes],
            props="font-weight: 700; background-color: #009E7340",
        ),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config=dict.fromkeys(classes, number)
        | {"Detector": st.column_config.TextColumn(pinned=True, width=210 if many else 280)},
    )
    return left_out


def _table(
    case: UseCase, rows: list[board.Row], measure: str, classes: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """A row per detector, a column per class, in %; seeds are averaged. The paper's own detector
    stands first, beside what the paper prints of it; then the best mean. With references, the
    baselines, and what chance and the worst ranking give, follow. Also who is left out, as fewer
    classes were scored than of others."""
    frame = pd.DataFrame([dataclasses.asdict(row) for row in rows])
    frame["Detector"] = [_name(case, row) for row in rows]
    measured = frame.dropna(subset=measure)
    pivot = 100 * measured.pivot_table(
        index="Detector", columns="abnormal", values=measure, aggfunc="mean"
    ).reindex(columns=classes)
    scored, quoted = pivot.notna().sum(axis=1), pivot.index.isin([*case.board.paper.values()])
    gaps = scored < scored[~quoted].max()
    left_out, pivot = pivot.index[gaps].tolist(), pivot[~gaps]
    group = pd.Series(0, pivot.index)
    group[pivot.index == next(iter(case.board.paper.values()), "")] = -1
    group[pivot.index.str.endswith(f"({THE_PAPERS})")] = -2
    if case.board.references:
        group[pivot.index.isin(frame.loc[frame["model"] == "none", "Detector"])] = 1
    mean = pivot[board.MEAN] if board.MEAN in pivot else pivot.mean(axis=1)
    rank = pd.DataFrame({"group": group, "mean": -mean})
    pivot = pivot.loc[rank.sort_values(["group", "mean"]).index]
    if case.board.references and measure == "auprc":
        known = frame.dropna(subset="base_rate").groupby("abnormal")
        pivot.loc[CHANCE] = 100 * known["base_rate"].first()
        pivot.loc[FLOOR] = 100 * known["floor"].first()
    elif case.board.references:
        pivot.loc[EVEN] = 50.0
    seeds = measured.groupby("Detector")["seed"].nunique()
    words = seeds.map(lambda n: str(n) if n else "quoted")
    pivot["Seeds"] = words.reindex(pivot.index).fillna("")
    return pivot.reset_index(), left_out


def _name(case: UseCase, row: board.Row) -> str:
    """What people call a detector of a model."""
    if row.detector == "paper":
        return case.board.paper.get(row.model, "Paper")
    name = catalogue.name_in_full(case, row.model, row.detector)
    same = row.detector == "encoder" and row.model == next(iter(case.board.paper), None)
    return f"{name} ({THE_PAPERS})" if same else name
