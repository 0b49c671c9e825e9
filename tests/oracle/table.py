# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle's numbers as one table: at the end of the run, and in a file beside the other reports."""

from __future__ import annotations

from pathlib import Path

from devtools.paths import REPORTS
from tests.oracle.measure import Report

HEAD = (
    "scene",
    "views",
    "PSNR",
    "lit",
    "SSIM",
    "covered",
    "leak",
    "white",
    "seam",
    "true seam",
    "as Cycles",
    "residual",
    "worst",
    "s",
)
WORDS = """\
PSNR in dB over seen texels, lit: up to one overall brightness. leak: texels coloured by a view that cannot see them.
white: 1/255 lost from white views. seam, true seam: mean jump across UV seams in 1/255, and the truth's own.
as Cycles: texels of one view within 2/255 of Cycles' own bake of it, of those that both see.
residual, worst: pixels that a view is still off after registration, the median over the views and the largest.
s: seconds of registration and bake."""

_reports: list[tuple[str, Report]] = []
_notes: list[str] = []


def add(views: str, report: Report) -> None:
    """Keep a report for the table."""
    _reports.append((views, report))


def note(text: str) -> None:
    """Keep a line for below the table."""
    _notes.append(text)


def lines() -> list[str]:
    """The table, with the notes; without reports these alone."""
    if not _reports:
        return _notes
    found = [[report.scene, views, *report.cells()] for views, report in _reports]
    rows = [list(HEAD), *sorted(found, key=lambda row: (row[1] != "as painted", row[0]))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    written = [
        "  ".join(
            cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return [*written, *WORDS.splitlines(), *_notes]


def write() -> Path | None:
    """Write the table to .build/reports/oracle.txt; where it is, if there is any."""
    if not lines():
        return None
    REPORTS.mkdir(parents=True, exist_ok=True)
    path = REPORTS / "oracle.txt"
    path.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    return path
