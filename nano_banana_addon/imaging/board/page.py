# SPDX-License-Identifier: GPL-3.0-or-later
"""Where on the pages of a board everything lies. Lengths are points, from the lower left corner."""

from __future__ import annotations

from typing import NamedTuple

from ...core.storyboard.layouts import PAPERS, Layout

_MARGIN, _GAP = 36.0, 12.0
_HEADER, _FOOTER = 24.0, 14.0
_LINES_OF_TEXT = 6.5  # at least, below an image, in a layout with room
#: The share of a cell's width that an image beside its text takes.
_BESIDE = 0.55


class Rectangle(NamedTuple):
    """A part of a page."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Rectangle) -> bool:
        """Whether the two have a part in common that is more than a border."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        up = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return across > 1e-6 and up > 1e-6

    def cut_top(self, height: float) -> tuple[Rectangle, Rectangle]:
        """The upper part of this height, and the rest."""
        top = min(height, self.height)
        upper = Rectangle(self.x, self.y + self.height - top, self.width, top)
        return upper, Rectangle(self.x, self.y, self.width, self.height - top)

    def cut_left(self, width: float, gap: float = 0.0) -> tuple[Rectangle, Rectangle]:
        """The left part of this width, and the rest behind a gap."""
        left = min(width, self.width - gap)
        return Rectangle(self.x, self.y, left, self.height), Rectangle(
            self.x + left + gap, self.y, self.width - left - gap, self.height
        )


class Cell(NamedTuple):
    """Where one shot lies: its number and name, its duration and lens, its image, its text."""

    title: Rectangle
    facts: Rectangle
    image: Rectangle
    text: Rectangle
    font_size: float


class Page(NamedTuple):
    """Where everything on each page lies; its size, then the parts."""

    size: tuple[float, float]
    heading: Rectangle
    facts: Rectangle
    footing: Rectangle
    number: Rectangle
    cells: tuple[Cell, ...]

    def list_parts(self) -> list[Rectangle]:
        """All rectangles in which something is drawn."""
        cells = [part for cell in self.cells for part in (cell.title, cell.facts, cell.image, cell.text)]
        return [self.heading, self.facts, self.footing, self.number, *cells]


def lay_out(layout: Layout, paper: str, aspect: float) -> Page:
    """The page of a layout, for images of an aspect (width / height)."""
    width, height = sorted(PAPERS[paper], reverse=layout.landscape)
    inner = Rectangle(_MARGIN, _MARGIN, width - 2 * _MARGIN, height - 2 * _MARGIN)
    top, inner = inner.cut_top(_HEADER)
    body, foot = inner.cut_top(inner.height - _FOOTER)
    heading, facts = top.cut_left(top.width * 0.55)
    footing, number = foot.cut_left(foot.width * 0.8)
    return Page((width, height), heading, facts, footing, number, _list_cells(layout, body, aspect))


def _list_cells(layout: Layout, body: Rectangle, aspect: float) -> tuple[Cell, ...]:
    width = (body.width - _GAP * (layout.columns - 1)) / layout.columns
    height = (body.height - _GAP * layout.rows) / layout.rows
    cells: list[Cell] = []
    for row in range(layout.rows):
        y = body.y + body.height - _GAP / 2 - (row + 1) * height - row * _GAP
        places = (body.x + column * (width + _GAP) for column in range(layout.columns))
        cells += [_fill_cell(layout, Rectangle(x, y, width, height), aspect) for x in places]
    return tuple(cells)


def _fill_cell(layout: Layout, cell: Rectangle, aspect: float) -> Cell:
    font_size = min(max(cell.width / 28, 5.5), 10.0)
    line = font_size * 1.5
    head, body = cell.cut_top(line)
    title, facts = head.cut_left(head.width * 0.6)
    ratio = min(max(aspect, 0.2), 5.0)
    if layout.beside:
        image, text = body.cut_left(min(body.width * _BESIDE, body.height * ratio), _GAP)
        image, _ = image.cut_top(image.width / ratio)
        return Cell(title, facts, image, text, font_size)
    room = min(_LINES_OF_TEXT * line, body.height * 0.45)
    image, text = body.cut_top(min(body.width / ratio, body.height - room))
    image, _ = image.cut_left(image.height * ratio)
    _, text = text.cut_top(line * 0.3)
    return Cell(title, facts, image, text, font_size)
