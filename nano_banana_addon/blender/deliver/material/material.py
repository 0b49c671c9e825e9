# SPDX-License-Identifier: GPL-3.0-or-later
"""A result onto objects: through one node group in each of their materials, which can be taken out again.

A material that only the target objects use gets the group between its base colour and what fed it. A material that
others use too, or that is linked, is copied first, so that nothing changes where nobody asked for it. An empty slot
gets a new material. Delivering again adds a version to the group that is there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any

import bpy

from ....core.errors import InputError
from ....core.scene.capture import View
from ...host import compat
from ..datablocks import colour_input, ownership_tags, versions
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.ownership_tags import Role
from ..datablocks.versions import Maps
from . import projection, slots, surface_inputs
from .geometry import projector
from .slots import Slot

GROUP_NAME = "Nano Banana Texture"
NO_MAPS: Maps = MappingProxyType({})


def apply(
    image: bpy.types.Image,
    objects: Sequence[bpy.types.Object],
    view: View | None,
    log: DeliveryLog,
    undo: ExitStack,
    *,
    uv_map: str = "",
    numbers: Collection[int] = (),
    maps: Maps | None = NO_MAPS,
) -> None:
    """Apply an image to every material of some objects: projected from `view`, or by their UVs if it is None.

    `uv_map` "" is the map that is active for rendering, `numbers` are the material slots (none: all). `maps` are
    further maps of the surface, which lie as the image; None: those that are shown now.
    """
    names: list[str] = []
    errors: list[InputError] = []
    for material, places in slots.group_by_material(objects, numbers):
        try:
            with ExitStack() as step:
                target = _choose_target(material, places, log, step, image.name)
                told = _add_version(target, (image, maps), _build_facts(view, places, uv_map), step)
                undo.push(step.pop_all())
        except InputError as error:
            errors.append(error)
        else:
            names.append(target.name)
            log.add_note(told)
    if not names:
        raise errors[0]
    for name in names:
        log.add_name(name)
    for error in errors:
        log.add_note(error.to_sentence())


def check(objects: Sequence[bpy.types.Object]) -> None:
    """Raise `InputError` if none of the objects' materials could show an image. Changes nothing."""
    materials = [material for material, _ in slots.group_by_material(objects)]
    if not any(m is None or not compat.uses_nodes(m) or colour_input.find_colour_input(m.node_tree) for m in materials):
        raise _no_colour_input(materials[0])


def group_node(material: bpy.types.Material) -> bpy.types.Node | None:
    """The node that was put into a material here, or None."""
    tree = material.node_tree
    groups = (n for n in (tree.nodes if tree else ()) if n.type == "GROUP")
    return next((n for n in groups if ownership_tags.has_role(n.node_tree, Role.MATERIAL_GROUP)), None)


def switch_version(material: bpy.types.Material, index: int) -> None:
    """Show another of the pictures that were delivered into a material (0: the oldest).

    Raises `InputError` if there is none.
    """
    node = _require_node(material)
    version = versions.get_version(node.node_tree, index)
    projection.build(node.node_tree, versions.require_image(version), version.facts, version.maps)
    versions.set_current(node.node_tree, index)


def remove(material: bpy.types.Material) -> None:
    """Make a material what it was before: its own colour linked again, or the whole material gone if it was made here.

    Raises `InputError` if no picture was delivered into it.
    """
    node = _require_node(material)
    if ownership_tags.has_role(material, Role.MATERIAL):
        slots.restore_slots(material)
        if material.users - int(material.use_fake_user) <= 0:
            bpy.data.materials.remove(material)
            _drop_unused_groups()
            return
        node = _require_node(material)
    _remove_node(material, node)


def _build_facts(view: View | None, places: list[Slot], uv_map: str) -> dict[str, Any]:
    if view is None:
        return {"lies": projection.UV, **({"uv_map": uv_map} if uv_map else {})}
    objects = {slot.object for slot in places}
    # One object alone carries the picture with it when it moves; several stay under the frozen
    # camera.
    world = objects.pop().matrix_world if len(objects) == 1 else None
    try:
        return {"lies": projection.PROJECTED, **projector(view, world).facts()}
    except ValueError as error:
        raise InputError(
            f'"{places[0].object.name}" cannot receive a projected image: its scale is zero.',
            next_step="Give it a scale and apply the image again.",
        ) from error


def _choose_target(
    material: bpy.types.Material | None,
    places: list[Slot],
    log: DeliveryLog,
    undo: ExitStack,
    title: str,
) -> bpy.types.Material:
    """The material to change: itself, a copy, or a new one."""
    if material is None:
        new_material = bpy.data.materials.new(title)
        compat.set_uses_nodes(new_material, True)
    elif material.library or not material.is_editable or slots.is_used_elsewhere(material, places):
        new_material = _copy_material(material)
        reason = "is linked" if material.library else "is also used elsewhere"
        log.add_note(f'"{material.name}" {reason}: the image was applied to a copy of it, "{new_material.name}".')
    else:
        return material
    undo.callback(_remove_new_material, new_material)
    ownership_tags.set_role(new_material, Role.MATERIAL)
    slots.fill_slots(new_material, places)
    return new_material


