# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a storyboard is exported as, and what can be chosen for them."""

from __future__ import annotations

from ...light_tuple import LightTuple
from ..options import Item
from .layouts import DEFAULT_LAYOUT

FORMAT_ITEMS = (
    Item("PDF", "PDF Board", "Pages to print, with images and what is said of each shot", 0, "FILE_TEXT"),
    Item("PNG", "Contact Sheet", "All frames in one image", 1, "IMGDISPLAY"),
    Item("CSV", "CSV", "A row for each shot, for a spreadsheet", 2, "SPREADSHEET"),
    Item("OTIO", "OpenTimelineIO", "The edit with all that is known of each shot", 3, "SEQUENCE"),
    Item("EDL", "EDL", "The edit as a CMX 3600 list of at most 999 events", 4, "SEQUENCE"),
    Item("FCPXML", "FCPXML", "The edit for Final Cut Pro and DaVinci Resolve", 5, "SEQUENCE"),
    Item(
        "MP4",
        "Animatic",
        "A video of the frames at their length, as the storyboard's sequencer shows them",
        6,
        "FILE_MOVIE",
    ),
)


class ExportChoices(LightTuple):
    """How a storyboard is written; `format` is the id of a format.

    `layout`, `paper` and `web` are for PDF; `texts` and `dissolve` (frames) for an animatic.
    """

    format: str = "PDF"
    layout: str = DEFAULT_LAYOUT
    paper: str = "A4"
    web: bool = False
    title: str = ""  # "": the file's name
    drop_frame: bool = False
    texts: bool = True
    dissolve: int = 0

    @property
    def is_video(self) -> bool:
        """Whether Blender renders it."""
        return self.format == "MP4"

    @property
    def suffix(self) -> str:
        """The ending of its files, with the dot."""
        return "." + self.format.lower()
