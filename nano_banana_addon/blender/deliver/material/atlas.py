# SPDX-License-Identifier: GPL-3.0-or-later
"""One UV map for several meshes: islands of one texel density, packed into one square by Blender."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ....core.errors import InputError
from ....core.texture import ATLAS_MAP
from ....imaging.arrays import Floats
from . import islands
from .unwrap import MAX_MAPS, unwrap, use_object_mode

#: Between islands, in pixels of the texture: colours are grown beyond an island by 8, from both sides. Less where the
#: islands would have no room.
MARGINS = (16, 8, 4)
_OUTSIDE = 1e-3
_FLAGS = ("select", "hide")


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A mesh with the object that is edited, and its place in the world."""

    object: bpy.types.Object
    world: Matrix

    @property
    def mesh(self) -> bpy.types.Mesh:
        return self.object.data


def pack_atlas(
    objects: Sequence[bpy.types.Object], size: int, places: Mapping[bpy.types.Object, Matrix] | None = None
) -> tuple[str, ...]:
    """Give the meshes a UV map for one texture of `size` pixels, and return the names of their objects.

    The islands are those of the map that is active for rendering; where that has none, or no area, those of Smart UV
    Project. Each island gets as many texels as its surface is large in the world (of objects in `places`, there).
    Other UV maps stay, and stay active; mode, selection and active object are as before, and so is what is selected
    and hidden in the meshes. Raises `InputError` for objects that cannot be packed; nothing has changed then.
    """
    parts = list({o.data: _Part(o, (places or {}).get(o, o.matrix_world).copy()) for o in reversed(objects)}.values())
    parts.reverse()
    with use_object_mode() as layer, ExitStack() as undo:
        for part in parts:
            _check(part.object, layer)
        for part in parts:
            undo.enter_context(_keep_flags(part.mesh))
            undo.enter_context(_keep_active(part.mesh))
        with ExitStack() as failed:
            for part in parts:
                _add_map(part, layer, failed)
            layer.update()
            _scale_together(parts)
            _pack(parts, layer, size)
            failed.pop_all()
    return tuple(part.object.name for part in parts)


def _check(obj: bpy.types.Object, layer: bpy.types.ViewLayer) -> None:
    if obj.type != "MESH" or not obj.data.polygons:
        raise InputError(f"{obj.name} has no faces to pack.", next_step="Select meshes with faces.")
    if obj.data.library or not obj.data.is_editable:
        raise InputError(
            f"The mesh of {obj.name} is linked from another file and cannot get a UV map.",
            next_step="Make it local (Object > Relations > Make Local), or deselect it.",
        )
    if obj.name not in layer.objects or not obj.visible_get():
        raise InputError(f"{obj.name} is hidden, or not in this view layer.", next_step="Show it, and try again.")
    if ATLAS_MAP not in obj.data.uv_layers and len(obj.data.uv_layers) >= MAX_MAPS:
        raise InputError(f"{obj.name} has {MAX_MAPS} UV maps, and can have no more.", next_step="Remove one.")


def _add_map(part: _Part, layer: bpy.types.ViewLayer, failed: ExitStack) -> None:
    """The map with islands of their true relative size."""
    mesh = part.mesh
    source = next((each for each in mesh.uv_layers if each.active_render), None)
    uvs = islands.read_uvs(mesh, source.name) if source is not None else None
    before = islands.read_uvs(mesh, ATLAS_MAP) if ATLAS_MAP in mesh.uv_layers else None
    failed.callback(_restore_map, mesh, before)
    if before is None:
        mesh.uv_layers.new(name=ATLAS_MAP, do_init=False)
    mesh.uv_layers.active = mesh.uv_layers[ATLAS_MAP]
    if uvs is None or not islands.have_area(mesh, uvs):
        unwrap(part.object, layer)
        uvs = islands.read_uvs(mesh, ATLAS_MAP)
    islands.write_uvs(mesh, ATLAS_MAP, islands.scale_by_area(mesh, uvs, np.array(part.world, np.float64)[:3, :3]))


def _restore_map(mesh: bpy.types.Mesh, before: Floats | None) -> None:
    if before is not None:
        islands.write_uvs(mesh, ATLAS_MAP, before)
    elif ATLAS_MAP in mesh.uv_layers:
        mesh.uv_layers.remove(mesh.uv_layers[ATLAS_MAP])


