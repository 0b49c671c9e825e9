# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object instances: the objects behind instanced collections, geometry nodes and particles."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
from mathutils import Matrix

from ....blender.bake.mesh import SURFACE_TYPES
from ....core.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """What one object instances: the source objects with the place of the first instance of each (world matrix).

    `is_made`: there are instances of a mesh that is no object, as nodes make them.
    """

    places: dict[bpy.types.Object, Matrix]
    is_made: bool


def is_collection_instance(obj: bpy.types.Object) -> bool:
    """Whether an object is an empty that shows a collection."""
    return obj.type == "EMPTY" and obj.instance_type == "COLLECTION" and obj.instance_collection is not None


def list_instanced_meshes(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """The meshes of the collection that an empty shows, without those of nested ones: cheap enough for panels."""
    return [each for each in obj.instance_collection.all_objects if each.type == "MESH"]


def find_instances(depsgraph: bpy.types.Depsgraph) -> dict[bpy.types.Object, Instances]:
    """By instancing object, what it shows; objects that show none are left out."""
    found: dict[bpy.types.Object, Instances] = {}
    made: set[bpy.types.Object] = set()
    for instance in depsgraph.object_instances:
        if not instance.is_instance or not instance.parent or instance.object.type not in SURFACE_TYPES:
            continue
        owner, source = instance.parent.original, instance.object.original
        entry = found.setdefault(owner, Instances({}, is_made=False))
        if source == owner:
            made.add(owner)
        elif source not in entry.places:
            entry.places[source] = instance.matrix_world.copy()
    return {owner: Instances(entry.places, owner in made) for owner, entry in found.items()}


def has_own_faces(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bool:
    """Whether an object has a surface beside its instances. A curve or text is an instance of itself to Blender."""
    shape = obj.evaluated_get(depsgraph)
    return obj.type in SURFACE_TYPES and (shape.type != "MESH" or bool(shape.data.polygons))


def refuse_hidden_source(obj: bpy.types.Object) -> InputError:
    """For an object that shows nothing which could get a texture."""
    if obj.type == "EMPTY":
        return InputError(
            f"{obj.name} is an instance of a collection, in which no surface is visible.",
            next_step="Choose Make Instances Real, or select the objects of the collection.",
            remedy="MAKE_REAL",
        )
    return InputError(
        f"{obj.name} shows instances of a mesh that its nodes make, which is no object that could get a texture.",
        next_step="Add the node Realize Instances at the end of its node group.",
    )
