# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a cast as assets: an empty that shows the first image carries all of a member to other files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ....core import errors
from ....identity import CAST_PROPERTY, SCENE_PROPERTY
from . import members

_TAG = "Nano Banana Cast"
_PREVIEW = 256  # pixels


def mark(scene: bpy.types.Scene) -> bpy.types.Object:
    """Make the active member an asset of this file, or update it; its images are packed. Raises `InputError`.

    Its object or collection comes along when the asset is appended.
    """
    member = members.require_active(scene)
    images = [_load_image(member, entry) for entry in members.list_images(member)]
    carrier = _find_carrier(member.member_id) or bpy.data.objects.new(f"{member.name} (Cast)", None)
    copy = getattr(carrier, CAST_PROPERTY)
    _copy_member(member, copy)
    copy.images.clear()
    for image in images:
        if image.packed_file is None:
            image.pack()
        members.add_image(copy, image=image)
    carrier.asset_mark()
    carrier.asset_data.description = members.describe(member)
    carrier.asset_data.tags.new(_TAG, skip_if_exists=True)
    if images:
        carrier.empty_display_type, carrier.data = "IMAGE", images[0]
        _set_preview(carrier, images[0])
    return carrier


def take_in(scene: bpy.types.Scene, objects: Iterable[bpy.types.Object]) -> list[str]:
    """Add the members that objects carry and the cast lacks; returns their names."""
    cast = members.list_members(scene)
    known = {member.member_id for member in cast}
    names: list[str] = []
    for carrier in objects:
        carried = getattr(carrier, CAST_PROPERTY, None)
        if not carried or not carried.member_id or carried.member_id in known:
            continue
        known.add(carried.member_id)
        member = members.add(scene, carried.kind, carried.name)
        name = member.name
        _copy_member(carried, member)
        member.name = name
        if member.collection and member.collection not in [scene.collection, *scene.collection.children_recursive]:
            scene.collection.children.link(member.collection)
        names.append(name)
    return names


def _find_carrier(member_id: str) -> bpy.types.Object | None:
    carriers = (o for o in bpy.data.objects if o.library is None)
    return next((o for o in carriers if getattr(o, CAST_PROPERTY).member_id == member_id), None)


def _load_image(member: Any, entry: Any) -> bpy.types.Image:
    try:
        image = entry.image or bpy.data.images.load(entry.path, check_existing=True)
        if not image.size[0]:
            raise RuntimeError(image.name)
    except RuntimeError as error:
        raise errors.InputError(
            f"The cast's {members.shorten_name(member)}: the image {entry.name!r} cannot be read.",
            next_step="Choose another one, or remove it.",
        ) from error
    return image


def _copy_member(source: Any, target: Any) -> None:
    for name in ("name", "member_id", "kind", "description", "object", "collection"):
        setattr(target, name, getattr(source, name))
    target.images.clear()
    for entry in source.images:
        copy = target.images.add()
        copy.name, copy.image, copy.path, copy.enabled = entry.name, entry.image, entry.path, entry.enabled


def _set_preview(carrier: bpy.types.Object, image: bpy.types.Image) -> None:
    small = image.copy()
    try:
        scale = _PREVIEW / max(small.size)
        small.scale(*(max(1, round(side * scale)) for side in small.size))
        preview = carrier.preview_ensure()
        preview.image_size = small.size
        preview.image_pixels_float.foreach_set(_read_rgba(small))
    finally:
        bpy.data.images.remove(small)


def _read_rgba(image: bpy.types.Image) -> list[float]:
    values, channels = list(image.pixels), image.channels
    if channels == 4:
        return values
    pixels = (values[start : start + channels] for start in range(0, len(values), channels))
    return [v for pixel in pixels for v in ((pixel * 3)[:3] if channels < 3 else pixel[:3]) + [1.0]]


@persistent
def _handle_import(imported: Any) -> None:
    """Whatever is appended or linked, such as an asset dragged into the 3D view, brings its member along."""
    objects = [item.id for item in imported.import_items if isinstance(item.id, bpy.types.Object)]
    scene = bpy.context.scene
    if scene and scene.library is None and hasattr(scene, SCENE_PROPERTY):
        take_in(scene, objects)


def register() -> None:
    """Begin to watch what is appended."""
    bpy.app.handlers.blend_import_post.append(_handle_import)


def unregister() -> None:
    """End it."""
    if _handle_import in bpy.app.handlers.blend_import_post:
        bpy.app.handlers.blend_import_post.remove(_handle_import)
