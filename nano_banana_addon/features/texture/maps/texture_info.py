# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of an object's texture, read from its material: cheap enough for panels."""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix

from ....blender.deliver.datablocks import ownership_tags, versions
from ....blender.deliver.material import material, projection
from ....core.errors import InputError
from ....core.storyboard.keyframes import count_keyframes
from ....core.texture import PaintMode, TextureSettings, ViewSet
from ....identity import SCENE_PROPERTY
from ..objects import atlas
from ..objects.instances import is_collection_instance, list_instanced_meshes
from ..views.texture_settings import texture_settings_of

#: Of one texture, with those that were added to it later.
_MOST_VIEWS = 500


def group_of(obj: bpy.types.Object | None) -> bpy.types.NodeTree | None:
    """The node group of a texture in the object's materials, or None."""
    slots = obj.material_slots if obj is not None else ()
    for slot in slots:
        node = material.group_node(slot.material) if slot.material else None
        if node is not None and _find_image(node.node_tree) is not None:
            return node.node_tree
    return None


def _find_image(group: bpy.types.NodeTree) -> bpy.types.Image | None:
    index = versions.current(group)
    image = versions.get_version(group, index).image if 0 <= index < versions.count(group) else None
    return image if image is not None and ownership_tags.get_fact(image, "views") else None


def views_of(group: bpy.types.NodeTree) -> list[dict[str, Any]]:
    """The views of the shown texture, with their drifts: the fields of `align.Drift`."""
    return _read_views(_find_image(group))


def generations_of(group: bpy.types.NodeTree) -> list[str]:
    """The ids of the images that the texture was made of."""
    return list_generations(_find_image(group))


def list_generations(image: bpy.types.Image) -> list[str]:
    """The ids of the images that a texture's image was made of; empty for one that was not made here."""
    return [id for id in ownership_tags.get_json(image, "generations", []) if isinstance(id, str)]


def list_used_views(image: bpy.types.Image) -> list[dict[str, Any]]:
    """The views of a texture's image that are in it, as `views_of` gives them."""
    return _list_used(_read_views(image))


def list_shown_views(group: bpy.types.NodeTree) -> list[dict[str, Any]]:
    """The same of the shown texture of a node group."""
    return _list_used(views_of(group))


def _read_views(image: bpy.types.Image) -> list[dict[str, Any]]:
    """Panels draw a row for each: a file that a stranger made may hold anything, and as much as it likes."""
    listed = ownership_tags.get_json(image, "views", [])[:_MOST_VIEWS]
    return [view for view in listed if isinstance(view, dict) and {"name", "index"} <= view.keys()]


