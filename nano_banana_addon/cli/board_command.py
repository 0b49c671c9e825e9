# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `board`: the storyboard of a scene as a file."""

from __future__ import annotations

import argparse

from ..core.storyboard.formats import FORMAT_ITEMS, ExportChoices
from ..core.storyboard.layouts import DEFAULT_LAYOUT, LAYOUTS, PAPERS
from ..features.storyboard.export import file_names, files
from . import output
from .number_words import parse_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is written, and where."""
    parser.add_argument("--format", required=True, choices=[item.id.lower() for item in FORMAT_ITEMS])
    parser.add_argument("--out", required=True, metavar="FILE")
    parser.add_argument("--title", default="", help="default: the file's name")
    parser.add_argument(
        "--layout",
        type=lambda word: word.upper().replace("-", "_"),
        choices=list(LAYOUTS),
        default=DEFAULT_LAYOUT,
        metavar="LAYOUT",
        help="of a PDF: " + ", ".join(name.lower().replace("_", "-") for name in LAYOUTS),
    )
    parser.add_argument("--paper", type=str.upper, choices=list(PAPERS), default="A4", metavar="a4|letter")
    parser.add_argument("--web", action="store_true", help="images of at most 1280 pixels in a PDF")
    parser.add_argument("--drop-frame", action="store_true", help="drop-frame timecode, at 29.97 and 59.94")
    parser.add_argument("--dissolve", type=parse_count, default=0, metavar="FRAMES", help="of an MP4, into each image")
    parser.add_argument("--no-texts", action="store_true", help="an MP4 without names, timecode and dialogue")
    parser.add_argument("--json", default="", metavar="FILE", help="write one result object; - for stdout")


def export_board(options: argparse.Namespace) -> int:
    """Write the file."""
    import bpy  # here alone: the manual is built from the arguments without Blender

    choices = ExportChoices(
        options.format.upper(),
        options.layout,
        options.paper,
        options.web,
        options.title,
        options.drop_frame,
        not options.no_texts,
        options.dissolve,
    )
    path = file_names.complete_path(options.out, choices.suffix)
    notes = files.write(bpy.context.scene, path, choices)
    output.write_json(options.json, {"state": "DONE", "files": [str(path)], "notes": notes})
    output.say(file_names.describe_written(path, notes))
    return output.EXIT_DONE
