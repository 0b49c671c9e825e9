# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that gives an object's material its base colour by a UV map, wherever it was made."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ....core.errors import InputError
from ..datablocks import colour_input, versions
from . import material as materials
from . import projection

_NO_IMAGE = "Link an Image Texture to its Base Color, or choose Generate Texture."
_BAKE_IT = "Bake its colours to one image with Blender's Bake first, or choose Generate Texture."


@dataclass(frozen=True, slots=True)
class BaseImage:
    """The image, the UV map by which it lies ("": the one that is active for rendering), and the slots it fills."""

    image: bpy.types.Image
    uv_map: str
    slots: tuple[int, ...]


def find_base_image(obj: bpy.types.Object) -> BaseImage:
    """The base colour's image of the active material, with all slots that show it.

    Raises `InputError` where the base colour is something else than one image on a UV map.
    """
    active = obj.material_slots[obj.active_material_index].material if len(obj.material_slots) else None
    if active is None:
        raise InputError(f'"{obj.name}" has no material.', next_step=_NO_IMAGE)
    image, uv_map = _find_in_material(active)
    slots = tuple(number for number, slot in enumerate(obj.material_slots) if _shows(slot.material, image, uv_map))
    return BaseImage(image, uv_map, slots)


def has_base_image(obj: bpy.types.Object | None) -> bool:
    """Whether `find_base_image` finds one; cheap enough for panels."""
    if obj is None or obj.type != "MESH":
        return False
    try:
        find_base_image(obj)
    except InputError:
        return False
    return True


def _shows(material: bpy.types.Material | None, image: bpy.types.Image, uv_map: str) -> bool:
    try:
        return material is not None and _find_in_material(material) == (image, uv_map)
    except InputError:
        return False


def _find_in_material(material: bpy.types.Material) -> tuple[bpy.types.Image, str]:
    group = materials.group_node(material)
    if group is not None:
        return _find_in_group(material, group.node_tree)
    tree = material.node_tree
    socket = colour_input.find_colour_input(tree) if tree else None
    node = _find_source(socket)
    if node is None:
        raise InputError(f'The base colour of "{material.name}" is no image.', next_step=_NO_IMAGE)
    if node.type != "TEX_IMAGE" or node.image is None:
        raise InputError(f'The base colour of "{material.name}" is mixed from other nodes.', next_step=_BAKE_IT)
    if node.projection != "FLAT":
        raise InputError(f'The image of "{material.name}" does not lie by a UV map.', next_step=_BAKE_IT)
    return node.image, _find_uv_map(material, node)


def _find_in_group(material: bpy.types.Material, group: bpy.types.NodeTree) -> tuple[bpy.types.Image, str]:
    version = versions.get_version(group, versions.current(group))
    if version.facts.get("lies") != projection.UV:
        raise InputError(
            f'The image of "{material.name}" is projected from a camera and lies by no UV map.', next_step=_BAKE_IT
        )
    return versions.require_image(version), str(version.facts.get("uv_map", ""))


def _find_uv_map(material: bpy.types.Material, node: bpy.types.Node) -> str:
    source = _find_source(node.inputs["Vector"])
    if source is None:
        return ""
    if source.type == "UVMAP":
        return str(source.uv_map)
    is_uv = source.type == "TEX_COORD" and any(
        link.from_socket.name == "UV" for link in source.outputs["UV"].links if link.from_node == source
    )
    if not is_uv:
        raise InputError(
            f'The image of "{material.name}" is moved or repeated by the nodes before it.', next_step=_BAKE_IT
        )
    return ""


def _find_source(socket: bpy.types.NodeSocket | None) -> bpy.types.Node | None:
    """The node whose value comes to a socket, past reroutes."""
    while socket is not None and socket.is_linked:
        node = socket.links[0].from_node
        if node.type != "REROUTE":
            return node
        socket = node.inputs[0]
    return None
