# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `board`: the storyboard of a scene as a file."""

from __future__ import annotations

import argparse

import bpy

from ..core.storyboard.formats import ExportChoices
from ..features.storyboard.export import file_names, files
from . import output


def export_board(options: argparse.Namespace) -> int:
    """Write the file."""
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
