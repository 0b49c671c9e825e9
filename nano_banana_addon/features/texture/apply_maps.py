# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished maps applied to their objects: an image each, a node group in the materials, check images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy
import numpy as np

from ...blender.deliver.datablocks import files, image, ownership_tags
from ...blender.deliver.datablocks.delivery_report import DeliveryLog
from ...blender.deliver.datablocks.files import ImageStorage
from ...blender.deliver.datablocks.ownership_tags import Role
from ...blender.deliver.delivery import storage_of
from ...blender.deliver.material import material
from ...core.material.values import Map
from ...core.request import BaseTexture
from ...core.texture import require_texture_context
from ...imaging.arrays import Pixels
from ...session import announcements, apply_result, panel_state, session
from .maps import check_images, texture_info, write_maps
from .maps.align import Drift
from .maps.bake_maps import ObjectMaps, TextureMaps
from .maps.write_maps import title_of

#: The input of a shader that a grey map is for.
_SOCKETS = {Map.ROUGHNESS: "Roughness", Map.METALLIC: "Metallic"}
_UNSAVED = (
    "The .blend was not saved yet, so the texture's file is in the library folder. Save, then choose Reproject to"
    " have it next to the .blend; that costs nothing."
)


@dataclass(frozen=True, slots=True)
class AppliedTexture:
    """A texture: its image, the files behind it (several for UDIM tiles), and its coverage.

    `objects` show it; the first is `object`. `maps` are the files of its further maps, by their kind.
    """

    object: str
    objects: tuple[str, ...]
    image: str
    files: tuple[str, ...]
    coverage: float
    materials: tuple[str, ...]
    maps: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


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
        textures = [_apply_map(maps, own, log, undo) for own in maps.objects]
        undo.pop_all()
    _notify(maps, log)
    apply_result.push_undo_step("Nano Banana: Texture from Views")
    verb = "covered" if _find_base(maps) is None else "changed"
    shares = ", ".join(f"{texture.object} ({texture.coverage:.0%} {verb})" for texture in textures)
    announcements.announce(f"Texture ready: {shares}")
    return TextureReport(tuple(textures), maps.drifts, (*maps.notes, *log.notes))


def _apply_map(maps: TextureMaps, own: ObjectMaps, log: DeliveryLog, undo: ExitStack) -> AppliedTexture:
    texture_image, paths = _place_image(maps, own, Map.COLOUR, log, undo)
    grey = {kind: _place_image(maps, own, kind, log, undo) for kind in own.grey_files}
    name_count = len(log.names)
    base = _find_base(maps)
    numbers = base.slots if base is not None else ()
    shown = {_SOCKETS[kind]: grey_image for kind, (grey_image, _) in grey.items()} if base is None else None
    uv_map = own.surfaces[0].uv_map
    material.apply(texture_image, own.objects, None, log, undo, uv_map=uv_map, numbers=numbers, maps=shown)
    names = tuple(log.names[name_count:])
    checks = _create_check_images(texture_image.name, own, undo)
    for name in names:
        _attach_check_images(material.group_node(bpy.data.materials[name]).node_tree, checks)
    files_of_image = tuple(str(path) for path in paths)
    files_of_maps = {kind.name: tuple(str(path) for path in grey_paths) for kind, (_, grey_paths) in grey.items()}
    shown_by = tuple(obj.name for obj in own.objects)
    coverage = own.maps[0].coverage
    return AppliedTexture(shown_by[0], shown_by, texture_image.name, files_of_image, coverage, names, files_of_maps)


def _find_base(maps: TextureMaps) -> BaseTexture | None:
    """The texture that a view was added to, where this is one with such a view."""
    return require_texture_context(maps.generations[0].request).base


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
    maps: TextureMaps, own: ObjectMaps, kind: Map, log: DeliveryLog, undo: ExitStack
) -> tuple[bpy.types.Image, list[Path]]:
    generation = maps.generations[0]
    storage = storage_of(generation)
    sources = own.files if kind is Map.COLOUR else own.grey_files[kind]
    if own.is_udim:
        placed_files = files.place_tiles(sources, storage)
    else:
        placed_files = [files.place_file(sources[0], sources[0].name, storage, is_received=False)]
    for placed_file in placed_files:
        undo.callback(files.remove_placed_file, placed_file)
    if kind is Map.COLOUR and (note := placed_files[0].note):
        log.add_note(note if bpy.data.filepath else _UNSAVED)
    paths = [placed_file.path for placed_file in placed_files]
    is_joined = require_texture_context(generation.request).atlas
    title = title_of(generation, own.maps[0].name if is_joined else own.objects[0].name)  # renamed meanwhile
    title = title if kind is Map.COLOUR else f"{title} {_SOCKETS[kind]}"
    texture_image = _load_map(paths, own, title, undo)
    if kind is not Map.COLOUR:
        # Before anything reads pixels: Blender converts them once, while it reads the file.
        texture_image.colorspace_settings.is_data = True
    if storage is ImageStorage.PACK:
        image.pack_image(texture_image)
    if paths != list(sources):
        write_maps.discard(sources)
    if kind is Map.COLOUR:
        _tag_image(texture_image, maps, own.maps[0].coverage)
    else:
        _tag_map(texture_image, maps, kind)
    return texture_image, paths


