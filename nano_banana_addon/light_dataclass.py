# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen dataclasses without code of their own.

`dataclasses` writes and compiles the methods of each class when it is defined. For the settings, which are defined at
each start of Blender, that took a tenth of what enabling the add-on takes; these classes share methods instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar

__all__ = ["light_dataclass"]

_Class = TypeVar("_Class", bound=type)

if TYPE_CHECKING:
    from dataclasses import dataclass as light_dataclass
else:

    def light_dataclass(**_frozen: Literal[True]) -> Callable[[_Class], _Class]:
        """What `dataclass(frozen=True)` does, but for `__repr__`; the calls of its methods are a little slower."""

        def decorate(cls: _Class) -> _Class:
            for name, method in _METHODS.items():
                setattr(cls, name, method)
            return dataclass(init=False, repr=False, eq=False)(cls)

        return decorate


def _initialise(self: Any, *values: Any, **named: Any) -> None:
    own = fields(self)
    if len(values) > len(own):
        raise TypeError(f"{type(self).__name__} takes {len(own)} values, not {len(values)}")
    given = dict(zip((field.name for field in own), values, strict=False))
    if twice := given.keys() & named.keys():
        raise TypeError(f"{type(self).__name__} got {', '.join(sorted(twice))} twice")
    given |= named
    for field in own:
        value = given.pop(field.name, field.default)
        if value is MISSING and field.default_factory is not MISSING:
            value = field.default_factory()
        if value is MISSING:
            raise TypeError(f"{type(self).__name__} needs {field.name}")
        object.__setattr__(self, field.name, value)
    if given:
        raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(given))}")


def _list_values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _equals(self: Any, other: object) -> bool:
    return _list_values(self) == _list_values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_list_values(self))


def _refuse(self: Any, name: str, *_value: object) -> None:
    raise FrozenInstanceError(f"cannot change {name!r} of {type(self).__name__}")


_METHODS = {
    "__init__": _initialise,
    "__eq__": _equals,
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
}
