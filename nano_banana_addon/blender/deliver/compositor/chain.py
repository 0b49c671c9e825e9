# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a scene's compositor: group nodes, one after the other, before its output."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...host import compat
from ..datablocks import ownership_tags
from ..datablocks.ownership_tags import Role
from . import masks
from .node_group import IMAGE

_STEP = 560.0  # between layers: room for a mask and its source
_FIRST_STEP = 260.0  # in files of the first versions, which recorded no place
_START, _BARE, _WIDTH = "output_x", "output_was_bare", "step"


def is_layer(node: bpy.types.Node) -> bool:
    """Whether a node is a layer that was made here."""
    return node.type == "GROUP" and ownership_tags.has_role(node.node_tree, Role.COMPOSITOR_GROUP)


def has_layers(scene: bpy.types.Scene) -> bool:
    """Whether a scene has a layer; quicker than to list them."""
    tree = compat.compositor_tree(scene)
    return tree is not None and any(map(is_layer, tree.nodes))


def list_layers(scene: bpy.types.Scene) -> list[bpy.types.Node]:
    """The layers of a scene, the lowest first."""
    tree = compat.compositor_tree(scene)
    return _sort_layers(tree) if tree else []


def _sort_layers(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    layers = [node for node in tree.nodes if is_layer(node)]
    if len(layers) < 2:
        return layers
    feeders = {name: [link.from_node.name for link in links] for name, links in masks.list_feeds(tree).items()}
    names = {node.name for node in layers}
    return sorted(layers, key=lambda node: len(names & _list_upstream(node.name, feeders)))


def _list_upstream(name: str, feeders: dict[str, list[str]]) -> set[str]:
    """The names of the nodes that feed one, directly or not: among names, since panels ask for each of many layers."""
    found: set[str] = set()
    pending = list(feeders.get(name, ()))
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending += feeders.get(current, ())
    return found


def insert(tree: bpy.types.NodeTree, group: bpy.types.NodeTree, undo: ExitStack) -> bpy.types.Node:
    """Put a layer on top of the others: between the output and what fed it."""
    output = compat.compositor_output(tree)
    if output is None:
        output = compat.add_compositor_output(tree)
        masks.mark_source(output.node)
    if ownership_tags.get_fact(tree, _START) is None:
        ownership_tags.set_fact(tree, _START, output.node.location.x - _FIRST_STEP * len(_sort_layers(tree)))
        ownership_tags.set_fact(tree, _BARE, None if output.is_linked else True)
    source = output.links[0].from_socket if output.is_linked else _find_render_layers(tree, output)
    node = tree.nodes.new("CompositorNodeGroup")
    undo.callback(remove, tree, node)
    node.node_tree = group
    node.width = 200
    ownership_tags.set_fact(node, _WIDTH, _STEP)
    node.location = (output.node.location.x, output.node.location.y)
    output.node.location.x += _STEP
    tree.links.new(source, node.inputs[IMAGE])
    tree.links.new(node.outputs[IMAGE], output)
    return node


def _find_render_layers(tree: bpy.types.NodeTree, output: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    present = (n for n in tree.nodes if n.bl_idname == "CompositorNodeRLayers")
    node = next(present, None)
    if node is None:
        node = masks.mark_source(tree.nodes.new("CompositorNodeRLayers"))
        node.location = (output.node.location.x - 320, output.node.location.y)
    return node.outputs["Image"]


def remove(tree: bpy.types.NodeTree, node: bpy.types.Node) -> None:
    """Take a layer out with its masks, and link what fed it to what it fed."""
    group = node.node_tree
    masks.remove_all(tree, node)
    source = _find_feed(node)
    targets = [link.to_socket for link in tree.links if link.from_node == node]
    _close_gap(tree, node)
    tree.nodes.remove(node)
    for target in targets if source is not None else ():
        tree.links.new(source, target)
    if group is not None and group.users <= int(group.use_fake_user):
        bpy.data.node_groups.remove(group)
    if not _sort_layers(tree):
        _restore_output(tree)


def _find_feed(node: bpy.types.Node) -> bpy.types.NodeSocket | None:
    links = node.inputs[IMAGE].links if IMAGE in node.inputs else ()
    return links[0].from_socket if links else None


def _close_gap(tree: bpy.types.NodeTree, node: bpy.types.Node) -> None:
    step = ownership_tags.get_fact(node, _WIDTH, _FIRST_STEP)
    for other in tree.nodes:
        is_moved = is_layer(other) or (compat.is_compositor_output(other) and other.inputs[0].is_linked)
        if is_moved and other != node and node in masks.find_upstream(other):
            for part in (other, *(masks.list_parts(other) if is_layer(other) else ())):
                part.location.x -= step


def _restore_output(tree: bpy.types.NodeTree) -> None:
    """After the last layer: the output's exact place and its missing link, and what was added for the layers."""
    output, start = compat.compositor_output(tree), ownership_tags.get_fact(tree, _START)
    if output is not None and start is not None:
        if abs(output.node.location.x - start) < 1.0:
            output.node.location.x = start
        if ownership_tags.get_fact(tree, _BARE) and output.is_linked:
            tree.links.remove(output.links[0])
    for fact in (_START, _BARE):
        ownership_tags.set_fact(tree, fact, None)
    masks.remove_unused_sources(tree)


def move(scene: bpy.types.Scene, node: bpy.types.Node, step: int) -> None:
    """Exchange a layer with the one above (step 1) or below (-1); nodes of the artist between them stay there."""
    layers = list_layers(scene)
    index = layers.index(node) + step
    if 0 <= index < len(layers):
        _exchange(compat.compositor_tree(scene), node, layers[index])


def _exchange(tree: bpy.types.NodeTree, a: bpy.types.Node, b: bpy.types.Node) -> None:
    pairs = [(a.inputs[IMAGE], b.inputs[IMAGE]), (a.outputs[IMAGE], b.outputs[IMAGE])]
    other = {socket: pair[1 - i] for pair in pairs for i, socket in enumerate(pair)}
    links = [
        (link, link.from_socket, link.to_socket)
        for link in tree.links
        if link.from_socket in other or link.to_socket in other
    ]
    for link, _start, _end in links:
        tree.links.remove(link)
    for _link, start, end in links:
        tree.links.new(other.get(start, start), other.get(end, end))
    shift = b.location - a.location
    for node, way in ((a, shift), (b, -shift)):
        for part in (node, *masks.list_parts(node)):
            part.location += way
