# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a scene with their frames, as they are exported."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import bpy

from ....blender.deliver.datablocks import lookup
from ....core.errors import InputError
from ....core.result import Generation
from ....core.storyboard import board as board_values
from ....core.storyboard.board import Panel, Project
from ....core.storyboard.formats import ExportChoices
from ....core.storyboard.shot import Shot
from ....core.storyboard.timecode import make_rate
from .. import board
from ..shots import find_shot, list_shots

#: Strips have these custom properties, beside what the add-on needs of them.
_PREFIX = "shot_"


def find_scene(scene: bpy.types.Scene) -> bpy.types.Scene:
    """The scene whose shots are exported, from itself or from the scene of its strips."""
    return board.find_source_scene(scene) or scene


def collect(scene: bpy.types.Scene, choices: ExportChoices) -> tuple[Project, tuple[Panel, ...]]:
    """What is known of a storyboard, from its scene or from the scene of its strips; its strips get it too.

    Raises `InputError` for a scene without shots.
    """
    scene = find_scene(scene)
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
    name = choices.title.strip() or Path(bpy.data.filepath).stem or scene.name
    project = Project(name, make_rate(render.fps, render.fps_base), size, today, choices.drop_frame)
    return project, board_values.list_panels(shots, [_find_image(strips.get(shot.key)) for shot in shots])


def write_facts() -> None:
    """Write what is known of each shot of the open file on its strip, as custom properties that any script can read."""
    for scene in bpy.data.scenes:
        if not scene.library and board.find_board(scene) not in (None, scene):
            shots = list_shots(scene)
            _write_facts(shots, board.find_latest(scene, shots))


def record_delivery(generation: Generation) -> None:
    """The same for the shot that has got an image: to read a list of hundreds each time would hold up Blender."""
    request = generation.request
    scene = lookup.find_datablock(request.delivery.scene, request.blend_path).block if request.delivery.scene else None
    shot = find_shot(scene, request.shot_id) if scene and request.shot_id else None
    if scene and shot:
        _write_facts([shot], board.find_latest(scene, [shot]))
    else:
        write_facts()


def _write_facts(shots: Iterable[Shot], strips: Mapping[str, bpy.types.Strip]) -> None:
    for shot, strip in ((shot, strips[shot.key]) for shot in shots if shot.key in strips):
        for name, value in {"name": shot.name, **board_values.describe(shot)}.items():
            key = _PREFIX + ("id" if name == "shot" else name)
            if strip.get(key) != value:
                strip[key] = value


def _find_image(strip: bpy.types.Strip | None) -> Path | None:
    if strip is None or not strip.elements:
        return None
    return Path(os.path.normpath(bpy.path.abspath(strip.directory + strip.elements[0].filename)))
