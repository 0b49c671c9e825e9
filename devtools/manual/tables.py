# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def draw_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; without rows an empty text."""
    lines = [_draw_row(row) for row in rows]
    return "\n".join([_draw_row(heads), "|---" * len(heads) + "|", *lines, "", ""]) if lines else ""


def draw_code(text: object) -> str:
    """A text as code; nothing of nothing."""
    return f"`{text}`" if str(text) else ""


def escape(text: str) -> str:
    """A text of the interface, which is no Markdown."""
    for sign in "\\*_`[]<":
        text = text.replace(sign, "&lt;" if sign == "<" else f"\\{sign}")
    return text


def _draw_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
