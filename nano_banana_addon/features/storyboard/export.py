# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a scene with their frames, as they are exported."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

import bpy

from ...core.errors import InputError
from ...core.storyboard import board as board_values
from ...core.storyboard.board import Panel, Project
from ...core.storyboard.formats import ExportChoices
from ...core.storyboard.shot import Shot
from ...core.storyboard.timecode import make_rate
from . import board
from .shots import list_shots

#: Strips have these custom properties, beside what the add-on needs of them.
_PREFIX = "shot_"


def collect(scene: bpy.types.Scene, title: str = "", *, drop_frame: bool = False) -> tuple[Project, tuple[Panel, ...]]:
    """What is known of a storyboard, from its scene or from the scene of its strips; its strips get it too.

    Raises `InputError` for a scene without shots.
    """
    scene = board.find_source_scene(scene) or scene
    shots = list_shots(scene)
    if not shots:
        raise InputError(
            "This scene has no shots.", next_step="Make shots of cameras, or bind cameras to timeline markers."
        )
    strips = board.find_latest(scene, shots)
    _write_facts(shots, strips)
    render = scene.render
    size = (round(render.resolution_x * render.pixel_aspect_x), round(render.resolution_y * render.pixel_aspect_y))
    today = datetime.now().astimezone().date().isoformat()
    name = title.strip() or Path(bpy.data.filepath).stem or scene.name
    project = Project(name, make_rate(render.fps, render.fps_base), size, today, drop_frame)
    return project, board_values.list_panels(shots, [_find_image(strips.get(shot.key)) for shot in shots])


def write_facts() -> None:
    """Write what is known of each shot of the open file on its strip, as custom properties that any script can read."""
    for scene in bpy.data.scenes:
        if not scene.library and board.find_board(scene) not in (None, scene):
            shots = list_shots(scene)
            _write_facts(shots, board.find_latest(scene, shots))


def _write_facts(shots: Iterable[Shot], strips: Mapping[str, bpy.types.Strip]) -> None:
    for shot, strip in ((shot, strips[shot.key]) for shot in shots if shot.key in strips):
        for name, value in {"name": shot.name, **board_values.describe(shot)}.items():
            key = _PREFIX + ("id" if name == "shot" else name)
            if strip.get(key) != value:
                strip[key] = value


def build_task(
    scene: bpy.types.Scene, path: Path, choices: ExportChoices, title: str = "", *, drop_frame: bool = False
) -> Callable[[Callable[[float], None]], list[str]]:
    """A task for a thread that writes the file, calls its argument with what is done, and returns notes.

    Raises `InputError`.
    """
    if not path.name or path.is_dir():
        raise InputError(f"{path} is a folder.", next_step="Give the file a name.")
    project, panels = collect(scene, title, drop_frame=drop_frame)

    def work(on_progress: Callable[[float], None]) -> list[str]:
        from ...imaging.board.files import write_board  # Pillow

        return write_board(path, project, panels, choices, on_progress)

    return work


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


def _find_image(strip: bpy.types.Strip | None) -> Path | None:
    if strip is None or not strip.elements:
        return None
    return Path(os.path.normpath(bpy.path.abspath(strip.directory + strip.elements[0].filename)))
