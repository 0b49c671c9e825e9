# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that are imported at their first use.

Operators and panels name modules when they are defined and need them only when they are pressed or drawn. In a package
whose `__getattr__` comes from `loader`, `from .features import storyboard` gives a stand-in that imports the module at
its first use. Enabling the add-on, which every start of Blender pays for, then imports a third of its modules.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _LazyModule(ModuleType):
    """Stands for a module until something in it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def loader(package: str) -> Callable[[str], ModuleType]:
    """A package's `__getattr__` (PEP 562): a stand-in for each of its modules that was not imported yet.

    The function that it returns raises `AttributeError` where the package has no such module.
    """

    names: set[str] = set()

    def load(name: str) -> ModuleType:
        if not names:  # of the folder, once: to look for each module takes as long as to import a small one
            names.update(entry.name.partition(".")[0] for entry in os.scandir(sys.modules[package].__path__[0]))
        if name.startswith("_") or name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        lazy = _LazyModule(f"{package}.{name}")
        lazy.__package__ = package
        return lazy

    return load


def find_imported(name: str) -> ModuleType | None:
    """A module of the add-on, by its path below this package, if it was imported: else it has nothing to undo."""
    return sys.modules.get(f"{__package__}.{name}")
