# SPDX-License-Identifier: GPL-3.0-or-later
"""UV maps for objects that have none, by Blender's Smart UV Project."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import bpy

from ....core.errors import InputError

_ANGLE = math.radians(66)  # Blender's own default
MAX_MAPS = 8  # Blender's own limit
_MARGIN = 0.003  # of the picture: 6 pixels at 2K


def has_uvs(obj: bpy.types.Object) -> bool:
    """Whether an object has coordinates for a flat picture."""
    return obj.type == "MESH" and bool(obj.data.uv_layers)


def unwrap_missing(objects: Iterable[bpy.types.Object]) -> tuple[str, ...]:
    """Give the meshes without a UV map one, and return the names of those that got it.

    Selection, active object and mode are as before.

    Raises `InputError` for a mesh that cannot be edited now.
    """
    meshes = {o.data: o for o in objects if o.type == "MESH" and not o.data.uv_layers}
    if meshes:
        with use_object_mode() as layer:
            for obj in meshes.values():
                unwrap(obj, layer)
    return tuple(thing.name for thing in meshes.values())


def add_unwrapped_map(objects: Iterable[bpy.types.Object], name: str) -> tuple[str, ...]:
    """Give the meshes another UV map of this name, unwrapped, beside those they have, and return their names.

    What is active and what is rendered stays as it is; a map of this name that is there is unwrapped anew.

    Raises `InputError` for a mesh that cannot be edited now, or has all eight maps already.
    """
    meshes = {o.data: o for o in objects if o.type == "MESH"}
    for mesh, obj in meshes.items():
        if name not in mesh.uv_layers and len(mesh.uv_layers) >= MAX_MAPS:
            raise InputError(
                f'"{obj.name}" has {MAX_MAPS} UV maps, and can have no more.',
                next_step="Remove one, or choose one of them for texturing.",
            )
    with use_object_mode() as layer:
        for mesh, obj in meshes.items():
            active_name = mesh.uv_layers.active.name if mesh.uv_layers.active else name
            mesh.uv_layers.active = mesh.uv_layers.get(name) or mesh.uv_layers.new(name=name)
            try:
                unwrap(obj, layer)
            finally:
                mesh.uv_layers.active = mesh.uv_layers[active_name]
    return tuple(thing.name for thing in meshes.values())


@contextmanager
def use_object_mode() -> Iterator[bpy.types.ViewLayer]:
    """Object mode with any selection; selection, active object and mode are as before afterwards."""
    layer = bpy.context.view_layer
    active, selection = layer.objects.active, [o for o in layer.objects if o.select_get()]
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    try:
        yield layer
    finally:
        for obj in layer.objects:
            obj.select_set(obj in selection)
        layer.objects.active = active
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)


def unwrap(obj: bpy.types.Object, layer: bpy.types.ViewLayer) -> None:
    """Unwrap all faces of a mesh in its active UV map. Raises `InputError` for one that cannot be edited now."""
    if obj.name not in layer.objects or not obj.visible_get() or not obj.data.is_editable:
        raise InputError(
            f'"{obj.name}" cannot be unwrapped: it is hidden, linked, or not in this view layer.',
            next_step="Show it, or make it local, and try again.",
        )
    if not obj.data.polygons:
        raise InputError(f'"{obj.name}" has no faces to unwrap.', next_step="Select a mesh with faces.")
    for other in layer.objects:
        other.select_set(other == obj)
    layer.objects.active = obj
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.reveal(select=False)
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.smart_project(angle_limit=_ANGLE, island_margin=_MARGIN)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
