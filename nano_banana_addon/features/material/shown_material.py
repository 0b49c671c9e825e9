# SPDX-License-Identifier: GPL-3.0-or-later
"""The material of the active object, if it was made here: what panels show of it. Cheap enough for draw()."""

from __future__ import annotations

from typing import NamedTuple

import bpy

from ...blender.deliver.datablocks import ownership_tags
from ...blender.deliver.pbr import node_group, pbr_material


class ShownMaterial(NamedTuple):
    """Its name, the sockets that set it, its texel density and what was measured of its maps."""

    name: str
    sockets: tuple[bpy.types.NodeSocket, ...]
    density: str
    report: str


def find(context: bpy.types.Context) -> ShownMaterial | None:
    """The active material of the active object; None if it is another one's."""
    material = context.active_object.active_material if context.active_object else None
    node = pbr_material.find_node(material)
    if node is None:
        return None
    size, pixels = node.inputs[node_group.SIZE].default_value, int(ownership_tags.get_fact(material, "pixels", 0))
    return ShownMaterial(
        material.name,
        tuple(socket for socket in node.inputs if socket.enabled and not socket.is_linked),
        f"{pixels / max(size, 1e-6):.0f} px/m",
        str(ownership_tags.get_fact(material, "report", "")),
    )
