# SPDX-License-Identifier: GPL-3.0-or-later
"""The material of one image: made once, filled anew when its image is made into maps again, taken out again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import bpy

from ....core import serial
from ....core.material.values import MaterialSet
from ....core.material_settings import MaterialSettings, check, describe, describe_size
from ...host import compat
from ..datablocks import ownership_tags
from ..datablocks.delivery_report import DeliveryLog
from ..datablocks.files import ImageStorage
from ..datablocks.ownership_tags import Role
from ..material import slots
from ..material.slots import Slot
from . import asset, map_images, node_group

_NODE = "Nano Banana Material"


@dataclass(frozen=True, slots=True)
class MaterialSource:
    """The maps of an image, what the material is called, and the image's SHA-256."""

    maps: MaterialSet
    settings: MaterialSettings
    title: str
    sha256: str
    is_generated: bool = True
    replaces: str = ""  # the SHA-256 of the image whose material gives its slots to this one


def make(
    source: MaterialSource,
    objects: Sequence[bpy.types.Object],
    storage_choice: ImageStorage,
    log: DeliveryLog,
    undo: ExitStack,
) -> bpy.types.Material:
    """The material of an image, in the active slots of some objects. One that is in the file is filled anew.

    Raises `NanoBananaError` when a map cannot be loaded; the file is as before then.
    """
    material = find_by_image(source.sha256)
    images = map_images.load(source.maps, storage_choice, log, undo, is_new=material is None)
    material = material or _new_material(source, undo)
    node = find_node(material)
    if node is None:
        raise RuntimeError(f'"{material.name}" lost its node')
    node_group.build(node.node_tree, images, source.settings)
    _set_up(material, node, source.settings)
    former = find_by_image(source.replaces) if source.replaces else None
    _assign(material, node, _list_places(objects, former), log)
    if former is not None and former != material:
        ownership_tags.set_fact(material, "former", former)
        _copy_inputs(find_node(former), node)
    map_images.remove_unused(log)
    asset.mark(material, source.maps, source.settings, is_generated=source.is_generated)
    facts = {
        "pixels": source.maps.size[0],
        "report": "\n".join(describe(source.maps.report)),
        "excess": source.maps.report.worst,
        "choices": json.dumps(serial.to_plain(source.settings)),
    }
    for name, value in facts.items():
        ownership_tags.set_fact(material, name, value)
    log.add_name(material.name)
    log.add_note(describe_size(source.maps, source.settings.size_m))
    for sentence in source.maps.report.notes:
        log.add_note(sentence)
    return material


def find_node(material: bpy.types.Material | None) -> bpy.types.Node | None:
    """The node with the maps in a material that was made here, or None."""
    if not ownership_tags.has_role(material, Role.PBR_MATERIAL) or not material.node_tree:
        return None
    groups = (n for n in material.node_tree.nodes if n.type == "GROUP")
    return next((n for n in groups if ownership_tags.has_role(n.node_tree, Role.PBR_GROUP)), None)


def list_users(material: bpy.types.Material) -> list[bpy.types.Object]:
    """The objects of the file that have a material in one of their slots."""
    return [obj for obj in bpy.data.objects if any(slot.material == material for slot in obj.material_slots)]


def read_choices(material: bpy.types.Material) -> MaterialSettings | None:
    """How a material was made; None where that is not known."""
    text = ownership_tags.get_fact(material, "choices", "")
    with suppress(ValueError, TypeError):
        return check(serial.from_plain(MaterialSettings, json.loads(text)))
    return None


def remove_all() -> int:
    """Take the materials out of the open file, with their maps; slots get back what they had."""
    own = list(ownership_tags.find_by_role(bpy.data.materials, Role.PBR_MATERIAL))
    for material in sorted(own, key=_count_former, reverse=True):  # each gives its slots back to the one before
        slots.restore_slots(material)
        bpy.data.materials.remove(material)
    ownership_tags.remove_by_role(bpy.data.node_groups, Role.PBR_GROUP)
    map_images.remove_unused()
    return len(own)


def _count_former(material: bpy.types.Material) -> int:
    """How many materials one came after, in the slots that it has."""
    seen: list[bpy.types.Material] = []
    former: bpy.types.Material | None = material
    while former is not None and former not in seen:
        seen.append(former)
        former = ownership_tags.get_fact(former, "former")
    return len(seen)


def find_by_image(sha256: str) -> bpy.types.Material | None:
    """The material of the image with that SHA-256 in the open file, or None."""
    own = ownership_tags.find_by_role(bpy.data.materials, Role.PBR_MATERIAL)
    return next((m for m in own if ownership_tags.get_fact(m, "sha256") == sha256 and find_node(m)), None)


def _new_material(source: MaterialSource, undo: ExitStack) -> bpy.types.Material:
    material = bpy.data.materials.new(source.title)
    undo.callback(bpy.data.materials.remove, material)
    compat.set_uses_nodes(material, True)
    tree = material.node_tree
    tree.nodes.clear()
    node, output = tree.nodes.new("ShaderNodeGroup"), tree.nodes.new("ShaderNodeOutputMaterial")
    node.node_tree = node_group.new_group(f"{_NODE}: {source.title}")
    undo.callback(bpy.data.node_groups.remove, node.node_tree)
    node.name = node.label = _NODE
    node.width, output.location = 220, (300, 0)
    tree.links.new(node.outputs[node_group.SHADER], output.inputs["Surface"])
    undo.callback(slots.restore_slots, material)
    ownership_tags.set_role(node.node_tree, Role.PBR_GROUP)
    ownership_tags.set_role(material, Role.PBR_MATERIAL)
    ownership_tags.set_fact(material, "sha256", source.sha256)
    return material


def _set_up(material: bpy.types.Material, node: bpy.types.Node, settings: MaterialSettings) -> None:
    node.inputs[node_group.SIZE].default_value = settings.size_m
    node.inputs[node_group.RELIEF].default_value = settings.relief
    output = material.node_tree.get_output_node("ALL")
    if output is None:  # the artist removed it
        return
    displaced = output.inputs["Displacement"]
    for link in [each for each in displaced.links if each.from_node == node]:
        material.node_tree.links.remove(link)
    material.displacement_method = "BUMP"
    if settings.displace:
        # The normal map shows the relief already; as a bump it would show twice.
        material.displacement_method = "DISPLACEMENT"
        material.node_tree.links.new(node.outputs[node_group.DISPLACEMENT], displaced)


def _list_places(objects: Sequence[bpy.types.Object], former: bpy.types.Material | None) -> list[Slot]:
    """The slots that have the former material; of objects that have it nowhere, the active one."""
    places: list[Slot] = []
    for obj in objects:
        indices = [index for index, slot in enumerate(obj.material_slots) if former and slot.material == former]
        places += [Slot(obj, index) for index in indices or [obj.active_material_index]]
    return places


def _copy_inputs(former: bpy.types.Node, node: bpy.types.Node) -> None:
    for socket in (node.inputs[name] for name in (node_group.UV_SIZE, node_group.NORMAL, node_group.OCCLUSION)):
        socket.default_value = former.inputs[socket.name].default_value


def _assign(material: bpy.types.Material, node: bpy.types.Node, places: Sequence[Slot], log: DeliveryLog) -> None:
    slots.fill_slots(material, [place for place in places if place.material != material])
    if places:
        from . import uv_density  # NumPy: not for drawing the panel

        width, note = uv_density.measure(list(dict.fromkeys(place.object for place in places)))
        node.inputs[node_group.UV_SIZE].default_value = width
        log.add_note(note)
