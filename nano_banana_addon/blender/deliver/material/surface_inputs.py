# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of a shader for further maps of its surface: roughness and metallic, fed through a material's group."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ..datablocks import colour_input
from ..datablocks.versions import MAP_NAMES
from . import projection


def connect(material: bpy.types.Material, node: bpy.types.Node, undo: ExitStack) -> str:
    """Put a group node between the shader's inputs and what feeds them now; returns a note on inputs that it lacks.

    The values under the links stay in the inputs, so taking the node out brings them back.
    """
    projection.add_map_sockets(node.node_tree)
    tree = material.node_tree
    colour = colour_input.find_colour_input(tree)
    lacking: list[str] = []
    for name in MAP_NAMES:
        target = colour.node.inputs.get(name) if colour is not None else None
        if target is None:
            lacking.append(name)
        elif not (target.is_linked and target.links[0].from_node == node):
            undo.callback(_disconnect, tree, node, target, target.links[0].from_socket if target.is_linked else None)
            _connect(tree, node, target)
    if not lacking:
        return ""
    return (
        f'The shader of "{material.name}" has no {" and no ".join(lacking)}: the maps are in the file, but not shown.'
    )


def _connect(tree: bpy.types.NodeTree, node: bpy.types.Node, target: bpy.types.NodeSocket) -> None:
    original = node.inputs[projection.name_original(target.name)]
    original.default_value = target.default_value
    if target.is_linked:
        tree.links.new(target.links[0].from_socket, original)
    tree.links.new(node.outputs[target.name], target)


def _disconnect(
    tree: bpy.types.NodeTree, node: bpy.types.Node, target: bpy.types.NodeSocket, source: bpy.types.NodeSocket | None
) -> None:
    for link in [link for link in tree.links if link.from_node == node and link.to_socket == target]:
        tree.links.remove(link)
    if source is not None:
        tree.links.new(source, target)
