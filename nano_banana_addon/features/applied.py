# SPDX-License-Identifier: GPL-3.0-or-later
"""What results are applied in the open file: how strongly each shows, and how it is taken out again."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..blender.deliver import background, replacement, strip
from ..blender.deliver.clean_up import clean_up
from ..blender.deliver.compositor import compositor
from ..blender.deliver.datablocks import ownership_tags
from ..blender.deliver.datablocks.ownership_tags import Role
from ..blender.deliver.material import material
from ..blender.deliver.material.projection import FACTOR as MATERIAL_FACTOR
from ..core.constants import DeliveryKind

#: Everything of this add-on in the open file.
EVERYTHING = "EVERYTHING"


def list_material_nodes(obj: bpy.types.Object | None) -> list[bpy.types.Node]:
    """The nodes that show results in an object's materials."""
    slots = obj.material_slots if obj is not None else ()
    nodes = (material.group_node(slot.material) for slot in slots if slot.material)
    return [node for node in nodes if node is not None]


def get_opacity(obj: bpy.types.Object | None) -> float:
    """How much of the image shows on an object: of the first of its materials that has one."""
    nodes = list_material_nodes(obj)
    return float(nodes[0].inputs[MATERIAL_FACTOR].default_value) if nodes else 0.0


def set_opacity(obj: bpy.types.Object | None, value: float) -> None:
    """Set it in all materials of an object."""
    for node in list_material_nodes(obj):
        node.inputs[MATERIAL_FACTOR].default_value = value


def is_visible(obj: bpy.types.Object | None) -> bool:
    """Whether the image is switched on in an object's materials."""
    nodes = list_material_nodes(obj)
    return bool(nodes) and not nodes[0].mute


def set_visible(obj: bpy.types.Object | None, value: bool) -> None:
    """Switch it on or off in all materials of an object."""
    for node in list_material_nodes(obj):
        node.mute = not value


def find_background(scene: bpy.types.Scene) -> bpy.types.CameraBackgroundImage | None:
    """The result behind the scene's camera: the one that is shown, else the latest."""
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        return None
    own = [b for b in camera.data.background_images if ownership_tags.has_role(b.image, Role.IMAGE)]
    return next((b for b in own if b.show_background_image), own[-1] if own else None)


def list_edited_images() -> list[bpy.types.Image]:
    """The edited images that are used instead of their originals."""
    return replacement.list_edited()


def remove(context: bpy.types.Context, kind: str) -> int:
    """Take the results of one delivery target out; returns how many.

    Materials: of the selected objects and the active one. Compositor, camera, storyboard: of the scene.
    """
    scene = context.scene
    if kind == EVERYTHING:
        return clean_up(images=False)
    if kind == DeliveryKind.MATERIAL:
        return _remove_from_materials(context)
    if kind == DeliveryKind.COMPOSITOR and compositor.group_node(scene) is not None:
        compositor.remove(scene)
        return 1
    if kind == DeliveryKind.CAMERA_BACKGROUND and find_background(scene) is not None:
        background.remove(scene.camera.data)
        return 1
    if kind == DeliveryKind.REPLACEMENT:
        return replacement.remove_all()
    if kind == DeliveryKind.STRIP and (board := strip.find_storyboard(scene)) is not None:
        strip.remove(board)
        return 1
    return 0


def _remove_from_materials(context: bpy.types.Context) -> int:
    materials = list(dict.fromkeys(_list_materials(context)))
    for item in materials:
        material.remove(item)
    for image in list(ownership_tags.find_by_role(bpy.data.images, Role.CHECK)):
        if image.users == 0:
            bpy.data.images.remove(image)
    return len(materials)


def _list_materials(context: bpy.types.Context) -> Iterator[bpy.types.Material]:
    objects = [*(getattr(context, "selected_objects", None) or []), context.active_object]
    for obj in objects:
        for slot in obj.material_slots if obj is not None else ():
            if slot.material and material.group_node(slot.material) is not None:
                yield slot.material
