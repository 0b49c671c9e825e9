# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects get a texture: the chosen ones, or what they instance; of those that share a mesh, one is generated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np
from mathutils import Matrix

from ....blender.bake.mesh import SURFACE_TYPES
from ....blender.deliver.datablocks import lookup
from ....core.errors import InputError
from . import instances
from .instances import Instances, find_instances, is_collection_instance


@dataclass(frozen=True, slots=True, eq=False)
class ChosenObjects:
    """The objects that are generated, in their order, and the `duplicates` that share a mesh with one of them.

    `places`: where the first instance of an object stands (world matrix), for those that were chosen by an object
    that instances them. `notes` are sentences for the artist.
    """

    objects: list[bpy.types.Object]
    duplicates: list[bpy.types.Object] = field(default_factory=list[bpy.types.Object])
    places: dict[bpy.types.Object, Matrix] = field(default_factory=dict[bpy.types.Object, Matrix])
    notes: tuple[str, ...] = ()


def choose_objects(context: bpy.types.Context, names: Sequence[str] = ()) -> ChosenObjects:
    """The named objects, else the selected ones; for those that only show instances, what these are instances of.

    Of several that share a mesh with the same UVs, the active object is generated, else the first: the others show the
    same map. Raises `InputError` for none, and for those that cannot change.
    """
    depsgraph = context.evaluated_depsgraph_get()
    if names:
        picked = [_find_named(context, name, depsgraph) for name in names]
    else:
        selected = getattr(context, "selected_objects", None) or []
        picked = [obj for obj in selected if obj.type in SURFACE_TYPES or is_collection_instance(obj)]
    if not picked:
        raise InputError("No object is selected.", next_step="Select one or more mesh objects.")
    chosen = _resolve_instances(dict.fromkeys(picked), depsgraph)
    for thing in chosen.objects:
        if blocker := lookup.find_edit_blocker(thing):
            is_instanced = thing in chosen.places
            step = "Choose Make Instances Real, then try again." if is_instanced else "Then try again."
            raise InputError(blocker, next_step=step, remedy="MAKE_REAL" if is_instanced else "")
    objects, duplicates = _split_duplicates(chosen.objects, context.active_object, depsgraph)
    return ChosenObjects(objects, duplicates, chosen.places, chosen.notes)


def _find_named(context: bpy.types.Context, name: str, depsgraph: bpy.types.Depsgraph) -> bpy.types.Object:
    obj = context.scene.objects.get(name)
    if obj is None:  # shown by instances alone
        other = bpy.data.objects.get((name, None))
        obj = other if other is not None and other.evaluated_get(depsgraph).is_evaluated else None
    if obj is None:
        raise InputError(f"There is no object named {name} in this scene.", next_step="Check the name.")
    return obj


def _resolve_instances(picked: Iterable[bpy.types.Object], depsgraph: bpy.types.Depsgraph) -> ChosenObjects:
    known = find_instances(depsgraph)
    picked = list(picked)
    objects: dict[bpy.types.Object, None] = {}
    places: dict[bpy.types.Object, Matrix] = {}
    notes: list[str] = []
    for obj in picked:
        shown = known.get(obj, Instances({}, is_made=False))
        if instances.has_own_faces(obj, depsgraph):
            objects[obj] = None
            notes += _note_instances(obj, [each for each in shown.places if each not in picked], is_made=shown.is_made)
        elif shown.places:
            objects |= dict.fromkeys(shown.places)
            places |= {each: place for each, place in shown.places.items() if each not in picked and each not in places}
        elif shown.is_made or obj.type == "EMPTY":
            raise instances.refuse_hidden_source(obj)
        else:
            objects[obj] = None  # what is missing is told when it is read
    return ChosenObjects(list(objects), places=places, notes=tuple(notes))


def _note_instances(obj: bpy.types.Object, sources: Sequence[bpy.types.Object], *, is_made: bool) -> list[str]:
    if sources:
        names = ", ".join(each.name for each in sources[:3])
        return [f"The instances that {obj.name} shows keep their look; to texture them, select {names}."]
    if is_made and obj.type == "MESH":
        return [f"{obj.name} also shows instances that its nodes make. Only its own faces get the texture."]
    return []


def _split_duplicates(
    objects: Sequence[bpy.types.Object], active: bpy.types.Object | None, depsgraph: bpy.types.Depsgraph
) -> tuple[list[bpy.types.Object], list[bpy.types.Object]]:
    generated: list[bpy.types.Object] = []
    duplicates: list[bpy.types.Object] = []
    for obj in objects:
        twin = next((n for n, each in enumerate(generated) if _has_same_uvs(each, obj, depsgraph)), None)
        if twin is None:
            generated.append(obj)
        elif obj == active:
            duplicates.append(generated[twin])
            generated[twin] = obj
        else:
            duplicates.append(obj)
    return generated, duplicates


def _has_same_uvs(first: bpy.types.Object, second: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bool:
    """Whether two objects share their mesh, and modifiers left them the same UVs."""
    if first.data != second.data or first.type == "META":
        return False
    if not first.modifiers and not second.modifiers:
        return True
    shapes = [obj.evaluated_get(depsgraph) for obj in (first, second)]
    if any(shape.type != "MESH" for shape in shapes):
        return False
    one, other = (_read_uvs(shape.data) for shape in shapes)
    return one.shape == other.shape and bool(np.array_equal(one, other))


def _read_uvs(mesh: bpy.types.Mesh) -> np.ndarray:
    layer = next((each for each in mesh.uv_layers if each.active_render), None)
    values = np.zeros(len(mesh.loops) * 2 if layer else 0, np.float32)
    if layer is not None:
        layer.uv.foreach_get("vector", values)
    return values
