# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials that were made here: what panels show of that of the active object, and what is read of one to change it.

All of it is cheap enough for draw().
"""

from __future__ import annotations

from typing import NamedTuple

import bpy

from ...blender.deliver.datablocks import ownership_tags
from ...blender.deliver.pbr import map_images, node_group, pbr_material
from ...core.errors import InputError
from ...core.material.values import BaseMaps
from ...core.material_settings import MaterialSettings
from .choices import material_settings_of


class ShownMaterial(NamedTuple):
    """Its name, the sockets that set it, its pixels and texel density, what was measured of its maps.

    `excess`: what shows most of the seam, in parts of its limit.
    """

    name: str
    sockets: tuple[bpy.types.NodeSocket, ...]
    pixels: int
    density: str
    report: str
    excess: float


def find(context: bpy.types.Context) -> ShownMaterial | None:
    """The active material of the active object; None if it is another one's."""
    material = find_material(context)
    if material is None:
        return None
    node = pbr_material.find_node(material)
    size, pixels = node.inputs[node_group.SIZE].default_value, int(ownership_tags.get_fact(material, "pixels", 0))
    return ShownMaterial(
        material.name,
        tuple(socket for socket in node.inputs if socket.enabled and not socket.is_linked),
        pixels,
        f"{pixels / max(size, 1e-6):.0f} px/m",
        str(ownership_tags.get_fact(material, "report", "")),
        float(ownership_tags.get_fact(material, "excess", 0.0)),
    )


def find_material(context: bpy.types.Context) -> bpy.types.Material | None:
    """The active material of the active object, if it was made here."""
    material = context.active_object.active_material if context.active_object else None
    return material if pbr_material.find_node(material) else None


def require(material: bpy.types.Material | None) -> tuple[bpy.types.Material, bpy.types.Node]:
    """A material that was made here, and its node. Raises `InputError` for any other."""
    node = pbr_material.find_node(material)
    if material is None or node is None:
        raise InputError("The object has no material that was made here.", next_step="Make one of an image first.")
    return material, node


def find_maps(material: bpy.types.Material, node: bpy.types.Node) -> BaseMaps:
    """Where the maps of a material lie."""
    images = (each.image for each in node.node_tree.nodes if each.type == "TEX_IMAGE" and each.image)
    paths = (map_images.find_source(image) for image in images)
    folder = next((path.parent.name for path in paths if path), "")
    return BaseMaps(str(ownership_tags.get_fact(material, "sha256", "")), folder)


def read_settings(context: bpy.types.Context, node: bpy.types.Node, material: bpy.types.Material) -> MaterialSettings:
    """How a material was made, with what was set at it since; what is not known is the scene's choice."""
    output = material.node_tree.get_output_node("ALL")
    is_displaced = output is not None and any(link.from_node == node for link in output.inputs["Displacement"].links)
    size, relief = (node.inputs[name].default_value for name in (node_group.SIZE, node_group.RELIEF))
    known = pbr_material.read_choices(material) or material_settings_of(context.scene)
    return known.replace_choices({"size_m": size, "relief": relief, "displace": is_displaced})
