# SPDX-License-Identifier: GPL-3.0-or-later
"""Which material goes into which slot, and how that is put back exactly."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass

import bpy

from ..datablocks import ownership_tags
from ..datablocks.ownership_tags import Role

#: Object types whose surface has the materials that this add-on can change.
MATERIAL_TYPES = frozenset({"MESH", "CURVE", "SURFACE", "FONT", "META", "CURVES", "POINTCLOUD"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A material slot by its place: Blender's own wrappers become invalid when slots change."""

    object: bpy.types.Object
    index: int

    @property
    def material_slot(self) -> bpy.types.MaterialSlot | None:
        """The slot, or None if the object has none there yet."""
        slots = self.object.material_slots
        return slots[self.index] if self.index < len(slots) else None

    @property
    def material(self) -> bpy.types.Material | None:
        """What is in it."""
        return self.material_slot.material if self.material_slot else None


@dataclass(frozen=True, slots=True)
class SlotRecord:
    """What a slot was before a material that was made here came into it."""

    object: str
    index: int
    link: str
    added: bool


def group_by_material(
    objects: Iterable[bpy.types.Object], numbers: Collection[int] = ()
) -> list[tuple[bpy.types.Material | None, list[Slot]]]:
    """All slots of some objects, or those of some numbers, by material; an object without slots has an empty one."""
    by_material: dict[bpy.types.Material | None, list[Slot]] = {}
    for obj in objects:
        for index in numbers or range(max(1, len(obj.material_slots))):
            slot = Slot(obj, index)
            by_material.setdefault(slot.material, []).append(slot)
    return list(by_material.items())


def is_used_elsewhere(material: bpy.types.Material, slots: Iterable[Slot]) -> bool:
    """Whether something besides these slots shows the material, so that changing it would be seen there."""
    slots = list(slots)
    if any(_is_data_shared(slot, slots) for slot in slots if slot.material_slot and slot.material_slot.link == "DATA"):
        return True
    own_slots = {
        (s.object.data if s.material_slot and s.material_slot.link == "DATA" else s.object, s.index) for s in slots
    }
    return material.users - int(material.use_fake_user) - _count_records(material) > len(own_slots)


def _count_records(material: bpy.types.Material) -> int:
    """How many materials that were made here remember this one as what was in a slot before."""
    copies = list(ownership_tags.find_by_role(bpy.data.materials, Role.MATERIAL))
    count = sum(ownership_tags.get_fact(copy, "source") == material for copy in copies)
    for own in (*copies, *ownership_tags.find_by_role(bpy.data.materials, Role.PBR_MATERIAL)):
        numbers = range(len(_read_records(own)))
        count += sum(ownership_tags.get_fact(own, f"before_{number}") == material for number in numbers)
    return count


def fill_slots(material: bpy.types.Material, slots: Iterable[Slot]) -> None:
    """Put a material that was made here into slots, recording in it what was there before."""
    slots = list(slots)
    for slot in slots:
        before, earlier = slot.material, _read_records(material)
        records = [*earlier, _replace(material, slot, slots)]
        ownership_tags.set_fact(material, "slots", json.dumps([asdict(r) for r in records]))
        if not ownership_tags.is_recorded(material, "source"):
            ownership_tags.set_fact(material, f"before_{len(earlier)}", before)


def restore_slots(material: bpy.types.Material) -> None:
    """Put back what was in the slots before `fill`. A slot that the artist changed since is left alone."""
    source = ownership_tags.get_fact(material, "source")
    for number, record in reversed(list(enumerate(_read_records(material)))):
        obj = bpy.data.objects.get((record.object, None))
        if obj is not None and record.index < len(obj.material_slots):
            before = ownership_tags.get_fact(material, f"before_{number}", source)
            _restore_slot(material, before, obj, record)
        ownership_tags.set_fact(material, f"before_{number}", None)
    ownership_tags.set_fact(material, "slots", None)


def _replace(material: bpy.types.Material, slot: Slot, slots: list[Slot]) -> SlotRecord:
    is_added = slot.material_slot is None
    if is_added:
        slot.object.data.materials.append(None)
    material_slot = slot.material_slot
    if material_slot is None:
        raise RuntimeError(f'"{slot.object.name}" took no material slot')
    record = SlotRecord(slot.object.name, slot.index, material_slot.link, is_added)
    # A slot of data that other objects share would change them, too: the object's own slot wins
    # over it.
    if material_slot.link == "DATA" and (_is_data_shared(slot, slots) or not slot.object.data.is_editable):
        material_slot.link = "OBJECT"
    material_slot.material = material
    return record


def _restore_slot(
    material: bpy.types.Material,
    source: bpy.types.Material | None,
    obj: bpy.types.Object,
    record: SlotRecord,
) -> None:
    slot = obj.material_slots[record.index]
    if slot.material != material:
        return
    moved_to_object = slot.link == "OBJECT" and record.link == "DATA"
    slot.material = None if moved_to_object else source
    slot.link = record.link
    if record.added and len(obj.material_slots) == 1 and slot.material is None:
        obj.data.materials.clear()  # unlike pop(), seen by the object at once


def _read_records(material: bpy.types.Material) -> list[SlotRecord]:
    try:
        return [SlotRecord(**plain) for plain in ownership_tags.get_json(material, "slots", [])]
    except TypeError:  # of another version, or hostile
        return []


def _is_data_shared(slot: Slot, slots: list[Slot]) -> bool:
    data = slot.object.data
    object_names = {s.object.name for s in slots if s.object.data == data}
    return data.users - int(data.use_fake_user) > len(object_names)
