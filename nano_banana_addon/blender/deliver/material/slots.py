# SPDX-License-Identifier: GPL-3.0-or-later
"""Which material goes into which slot, and how that is put back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import bpy

from ..datablocks import ownership_tags
from ..datablocks.ownership_tags import Role

#: Object types whose surface has the materials that this add-on can change.
WITH_MATERIALS = frozenset({"MESH", "CURVE", "SURFACE", "FONT", "META", "CURVES", "POINTCLOUD"})


@dataclass(frozen=True, slots=True)
class Slot:
    """A material slot by its place: Blender's own wrappers become invalid when slots change."""

    object: bpy.types.Object
    index: int

    @property
    def real(self) -> bpy.types.MaterialSlot | None:
        """The slot, or None if the object has none there yet."""
        slots = self.object.material_slots
        return slots[self.index] if self.index < len(slots) else None

    @property
    def material(self) -> bpy.types.Material | None:
        """What is in it."""
        return self.real.material if self.real else None


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a slot was before a material that was made here came into it."""

    object: str
    index: int
    link: str
    added: bool


def slots_by_material(
    objects: Iterable[bpy.types.Object],
) -> list[tuple[bpy.types.Material | None, list[Slot]]]:
    """All slots of some objects, those with the same material together; an object without slots
    counts as one empty slot."""
    sorted_: dict[bpy.types.Material | None, list[Slot]] = {}
    for thing in objects:
        for index in range(max(1, len(thing.material_slots))):
            slot = Slot(thing, index)
            sorted_.setdefault(slot.material, []).append(slot)
    return list(sorted_.items())


def used_elsewhere(material: bpy.types.Material, slots: Iterable[Slot]) -> bool:
    """Whether something besides these slots shows the material, so that changing it would be seen
    there.
    """
    slots = list(slots)
    if any(_data_shared(slot, slots) for slot in slots if slot.real and slot.real.link == "DATA"):
        return True
    ours = {(s.object.data if s.real and s.real.link == "DATA" else s.object, s.index) for s in slots}
    copies = ownership_tags.of_role(bpy.data.materials, Role.MATERIAL)
    kept_as_source = sum(ownership_tags.fact(copy, "source") == material for copy in copies)
    return material.users - int(material.use_fake_user) - kept_as_source > len(ours)


def fill(material: bpy.types.Material, slots: Iterable[Slot]) -> None:
    """Put a material that was made here into slots, recording in it what was there before."""
    slots = list(slots)
    for slot in slots:
        before = _replace(material, slot, slots)
        records = [*_records(material), before]
        ownership_tags.set_fact(material, "slots", json.dumps([asdict(r) for r in records]))


def give_back(material: bpy.types.Material) -> None:
    """Put back what was in the slots before `fill`. A slot that the artist changed since is left
    alone.
    """
    source = ownership_tags.fact(material, "source")
    for record in reversed(_records(material)):
        thing = bpy.data.objects.get((record.object, None))
        if thing is not None and record.index < len(thing.material_slots):
            _give_back_one(material, source, thing, record)
    ownership_tags.set_fact(material, "slots", None)


def _replace(material: bpy.types.Material, slot: Slot, slots: list[Slot]) -> Replaced:
    added = slot.real is None
    if added:
        slot.object.data.materials.append(None)
    real = slot.real
    if real is None:
        raise RuntimeError(f'"{slot.object.name}" took no material slot')
    before = Replaced(slot.object.name, slot.index, real.link, added)
    # A slot of data that other objects share would change them, too: the object's own slot wins
    # over it.
    if real.link == "DATA" and (_data_shared(slot, slots) or not slot.object.data.is_editable):
        real.link = "OBJECT"
    real.material = material
    return before


def _give_back_one(
    material: bpy.types.Material,
    source: bpy.types.Material | None,
    thing: bpy.types.Object,
    record: Replaced,
) -> None:
    slot = thing.material_slots[record.index]
    if slot.material != material:
        return
    moved_to_object = slot.link == "OBJECT" and record.link == "DATA"
    slot.material = None if moved_to_object else source
    slot.link = record.link
    if record.added and len(thing.material_slots) == 1 and slot.material is None:
        thing.data.materials.clear()  # unlike pop(), seen by the object at once


def _records(material: bpy.types.Material) -> list[Replaced]:
    return [Replaced(**plain) for plain in json.loads(ownership_tags.fact(material, "slots", "[]"))]


def _data_shared(slot: Slot, slots: list[Slot]) -> bool:
    data = slot.object.data
    here = {s.object.name for s in slots if s.object.data == data}
    return data.users - int(data.use_fake_user) > len(here)
