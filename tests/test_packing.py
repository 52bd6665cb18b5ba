"""Every record that is stored or sent comes back as it was; hostile files get a sentence."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tests import test_config as configs
from wganad_core import config, pretrained, storage
from wganad_core.data.own import Roles
from wganad_core.detector.saved import KIND, SavedDetector
from wganad_core.jobs.orders import ORDERS
from wganad_core.live import messages
from wganad_core.packing import UnpackError, pack, unpack
from wganad_core.records import (
    Detection,
    FittedRules,
    Frame,
    Judgement,
    LookBack,
    ModeLedger,
    Normals,
    Replay,
    Rule,
    Snapshot,
    StepTrace,
    Summary,
)
from wganad_core.records.race import FORMS
from wganad_core.run.model import Task
from wganad_core.storage import StorageError

NAMES = st.text("ab-λ.", min_size=1, max_size=5).filter(lambda name: name.strip("."))
NUMBERS = st.floats(allow_nan=False) | st.integers(-9, 9).map(float)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=4,
)
CONFIGS: dict[Any, st.SearchStrategy[Any]] = {
    config.MixtureConfig: configs.MIXTURE_CONFIGS,
    config.NetworkConfig: configs.network_configs(),
    config.ImageConfig: configs.IMAGE_CONFIGS,
    config.WindowConfig: configs.WINDOW_CONFIGS,
    config.TrainingConfig: configs.training_configs(),
    config.LaneConfig: configs.LANES,
    config.RaceConfig: configs.RACES,
}
STORED = {
    "run": pretrained.RecordedRun,
    "model": pretrained.Model,
    "rules": pretrained._Stored,
    KIND: SavedDetector,
}
RECORDS = (
    *(*CONFIGS, Roles, Task),
    *(Snapshot, Frame, Replay, StepTrace, Detection, LookBack, ModeLedger, Summary),
    *(Judgement, Rule, Normals, FittedRules),
    *(messages.RaceView, messages.Frames, messages.Replays, messages.ModelKey),
    *(messages.Judged, messages.Search, messages.Generated),
    *ORDERS.values(),
    *STORED.values(),
)


def arrays(shape: Any = None) -> st.SearchStrategy[NDArray[Any]]:
    kinds = st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.int64]).map(np.dtype)
    return hnp.arrays(kinds, shape or hnp.array_shapes(min_side=0, max_side=2, max_dims=2))


@functools.cache
def some(hint: Any) -> st.SearchStrategy[Any]:
    """Whatever a field of this type may hold."""
    origin, kinds = get_origin(hint), get_args(hint)
    if hint in CONFIGS:
        return CONFIGS[hint]
    if hint is Replay:
        return recordings()
    if hint is Rule:
        return rules()
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        fields = [f.name for f in dataclasses.fields(hint) if f.init]
        return st.builds(typing.cast(Any, hint), **{name: some(hints[name]) for name in fields})
    if origin is np.ndarray:
        return arrays()
    if origin in (Union, types.UnionType):
        return st.one_of([some(kind) for kind in kinds])
    if origin is Literal:
        return st.sampled_from(kinds)
    if origin in (tuple, list):
        if origin is tuple and Ellipsis not in kinds:
            return st.tuples(*map(some, kinds))
        return st.lists(some(kinds[0]), max_size=2).map(origin)
    if origin is not None and issubclass(origin, Mapping):
        keys = st.integers(0, 99) if kinds[0] is int else NAMES
        return st.dictionaries(keys, some(kinds[1]), max_size=2)
    plain = {float: NUMBERS, int: st.integers(), str: NAMES, bool: st.booleans()}
    plain |= {Any: JSON, types.NoneType: st.none(), Path: NAMES.map(Path)}
    return plain[hint]


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """With a location and a scale for each of its names."""
    names = tuple(draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)))
    location, scale = ({name: draw(NUMBERS) for name in names} for _ in range(2))
    return Rule(names, location, scale, draw(st.sampled_from(["mean", "logs", "squares"])))


@st.composite
def recordings(draw: st.DrawFn) -> Replay:
    """A frame at least, all of the same shapes, in values that half precision holds."""
    values = st.integers(-9, 9).map(np.float32)
    sizes = {letter: draw(st.integers(1, 2)) for letter in "ngbkrm"}
    shapes = {
        name: tuple(sizes.get(one) or int(one) for one in form) for name, form in FORMS.items()
    }
    frames = [
        Frame(step, **{name: np.full(shape, draw(values)) for name, shape in shapes.items()})
        for step in range(draw(st.integers(1, 3)))
    ]
    row = tuple(map(float, range(9)))
    return Replay(frames, [row] * len(frames), draw(st.lists(NAMES, max_size=2)))


def assert_same(one: Any, other: Any) -> None:
    """Equal in type and value, arrays bit for bit; NaN is equal to itself."""
    if isinstance(one, Mapping):
        assert one.keys() == other.keys()
        if all(isinstance(value, np.ndarray) for value in one.values()):
            assert list(one) == list(other)
        for name, item in one.items():
            assert_same(item, other[name])
    elif isinstance(one, np.ndarray):
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    elif dataclasses.is_dataclass(one):
        assert type(one) is type(other)
        for name in (f.name for f in dataclasses.fields(one) if f.compare):
            assert_same(getattr(one, name), getattr(other, name))
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for item, found in zip(one, other, strict=True):
            assert_same(item, found)
    else:
        assert one == other or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@settings(max_examples=10)
@given(data=st.data())
def test_what_is_packed_comes_back(kind: Any, data: st.DataObject) -> None:
    record = data.draw(some(kind))
    found, meta = storage.decode(storage.encode("thing", *pack(record)), "thing")
    assert_same(unpack(kind, found, meta), record)


@dataclasses.dataclass(frozen=True)
class Inner:
    kind = "inner"
    x: NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Other:
    kind = "other"
    n: int = 3


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str
    place: Inner | Other
    several: tuple[NDArray[np.float32], ...] = ()
    by_name: Mapping[str, NDArray[np.float32] | None] = dataclasses.field(default_factory=dict)
    size: float | None = None
    only: Literal["a", "b"] = "a"
    pair: tuple[int, str] = (1, "x")


OUTER = Outer("λ", Inner(np.ones(2, np.float32)))


def test_what_a_packed_record_is_like() -> None:
    ones = np.ones(2, np.float32)
    found, meta = pack(Outer("λ", Inner(ones), (ones, 2 * ones), {"b.c": ones, "a": None}))
    assert list(found) == ["place.x", "several.0", "several.1", "by_name.b.c"]
    assert json.loads(json.dumps(meta)) == {
        "name": "λ",
        "place": {"kind": "inner"},
        "several": [None, None],
        "by_name": {"b.c": None, "a": None},
        "size": None,
        "only": "a",
        "pair": [1, "x"],
    }
    assert pack(Outer("λ", Other(np.int64(4))))[1]["place"] == {"kind": "other", "n": 4}  # type: ignore[arg-type]
    assert pack(config.WindowConfig(width=5))[1] == {
        "kind": "window",
        **{**config.WindowConfig(width=5).to_dict(), "scales": []},  # JSON has no tuples
    }


def test_what_is_left_out_is_as_usual() -> None:
    found = unpack(Outer, {}, {"name": "x", "place": {"kind": "other"}})
    assert found == Outer("x", Other(3))
    networks: Any = config.AnyNetworkConfig
    assert unpack(networks, {}, {"kind": "window", "architecture": "dense", "width": 5}) == (
        config.WindowConfig(architecture="dense", width=5)
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": None}, "name must be str; found None"),
        ({"nmae": "x"}, "Outer has no nmae; it knows by_name, name, only, pair, place"),
        ({"place": {}}, "kind must be one of inner, other; found None"),
        ({"place": 3}, "kind must be one of inner, other; found None"),
        ({"place": {"kind": "inner", "y": 2}}, "Inner has no y; it knows x"),
        ({"place": {"kind": "other", "n": 2.5}}, "place.n must be int; found 2.5"),
        ({"place": {"kind": "other", "n": True}}, "place.n must be int; found True"),
        ({"several": 3}, "several must be a list; found 3"),
        ({"several": [None]}, "several.0 is missing"),
        ({"by_name": 3}, "by_name must have names; found 3"),
        ({"by_name": [[]]}, "by_name has names that are no text"),
        ({"size": "9" * 99}, f"size must be float; found '{'9' * 59}$"),
        ({"only": "c"}, "only must be 'a' or 'b'; found 'c'"),
        ({"pair": [1]}, "pair must have 2 entries; found 1"),
        ({"pair": [1, 2]}, "pair.1 must be str; found 2"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], said: str) -> None:
    found, meta = pack(OUTER)
    with pytest.raises(UnpackError, match=f"^{said}"):
        unpack(Outer, found, meta | change)


def test_what_is_missing_is_named() -> None:
    found, meta = pack(OUTER)
    with pytest.raises(UnpackError, match=r"^place\.x is missing$"):
        unpack(Outer, {}, meta)
    del meta["name"]
    with pytest.raises(UnpackError, match=r"^name is missing$"):
        unpack(Outer, found, meta)
    networks: Any = config.AnyNetworkConfig
    with pytest.raises(UnpackError, match="kind must be one of dense, image, window; found 'conv'"):
        unpack(networks, {}, {"kind": "conv"})
    with pytest.raises(UnpackError, match="WindowConfig has no depth; it knows architecture"):
        unpack(networks, {}, {"kind": "window", "depth": 2})
    with pytest.raises(config.ConfigError, match="width must be a number at least 1"):
        unpack(networks, {}, {"kind": "window", "width": 0})


# Files that someone has made, with a hash that is right


@st.composite
def changed(draw: st.DrawFn, meta: Any) -> Any:
    """This JSON with something else, more or less somewhere in it."""
    meta = json.loads(json.dumps(meta))
    places: list[tuple[Any, Any]] = []
    waiting = [meta]
    while waiting:
        inner = waiting.pop()
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        places += [(inner, key) for key in keys]
        waiting += [inner[key] for key in keys if isinstance(inner[key], dict | list)]
    inner, key = draw(st.sampled_from(places))
    what = draw(st.sampled_from(["other", "more", "less"]))
    if what == "less":
        del inner[key]
    elif what == "more" and isinstance(inner, dict):
        inner[draw(NAMES)] = draw(JSON)
    else:
        inner[key] = draw(JSON)
    return meta


@pytest.mark.parametrize("kind", STORED)
@settings(max_examples=40)
@given(data=st.data())
def test_hostile_files_load_or_are_refused_in_a_sentence(kind: str, data: st.DataObject) -> None:
    record = STORED[kind]
    found, meta = pack(data.draw(some(record)))
    meta = data.draw(changed(meta))
    for name in data.draw(st.sets(st.sampled_from(sorted(found)), max_size=1)) if found else ():
        found[name] = data.draw(arrays())
        if data.draw(st.sampled_from([True, False])):
            del found[name]
    try:
        storage.as_record(record, kind, found, meta, "the file")
    except StorageError as error:
        said = str(error)
        assert said.startswith(f"the file is no usable {kind} (")
        assert said.endswith("); restore it from where it came from.")
        assert "\n" not in said


@pytest.mark.parametrize("kind", STORED)
@given(meta=st.dictionaries(NAMES, JSON))
def test_json_of_any_other_kind_is_refused(kind: str, meta: dict[str, Any]) -> None:
    with pytest.raises(StorageError, match=f"^the file is no usable {kind} "):
        storage.as_record(STORED[kind], kind, {}, meta, "the file")
