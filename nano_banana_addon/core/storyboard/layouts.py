# SPDX-License-Identifier: GPL-3.0-or-later
"""The papers and layouts of printed boards."""

from __future__ import annotations

from collections.abc import Mapping

from ...light_tuple import LightTuple
from ..options import Item

#: Width and height in points.
PAPERS: Mapping[str, tuple[float, float]] = {"A4": (595.28, 841.89), "LETTER": (612.0, 792.0)}  # upright
PAPER_ITEMS = (
    Item("A4", "A4", "210 × 297 mm", 0),
    Item("LETTER", "Letter", "8.5 × 11 inches", 1),
)


class Layout(LightTuple):
    """Columns and rows of shots on a page; `beside`: the text stands right of the image; `ruled`: lines to write on."""

    id: str
    columns: int
    rows: int
    landscape: bool = False
    beside: bool = False
    ruled: bool = False

    @property
    def label(self) -> str:
        """Its name in menus."""
        kind = ", Worksheet" if self.ruled else ", Text Beside" if self.beside else ""
        return f"{'Landscape' if self.landscape else 'Portrait'} {self.columns} × {self.rows}{kind}"


_GRIDS = (
    *(
        ("PORTRAIT", columns, rows)
        for columns, rows in ((1, 1), (1, 2), (2, 2), (2, 3), (2, 4), (3, 3), (3, 4), (4, 4))
    ),
    *(
        ("LANDSCAPE", columns, rows)
        for columns, rows in ((1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4))
    ),
)
LAYOUTS: Mapping[str, Layout] = {
    layout.id: layout
    for layout in (
        *(Layout(f"{side}_{c}X{r}", c, r, side == "LANDSCAPE") for side, c, r in _GRIDS),
        *(Layout(f"PORTRAIT_1X{rows}_BESIDE", 1, rows, beside=True) for rows in (2, 3, 4)),
        *(Layout(f"LANDSCAPE_{c}X{r}_BESIDE", c, r, True, True) for c, r in ((1, 1), (1, 2), (2, 3))),
        Layout("PORTRAIT_1X3_WORKSHEET", 1, 3, beside=True, ruled=True),
        Layout("LANDSCAPE_3X2_WORKSHEET", 3, 2, landscape=True, ruled=True),
    )
}
DEFAULT_LAYOUT = "LANDSCAPE_3X2"
LAYOUT_ITEMS = tuple(
    Item(layout.id, layout.label, f"{layout.columns * layout.rows} shots on a page", number)
    for number, layout in enumerate(LAYOUTS.values())
)