def _copy_material(material: bpy.types.Material) -> bpy.types.Material:
    material_copy = material.copy()
    ownership_tags.set_fact(material_copy, "slots", None)
    ownership_tags.set_fact(material_copy, "source", material)
    node = group_node(material_copy)
    if node is not None:  # its versions are now its own
        node.node_tree = node.node_tree.copy()
    return material_copy


def _remove_new_material(material: bpy.types.Material) -> None:
    slots.restore_slots(material)
    bpy.data.materials.remove(material)
    _drop_unused_groups()


def _add_version(
    material: bpy.types.Material,
    picture: tuple[bpy.types.Image, Maps | None],
    facts: dict[str, Any],
    undo: ExitStack,
) -> str:
    """Show an image with its maps; returns a note on what cannot be shown."""
    node = group_node(material) or _insert(material, undo)
    group = node.node_tree
    if group.users > 1:  # the artist copied the material: its copy keeps its own picture
        group = node.node_tree = group.copy()
    previous, shown = versions.snapshot(group), versions.current(group)
    undo.callback(_rebuild, group, previous, shown)
    image, maps = picture
    if maps is None:
        maps = previous[shown].maps if 0 <= shown < len(previous) else NO_MAPS
    told = surface_inputs.connect(material, node, undo) if maps else ""
    version = versions.add_version(group, image, facts, maps)
    projection.build(group, image, version.facts, version.maps)
    return told


def _rebuild(group: bpy.types.NodeTree, previous_versions: list[versions.Version], version_index: int) -> None:
    versions.restore(group, previous_versions, version_index)
    version = previous_versions[version_index] if 0 <= version_index < len(previous_versions) else None
    if version is not None and version.image is not None:
        projection.build(group, version.image, version.facts, version.maps)


def _insert(material: bpy.types.Material, undo: ExitStack) -> bpy.types.Node:
    """A new group node between the base colour and what fed it."""
    nodes_were_on = compat.uses_nodes(material)
    if not nodes_were_on:
        _switch_nodes_on(material, undo)
    target = colour_input.find_colour_input(material.node_tree)
    if target is None:
        raise _no_colour_input(material)
    node = material.node_tree.nodes.new("ShaderNodeGroup")
    undo.callback(_remove_node, material, node)
    node.node_tree = projection.new_group(GROUP_NAME)
    ownership_tags.set_role(node.node_tree, Role.MATERIAL_GROUP)
    ownership_tags.set_fact(node.node_tree, "nodes_were_off", None if nodes_were_on else True)
    node.width = 200
    node.location = (target.node.location.x - 240, target.node.location.y)
    _connect(material.node_tree, node, target)
    return node


def _no_colour_input(material: bpy.types.Material) -> InputError:
    return InputError(
        f'The surface of "{material.name}" has no colour input that an image could replace.',
        next_step="Connect a shader with a colour, such as Principled BSDF, to its output.",
    )


def _connect(tree: bpy.types.NodeTree, node: bpy.types.Node, target: bpy.types.NodeSocket) -> None:
    """The value under the link stays in the target's socket, so taking the node out brings it back."""
    original = node.inputs[projection.ORIGINAL]
    original.default_value = target.default_value
    if target.is_linked:
        tree.links.new(target.links[0].from_socket, original)
    tree.links.new(node.outputs[projection.COLOR], target)


def _switch_nodes_on(material: bpy.types.Material, undo: ExitStack) -> None:
    compat.set_uses_nodes(material, True)
    undo.callback(compat.set_uses_nodes, material, False)
    target = colour_input.find_colour_input(material.node_tree)
    if target is not None:
        target.default_value = material.diffuse_color


def _remove_node(material: bpy.types.Material, node: bpy.types.Node) -> None:
    tree, group = material.node_tree, node.node_tree
    sources = {socket.name: socket.links[0].from_socket for socket in node.inputs if socket.is_linked}
    targets = [(link.from_socket.name, link.to_socket) for link in tree.links if link.from_node == node]
    tree.nodes.remove(node)
    for output, socket in targets:
        if (source := sources.get(projection.name_original(output))) is not None:
            tree.links.new(source, socket)
    if group is not None and ownership_tags.get_fact(group, "nodes_were_off"):
        compat.set_uses_nodes(material, False)
    if group is not None and group.users == 0:
        bpy.data.node_groups.remove(group)


def _drop_unused_groups() -> None:
    for group in ownership_tags.find_by_role(bpy.data.node_groups, Role.MATERIAL_GROUP):
        if group.users == 0:
            bpy.data.node_groups.remove(group)


def _require_node(material: bpy.types.Material) -> bpy.types.Node:
    node = group_node(material)
    if node is None:
        raise InputError(f'"{material.name}" has no image of this add-on.', next_step="Apply a result to it first.")
    return node
