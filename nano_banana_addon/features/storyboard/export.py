# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a scene with their frames, as they are exported."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
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
    shots = [_find_lens(shot) for shot in list_shots(scene)]
    if not shots:
        raise InputError("This scene has no shots.", next_step="Bind cameras to timeline markers first.")
    write_facts(scene, shots)
    render = scene.render
    size = (round(render.resolution_x * render.pixel_aspect_x), round(render.resolution_y * render.pixel_aspect_y))
    today = datetime.now().astimezone().date().isoformat()
    name = title.strip() or Path(bpy.data.filepath).stem or scene.name
    project = Project(name, make_rate(render.fps, render.fps_base), size, today, drop_frame)
    return project, board_values.list_panels(shots, [_find_image(scene, shot) for shot in shots])


def write_facts(scene: bpy.types.Scene, shots: list[Shot]) -> None:
    """Write what is known of each shot on its strip, as custom properties that any script can read."""
    for shot in shots:
        strip = board.find_shot_strip(scene, shot)
        if strip is None:
            continue
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
    return path if path.suffix.lower() == suffix or not path.name else path.with_name(path.name + suffix)


def propose_name(scene: bpy.types.Scene) -> str:
    """The name of a file for a scene, without its ending."""
    name = Path(bpy.data.filepath).stem or scene.name
    return bpy.path.clean_name(name)[:100] + "-board"


def _find_lens(shot: Shot) -> Shot:
    camera = bpy.data.objects.get(shot.camera)
    if shot.lens or camera is None or camera.type != "CAMERA" or camera.data.type != "PERSP":
        return shot
    return replace(shot, lens=round(camera.data.lens, 1))


def _find_image(scene: bpy.types.Scene, shot: Shot) -> Path | None:
    strip = board.find_shot_strip(scene, shot)
    if strip is None or not strip.elements:
        return None
    return Path(os.path.normpath(bpy.path.abspath(strip.directory + strip.elements[0].filename)))
