# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the operators, read from their source: to import them needs Blender."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from devtools.manual.tables import draw_code, draw_table, escape
from devtools.paths import ROOT
from devtools.source import parse

_INTRODUCTION = """# All operators

Made from the program itself, for scripts, keymaps and Quick Favourites: `bpy.ops.` and the name. What an operator
needs, such as a selected object, is said by the error that it raises. Called by a script without `'INVOKE_DEFAULT'`,
operators that pay ask nothing before they send.

"""


def list_sections() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """What each file of operators/ is about, and its operators: name for scripts, name in menus, what it does."""
    for path in sorted((ROOT / "operators").rglob("*.py")):
        module = parse(path)
        if rows := list(_find_operators(module)):
            title = (ast.get_docstring(module) or path.stem).split("\n")[0]
            yield title.rstrip("."), rows


def draw_page() -> str:
    """The page in Markdown."""
    text = _INTRODUCTION
    for title, rows in list_sections():
        cells = ((draw_code(name), escape(label), escape(what)) for name, label, what in rows)
        text += f"## {escape(title)}\n\n{draw_table(('operator', 'name', 'what it does'), cells)}"
    return text


def _find_operators(module: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            values = {target: value for target, value in _find_constants(node)}
            name = values.get("bl_idname", "")
            if "." in name:  # else it is a file handler
                what = values.get("bl_description") or ast.get_docstring(node) or ""
                yield name, values.get("bl_label", ""), what


def _find_constants(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The names in a class that are set to a text."""
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
            for target in line.targets:
                if isinstance(target, ast.Name):
                    yield target.id, line.value.value
