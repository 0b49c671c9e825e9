# SPDX-License-Identifier: GPL-3.0-or-later
"""The references that a script names: images of the open file, or files beside the saved .blend, and no others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy

from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.request import Reference
from ...identity import SCENE_PROPERTY
from ..references import reference_files

ReferenceList = Sequence[Mapping[str, Any]] | None


def list_references(scene: bpy.types.Scene, listed: ReferenceList) -> tuple[Reference, ...]:
    """Roles and labels of those that are listed, else of the scene's enabled ones; no image is read.

    Raises `InputError` for images that are not there or may not be sent.
    """
    if listed is not None:
        return tuple(map(_name_reference, listed))
    entries = getattr(scene, SCENE_PROPERTY).references
    return tuple(
        Reference(ReferenceRole(entry.role), "", label=entry.name)
        if entry.image is not None
        else reference_files.read_entry(entry, ReferenceRole(entry.role), entry.name, f"Reference {number}")
        for number, entry in enumerate(entries, start=1)
        if entry.enabled
    )


def read_references(listed: ReferenceList) -> tuple[Reference, ...] | None:
    """Those that are listed, as files; None for None. Raises as `list_references`."""
    return None if listed is None else tuple(map(_read_reference, listed))


def _name_reference(plain: Mapping[str, Any]) -> Reference:
    role, label = ReferenceRole(plain["role"]), plain.get("label", "")
    if file := _find_path(plain):
        return reference_files.from_path(role, str(file), label)
    return Reference(role, "", label=label or _find_image(plain).name)


def _read_reference(plain: Mapping[str, Any]) -> Reference:
    role, label = ReferenceRole(plain["role"]), plain.get("label", "")
    if file := _find_path(plain):
        return reference_files.from_path(role, str(file), label)
    return reference_files.read_image(role, _find_image(plain), label)


def _find_image(plain: Mapping[str, Any]) -> bpy.types.Image:
    image = bpy.data.images.get(plain["image"])
    if image is None:
        raise InputError("There is no image of this name in the open file.", next_step="Load it first.")
    return image


def _find_path(plain: Mapping[str, Any]) -> Path | None:
    """The file of a reference below the folder of the saved .blend: a script sends no other files of this computer.

    None where it names an image.
    """
    if ("image" in plain) == ("path" in plain):
        raise InputError("A reference has either image or path.", next_step="Give exactly one of them.")
    if "path" not in plain:
        return None
    folder = Path(bpy.data.filepath).parent.resolve() if bpy.data.filepath else None
    try:
        file = Path(folder or "", plain["path"].removeprefix("//")).resolve()
    except (OSError, ValueError, RuntimeError):
        file = None
    if folder is None or file is None or not file.is_relative_to(folder):
        raise InputError(
            "The file of a reference must lie in the folder of the saved .blend, or below it.",
            next_step="Load it into the .blend and name it with image.",
        )
    return file
