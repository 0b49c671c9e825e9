# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's reference list as values: each data-block or file becomes a file for the worker process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ...blender.capture import image_file
from ...blender.host.folders import ensure_incoming_folder
from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.request import Reference
from ...identity import SCENE_PROPERTY
from ...storage.fingerprint import check_size


def choose_references(scene: bpy.types.Scene, override: Sequence[Reference] | None = None) -> tuple[Reference, ...]:
    """Those given instead, else the scene's enabled ones in the user's order, as files.

    Raises `InputError` for an empty entry or a missing file; none is skipped silently.
    """
    if override is not None:
        return tuple(override)
    entries = getattr(scene, SCENE_PROPERTY).references
    return tuple(
        read_entry(entry, ReferenceRole(entry.role), entry.name, f"Reference {number}")
        for number, entry in enumerate(entries, start=1)
        if entry.enabled
    )


def read_entry(entry: Any, role: ReferenceRole, label: str, owner: str) -> Reference:
    """An entry of a list of images as a file. `owner` begins the sentence of the `InputError` for a missing image."""
    if entry.image is not None:
        return read_image(role, entry.image, label)
    if not entry.path:
        raise InputError(f"{owner} has no image.", next_step="Choose one, or remove the entry.")
    return from_path(role, entry.path, label)


def read_image(role: ReferenceRole, image: bpy.types.Image, label: str = "") -> Reference:
    """An image data-block as a reference."""
    path = image_file(image, ensure_incoming_folder())  # for data-blocks without a usable file
    return Reference(role, str(path), label=label or image.name)


def from_path(role: ReferenceRole, path: str, label: str = "") -> Reference:
    """An image file as a reference. Raises `InputError` if there is none, or one too large to be sent."""
    file = Path(bpy.path.abspath(path))
    if not file.is_file():
        raise InputError(f"The reference {file} does not exist.", next_step="Choose another file, or remove it.")
    check_size(file, f"reference {label or file.name}")
    return Reference(role, str(file), label=label or file.name)
