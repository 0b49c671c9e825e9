# SPDX-License-Identifier: GPL-3.0-or-later
"""Light tuples behave as named tuples do."""

from __future__ import annotations

import copy
import pickle
from typing import NamedTuple

import pytest

from nano_banana_addon.light_tuple import LightTuple


class Light(LightTuple):
    name: str
    size: int = 2
    parts: tuple[str, ...] = ()

    @property
    def area(self) -> int:
        return self.size**2


class Plain(NamedTuple):
    name: str
    size: int = 2
    parts: tuple[str, ...] = ()

    @property
    def area(self) -> int:
        return self.size**2


@pytest.mark.parametrize("kind", [Light, Plain])
@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", 1, (), 4), {}), (("a",), {"name": "b"}), (("a",), {"colour": "red"}), ((), {"size": 3})],
    ids=["missing", "too many", "twice", "unknown", "named, but one is missing"],
)
def test_wrong_values_are_refused_by_both(kind: type, values: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


@pytest.mark.parametrize("kind", [Light, Plain])
def test_both_hold_compare_and_copy_alike(kind: type[Plain]) -> None:
    first = kind("a", parts=("x",))
    assert first == kind("a", 2, ("x",)) == ("a", 2, ("x",)) != kind("a", 3)
    assert (first.name, first.size, first.parts, first.area) == ("a", 2, ("x",), 4)
    assert first._asdict() == {"name": "a", "size": 2, "parts": ("x",)}
    assert first._replace(size=3) == ("a", 3, ("x",))
    assert hash(first) == hash(kind("a", 2, ("x",)))
    assert repr(first) == f"{kind.__name__}(name='a', size=2, parts=('x',))"
    again = pickle.loads(pickle.dumps(first))
    assert copy.deepcopy(first) == again == first
    assert type(again) is type(first._replace(size=3)) is kind
    name, *_others = first
    assert name == "a"


@pytest.mark.parametrize("kind", [Light, Plain])
@pytest.mark.parametrize("change", [{"colour": "red"}, {"name_": "b"}])
def test_no_unknown_field_can_be_replaced(kind: type[Plain], change: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        kind("a")._replace(**change)


@pytest.mark.parametrize("kind", [Light, Plain])
@pytest.mark.parametrize("field", ["size", "colour"])
def test_neither_can_be_changed(kind: type, field: str) -> None:
    with pytest.raises(AttributeError):
        setattr(kind("a"), field, 1)
