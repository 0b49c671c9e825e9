# SPDX-License-Identifier: GPL-3.0-or-later
"""A result onto objects: through one node group in each of their materials, which can be taken out
again.

A material that only the target objects use gets the group between its base colour and what fed it.
A material that others use too, or that is linked, is copied first, so that nothing changes where
nobody asked for it. An empty slot gets a new material. Delivering again adds a version to the group
that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import bpy

from ....core.errors import InputError
from ....core.request import View
from ...host import compat
from ..datablocks import colour_input, ownership_tags, versions
from ..datablocks.delivery_report import Findings
from ..datablocks.ownership_tags import Role
from . import projection, slots
from .geometry import projector
from .slots import Slot

GROUP_NAME = "Nano Banana Texture"


def apply(
    image: bpy.types.Image,
    objects: Sequence[bpy.types.Object],
    view: View | None,
    found: Findings,
    undo: ExitStack,
    *,
    uv_map: str = "",
) -> None:
    """Put an image onto every material of some objects: projected from `view`, or by their UVs if
    it is None (by the named map, or "": the one that is active for rendering).

    The objects are editable, of a type with materials, and have UVs if they are needed. A material
    without a colour to replace is passed over with a note; raises `InputError` if all are.
    """
    made: list[str] = []
    errors: list[InputError] = []
    for material, places in slots.slots_by_material(objects):
        try:
            with ExitStack() as step:
                target = _target(material, places, found, step, image.name)
                _plug(target, image, _facts(view, places, uv_map), step)
                undo.push(step.pop_all())
        except InputError as error:
            errors.append(error)
        else:
            made.append(target.name)
    if not made:
        raise errors[0]
    for name in made:
        found.made(name)
    for error in errors:
        found.note(error.sentence())


def group_node(material: bpy.types.Material) -> bpy.types.Node | None:
    """The node that was put into a material here, or None."""
    tree = material.node_tree
    groups = (n for n in (tree.nodes if tree else ()) if n.type == "GROUP")
    return next((n for n in groups if ownership_tags.has_role(n.node_tree, Role.MATERIAL_GROUP)), None)


def switch_version(material: bpy.types.Material, index: int) -> None:
    """Show another of the pictures that were delivered into a material (0: the oldest).

    Raises `InputError` if there is none.
    """
    node = _required_node(material)
    version = versions.at(node.node_tree, index)
    projection.build(node.node_tree, versions.required_image(version), version.facts)
    versions.choose(node.node_tree, index)


def remove(material: bpy.types.Material) -> None:
    """Make a material what it was before: its own colour linked again, or the whole material gone
    if it was made here. Raises `InputError` if no picture was delivered into it."""
    node = _required_node(material)
    if ownership_tags.has_role(material, Role.MATERIAL):
        slots.give_back(material)
        if material.users - int(material.use_fake_user) <= 0:
            bpy.data.materials.remove(material)
            _drop_unused_groups()
            return
        node = _required_node(material)
    _unplug(material, node)


def _facts(view: View | None, places: list[Slot], uv_map: str) -> dict[str, Any]:
    if view is None:
        return {"lies": projection.UV, **({"uv_map": uv_map} if uv_map else {})}
    only = {slot.object for slot in places}
    # One object alone carries the picture with it when it moves; several stay under the frozen
    # camera.
    world = only.pop().matrix_world if len(only) == 1 else None
    try:
        return {"lies": projection.PROJECTED, **projector(view, world).facts()}
    except ValueError as error:
        raise InputError(
            f'"{places[0].object.name}" cannot take a projected picture: it is scaled to nothing.',
            next_step="Give it a scale and apply the picture again.",
        ) from error


def _target(
    material: bpy.types.Material | None,
    places: list[Slot],
    found: Findings,
    undo: ExitStack,
    title: str,
) -> bpy.types.Material:
    """The material to change: itself, a copy, or a new one."""
    if material is None:
        made = bpy.data.materials.new(title)
        compat.set_uses_nodes(made, True)
    elif material.library or not material.is_editable or slots.used_elsewhere(material, places):
        made = _copy_of(material)
        why = "is linked" if material.library else "is also used elsewhere"
        found.note(f'"{material.name}" {why}: the picture went onto a copy of it, "{made.name}".')
    else:
        return material
    undo.callback(_remove_made, made)
    ownership_tags.mark(made, Role.MATERIAL)
    slots.fill(made, places)
    return made


def _copy_of(material: bpy.types.Material) -> bpy.types.Material:
    made = material.copy()
    ownership_tags.set_fact(made, "slots", None)
    ownership_tags.set_fact(made, "source", material)
    node = group_node(made)
    if node is not None:  # its versions are now its own
        node.node_tree = node.node_tree.copy()
    return made


def _remove_made(material: bpy.types.Material) -> None:
    slots.give_back(material)
    bpy.data.materials.remove(material)
    _drop_unused_groups()


def _plug(material: bpy.types.Material, image: bpy.types.Image, facts: dict[str, Any], undo: ExitStack) -> None:
    node = group_node(material) or _insert(material, undo)
    group = node.node_tree
    if group.users > 1:  # the artist copied the material: its copy keeps its own picture
        group = node.node_tree = group.copy()
    undo.callback(_rebuild, group, versions.snapshot(group), versions.current(group))
    version = versions.put(group, image, facts)
    projection.build(group, image, version.facts)


def _rebuild(group: bpy.types.NodeTree, before: list[versions.Version], shown: int) -> None:
    versions.restore(group, before, shown)
    image = before[shown].image if 0 <= shown < len(before) else None
    if image is not None:
        projection.build(group, image, before[shown].facts)


def _insert(material: bpy.types.Material, undo: ExitStack) -> bpy.types.Node:
    """A new group node between the base colour and what fed it."""
    nodes_were_on = compat.uses_nodes(material)
    if not nodes_were_on:
        _switch_nodes_on(material, undo)
    target = colour_input.find(material.node_tree)
    if target is None:
        raise InputError(
            f'The surface of "{material.name}" has no colour that a picture could replace.',
            next_step="Connect a shader with a colour, such as Principled BSDF, to its output.",
        )
    node = material.node_tree.nodes.new("ShaderNodeGroup")
    undo.callback(_unplug, material, node)
    node.node_tree = projection.new_group(GROUP_NAME)
    ownership_tags.mark(node.node_tree, Role.MATERIAL_GROUP)
    ownership_tags.set_fact(node.node_tree, "nodes_were_off", None if nodes_were_on else True)
    node.width = 200
    node.location = (target.node.location.x - 240, target.node.location.y)
    _connect(material.node_tree, node, target)
    return node


def _connect(tree: bpy.types.NodeTree, node: bpy.types.Node, target: bpy.types.NodeSocket) -> None:
    """The value under the link stays in the target's socket, so taking the node out brings it
    back.
    """
    original = node.inputs[projection.ORIGINAL]
    original.default_value = target.default_value
    if target.is_linked:
        tree.links.new(target.links[0].from_socket, original)
    tree.links.new(node.outputs[projection.COLOR], target)


def _switch_nodes_on(material: bpy.types.Material, undo: ExitStack) -> None:
    compat.set_uses_nodes(material, True)
    undo.callback(compat.set_uses_nodes, material, False)
    target = colour_input.find(material.node_tree)
    if target is not None:
        target.default_value = material.diffuse_color


def _unplug(material: bpy.types.Material, node: bpy.types.Node) -> None:
    tree, group = material.node_tree, node.node_tree
    source = node.inputs[projection.ORIGINAL].links if node.inputs else ()
    fed_by = source[0].from_socket if source else None
    fed = [link.to_socket for link in tree.links if link.from_node == node]
    tree.nodes.remove(node)
    if fed_by is not None:
        for socket in fed:
            tree.links.new(fed_by, socket)
    if group is not None and ownership_tags.fact(group, "nodes_were_off"):
        compat.set_uses_nodes(material, False)
    if group is not None and group.users == 0:
        bpy.data.node_groups.remove(group)


def _drop_unused_groups() -> None:
    for group in ownership_tags.of_role(bpy.data.node_groups, Role.MATERIAL_GROUP):
        if group.users == 0:
            bpy.data.node_groups.remove(group)


def _required_node(material: bpy.types.Material) -> bpy.types.Node:
    node = group_node(material)
    if node is None:
        raise InputError(f'No picture was put into "{material.name}".', next_step="Apply a result to it first.")
    return node
