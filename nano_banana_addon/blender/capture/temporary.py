# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary changes of Blender's data for a capture: changed and restored, created and removed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import bpy

from ...identity import ID_TAG

log = logging.getLogger(__name__)

#: Images that Blender makes by itself as soon as anything is rendered.
RENDER_TYPES = ("RENDER_RESULT", "COMPOSITING")

#: The custom property of such a scene; the bare tag is the name of a property group of scenes, too.
_MARK = f"{ID_TAG}_temporary"


@contextmanager
def override_properties(owner: Any, **values: Any) -> Iterator[None]:
    """Set properties of a data-block in order; restore the old values in reverse order."""
    with ExitStack() as undo:
        for name, value in values.items():
            undo.callback(_restore_property, owner, name, getattr(owner, name))
            setattr(owner, name, value)
        yield


def _restore_property(owner: Any, name: str, value: Any) -> None:
    try:
        setattr(owner, name, value)
    except (ReferenceError, AttributeError, TypeError):
        # The rest must still be put back, and the error that led here must not be hidden.
        log.exception("could not restore %s", name)


@contextmanager
def remove_new_images() -> Iterator[None]:
    """Remove the Render Result and the Viewer that a first render leaves in a file that had none."""
    previous_uids = {image.session_uid for image in bpy.data.images}
    try:
        yield
    finally:
        for image in list(bpy.data.images):
            if image.type in RENDER_TYPES and image.session_uid not in previous_uids:
                bpy.data.images.remove(image)


def mark_scene(scene: bpy.types.Scene) -> None:
    """Say that a scene is removed soon, so that it is also where the file is saved before."""
    scene[_MARK] = True


def remove_saved_scenes() -> None:
    """Remove temporary scenes that were there when the open file was saved, during a render."""
    for scene in list(bpy.data.scenes):
        if scene.get(_MARK) and scene.library is None and len(bpy.data.scenes) > 1:
            bpy.data.scenes.remove(scene)


@contextmanager
def temporary_scene(scene: bpy.types.Scene) -> Iterator[bpy.types.Scene]:
    """A copy of a scene that shares its objects, removed at the end.

    Whatever a capture must change (frame, size, camera, what is hidden) is changed in the copy, and the artist's scene
    with its Render Result is not touched at all: the result belongs to the scene.
    """
    copy = scene.copy()
    mark_scene(copy)
    try:
        copy.timeline_markers.clear()  # they would choose another camera
        yield copy
    finally:
        bpy.data.scenes.remove(copy)


@contextmanager
def blank_scene(template: bpy.types.Scene) -> Iterator[bpy.types.Scene]:
    """An empty temporary scene at the same frame."""
    blank = bpy.data.scenes.new("Capture")
    mark_scene(blank)
    try:
        blank.render.fps, blank.render.fps_base = template.render.fps, template.render.fps_base
        blank.frame_current, blank.frame_subframe = template.frame_current, template.frame_subframe
        yield blank
    finally:
        bpy.data.scenes.remove(blank)