def _scale_together(parts: Sequence[_Part]) -> None:
    """Each object by what its modifiers do to its surface, then all into the square: Blender packs into the tile that
    is nearest."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    uvs: list[Floats] = []
    for part in parts:
        shape = part.object.evaluated_get(depsgraph)
        factor = islands.measure_scale(shape.to_mesh(), ATLAS_MAP, np.array(part.world, np.float64)[:3, :3])
        shape.to_mesh_clear()
        uvs.append(islands.read_uvs(part.mesh, ATLAS_MAP) * np.float32(factor))
    extent = max(float(each.max()) for each in uvs)
    for part, each in zip(parts, uvs, strict=True):
        islands.write_uvs(part.mesh, ATLAS_MAP, each / np.float32(max(extent, 1e-20)))


def _pack(parts: Sequence[_Part], layer: bpy.types.ViewLayer, size: int) -> None:
    for obj in layer.objects:
        obj.select_set(any(part.object == obj for part in parts))
    layer.objects.active = parts[0].object
    for part in parts:
        part.mesh.uv_layers.active = part.mesh.uv_layers[ATLAS_MAP]
    for margin in MARGINS:
        half = margin / 2 / size  # Blender's margin is that of one island
        _pack_boxes(half)
        if all(_is_packed(part.mesh) for part in parts):
            _pack_shapes(parts, half)
            return
    raise InputError(
        f"There are too many islands for a texture of {size} px: with {MARGINS[-1]} px between them nothing is left.",
        next_step="Choose a larger texture size, fewer objects, or unwrap them into fewer islands.",
    )


def _pack_boxes(margin: float) -> None:
    """By the islands' boxes: for these Blender finds the scale at which a margin is exact in milliseconds."""
    _run_operator(shape_method="AABB", rotate_method="CARDINAL", margin_method="FRACTION", margin=margin)


def _pack_shapes(parts: Sequence[_Part], margin: float) -> None:
    """By their shapes, from a layout with the margin: kept where the islands, and the margin with them, grow."""
    before = [islands.read_uvs(part.mesh, ATLAS_MAP) for part in parts]
    size = islands.measure_area(parts[0].mesh, before[0])
    _run_operator(shape_method="CONCAVE", rotate_method="CARDINAL", margin_method="ADD", margin=margin)
    has_grown = islands.measure_area(parts[0].mesh, islands.read_uvs(parts[0].mesh, ATLAS_MAP)) >= size
    if not (has_grown and all(_is_packed(part.mesh) for part in parts)):
        for part, uvs in zip(parts, before, strict=True):
            islands.write_uvs(part.mesh, ATLAS_MAP, uvs)


def _run_operator(**choices: str | float) -> None:
    tools = bpy.context.scene.tool_settings
    in_sync, tools.use_uv_select_sync = tools.use_uv_select_sync, True
    bpy.ops.object.mode_set(mode="EDIT")
    try:
        bpy.ops.mesh.reveal(select=False)
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.uv.pack_islands(rotate=True, scale=True, **choices)
    finally:
        bpy.ops.object.mode_set(mode="OBJECT")
        tools.use_uv_select_sync = in_sync


def _is_packed(mesh: bpy.types.Mesh) -> bool:
    uvs = islands.read_uvs(mesh, ATLAS_MAP)
    return islands.have_area(mesh, uvs) and bool((np.abs(uvs - 0.5) <= 0.5 + _OUTSIDE).all())


@contextmanager
def _keep_flags(mesh: bpy.types.Mesh) -> Iterator[None]:
    """What is selected and hidden in a mesh is as before afterwards."""
    kept: list[tuple[str, str, np.ndarray]] = []
    for domain in ("vertices", "edges", "polygons"):
        for flag in _FLAGS:
            values = np.empty(len(getattr(mesh, domain)), bool)
            getattr(mesh, domain).foreach_get(flag, values)
            kept.append((domain, flag, values))
    try:
        yield
    finally:
        for domain, flag, values in kept:
            getattr(mesh, domain).foreach_set(flag, values)


@contextmanager
def _keep_active(mesh: bpy.types.Mesh) -> Iterator[None]:
    """The maps that are active, and active for rendering, are so afterwards."""
    layers = mesh.uv_layers
    active = layers.active.name if layers.active else ""
    rendered = next((each.name for each in layers if each.active_render), "")
    try:
        yield
    finally:
        if active in layers:
            layers.active = layers[active]
        if rendered in layers:
            layers[rendered].active_render = True