def _list_used(views: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [view for view in views if view.get("forced") or not view.get("reason")]


def coverage_of(group: bpy.types.NodeTree) -> float:
    """The share of the surface that views have covered."""
    return float(ownership_tags.get_fact(_find_image(group), "coverage", 0.0))


def is_change(group: bpy.types.NodeTree) -> bool:
    """Whether a view was added to a texture: then the share is what that view has changed."""
    return bool(ownership_tags.get_fact(_find_image(group), "is_change", False))


def is_udim(group: bpy.types.NodeTree) -> bool:
    """Whether the shown texture was asked to be a tiled image, wherever its UVs lie."""
    return bool(ownership_tags.get_fact(_find_image(group), "udim", False))


def list_missing_maps(group: bpy.types.NodeTree) -> list[int]:
    """The numbers of the shown texture's views that lack a roughness and a metallic, where those are wanted."""
    numbers = ownership_tags.get_json(_find_image(group), "missing_maps", [])
    return [number for number in numbers if isinstance(number, int)]


def checks_of(group: bpy.types.NodeTree) -> list[bpy.types.Image]:
    """The check images that are still in the file."""
    count = ownership_tags.get_count(group, "checks")
    images = [ownership_tags.get_fact(group, f"check_{number}") for number in range(count)]
    return [image for image in images if image is not None]


def get_check_name(image: bpy.types.Image) -> str:
    """The name of a check image."""
    return str(ownership_tags.get_fact(image, "check", ""))


def get_check_image(group: bpy.types.NodeTree) -> str:
    """The name of the shown check image; "" is the texture itself."""
    return str(ownership_tags.get_fact(group, "check", ""))


def show_check(group: bpy.types.NodeTree, name: str) -> None:
    """Show a check image instead of the texture, or ("") the texture again. Raises `InputError`."""
    version = versions.get_version(group, versions.current(group))
    image = versions.require_image(version)
    if name:
        image = next((i for i in checks_of(group) if get_check_name(i) == name), None)
    if image is None:
        raise InputError(f"This texture has no check image named {name}.", next_step="Choose Reproject.")
    projection.build(group, image, version.facts, version.maps)
    ownership_tags.set_fact(group, "check", name or None)


def count_views(context: bpy.types.Context, texture: TextureSettings) -> int:
    """How many views will be generated."""
    if texture.views == ViewSet.KEYFRAMES:
        return count_keyframes(texture.keyframes)
    entries = getattr(context.scene, SCENE_PROPERTY).texturing.view_list
    if len(entries):
        return sum(entry.enabled and entry.camera is not None for entry in entries)
    if texture.views in (ViewSet.CAMERA, ViewSet.VIEWPORT):
        return 1
    if texture.views == ViewSet.CAMERAS:
        cameras = [o for o in context.scene.objects if o.type == "CAMERA"]
        return len([o for o in cameras if o.select_get()] or cameras)
    return texture.count


def compute_views_key(context: bpy.types.Context, texture: TextureSettings) -> str:
    """A key that changes with the views and the objects: a coverage measured for another key is outdated."""
    entries = getattr(context.scene, SCENE_PROPERTY).texturing.view_list
    selected = getattr(context, "selected_objects", None) or []
    objects = [o for o in selected if o.type != "CAMERA"]
    objects += [e.camera for e in entries if e.enabled and e.camera is not None]
    choices = () if len(entries) and texture.views != ViewSet.KEYFRAMES else _list_set_choices(texture)
    return str(hash((*choices, *((o.name, *_flatten(o.matrix_world)) for o in objects))))


def _list_set_choices(texture: TextureSettings) -> tuple[object, ...]:
    return (texture.views, texture.count, round(texture.elevation, 3), texture.orthographic, texture.keyframes)


def compute_frames_key(context: bpy.types.Context) -> str:
    """A key that changes with keyframes, frame range, camera and objects, but not with the animation."""
    scene, texture = context.scene, texture_settings_of(context.scene)
    camera = scene.camera.name if scene.camera else ""
    names = (obj.name for obj in list_meshes(context))
    return str(hash((texture.keyframes, scene.frame_start, scene.frame_end, camera, *names)))


def _flatten(matrix: Matrix) -> tuple[float, ...]:
    return tuple(round(value, 5) for row in matrix for value in row)


def count_pictures(context: bpy.types.Context, texture: TextureSettings) -> int:
    """How many images will be billed."""
    views = count_views(context, texture)
    if texture.mode == PaintMode.SHEET:
        return 1 + (views if texture.refine else 0)
    return views


def find_keyframe_blocker(context: bpy.types.Context) -> str:
    """Why the keyframes cannot be looked at, as a sentence; "" if they can."""
    scene = context.scene
    if scene.camera is None:
        return "Add a camera, and make it the scene's."
    if not count_keyframes(texture_settings_of(scene).keyframes):
        return "No keyframe is chosen."
    return find_object_blocker(context)


def find_blocker(context: bpy.types.Context) -> str:
    """Why no texture can be generated for the selection, as a sentence; "" if one can."""
    if message := find_object_blocker(context):
        return message
    return "" if count_pictures(context, texture_settings_of(context.scene)) else "No view is chosen."


def find_object_blocker(context: bpy.types.Context) -> str:
    """Why the selected objects cannot be textured, as a sentence; "" if they can."""
    meshes = list_meshes(context)
    if not meshes:
        return "Select the objects that should get the texture."
    if names := find_unpacked(context):
        return f"Not in the atlas yet: {', '.join(names[:3])}. Choose Pack Atlas."
    if names := find_missing_uvs(context):
        return f"No UV map: {', '.join(names[:3])}. Choose Unwrap."
    return ""


def find_missing_uvs(context: bpy.types.Context) -> list[str]:
    """The selected meshes that have no UV map, not even one that a modifier makes. An atlas gives them one."""
    if texture_settings_of(context.scene).atlas:
        return []
    depsgraph = context.view_layer.depsgraph
    return [
        obj.name
        for obj in list_meshes(context)
        if obj.data.polygons
        and not obj.data.uv_layers
        and not (obj.modifiers and depsgraph and _has_generated_uvs(obj, depsgraph))
    ]


def find_unpacked(context: bpy.types.Context) -> list[str]:
    """The selected meshes that have no UV map for one texture for all, if that is chosen."""
    return atlas.list_unpacked(list_meshes(context)) if texture_settings_of(context.scene).atlas else []


def _has_generated_uvs(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bool:
    evaluated = obj.evaluated_get(depsgraph)
    return evaluated.type == "MESH" and bool(evaluated.data.uv_layers)


def find_left_out_duplicates(context: bpy.types.Context) -> list[str]:
    """Objects that share a mesh with a selected one, are not selected, and therefore keep their materials."""
    shared = {obj.data for obj in list_meshes(context) if obj.data.users > 1}
    return [o.name for o in context.view_layer.objects if o.data in shared and not o.select_get()] if shared else []


def list_meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected meshes, and those that selected empties show."""
    selected = getattr(context, "selected_objects", None) or []
    shown = [list_instanced_meshes(o) if is_collection_instance(o) else [o] for o in selected]
    return list(dict.fromkeys(o for each in shown for o in each if o.type == "MESH"))
