# SPDX-License-Identifier: GPL-3.0-or-later
"""Light dataclasses behave as those that `dataclasses` writes code for."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from nano_banana_addon.core.settings import Settings
from nano_banana_addon.light_dataclass import light_dataclass


@light_dataclass(frozen=True)
class Light:
    name: str
    size: int = 2
    parts: list[str] = field(default_factory=list)


@light_dataclass(frozen=True)
class LightChild(Light):
    weight: float = 1.0


@dataclass(frozen=True, repr=False)
class Plain:
    name: str
    size: int = 2
    parts: list[str] = field(default_factory=list)


@pytest.mark.parametrize("kind", [Light, Plain])
@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", 1, [], 4), {}), (("a",), {"name": "b"}), (("a",), {"colour": "red"}), ((), {"size": 3})],
    ids=["missing", "too many", "twice", "unknown", "named, but one is missing"],
)
def test_wrong_values_are_refused_by_both(kind: type, values: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


@pytest.mark.parametrize("kind", [Light, Plain])
def test_both_hold_compare_and_copy_alike(kind: type) -> None:
    first = kind("a", size=3)
    assert asdict(first) == {"name": "a", "size": 3, "parts": []}
    assert first == kind("a", 3) != kind("a", 4)
    assert first != asdict(first)
    assert kind("a").parts is not kind("a").parts
    assert asdict(replace(first, name="b")) == {"name": "b", "size": 3, "parts": []}
    assert copy.deepcopy(first) == pickle.loads(pickle.dumps(first)) == first
    for change in (lambda: setattr(first, "size", 1), lambda: delattr(first, "size")):
        with pytest.raises(FrozenInstanceError):
            change()
    assert first.size == 3


def test_a_child_has_the_fields_of_its_parent_first_and_is_another_kind() -> None:
    assert [each.name for each in fields(LightChild)] == ["name", "size", "parts", "weight"]
    assert LightChild("a").weight == 1.0
    assert LightChild("a") != Light("a")


def test_settings_can_be_keys() -> None:
    assert {Settings(prompt="x"): 1}[Settings(prompt="x")] == 1
    assert Settings(prompt="x") != Settings(prompt="y")
