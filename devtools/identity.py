# SPDX-License-Identifier: GPL-3.0-or-later
"""One identity per module: in Blender `import nano_banana_addon.x` shall mean the enabled
extension's own module.

Its real name there is bl_ext.user_default.nano_banana.nano_banana_addon.x. A second import under
the short name would make second classes, and `except` and `isinstance` would silently miss.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

EXTENSION = "bl_ext.user_default.nano_banana"
_ALIASED = frozenset({"nano_banana_addon", "operators", "panels"})


class _ExtensionModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self) -> None:
        self._true_specs: dict[str, importlib.machinery.ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in _ALIASED:
            return None
        try:
            module = importlib.import_module(f"{EXTENSION}.{fullname}")
        except ModuleNotFoundError as error:
            if error.name == f"{EXTENSION}.{fullname}":
                return None
            raise
        # A plain module must not become a package by the import system's filling in of a __path__.
        return importlib.machinery.ModuleSpec(fullname, self, is_package=hasattr(module, "__path__"))

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(f"{EXTENSION}.{spec.name}")
        self._true_specs[module.__name__] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It has run already. The import system has just put the alias's spec into it: give it back
        # its own.
        module.__spec__ = self._true_specs[module.__name__]


def install() -> None:
    """Make the short names mean the enabled extension, from now on in this process."""
    sys.meta_path.insert(0, _ExtensionModules())
