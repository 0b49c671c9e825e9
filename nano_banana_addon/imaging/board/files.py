# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard as a file of any format; without Blender, so that a thread can write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from ...core.errors import NanoBananaError
from ...core.files import convert_disk_errors, write_whole
from ...core.storyboard.board import Panel, Project, clean_line
from ...core.storyboard.exchange import WRITERS
from ...core.storyboard.formats import ExportChoices
from ..formats.thumbnails import small_picture
from ..sheets.contact_sheet import Tile, contact_sheet
from . import pdf
from .images import describe_problem
from .typesetter import FONT_FILE

_SHEET_WIDTH, _LARGEST_TILE, _SMALLEST_TILE = 9000, 640, 160
_EMPTY = (60, 60, 60)
#: Spreadsheets take a CSV file without it for one in the computer's old encoding.
_MARK = "\ufeff"

Progress = Callable[[float], None]


def write_board(
    path: Path, project: Project, panels: Sequence[Panel], choices: ExportChoices, on_progress: Progress
) -> list[str]:
    """Write a file, complete or not at all; returns sentences on what is not as it should be.

    `on_progress` is called with what is done, 0 ... 1, and may raise to cancel. Raises `NanoBananaError` DISK, and
    `InputError` for what the format cannot hold.
    """
    notes: list[str] = []

    def write(file: BinaryIO) -> None:
        notes.extend(_write(file, project, panels, choices, on_progress))

    with convert_disk_errors(f"{path.name} cannot be written to {path.parent}", "Choose another folder."):
        write_whole(path, write, private=False)
    return notes


def _write(
    file: BinaryIO, project: Project, panels: Sequence[Panel], choices: ExportChoices, on_progress: Progress
) -> list[str]:
    if choices.format == "PDF":
        layout, paper = choices.layout, choices.paper
        return pdf.write_pdf(file, project, panels, layout, paper, web=choices.web, on_progress=on_progress)
    if choices.format == "PNG":
        return _write_sheet(file, project, panels, on_progress)
    text = WRITERS[choices.suffix[1:]](project, panels)
    file.write((_MARK + text if choices.format == "CSV" else text).encode("utf-8"))
    return []


def _write_sheet(file: BinaryIO, project: Project, panels: Sequence[Panel], on_progress: Progress) -> list[str]:
    columns = ceil((max(len(panels), 1) * 1.5) ** 0.5)
    edge = min(max(_SHEET_WIDTH // columns, _SMALLEST_TILE), _LARGEST_TILE)
    tiles: list[Tile] = []
    notes: list[str] = []
    for panel in panels:
        on_progress(len(tiles) / len(panels))
        picture, problem = _open_small(panel, edge, project)
        shot = panel.shot
        caption = f"{panel.number}  {clean_line(shot.name)}"
        detail = problem or clean_line(f"{project.format_timecode(shot.length)}  {shot.action or shot.dialogue}")
        tiles.append(Tile(picture, caption, detail))
        notes += [f"{clean_line(shot.name)}: {problem}."] if problem else []
    contact_sheet(tiles, edge=edge, title=clean_line(project.title), font=FONT_FILE).save(file, "PNG", compress_level=3)
    return notes


def _open_small(panel: Panel, edge: int, project: Project) -> tuple[Image.Image, str]:
    problem = "no image"
    if panel.image is not None:
        try:
            return small_picture(panel.image, edge), ""
        except (NanoBananaError, OSError) as error:
            problem = describe_problem(panel.image, error)
    width, height = project.size
    scale = edge / max(width, height, 1)
    return Image.new("RGB", (max(round(width * scale), 1), max(round(height * scale), 1)), _EMPTY), problem
