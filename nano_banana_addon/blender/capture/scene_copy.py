# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen: a scene at a frame, whole or with the selected objects alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy

from ...core.errors import InputError
from ...core.settings import CaptureSettings
from .temporary import blank_scene, temporary_scene

#: Stay when only the selected objects are shown: without them the rest would be seen in another light.
_LIGHT_TYPES = ("LIGHT", "LIGHT_PROBE")


@dataclass(frozen=True)
class EvaluatedScene:
    """A scene with its evaluated data."""

    scene: bpy.types.Scene
    view_layer: bpy.types.ViewLayer
    depsgraph: bpy.types.Depsgraph


@contextmanager
def provide_drawable_scene(context: bpy.types.Context, settings: CaptureSettings) -> Iterator[EvaluatedScene]:
    """The scene for drawing in a 3D view: the artist's own, or a temporary copy if something differs."""
    scene, layer = context.scene, context.view_layer
    is_other_frame = settings.frame_number not in (None, scene.frame_current)
    if not (is_other_frame or settings.only_selected):
        layer.update()
        yield EvaluatedScene(scene, layer, layer.depsgraph)
        return
    with copy_scene(scene, settings.frame_number) as copy:
        layer_copy = copy.view_layers[layer.name]
        if settings.only_selected:
            _hide_others(layer_copy, {o.session_uid for o in require_selection(layer)})
        if is_other_frame:
            copy.frame_set(settings.frame_number or 0)  # evaluates too; the artist's scene does not move
        else:
            layer_copy.update()
        yield EvaluatedScene(copy, layer_copy, layer_copy.depsgraph)


@contextmanager
def copy_scene(scene: bpy.types.Scene, frame_number: int | None) -> Iterator[bpy.types.Scene]:
    """A temporary copy of a scene with the camera of a frame (None: the current one), not evaluated."""
    camera = find_camera(scene, frame_number)
    with temporary_scene(scene) as copy:
        if frame_number is not None and frame_number != scene.frame_current:
            copy.frame_current, copy.frame_subframe = frame_number, 0.0
        copy.camera = camera
        yield copy


@contextmanager
def evaluate_frame(scene: bpy.types.Scene, frame_number: int) -> Iterator[EvaluatedScene]:
    """The scene with the camera of a frame, evaluated in a copy: the artist's frame and unkeyed changes stay."""
    with copy_scene(scene, frame_number) as copy:
        layer = copy.view_layers.get(bpy.context.view_layer.name) or copy.view_layers[0]
        copy.frame_set(frame_number)
        yield EvaluatedScene(copy, layer, layer.depsgraph)


@contextmanager
def evaluate_camera(copy: bpy.types.Scene, camera: bpy.types.Object) -> Iterator[bpy.types.Depsgraph]:
    """The camera evaluated as in a render of `copy`, with its curves at that frame.

    In the 3D view a change without a keyframe may override the curves. Only the camera and what it depends on is
    evaluated.
    """
    with blank_scene(copy) as camera_scene:
        camera_scene.collection.objects.link(camera)
        camera_scene.camera = camera
        camera_scene.frame_set(copy.frame_current, subframe=copy.frame_subframe)
        yield camera_scene.view_layers[0].depsgraph


def find_camera(scene: bpy.types.Scene, frame_number: int | None) -> bpy.types.Object | None:
    """The scene's camera; at another frame the one whose marker was passed last, if any is bound."""
    if frame_number is None or frame_number == scene.frame_current:
        return scene.camera
    markers = [m for m in scene.timeline_markers if m.camera and m.frame <= frame_number]
    return max(markers, key=lambda marker: marker.frame).camera if markers else scene.camera


def require_selection(layer: bpy.types.ViewLayer) -> list[bpy.types.Object]:
    """The selected, visible objects. Raises `InputError` when there is none."""
    objects = [o for o in layer.objects if o.select_get(view_layer=layer) and _is_visible(o, layer)]
    if not objects:
        raise InputError(
            "Nothing is selected.",
            next_step="Select the objects to show, or switch off Only Selected.",
        )
    return objects


def _is_visible(item: bpy.types.Object, layer: bpy.types.ViewLayer) -> bool:
    return bool(item.visible_get(view_layer=layer))


def _hide_others(layer: bpy.types.ViewLayer, visible_uids: set[int]) -> None:
    for item in layer.objects:
        if item.session_uid not in visible_uids and item.type not in _LIGHT_TYPES:
            item.hide_set(True, view_layer=layer)


def keep_selection_only(copy: bpy.types.Scene, layer: bpy.types.ViewLayer) -> None:
    """Leave only the objects selected in `layer` and the lights in a temporary scene that will be rendered.

    Hiding in the 3D view means nothing to a render, and `hide_render` belongs to the objects, which the scene shares
    with the artist's: so all collections are excluded and the objects linked anew.
    """
    objects = [o for o in require_selection(layer) if is_renderable(o)]
    if not objects:
        raise InputError(
            "All selected objects are hidden in renders.",
            next_step="Show them in renders, or switch off Only Selected.",
        )
    objects += [o for o in layer.objects if o.type in _LIGHT_TYPES and is_renderable(o)]
    for view_layer in copy.view_layers:
        for child in view_layer.layer_collection.children:
            child.exclude = True
    camera = copy.camera
    for item in list(copy.collection.objects):
        copy.collection.objects.unlink(item)
    for item in dict.fromkeys([*objects, camera]):
        copy.collection.objects.link(item)


def is_renderable(item: bpy.types.Object) -> bool:
    """Whether renders show an object."""
    collections = item.users_collection
    return not item.hide_render and (not collections or any(not c.hide_render for c in collections))
