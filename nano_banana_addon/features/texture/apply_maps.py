# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished maps onto their objects: an image each, a node group in the materials, pictures for judging."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...blender.bake.bake import BakedMap
from ...blender.bake.mesh import Surface
from ...blender.deliver.datablocks import files, image, ownership_tags
from ...blender.deliver.datablocks.delivery_report import DeliveryLog
from ...blender.deliver.datablocks.files import ImageStorage
from ...blender.deliver.datablocks.ownership_tags import Role
from ...blender.deliver.delivery import storage_of
from ...blender.deliver.material import material
from ...session import apply_result, panel_state, session
from .maps import check_images, texture_info
from .maps.align import Drift
from .maps.bake_maps import TextureMaps
from .maps.write_maps import title_of

_UNSAVED = (
    "The .blend is not saved yet, so the texture's file lies in the history's folder. Save, then choose Reproject to"
    " have it beside the .blend; that costs nothing."
)


@dataclass(frozen=True, slots=True)
class Textured:
    """One object's texture: its image, the file behind it, and how much of the surface views have painted."""

    object: str
    image: str
    file: str
    coverage: float
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextureReport:
    """What was made, how the views lay, and what is to be said."""

    textured: tuple[Textured, ...]
    drifts: tuple[Drift, ...]
    notes: tuple[str, ...]


def apply_maps(maps: TextureMaps) -> TextureReport:
    """Everything or nothing; one undo step. Raises `NanoBananaError`, and the file is as before."""
    found = DeliveryLog()
    with ExitStack() as undo:
        made = [
            _put_one(maps, thing, surface, baked, file, found, undo)
            for thing, surface, baked, file in zip(
                maps.objects, maps.geometry.targets, maps.maps, maps.files, strict=True
            )
        ]
        undo.pop_all()
    _notify(maps, found)
    apply_result.push_undo_step("Nano Banana: Texture from Views")
    return TextureReport(tuple(made), maps.drifts, (*maps.notes, *found.notes))


def _put_one(
    maps: TextureMaps,
    thing: bpy.types.Object,
    surface: Surface,
    baked: BakedMap,
    file: Path,
    found: DeliveryLog,
    undo: ExitStack,
) -> Textured:
    loaded, path = _image(maps, thing, baked, file, found, undo)
    before = len(found.names)
    material.apply(loaded, [thing], None, found, undo, uv_map=surface.uv_map)
    names = tuple(found.names[before:])
    checks = _check_images(loaded.name, check_images.pictures(surface, baked), undo)
    for name in names:
        _attach_check_images(material.group_node(bpy.data.materials[name]).node_tree, checks)
    return Textured(thing.name, loaded.name, str(path), baked.coverage, names)


def _attach_check_images(group: bpy.types.NodeTree, checks: list[bpy.types.Image]) -> None:
    """The pictures for judging, in the place of those of the texture before."""
    before = texture_info.checks_of(group)
    for number in range(max(len(checks), len(before))):
        ownership_tags.set_fact(group, f"check_{number}", checks[number] if number < len(checks) else None)
    ownership_tags.set_fact(group, "checks", len(checks))
    ownership_tags.set_fact(group, "check", None)
    for old in before:
        if old.users == 0:
            bpy.data.images.remove(old)


def _image(
    maps: TextureMaps,
    thing: bpy.types.Object,
    baked: BakedMap,
    source: Path,
    found: DeliveryLog,
    undo: ExitStack,
) -> tuple[bpy.types.Image, Path]:
    generation = maps.generations[0]
    title = title_of(generation, thing.name)
    keep = storage_of(generation)
    placed = files.place_file(source, source.name, keep)
    undo.callback(files.remove_placed_file, placed)
    found.add_note(placed.note if bpy.data.filepath or not placed.note else _UNSAVED)
    loaded = _load_map(placed.path, title, keep, undo)
    if placed.path != source:
        source.unlink(missing_ok=True)
    _describe(loaded, maps, baked)
    return loaded, placed.path


def _load_map(path: Path, title: str, keep: ImageStorage, undo: ExitStack) -> bpy.types.Image:
    loaded = image.open_file(path)
    undo.callback(bpy.data.images.remove, loaded)
    loaded.name = title
    loaded.use_fake_user = True  # Blender drops images without users when saving
    if path.parent.name == files.FOLDER and bpy.data.filepath:
        loaded.filepath = bpy.path.relpath(str(path))
    if keep is ImageStorage.PACK:
        image.pack_image(loaded)
    return loaded


def _describe(loaded: bpy.types.Image, maps: TextureMaps, baked: BakedMap) -> None:
    generation = maps.generations[0]
    ownership_tags.set_role(loaded, Role.IMAGE)
    facts: dict[str, Any] = {
        "generation": generation.id,
        "model": generation.request.model,
        "provider": generation.request.provider,
        "prompt": ownership_tags.clean_text(generation.request.prompt),
        "origin": image.PREVIEW_NOTE if generation.offline_preview else image.SYNTHID_NOTE,
        "coverage": baked.coverage,
        "views": json.dumps([asdict(drift) for drift in maps.drifts]),
        "generations": json.dumps([each.id for each in maps.generations]),
        "offline_preview": True if generation.offline_preview else None,
    }
    for name, value in facts.items():
        ownership_tags.set_fact(loaded, name, value)


def _check_images(title: str, pictures: dict[str, NDArray[np.uint8]], undo: ExitStack) -> list[bpy.types.Image]:
    return [_check_image(f"{title} {name}", name, pixels, undo) for name, pixels in pictures.items()]


def _check_image(title: str, name: str, pixels: NDArray[np.uint8], undo: ExitStack) -> bpy.types.Image:
    """Packed: it is small, and means nothing without the file."""
    height, width = pixels.shape[:2]
    made = bpy.data.images.new(title, width, height)
    undo.callback(bpy.data.images.remove, made)
    rgba = np.dstack([pixels[::-1], np.full((height, width), 255, np.uint8)]).astype(np.float32) / 255
    made.pixels.foreach_set(rgba.reshape(-1))
    made.pack()
    ownership_tags.set_role(made, Role.CHECK)
    ownership_tags.set_fact(made, "check", name)
    return made


def _notify(maps: TextureMaps, found: DeliveryLog) -> None:
    store = session.current().store
    for generation in maps.generations:
        store.mark_delivered(generation.id)
        panel_state.record_delivery(generation.id, tuple(found.names), ())
    said = [*maps.notes, *found.notes]
    if said:
        retry = any(drift.too_far for drift in maps.drifts)
        panel_state.show_notice("DRIFT" if retry else "NOTE", " ".join(said))
