# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped source as the tests of its structure read it: files, imports, functions, classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from devtools.source import ROOT, SHIPPED, file_arrows, find_imports, layer_of, module_of, name_of, parse

__all__ = ["ROOT", "SHIPPED", "file_arrows", "find_imports", "layer_of", "module_of", "name_of", "parse"]

Function = ast.FunctionDef | ast.AsyncFunctionDef


def folder_arrows() -> dict[Path, set[Path]]:
    """Which folder imports which. The add-on's own few root files stand for themselves."""
    top = ROOT / "nano_banana_addon"
    arrows: dict[Path, set[Path]] = {}
    for source, targets in file_arrows().items():
        folders = {target.parent for target in targets} - {source.parent, top}
        if source.parent != top:
            arrows.setdefault(source.parent, set()).update(folders)
    return arrows


def find_cycles(arrows: Mapping[Path, Iterable[Path]]) -> list[list[str]]:
    """Each cycle as the names on its way; none if the arrows can be put into an order."""
    cycles: list[list[str]] = []
    done: set[Path] = set()

    def visit(path: Path, way: list[Path]) -> None:
        if path in way:
            cycles.append([name_of(step) for step in [*way[way.index(path) :], path]])
        elif path not in done:
            for target in sorted(arrows.get(path, ())):
                visit(target, [*way, path])
            done.add(path)

    for path in sorted(arrows):
        visit(path, [])
    return cycles


def find_functions(path: Path) -> Iterator[Function]:
    """Every function and method of a file."""
    return (node for node in ast.walk(parse(path)) if isinstance(node, Function))


def line_count(function: Function) -> int:
    """How many lines a function has, with its docstring."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_property(function: Function) -> bool:
    """Whether a function is read as a value: properties may be named by adjectives."""
    return any("property" in ast.dump(decorator) for decorator in function.decorator_list)
