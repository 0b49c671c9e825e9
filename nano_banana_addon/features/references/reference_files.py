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


def choose_references(scene: bpy.types.Scene, override: Sequence[Reference] | None = None) -> tuple[Reference, ...]:
    """Those given instead, else the scene's enabled ones in the user's order, as files.

    Raises `InputError` for an empty entry or a missing file; none is skipped silently.
    """
    if override is not None:
        return tuple(override)
    folder = ensure_incoming_folder()  # for data-blocks without a usable file
    entries = getattr(scene, SCENE_PROPERTY).references
    return tuple(_read_entry(entry, number, folder) for number, entry in enumerate(entries, start=1) if entry.enabled)


def _read_entry(entry: Any, number: int, folder: Path) -> Reference:
    role = ReferenceRole(entry.role)
    if entry.image is not None:
        path = image_file(entry.image, folder)
        return Reference(role, str(path), label=entry.name or entry.image.name)
    if not entry.path:
        raise InputError(f"Reference {number} has no image.", next_step="Choose one, or remove the entry.")
    return from_path(role, entry.path, entry.name)


def from_path(role: ReferenceRole, path: str, label: str = "") -> Reference:
    """An image file as a reference. Raises `InputError` if there is none."""
    file = Path(bpy.path.abspath(path))
    if not file.is_file():
        raise InputError(f"The reference {file} does not exist.", next_step="Choose another file, or remove it.")
    return Reference(role, str(file), label=label or file.name)
