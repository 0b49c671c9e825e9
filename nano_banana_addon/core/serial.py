# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen dataclasses to plain JSON values and back, without default values, so that old files stay readable."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_plain(value: object) -> Any:
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
    """The inverse of `to_plain`. Unknown keys are ignored: a newer version may have written them.

    Raises `ValueError` or `TypeError` when a value does not fit the class.
    """
    return typing.cast("T", _build_reader(kind)(plain))


def _is_default(field: dataclasses.Field[Any], value: object) -> bool:
    if field.default is not dataclasses.MISSING:
        return bool(field.default == value)
    if field.default_factory is not dataclasses.MISSING:
        return bool(field.default_factory() == value)
    return False


@cache
def _build_reader(kind: Any) -> Reader:
    """A function that converts plain values to one type; cached, because pages of the history read thousands."""
    origin = get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _build_optional_reader(_build_reader(next(a for a in get_args(kind) if a is not type(None))))
    if origin is tuple:
        return _build_tuple_reader(get_args(kind))
    if origin is dict:
        value = _build_reader(get_args(kind)[1])
        return lambda plain: {key: value(item) for key, item in dict(plain).items()}
    if dataclasses.is_dataclass(kind):
        return _build_dataclass_reader(typing.cast("type", kind))
    return _build_scalar_reader(kind)


def _build_optional_reader(inner: Reader) -> Reader:
    return lambda plain: None if plain is None else inner(plain)


def _build_tuple_reader(args: tuple[Any, ...]) -> Reader:
    readers = [_build_reader(arg) for arg in args if arg is not Ellipsis]
    if args[-1] is Ellipsis:
        return lambda plain: tuple(map(readers[0], plain))

    def read(plain: Any) -> Any:
        if len(readers) != len(plain):
            raise ValueError(f"expected {len(readers)} values, found {len(plain)}")
        return tuple(reader(item) for reader, item in zip(readers, plain, strict=True))

    return read


def _build_dataclass_reader(kind: type) -> Reader:
    hints = typing.get_type_hints(kind)
    readers: dict[str, Reader] = {}

    def read(plain: Any) -> Any:
        if not isinstance(plain, dict):
            raise TypeError(f"{kind.__name__} needs an object, found {type(plain).__name__}")
        if not readers:  # not before the first use: a class may hold itself
            names = [field.name for field in dataclasses.fields(kind)]
            readers.update((name, _build_reader(hints[name])) for name in names)
        entries = typing.cast("dict[str, object]", plain)
        return kind(**{n: readers[n](item) for n, item in entries.items() if n in readers})

    return read


def _build_scalar_reader(kind: Any) -> Reader:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind

    def read(plain: Any) -> Any:
        if kind is float and type(plain) is int:
            return float(plain)
        if kind in (str, int, float, bool) and type(plain) is not kind:
            raise TypeError(f"expected {kind.__name__}, found {type(plain).__name__}")
        return plain

    return read


def make_harmless(value: object) -> object:
    """A value of a CSV file; a text that spreadsheets would read as a formula is prefixed with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
