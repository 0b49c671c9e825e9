# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished maps applied to their objects: an image each, a node group in the materials, check images."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ...blender.bake.bake import BakedMap
from ...blender.bake.mesh import Surface
from ...blender.deliver.datablocks import files, image, ownership_tags
from ...blender.deliver.datablocks.delivery_report import DeliveryLog
from ...blender.deliver.datablocks.files import ImageStorage
from ...blender.deliver.datablocks.ownership_tags import Role
from ...blender.deliver.delivery import storage_of
from ...blender.deliver.material import material
from ...imaging.arrays import Pixels
from ...session import announcements, apply_result, panel_state, session
from .maps import check_images, texture_info
from .maps.align import Drift
from .maps.bake_maps import TextureMaps
from .maps.write_maps import title_of

_UNSAVED = (
    "The .blend was not saved yet, so the texture's file is in the library folder. Save, then choose Reproject to"
    " have it next to the .blend; that costs nothing."
)


@dataclass(frozen=True, slots=True)
class AppliedTexture:
    """One object's texture: its image, the file behind it, and its coverage."""

    object: str
    image: str
    file: str
    coverage: float
    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextureReport:
    """The applied textures, the drifts of the views, and notes."""

    textures: tuple[AppliedTexture, ...]
    drifts: tuple[Drift, ...]
    notes: tuple[str, ...]


def apply_maps(maps: TextureMaps) -> TextureReport:
    """Apply all maps or none, as one undo step. Raises `NanoBananaError`; the file is unchanged then."""
    log = DeliveryLog()
    with ExitStack() as undo:
        textures = [
            _apply_map(maps, obj, surface, baked, file, log, undo)
            for obj, surface, baked, file in zip(
                maps.objects, maps.geometry.targets, maps.maps, maps.files, strict=True
            )
        ]
        undo.pop_all()
    _notify(maps, log)
    apply_result.push_undo_step("Nano Banana: Texture from Views")
    shares = ", ".join(f"{texture.object} ({texture.coverage:.0%} covered)" for texture in textures)
    announcements.announce(f"Texture ready: {shares}")
    return TextureReport(tuple(textures), maps.drifts, (*maps.notes, *log.notes))


def _apply_map(
    maps: TextureMaps,
    obj: bpy.types.Object,
    surface: Surface,
    baked: BakedMap,
    file: Path,
    log: DeliveryLog,
    undo: ExitStack,
) -> AppliedTexture:
    texture_image, path = _place_image(maps, obj, baked, file, log, undo)
    name_count = len(log.names)
    material.apply(texture_image, [obj], None, log, undo, uv_map=surface.uv_map)
    names = tuple(log.names[name_count:])
    checks = _create_check_images(texture_image.name, check_images.draw_check_images(surface, baked), undo)
    for name in names:
        _attach_check_images(material.group_node(bpy.data.materials[name]).node_tree, checks)
    return AppliedTexture(obj.name, texture_image.name, str(path), baked.coverage, names)


def _attach_check_images(group: bpy.types.NodeTree, checks: list[bpy.types.Image]) -> None:
    """Attach the check images, in place of those of the previous texture."""
    previous_checks = texture_info.checks_of(group)
    for number in range(max(len(checks), len(previous_checks))):
        ownership_tags.set_fact(group, f"check_{number}", checks[number] if number < len(checks) else None)
    ownership_tags.set_fact(group, "checks", len(checks))
    ownership_tags.set_fact(group, "check", None)
    for check in previous_checks:
        if check.users == 0:
            bpy.data.images.remove(check)


def _place_image(
    maps: TextureMaps,
    obj: bpy.types.Object,
    baked: BakedMap,
    source: Path,
    log: DeliveryLog,
    undo: ExitStack,
) -> tuple[bpy.types.Image, Path]:
    generation = maps.generations[0]
    title = title_of(generation, obj.name)
    storage = storage_of(generation)
    placed_file = files.place_file(source, source.name, storage)
    undo.callback(files.remove_placed_file, placed_file)
    log.add_note(placed_file.note if bpy.data.filepath or not placed_file.note else _UNSAVED)
    texture_image = _load_map(placed_file.path, title, storage, undo)
    if placed_file.path != source:
        source.unlink(missing_ok=True)
    _tag_image(texture_image, maps, baked)
    return texture_image, placed_file.path


def _load_map(path: Path, title: str, storage: ImageStorage, undo: ExitStack) -> bpy.types.Image:
    texture_image = image.open_file(path)
    undo.callback(bpy.data.images.remove, texture_image)
    texture_image.name = title
    texture_image.use_fake_user = True  # Blender drops images without users when saving
    if path.parent.name == files.FOLDER and bpy.data.filepath:
        texture_image.filepath = bpy.path.relpath(str(path))
    if storage is ImageStorage.PACK:
        image.pack_image(texture_image)
    return texture_image


def _tag_image(texture_image: bpy.types.Image, maps: TextureMaps, baked: BakedMap) -> None:
    generation = maps.generations[0]
    ownership_tags.set_role(texture_image, Role.IMAGE)
    facts: dict[str, Any] = {
        "generation": generation.id,
        "model": generation.request.model,
        "provider": generation.request.provider,
        "prompt": ownership_tags.clean_text(generation.request.prompt),
        "origin": image.describe_origin(generation),
        "coverage": baked.coverage,
        "views": json.dumps([asdict(drift) for drift in maps.drifts]),
        "generations": json.dumps([source.id for source in maps.generations]),
        "offline_preview": True if generation.offline_preview else None,
    }
    for name, value in facts.items():
        ownership_tags.set_fact(texture_image, name, value)


def _create_check_images(title: str, pictures: dict[str, Pixels], undo: ExitStack) -> list[bpy.types.Image]:
    return [_create_check_image(f"{title} {name}", name, pixels, undo) for name, pixels in pictures.items()]


def _create_check_image(title: str, name: str, pixels: Pixels, undo: ExitStack) -> bpy.types.Image:
    """Create a packed image: it is small, and useless without the file. Menus of images leave out names with a dot."""
    height, width = pixels.shape[:2]
    check_image = bpy.data.images.new(f".{title}", width, height)
    undo.callback(bpy.data.images.remove, check_image)
    rgba = np.dstack([pixels[::-1], np.full((height, width), 255, np.uint8)]).astype(np.float32) / 255
    check_image.pixels.foreach_set(rgba.reshape(-1))
    check_image.pack()
    ownership_tags.set_role(check_image, Role.CHECK)
    ownership_tags.set_fact(check_image, "check", name)
    return check_image


def _notify(maps: TextureMaps, log: DeliveryLog) -> None:
    store = session.current().store
    for generation in maps.generations:
        store.mark_delivered(generation.id)
        panel_state.record_delivery(generation.id, tuple(log.names), ())
    notes = [*maps.notes, *log.notes]
    if notes:
        has_drift = any(drift.too_far for drift in maps.drifts)
        panel_state.show_notice("DRIFT" if has_drift else "NOTE", " ".join(notes))
