# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that reads or writes Blender data.

Operators and panels name these modules when they are defined and need them only when they are pressed or drawn.
So `from .blender import generate` hands out a stand-in that imports the module at its first use: enabling the
add-on, which every start of Blender pays for, then imports a third of the house.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until something in it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def stand_in(package: str, name: str) -> ModuleType:
    """A stand-in for a module of a package that was not imported yet. Raises `AttributeError` if there is none."""
    if name.startswith("_") or importlib.util.find_spec(f"{package}.{name}") is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    later = _Later(f"{package}.{name}")
    later.__package__ = package
    return later


def __getattr__(name: str) -> ModuleType:
    """A stand-in for a module of this package (PEP 562)."""
    return stand_in(__name__, name)


def imported(name: str) -> ModuleType | None:
    """A module of this package if it was really imported: what was never used has nothing to undo."""
    return sys.modules.get(f"{__name__}.{name}")
