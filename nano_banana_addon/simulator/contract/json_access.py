# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsed JSON, and the two ways of stepping into it: an unset field is an empty one."""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]


def get_child(tree: Tree, name: str) -> Tree:
    """The message of a field; empty when it is unset."""
    value: Tree | None = tree.get(name)
    return value or {}


def get_children(tree: Tree, name: str) -> list[Tree]:
    """The messages of a repeated field; empty when it is unset."""
    value: list[Tree] | None = tree.get(name)
    return value or []
