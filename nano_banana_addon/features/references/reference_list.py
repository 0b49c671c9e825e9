# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of the scene's reference list."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import bpy

from ...blender.host import compat, folders, list_edits
from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...identity import SCENE_PROPERTY
from ...session import thumbnails
from ...storage.prune import PASTED
from . import reference_files


def add_file(scene: bpy.types.Scene, path: str, role: str) -> None:
    """Append a file. Raises `InputError` if it does not exist."""
    reference = reference_files.from_path(ReferenceRole(role), path)
    entry = _append(scene, role, reference.label)
    entry.path = path
    thumbnails.load(reference.path)


def add_image(scene: bpy.types.Scene, name: str, role: str) -> None:
    """Append an image data-block, or an empty entry ("")."""
    image = bpy.data.images.get(name) if name else None
    if name and image is None:
        raise InputError(f"There is no image {name!r} in this file.", next_step="Choose another.")
    entry = _append(scene, role, image.name if image else "")
    entry.image = image


def paste(context: bpy.types.Context, role: str) -> None:
    """Append the clipboard's image, or the file whose path it holds. Raises `InputError`."""
    text = context.window_manager.clipboard.strip().strip('"')
    if text and Path(text).is_file():
        add_file(context.scene, text, role)
        return
    image = compat.paste_image(context)
    if image is None:
        raise InputError(
            "The clipboard holds neither an image nor the path of one.",
            next_step="Copy an image and paste again.",
        )
    path = _save_pasted_image(image)
    bpy.data.images.remove(image)
    add_file(context.scene, str(path), role)


def _save_pasted_image(image: bpy.types.Image) -> Path:
    """Write a pasted image to the store's captures, so that the entry survives this session."""
    handle, name = tempfile.mkstemp(suffix=".png", prefix=PASTED, dir=folders.ensure_incoming_folder())
    os.close(handle)
    image.filepath_raw, image.file_format = name, "PNG"
    image.save()
    return Path(name)


def remove_active(scene: bpy.types.Scene) -> None:
    """Remove the active entry; the one after it becomes active."""
    list_edits.remove_active(getattr(scene, SCENE_PROPERTY), "references", "active_reference")


def move_active(scene: bpy.types.Scene, step: int) -> None:
    """Move the active entry by one place, within the list."""
    list_edits.move_active(getattr(scene, SCENE_PROPERTY), "references", "active_reference", step)


def _append(scene: bpy.types.Scene, role: str, label: str) -> Any:
    group = getattr(scene, SCENE_PROPERTY)
    entry = group.references.add()
    entry.name, entry.role = label, role
    group.active_reference = len(group.references) - 1
    return entry