def _load_map(paths: Sequence[Path], own: ObjectMaps, title: str, undo: ExitStack) -> bpy.types.Image:
    texture_image = image.open_tiles(paths) if own.is_udim else image.open_file(paths[0])
    undo.callback(bpy.data.images.remove, texture_image)
    texture_image.name = title
    texture_image.use_fake_user = True  # Blender drops images without users when saving
    if paths[0].parent.name == files.FOLDER and bpy.data.filepath:
        texture_image.filepath = bpy.path.relpath(texture_image.filepath)
    return texture_image


def _tag_map(map_image: bpy.types.Image, maps: TextureMaps, kind: Map) -> None:
    """Say where a grey map comes from; the texture's own image says what it was made of."""
    generation = maps.generations[0]
    ownership_tags.set_role(map_image, Role.IMAGE)
    ownership_tags.set_fact(map_image, "generation", generation.id)
    ownership_tags.set_fact(map_image, "map", kind.name)
    ownership_tags.set_fact(map_image, "origin", image.describe_origin(generation))


def _tag_image(texture_image: bpy.types.Image, maps: TextureMaps, coverage: float) -> None:
    generation = maps.generations[0]
    ownership_tags.set_role(texture_image, Role.IMAGE)
    facts: dict[str, Any] = {
        "generation": generation.id,
        "model": generation.request.model,
        "provider": generation.request.provider,
        "prompt": ownership_tags.clean_text(generation.request.prompt),
        "origin": image.describe_origin(generation),
        "coverage": coverage,
        "is_change": True if _find_base(maps) is not None else None,
        "views": json.dumps([asdict(drift) for drift in maps.drifts]),
        "generations": json.dumps([source.id for source in maps.generations]),
        "udim": True if require_texture_context(generation.request).udim else None,
        "missing_maps": json.dumps(maps.missing_maps) if maps.missing_maps else None,
        "offline_preview": True if generation.offline_preview else None,
    }
    for name, value in facts.items():
        ownership_tags.set_fact(texture_image, name, value)


def _create_check_images(title: str, own: ObjectMaps, undo: ExitStack) -> list[bpy.types.Image]:
    """Create packed images: they are small, and useless without the file. Menus leave out names with a dot."""
    checks: list[bpy.types.Image] = []
    for name, pixels in check_images.draw_check_images(own.surfaces, own.maps).items():
        check_image = _load_tiles(own, pixels) if own.is_udim else _create_image(title, pixels[0])
        undo.callback(bpy.data.images.remove, check_image)
        check_image.name = f".{title} {name}"
        check_image.pack()
        ownership_tags.set_role(check_image, Role.CHECK)
        ownership_tags.set_fact(check_image, "check", name)
        checks.append(check_image)
    return checks


def _create_image(title: str, pixels: Pixels) -> bpy.types.Image:
    height, width = pixels.shape[:2]
    new_image = bpy.data.images.new(f".{title}", width, height)
    rgba = np.dstack([pixels[::-1], np.full((height, width), 255, np.uint8)]).astype(np.float32) / 255
    new_image.pixels.foreach_set(rgba.reshape(-1))
    return new_image


def _load_tiles(own: ObjectMaps, pixels: Sequence[Pixels]) -> bpy.types.Image:
    """A packed tiled image of some pixels: of such an image, Blender gives scripts the first tile only."""
    from PIL import Image

    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"check.{baked.tile}.png") for baked in own.maps]
        for path, tile_pixels in zip(paths, pixels, strict=True):
            Image.fromarray(tile_pixels).save(path)
        tiles = image.open_tiles(paths)
        image.pack_image(tiles)
        return tiles


def _notify(maps: TextureMaps, log: DeliveryLog) -> None:
    store = session.current().store
    for generation in maps.generations:
        store.mark_delivered(generation.id)
        panel_state.record_delivery(generation.id, tuple(log.names), ())
    notes = [*maps.notes, *log.notes]
    if notes:
        has_drift = any(drift.too_far for drift in maps.drifts)
        panel_state.show_notice("DRIFT" if has_drift else "NOTE", " ".join(notes))
