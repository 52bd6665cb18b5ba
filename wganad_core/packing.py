"""Records as named arrays and JSON, and back: the one codec of files and of messages.

A record is a dataclass whose fields are numbers, texts, NumPy arrays, other records, and tuples
or mappings of those. Arrays are named by their path (`normals.points.latents`); everything else
is JSON. A field that may hold one of several records is told apart by the `kind` of their class.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np
from numpy.typing import NDArray

R = TypeVar("R")
Arrays = Mapping[str, NDArray[Any]]
_IN_ARRAYS = object()  # stands where JSON has nothing to add to an array


class UnpackError(ValueError):
    """Arrays and JSON are not what the record is made of; the message says where."""


def pack(record: Any) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """A record as arrays by their path, and JSON.

    >>> import dataclasses, numpy as np
    >>> @dataclasses.dataclass(frozen=True)
    ... class Scores:
    ...     name: str
    ...     score: np.ndarray
    >>> arrays, meta = pack(Scores("critic", np.zeros(2)))
    >>> sorted(arrays), meta
    (['score'], {'name': 'critic'})
    """
    arrays: dict[str, NDArray[Any]] = {}
    return arrays, _packed(record, "", arrays)


def _packed(value: Any, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return _IN_ARRAYS
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "packed"):  # a class with a stored form of its own
        inner_arrays, meta = value.packed()
        arrays |= {_below(path, name): array for name, array in inner_arrays.items()}
        return meta
    if dataclasses.is_dataclass(value):
        inner = {
            field.name: _packed(getattr(value, field.name), _below(path, field.name), arrays)
            for field in dataclasses.fields(value)
            if field.init
        }
        tag = {"kind": value.kind} if hasattr(value, "kind") else {}
        return tag | {name: item for name, item in inner.items() if item is not _IN_ARRAYS}
    if isinstance(value, Mapping):
        found = {str(k): _packed(v, _below(path, k), arrays) for k, v in value.items()}
        if all(item is _IN_ARRAYS for item in found.values()):
            return list(found)  # in their order, which arrays do not keep
        return {name: _or_none(item) for name, item in found.items()}
    if isinstance(value, tuple | list):
        return [_or_none(_packed(v, _below(path, i), arrays)) for i, v in enumerate(value)]
    return value


def _or_none(item: Any) -> Any:
    return None if item is _IN_ARRAYS else item


def unpack(kind: type[R], arrays: Arrays, meta: Mapping[str, Any]) -> R:
    """Undo `pack`. Raises `UnpackError` for what is missing, unknown or of another type."""
    found: R = _unpacked(kind, "", dict(meta), arrays)
    return found


def _unpacked(hint: Any, path: str, value: Any, arrays: Arrays) -> Any:
    origin = get_origin(hint)
    if origin is np.ndarray or hint is np.ndarray:
        if path not in arrays:
            raise UnpackError(f"{path} is missing")
        return arrays[path]
    if origin in (Union, types.UnionType):
        return _one_of(get_args(hint), path, value, arrays)
    if dataclasses.is_dataclass(hint):
        return _record(hint, path, value, arrays)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(get_args(hint), path, value, arrays)
    if origin in (tuple, list):
        return _sequence(hint, path, value, arrays)
    if hint is Path:
        return Path(_plain(str, path, value))
    return _plain(hint, path, value)


def _record(kind: Any, path: str, value: Any, arrays: Arrays) -> Any:
    if not isinstance(value, Mapping):
        raise UnpackError(f"{path or _name(kind)} is no {_name(kind)}; found {value!r:.60}")
    if hasattr(kind, "unpacked"):
        start = f"{path}." if path else ""
        mine = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
        return kind.unpacked(mine, value)
    hints, given = _hints(kind), {}
    for field in (f for f in dataclasses.fields(kind) if f.init):
        inner = _below(path, field.name)
        there = field.name in value or inner in arrays or _any_below(inner, arrays)
        if there:
            given[field.name] = _unpacked(hints[field.name], inner, value.get(field.name), arrays)
        elif field.default is field.default_factory is dataclasses.MISSING:
            raise UnpackError(f"{inner} is missing")
    if unknown := sorted(set(value) - set(hints) - {"kind"}):
        known = ", ".join(sorted(f.name for f in dataclasses.fields(kind)))
        raise UnpackError(f"{kind.__name__} has no {', '.join(unknown)}; it knows {known}")
    return kind(**given)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _one_of(kinds: tuple[Any, ...], path: str, value: Any, arrays: Arrays) -> Any:
    absent = value is None and path not in arrays and not _any_below(path, arrays)
    if absent and types.NoneType in kinds:
        return None
    rest = [kind for kind in kinds if kind is not types.NoneType]
    records = [kind for kind in rest if dataclasses.is_dataclass(kind)]
    if len(rest) > 1 and len(records) == len(rest):
        tag = value.get("kind") if isinstance(value, Mapping) else None
        tags = {getattr(kind, "kind", _name(kind)): kind for kind in records}
        if tag not in tags:
            raise UnpackError(f"kind must be one of {', '.join(tags)}; found {tag!r:.60}")
        return _unpacked(tags[tag], path, value, arrays)
    if len(rest) > 1:
        return _plain(Union[tuple(rest)], path, value)  # noqa: UP007
    return _unpacked(rest[0], path, value, arrays)


def _mapping(kinds: tuple[Any, ...], path: str, value: Any, arrays: Arrays) -> dict[Any, Any]:
    key_kind, item_kind = kinds or (str, Any)
    if value is None:  # written before the order was kept
        value = sorted(name[len(path) + 1 :] for name in arrays if name.startswith(f"{path}."))
    if not isinstance(value, Mapping | list):
        raise UnpackError(f"{path} must have names; found {value!r:.60}")
    try:
        value = dict.fromkeys(value) if isinstance(value, list) else value
        return {
            (int(k) if key_kind is int else k): _unpacked(item_kind, _below(path, k), v, arrays)
            for k, v in value.items()
        }
    except TypeError as error:
        raise UnpackError(f"{path} has names that are no text") from error


def _sequence(hint: Any, path: str, value: Any, arrays: Arrays) -> Any:
    if not isinstance(value, list | tuple):
        raise UnpackError(f"{path} must be a list; found {value!r:.60}")
    kinds = get_args(hint)
    if get_origin(hint) is tuple and Ellipsis not in kinds:
        if len(kinds) != len(value):
            raise UnpackError(f"{path} must have {len(kinds)} entries; found {len(value)}")
    else:
        kinds = (kinds[0] if kinds else Any,) * len(value)
    items = [
        _unpacked(kind, _below(path, i), item, arrays)
        for i, (kind, item) in enumerate(zip(kinds, value, strict=True))
    ]
    return tuple(items) if get_origin(hint) is tuple else items


def _plain(hint: Any, path: str, value: Any) -> Any:
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for kind in kinds:
        if get_origin(kind) is Literal:
            fits = value in get_args(kind)
        elif kind is float:
            fits = isinstance(value, int | float) and not isinstance(value, bool)
        elif kind is int:
            fits = isinstance(value, int) and not isinstance(value, bool)
        else:
            fits = kind is Any or not isinstance(kind, type) or isinstance(value, kind)
        if fits:
            return value
    named = " or ".join(map(_name, kinds))
    raise UnpackError(f"{path} must be {named}; found {value!r:.60}")


def _name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return getattr(kind, "__name__", str(kind))


def _any_below(path: str, arrays: Arrays) -> bool:
    return any(name.startswith(f"{path}.") for name in arrays)


def _below(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)
