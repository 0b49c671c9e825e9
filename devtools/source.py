# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped source: its files, their layers, and which imports which."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from devtools.paths import ROOT
from devtools.stage import PACKAGES

SHIPPED = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """A file's path below the repository."""
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    """The dotted name of a file's module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def layer_of(path: Path) -> str:
    """The layer that a file stands in: its folder below the add-on, else its own name."""
    parts = name_of(path.with_suffix("")).split("/")
    return parts[1] if parts[0] == "nano_banana_addon" and len(parts) > 1 else parts[0]


@cache
def parse(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def find_imports(path: Path) -> set[str]:
    """The modules that a file names in its imports, relative ones resolved, those inside functions too."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            names |= {".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names}
    return names


@cache
def file_arrows() -> dict[Path, set[Path]]:
    """Which shipped file imports which."""
    files = {module_of(path): path for path in SHIPPED}
    arrows: dict[Path, set[Path]] = {}
    for path in SHIPPED:
        targets = (files.get(name) or files.get(name.rpartition(".")[0]) for name in find_imports(path))
        arrows[path] = {target for target in targets if target is not None and target != path}
    return arrows
