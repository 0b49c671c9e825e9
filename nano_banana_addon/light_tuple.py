# SPDX-License-Identifier: GPL-3.0-or-later
"""Named tuples without code of their own.

`NamedTuple` writes and compiles a constructor for each class, and defines the class twice. For the tables that are
built at each start of Blender, that took a twentieth of what enabling the add-on takes.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

__all__ = ["LightTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple as LightTuple
else:
    _MISSING = object()

    class _Type(type):
        """Turns the annotations of a class into fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
            made = super().__new__(cls, name, bases, {"__slots__": (), **body})
            names = tuple(made.__annotations__) if bases != (tuple,) else ()
            made._fields = made.__match_args__ = names
            made._places = {name: place for place, name in enumerate(names)}
            made._values = tuple(body.get(name, _MISSING) for name in names)
            made._needed = made._values.count(_MISSING)
            for place, name in enumerate(names):
                setattr(made, name, property(itemgetter(place)))
            return made

    class LightTuple(tuple, metaclass=_Type):
        """What `NamedTuple` does for rows of tables, which are made a little more slowly."""

        def __new__(cls, *values: Any, **named: Any) -> Any:
            cells = [*values, *cls._values[len(values) :]]
            if named:
                cls._set(cells, named, len(values))
            if len(cells) != len(cls._fields) or _MISSING in cells[: cls._needed]:
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
            return tuple.__new__(cls, cells)

        @classmethod
        def _set(cls, cells: list[Any], named: dict[str, Any], start: int) -> None:
            places = cls._places
            for name, value in named.items():
                if places.get(name, -1) < start:
                    raise TypeError(f"{cls.__name__} has no {name}, or got it twice")
                cells[places[name]] = value

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

        def __repr__(self) -> str:
            return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self._asdict().items())})"

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def _replace(self, **named: Any) -> Any:
            cells = list(self)
            self._set(cells, named, 0)
            return tuple.__new__(type(self), cells)
