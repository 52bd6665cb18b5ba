"""What all settings share: checked when they are made, there and back as a dictionary."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping
from typing import Any, Self

MAX_SEED = 2**32 - 1


class ConfigError(ValueError):
    """A setting is out of range. The message says which, what was found and what is allowed."""


class Config:
    """Dictionary round trip shared by every config."""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from a mapping; an unknown key raises `ConfigError` and names the known ones."""
        cls._check_keys(values)
        return cls(**values)

    @classmethod
    def _check_keys(cls, values: Mapping[str, Any], *, all_needed: bool = False) -> None:
        if not isinstance(values, Mapping):
            raise ConfigError(f"{cls.__name__} has settings by name; found {values!r:.60}.")
        known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
        unknown, missing = sorted(set(values) - known), sorted(known - set(values))
        if unknown:
            raise ConfigError(
                f"{cls.__name__} has no setting {', '.join(unknown)}; "
                f"it knows {', '.join(sorted(known))}."
            )
        if missing and all_needed:
            raise ConfigError(f"{cls.__name__} needs {', '.join(missing)} as well.")

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]


def number(
    owner: object, name: str, low: float, high: float = math.inf, *, open_low: bool = False
) -> None:
    value = getattr(owner, name)
    inside = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max  # false for NaN and for infinities
        and (low < value if open_low else low <= value)
        and value <= high
    )
    if not inside:
        bounds = f"{'above' if open_low else 'at least'} {low:g}"
        bounds += "" if math.isinf(high) else f" and at most {high:,.10g}"
        raise ConfigError(f"{name} must be a number {bounds}; found {value!r}.")


def whole(owner: object, name: str, low: int, high: int | None = None) -> None:
    value = getattr(owner, name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"{name} must be a whole number; found {value!r}.")
    number(owner, name, low, math.inf if high is None else high)


def choice(owner: object, name: str, allowed: tuple[object, ...]) -> None:
    value = getattr(owner, name)
    if value not in allowed:
        listed = ", ".join(map(str, allowed))
        raise ConfigError(f"{name} must be one of {listed}; found {value!r}.")
