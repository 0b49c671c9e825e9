# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped source as the tests of its structure read it: files, imports, functions, classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from devtools.stage import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """A file's path below the repository."""
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    """The dotted name of a file's module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(path: Path) -> str:
    """The layer that a file stands in: its folder below the add-on, else its own name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "nano_banana_addon" and len(parts) > 1 else parts[0]


@cache
def parse(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def find_imports(path: Path) -> set[str]:
    """The modules that a file names in its imports, relative ones resolved, those inside functions too."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    names = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
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
