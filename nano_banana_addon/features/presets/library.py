# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's presets: read as data, compared with the scene, applied to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bpy

from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.presets import files, values
from ...core.presets.values import PRESET_ROWS, Change, Preset
from ...identity import SCENE_PROPERTY
from ..generation.prompt_text import PRESET_FOLDER


class Effect(NamedTuple):
    """A preset, what it would change in the scene, and sentences for what of it is left out."""

    preset: Preset
    changes: list[Change]
    refused: tuple[str, ...]


def list_paths() -> list[Path]:
    """The files of all presets, as Blender's menu lists them."""
    folders = map(Path, bpy.utils.preset_paths(PRESET_FOLDER))
    return sorted(path for folder in folders for path in folder.glob("*.py"))


def get_folder() -> Path:
    """Where the user's presets are written; made when it is missing. Raises DISK."""
    folder = bpy.utils.user_resource("SCRIPTS", path=f"presets/{PRESET_FOLDER}", create=True)
    if not folder:
        raise NanoBananaError(ErrorKind.DISK, "Blender's folder of user presets cannot be made.")
    return Path(folder)


def get_definition() -> str:
    """The line of a preset before its settings."""
    return files.DEFINE


def list_places(*, prompt: bool) -> list[str]:
    """What a new preset saves, below the scene's property group."""
    return [place for place in PRESET_ROWS if prompt or place != values.PROMPT]


def read(path: Path) -> tuple[Preset, tuple[str, ...]]:
    """A preset, with sentences for what of it is left out; nothing in the file is executed.

    Raises `InputError` for a file that is none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(files.MAX_FILE_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The preset {path.name} cannot be read: {error}.", next_step="Choose another one.") from error
    return files.read_assignments(bpy.path.display_name(path.name, title_case=False), text)


def read_scene(scene: bpy.types.Scene) -> dict[str, Any]:
    """The scene's values of all settings that a preset may have."""
    return {place: getattr(*_locate(scene, place)) for place in PRESET_ROWS}


def preview(scene: bpy.types.Scene, path: Path) -> Effect:
    """What a preset would change. Raises `InputError`."""
    preset, refused = read(path)
    return Effect(preset, values.compare(read_scene(scene), preset), (*refused, *_list_unknown(scene, preset)))


def apply(scene: bpy.types.Scene, preset: Preset) -> None:
    """Set the scene's settings; those that this Blender does not know stay as they are."""
    if values.PROMPT in preset.settings:
        getattr(scene, SCENE_PROPERTY).prompt_text = None  # it would go before the prompt
    unknown = set(_list_unknown_places(scene, preset))
    for place, value in preset.settings.items():
        if place not in unknown:
            setattr(*_locate(scene, place), set(value) if PRESET_ROWS[place].is_multiple else value)


def _locate(scene: bpy.types.Scene, place: str) -> tuple[Any, str]:
    group, _, name = place.rpartition(".")
    owner = getattr(scene, SCENE_PROPERTY)
    return (getattr(owner, group) if group else owner), name


def _list_unknown_places(scene: bpy.types.Scene, preset: Preset) -> Iterator[str]:
    """Menus whose values are not in the row, because Blender's side has them."""
    for place, value in preset.settings.items():
        owner, name = _locate(scene, place)
        row = owner.bl_rna.properties[name]
        if row.type == "ENUM" and not row.is_enum_flag and value not in row.enum_items:
            yield place


def _list_unknown(scene: bpy.types.Scene, preset: Preset) -> Iterator[str]:
    for place in _list_unknown_places(scene, preset):
        yield f"Left out: {PRESET_ROWS[place].label} has no value {preset.settings[place][:40]!r}."
