# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the settings, from the rows that they are made of."""

from __future__ import annotations

from collections.abc import Iterator

from devtools.manual.tables import draw_code, draw_table, escape
from nano_banana_addon.blender.capture.sources import SOURCES
from nano_banana_addon.core.material_settings import MATERIAL_OPTIONS
from nano_banana_addon.core.options import Option
from nano_banana_addon.core.settings import OPTIONS
from nano_banana_addon.core.storyboard.continuity import CONTINUITY_OPTIONS
from nano_banana_addon.core.texture import TEXTURE_OPTIONS

_INTRODUCTION = """# All settings

Made from the program itself. They are saved with the scene; scripts find them under the path that each section
names, by the name in the
last column. `DEFAULT` in a menu means what the service does by itself. Menus are written in capitals in scripts,
and with small letters and hyphens on the command line.

"""
_HEADS = ("setting", "what it does", "values", "default", "command line", "name")
#: Titles and the panels whose rows they hold.
_SECTIONS = {
    "Prompt and model": ("", "prompt", "model", "set"),
    "Capture": ("capture",),
    "Service": ("service",),
    "Safety": ("safety",),
    "Editing": ("edit",),
    "Cost": ("cost",),
}
#: The further tables, by title, and where scripts find them below `scene.nano_banana`.
_TABLES = {
    "Texture from views": ("texturing", TEXTURE_OPTIONS),
    "Material": ("material", MATERIAL_OPTIONS),
    "Continuity of a storyboard": ("storyboard", CONTINUITY_OPTIONS),
}


def list_sections() -> Iterator[tuple[str, str, list[Option]]]:
    """Titles, where scripts find the settings, and their rows. Raises ValueError where a row's panel has no section."""
    known = {panel for panels in _SECTIONS.values() for panel in panels}
    if missing := {row.panel for row in OPTIONS.values()} - known:
        raise ValueError(f"devtools/manual/settings.py: no section for the rows of {sorted(missing)}")
    sources = tuple(source.item for source in SOURCES.values())
    options = [row._replace(items=sources) if row.name == "source" else row for row in OPTIONS.values()]
    for title, panels in _SECTIONS.items():
        yield title, "nano_banana", [row for row in options if row.panel in panels and _is_property(row)]
    for title, (path, rows) in _TABLES.items():
        yield title, f"nano_banana.{path}", [row for row in rows.values() if _is_property(row)]


def draw_page() -> str:
    """The page in Markdown."""
    text = _INTRODUCTION
    for title, path, rows in list_sections():
        table = draw_table(_HEADS, map(_draw_option, rows))
        text += f"## {title}\n\nIn scripts: `scene.{path}`\n\n{table}"
    return text


def _is_property(row: Option) -> bool:
    """Whether one property can hold it."""
    return bool(row.label) and (bool(row.items) or not isinstance(row.default, tuple))


def _draw_option(row: Option) -> tuple[str, ...]:
    default = row.default
    if row.items and not row.is_multiple:
        default = default or "DEFAULT"
    words = " ".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return (
        f"**{escape(row.label)}**",
        escape(row.help),
        _draw_values(row),
        draw_code(words),
        draw_code(" ".join(filter(None, [row.flag, row.flag and row.metavar]))),
        draw_code(row.name),
    )


def _draw_values(row: Option) -> str:
    if row.items:
        return "<br>".join(f"`{item.id}` {escape(item.label)}" for item in row.items)
    if isinstance(row.default, bool):
        return "on, off"
    bounds = [f"from {row.minimum:g}" if row.minimum is not None else ""]
    bounds.append(f"to {row.maximum:g}" if row.maximum is not None else "")
    return " ".join(filter(None, bounds))
