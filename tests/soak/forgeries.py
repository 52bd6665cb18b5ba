"""The kinds of files that are forged: an honest one of each, and all that it is used for."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.soak import hostile
from tests.soak.forged import Change, Kind, container, forged_json
from wganad_core import WGANAnomalyDetector, board, detector, pretrained, storage
from wganad_core.__main__ import make_parser
from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig, RaceConfig
from wganad_core.data.mixture import make_mixture
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.paper import paper_figures
from wganad_core.figures.race import LaneRecord, race_sentence
from wganad_core.live.own_detectors import about as about_detector
from wganad_core.panels.panel import Panel
from wganad_core.records import FittedRules, Rule, ScoreTable
from wganad_core.run import Checkpoint
from wganad_core.run.mixture import MixtureRun, look_back, modules_of
from wganad_core.run.race import Race, load_race, save_race
from wganad_core.use_cases import SHARP

LANE = LaneConfig(network=NetworkConfig(width=4), training=SHARP.replace(batch_size=8, steps=6))
DATA = MixtureConfig(n_samples=500)
X = np.random.default_rng(0).normal(size=(80, 4))
DIGIT = pretrained.SHIPPED / "mnist" / "4"


def kinds(folder: Path, most: int = 2_000_000) -> dict[str, Kind]:
    """All of them, by name; honest files are made in the folder. `most`: rows of a table."""
    race = Race(RaceConfig(mixture=DATA, lanes=(LANE,)))
    for _ in range(2):
        race.advance()
        race.observe()
    save_race(race, folder / "race")
    run = MixtureRun(DATA, LANE, None, 0)
    next(run)
    Checkpoint(folder / "training", run.plan, run.data).save(run)
    for _ in run:
        pass
    pretrained.save_run(run.result("made by a test"), folder / "run")
    WGANAnomalyDetector(steps=3).fit(X).save(folder / "detector")
    storage.save_scores(scores(), folder / "scores")
    choice = json.loads(pretrained.choice_path("mnist").read_bytes())
    return {
        "race": Kind(container("checkpoint", folder / "race"), _go_on_racing),
        "training": Kind(container("checkpoint", folder / "training"), _go_on_training),
        "run": Kind(container("run", folder / "run"), _draw),
        "detector": Kind(container("detector", folder / "detector"), _score),
        "model": Kind(container("model", DIGIT / "encoder.safetensors"), _judge(folder, "encoder")),
        "rules": Kind(container("rules", DIGIT / "ours.safetensors"), _judge(folder, "ours")),
        "scores": Kind(tables(pq.read_table(folder / "scores"), most), _evaluate),
        "choice": Kind(choices(choice), _narrow),
    }


# Honest ones, and how they are forged


def scores(n: int = 60) -> ScoreTable:
    """A table of one detector, as `score` writes it."""
    odd = np.arange(n) % 4 == 0
    return ScoreTable.filled(
        use_case="mnist",
        model="wgan-gp",
        detector="ours",
        abnormal="4",
        protocol="80/20",
        seed=0,
        part=np.where(np.arange(n) < 10, "calibration", "test"),
        sample_id=np.array([f"{i:016x}" for i in range(n)]),
        subject="",
        class_=np.where(odd, "4", "7"),
        label=odd.astype(np.int64),
        score=(np.arange(n) % 7 + 3 * odd).astype(np.float32),
    )


TEXTS = [
    "",
    "x",
    "x" * 60_000,
    "\0",
    "[p](http://elsewhere.example)",
    "<b>",
    "=1+1",
    "fit",
    "é\u202e",
]
SCHEMAS = [b"", b"x", b"-1", b"9", b"9" * 400, b"1.0", "١".encode(), b"\xff"]
NUMBERS: list[Any] = [0, -1, 127, 2**31 - 1, 2**62, 1e38, -1e38, float("inf"), -float("inf")]
TYPES = ["string", "int64", "float64", "float", "int8", "binary", "bool", "timestamp[s]", "uint64"]


def tables(honest: pa.Table, most: int) -> Change:
    """Score tables with another column, another type, another length or another header; the
    longest have `most` rows."""
    names = honest.schema.names

    def renamed(old: str, new: str) -> pa.Table:
        return honest.rename_columns([new if name == old else name for name in names])

    def told(about: dict[bytes, bytes]) -> pa.Table:
        return honest.replace_schema_metadata(about)

    ways: list[Callable[[random.Random, str], pa.Table]] = [
        lambda rng, name: honest.drop_columns([name]),
        lambda rng, name: renamed(name, f"{name}x"),
        lambda rng, name: renamed(name, rng.choice(names)),
        lambda rng, name: honest.select(rng.sample(names, len(names))),
        lambda rng, name: honest.slice(0, rng.choice([0, 1, 2])),
        lambda rng, name: pa.concat_tables([honest] * rng.choice([2, 9])),
        lambda rng, name: with_column(honest, name, _odd(rng, honest, name)),
        lambda rng, name: with_column(honest, name, _some(rng, honest, name)),
        lambda rng, name: with_column(honest, name, pa.nulls(len(honest), honest[name].type)),
        lambda rng, name: with_column(honest, name, _other(rng, honest, name)),
        lambda rng, name: told({b"wganad": b"scores", b"schema": rng.choice(SCHEMAS)}),
        lambda rng, name: told({b"wganad": rng.choice(SCHEMAS)}),
        lambda rng, name: many(honest, rng.choice([5_000, most]), rng.choice(TEXTS)),
    ]

    def change(rng: random.Random) -> tuple[bytes, str]:
        which, name = rng.randrange(len(ways)), rng.choice(names)
        made = ways[which](rng, name)
        return hostile.parquet(made, compression="brotli"), f"way {which} of {name}"

    return change


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    at = table.schema.names.index(name)
    return table.set_column(at, name, values)


def _odd(rng: random.Random, honest: pa.Table, name: str) -> Any:
    """The same odd value in all rows."""
    kind = honest[name].type
    if pa.types.is_dictionary(kind):
        return pa.array([rng.choice(TEXTS)] * len(honest)).dictionary_encode()
    with contextlib.suppress(pa.ArrowInvalid, OverflowError, ValueError):
        return pa.array([rng.choice(NUMBERS)] * len(honest), kind)
    return pa.array([0] * len(honest), kind)


def _some(rng: random.Random, honest: pa.Table, name: str) -> Any:
    """One odd value among the others; rows of two detectors, seeds or classes follow."""
    values = honest[name].to_pylist()
    other = _odd(rng, honest, name).to_pylist()[0]
    values[rng.randrange(len(values))] = rng.choice([other, None])
    return pa.array(values, honest[name].type)


def _other(rng: random.Random, honest: pa.Table, name: str) -> Any:
    """The same values as another type, or lists of them."""
    texts = pa.array([str(value) for value in honest[name].to_pylist()])
    with contextlib.suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return texts.cast(pa.type_for_alias(rng.choice(TYPES)))
    return pa.array([[text] for text in texts.to_pylist()])


def many(honest: pa.Table, n: int, text: str) -> pa.Table:
    """A small file of n equal rows whose ids are one text."""
    columns = {}
    for name in honest.schema.names:
        value = text if name == "sample_id" else honest[name].to_pylist()[0]
        one = pa.array([value], pa.string() if isinstance(value, str) else honest[name].type)
        codes = np.zeros(n, np.int32)
        whole = isinstance(value, str)
        columns[name] = pa.DictionaryArray.from_arrays(codes, one) if whole else one.take(codes)
    return pa.table(columns, metadata=honest.schema.metadata)


def choices(honest: Any) -> Change:
    """Choices of evidence, and JSON that is none."""

    def change(rng: random.Random) -> tuple[bytes, str]:
        if rng.random() < 0.1:
            text = rng.choice(["", "[", "[" * 200_000, '{"a":' * 50_000, "[]", "3", "null", "\0"])
            return text.encode(), f"JSON {text[:9]!r}"
        meta, changed = forged_json(rng, honest)
        return json.dumps(meta).encode(), changed

    return change


# How they are used


def _go_on_racing(path: Path) -> None:
    race = load_race(path)
    race.observe()
    race.advance()
    race.observe()


def _go_on_training(path: Path) -> None:
    run = MixtureRun(DATA, LANE, None, 0)
    Checkpoint(path, run.plan, run.data).load(run)
    for _ in run:
        pass


def _score(path: Path) -> None:
    found = detector.load(path)
    found.score_samples(X)
    json.dumps(about_detector(found))


def _draw(path: Path) -> None:
    """`info run`, `render mixture --runs`, and the race page's recording of it."""
    _command("info", "run", str(path))
    run = pretrained.load_run(path)
    modules_of(run)
    mixture = make_mixture(run.mixture)
    method = run.lane.training.method
    lanes = [LaneRecord("a lane", method, run.recording)]
    pack_lanes(lanes, mixture, (*FIRST, *MORE), quick=True)
    race_sentence(lanes, mixture)
    paper_figures({method: run}, mixture, {method: look_back(run, mixture, 20, 500)})


