# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen dataclasses to plain JSON values and back, defaults left out, so that old files still read."""

from __future__ import annotations

import dataclasses
import types
import typing
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

T = TypeVar("T")


def to_plain(value: object) -> Any:  # noqa: ANN401 - JSON values have no narrower type
    """Dataclasses become dicts without their default values, enums their values, tuples lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not _is_default(field, getattr(value, field.name))
        }
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in typing.cast("list[object]", value)]
    if isinstance(value, dict):
        entries = typing.cast("dict[object, object]", value)
        return {str(key): to_plain(item) for key, item in entries.items()}
    return value


def from_plain(kind: type[T], plain: object) -> T:
    """The inverse of `to_plain`. Unknown keys are passed over: a newer version may have written them.

    Raises `ValueError` or `TypeError` when a value cannot be what the class says.
    """
    return typing.cast("T", _read(kind, plain))


def _is_default(field: dataclasses.Field[Any], value: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(field.default == value)
    if field.default_factory is not dataclasses.MISSING:
        return bool(field.default_factory() == value)
    return False


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, plain: Any) -> Any:  # noqa: ANN401
    origin = get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _read_union(kind, plain)
    if origin is tuple:
        return _read_tuple(get_args(kind), plain)
    if origin is dict:
        value_kind = get_args(kind)[1]
        return {key: _read(value_kind, item) for key, item in dict(plain).items()}
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(typing.cast("type", kind), plain)
    return _read_scalar(kind, plain)


def _read_union(kind: Any, plain: Any) -> Any:  # noqa: ANN401
    if plain is None:
        return None
    return _read(next(arg for arg in get_args(kind) if arg is not type(None)), plain)


def _read_tuple(args: tuple[Any, ...], plain: Any) -> tuple[Any, ...]:  # noqa: ANN401
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], item) for item in plain)
    if len(args) != len(plain):
        raise ValueError(f"expected {len(args)} values, found {len(plain)}")
    return tuple(_read(arg, item) for arg, item in zip(args, plain, strict=True))


def _read_dataclass(kind: type, plain: Any) -> Any:  # noqa: ANN401
    if not isinstance(plain, dict):
        raise TypeError(f"{kind.__name__} needs an object, found {type(plain).__name__}")
    entries = typing.cast("dict[str, object]", plain)
    hints = _hints(kind)
    known = [field.name for field in dataclasses.fields(kind) if field.name in entries]
    return kind(**{name: _read(hints[name], entries[name]) for name in known})


def _read_scalar(kind: Any, plain: Any) -> Any:  # noqa: ANN401
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    if kind is float and isinstance(plain, int) and not isinstance(plain, bool):
        return float(plain)
    if kind in (str, int, float, bool) and type(plain) is not kind:
        raise TypeError(f"expected {kind.__name__}, found {type(plain).__name__}")
    return plain
