# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of exported files."""

from __future__ import annotations

from pathlib import Path

import bpy

from ....core.errors import InputError


def require_file_name(path: Path) -> None:
    """Raise `InputError` for a folder."""
    if not path.name or path.is_dir():
        raise InputError(f"{path} is a folder.", next_step="Give the file a name.")


def describe_written(path: Path, notes: list[str]) -> str:
    """What is shown when a file was written."""
    return " ".join([f"Wrote {path}.", *notes])


def complete_path(text: str, suffix: str) -> Path:
    """A path of Blender's file browser with its ending, absolute."""
    path = Path(bpy.path.abspath(text)).absolute()
    is_complete = path.suffix.lower() == suffix or not path.name or path.is_dir()  # a folder is refused later
    return path if is_complete else path.with_name(path.name + suffix)


def propose_name(scene: bpy.types.Scene) -> str:
    """The name of a file for a scene, without its ending."""
    name = Path(bpy.data.filepath).stem or scene.name
    return bpy.path.clean_name(name)[:100] + "-board"
