# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a scene: its timeline markers that are bound to cameras."""

from __future__ import annotations

import bpy

from ...blender.capture.sources import find_source
from ...core.errors import InputError
from ...core.storyboard.shot import Shot
from ...identity import SCENE_PROPERTY
from . import board


def get_shots(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    """The shots in the order of their frames; the last one lasts until the scene's end.

    Raises `InputError` if no marker is bound to a camera.
    """
    markers = sorted((m for m in scene.timeline_markers if m.camera), key=lambda m: m.frame)
    if not markers:
        raise InputError(
            "No timeline marker is bound to a camera.",
            next_step="Select a camera and use Marker > Bind Camera to Markers for each shot.",
        )
    ends = [m.frame for m in markers[1:]] + [max(scene.frame_end + 1, markers[-1].frame + 1)]
    return tuple(
        Shot(marker.name, marker.frame, max(end - marker.frame, 1), marker.camera.name)
        for marker, end in zip(markers, ends, strict=True)
    )


def list_shots(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    """The shots of a scene; none where no marker is bound to a camera. For draw()."""
    return get_shots(scene) if any(marker.camera for marker in scene.timeline_markers) else ()


def find_blocker(scene: bpy.types.Scene) -> str:
    """Why a scene has no storyboard to generate, as a sentence; "" if it has. For draw()."""
    if source_scene := board.find_source_scene(scene):
        return f"This is the storyboard of {source_scene.name}."
    source = find_source(getattr(scene, SCENE_PROPERTY).source)
    if not source.follows_shots:
        return f"A storyboard cannot be made from the source {source.item.label}. Choose Camera or Render."
    if not any(marker.camera for marker in scene.timeline_markers):
        return "Bind cameras to timeline markers first: Marker > Bind Camera to Markers."
    return ""


class SceneAtShot:
    """Sets the scene to a shot's frame and camera, and restores it."""

    def __init__(self, scene: bpy.types.Scene, shot: Shot) -> None:
        self._scene, self._shot = scene, shot
        self._before = (scene.frame_current, scene.frame_subframe, scene.camera)

    def __enter__(self) -> None:
        self._scene.frame_set(self._shot.start)
        self._scene.camera = bpy.data.objects[self._shot.camera]

    def __exit__(self, *_: object) -> None:
        frame, subframe, camera = self._before
        self._scene.frame_set(frame, subframe=subframe)
        self._scene.camera = camera
