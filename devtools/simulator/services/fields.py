# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of fields: each takes a value as it came and returns it as it is meant, or raises ``ValueError``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from nano_banana_addon.simulator.contract.body import LongString
from nano_banana_addon.simulator.contract.json_access import Tree

Rule = Callable[[Any], Any]
#: (field, words) -> the service's error.
Refuse = Callable[[str, str], Exception]


def to_plain(value: Any) -> Any:
    """*value* with each string that was set aside as text. Raises ``ValueError`` for broken UTF-8."""
    if isinstance(value, LongString):
        return value.to_text()
    if isinstance(value, dict):
        named = cast("Tree", value)
        return {name: to_plain(item) for name, item in named.items()}
    if isinstance(value, list):
        return [to_plain(item) for item in cast("list[Any]", value)]
    return value


def anything(value: Any) -> Any:
    """No rule."""
    return value


def text(limit: int = 0, least: int = 0) -> Rule:
    """A string of at least *least* and at most *limit* characters (0: any number)."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("must be a string")
        if len(value) < least:
            raise ValueError("must not be empty")
        if limit and len(value) > limit:
            raise ValueError(f"must have at most {limit} characters")
        return value

    return check


def choice(*values: str) -> Rule:
    """One of *values*, spelt exactly."""

    def check(value: Any) -> str:
        if value not in values:
            raise ValueError(f"{value!r} is not supported: use one of {', '.join(values)}")
        return value

    return check


def integer(low: int, high: int, *, form: bool = False) -> Rule:
    """A whole number within bounds; in a form it comes as digits."""

    def check(value: Any) -> int:
        if form and isinstance(value, str) and value.lstrip("-").isdecimal():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError("must be an integer")
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return check


def number(low: float, high: float) -> Rule:
    """A number within bounds."""

    def check(value: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ValueError("must be a number")
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}")
        return value

    return check


def boolean(*, form: bool = False) -> Rule:
    """true or false; in a form as a word."""

    def check(value: Any) -> bool:
        if form and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise ValueError("must be a boolean")
        return value

    return check


def check_fields(
    tree: Tree, rules: Mapping[str, Rule], required: tuple[str, ...], refuse: Refuse, *, ignore_unknown: bool = False
) -> Tree:
    """The fields of *tree* as their rules return them; raises what *refuse* makes of the first that is wrong.

    A null counts as missing.
    """
    given = {name: value for name, value in tree.items() if value is not None}
    for name in required:
        if name not in given:
            raise refuse(name, "is required")
    checked: Tree = {}
    for name, value in given.items():
        rule = rules.get(name)
        if rule is None:
            if ignore_unknown:
                continue
            raise refuse(name, "is unknown")
        try:
            checked[name] = rule(value)
        except ValueError as wrong:
            raise refuse(name, str(wrong)) from wrong
    return checked