def _judge(folder: Path, name: str) -> Callable[[Path], None]:
    """Digits by the networks and rules that ship, one of which is forged; `info model` of it."""
    models = folder / f"with another {name}" / DIGIT.name
    models.mkdir(parents=True)
    for path in DIGIT.iterdir():
        if path.stem != name:
            (models / path.name).symlink_to(path)

    def use(path: Path) -> None:
        (models / f"{name}.safetensors").write_bytes(path.read_bytes())
        panel = Panel(models.parent, DIGIT.name)
        panel.judge(np.zeros((3, 784), np.float32))
        if name != "ours":
            _command("info", "model", str(path))

    return use


def _evaluate(path: Path) -> None:
    """`score --beside`, the board, `evaluate FILE`, `threshold FILE`."""
    with contextlib.suppress(storage.StorageError):
        table = storage.load_scores(path)
        board.rows([table])
        storage.save_scores(ScoreTable.stack([table, table]), path.with_name("stacked"))
    _command("evaluate", str(path), "--resamples", "20")
    _command("threshold", str(path), "--false-alarm-rate", "0.1")


def _command(*words: str) -> None:
    """Raises what the command would say, or what it would not."""
    arguments = make_parser().parse_args(words)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        arguments.run(arguments)


def _narrow(path: Path) -> None:
    """Rules of the evidence that was chosen."""
    choice = pretrained.read_choice(path)
    ones = dict.fromkeys(("critic", "near-latent", "contrast"), 1.0)
    rule = Rule(tuple(ones), ones, ones)
    for abnormal in ("4", "walking"):
        FittedRules(rules={"ours": rule, "ours-wgan": rule}).narrowed(choice.of(abnormal))
