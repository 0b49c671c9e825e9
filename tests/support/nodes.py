# SPDX-License-Identifier: GPL-3.0-or-later
"""Geometry nodes for tests."""

from __future__ import annotations

import bpy


def build_instancer(source: bpy.types.Object | None) -> bpy.types.Object:
    """A plane of whose points only instances are left: of an object, or (None) of a cube that its nodes make."""
    tree = bpy.data.node_groups.new("Instances", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    points = tree.nodes.new("GeometryNodeInstanceOnPoints")
    if source is None:
        shown = tree.nodes.new("GeometryNodeMeshCube").outputs["Mesh"]
    else:
        info = tree.nodes.new("GeometryNodeObjectInfo")
        info.inputs["Object"].default_value, info.inputs["As Instance"].default_value = source, True
        shown = info.outputs["Geometry"]
    tree.links.new(tree.nodes.new("NodeGroupInput").outputs[0], points.inputs["Points"])
    tree.links.new(shown, points.inputs["Instance"])
    tree.links.new(points.outputs[0], tree.nodes.new("NodeGroupOutput").inputs[0])
    bpy.ops.mesh.primitive_plane_add()
    holder = bpy.context.object
    holder.modifiers.new("Instances", "NODES").node_group = tree
    bpy.context.view_layer.update()
    return holder
