# SPDX-License-Identifier: GPL-3.0-or-later
"""A preset: values for rows of the option tables, checked against them; what it would change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from ..options import DEFAULT, Option
from ..settings import OPTIONS
from ..text.prompts import MAX_PROMPT_CHARACTERS
from ..texture import TEXTURE_OPTIONS

#: Before the names of the settings of a texture: those of the group of the scene's properties that holds them.
TEXTURING = "texturing."
MAX_PRESET_NAME = 60
#: Characters of a text that is no prompt.
MAX_SETTING_TEXT = 8000
#: What belongs to one file or one image, not to a way of working.
_PERSONAL = {"source_image", "mask_image", "view_layers", "workflow", "project", "field_subject", "uv_map", "keyframes"}
#: The names of files that Windows keeps for devices.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}


def _list_rows() -> Iterator[tuple[str, Option]]:
    for name, row in OPTIONS.items():
        if name not in _PERSONAL:
            yield name, row
    for name, row in TEXTURE_OPTIONS.items():
        if name not in _PERSONAL and (row.items or not isinstance(row.default, tuple)):
            yield TEXTURING + name, row


#: All settings that a preset may have, by their places below the scene's property group; the prompt is optional.
PRESET_ROWS: dict[str, Option] = dict(_list_rows())
PROMPT = "prompt"


@dataclass(frozen=True)
class Preset:
    """A name and the values of some settings, by their places in `PRESET_ROWS`, as Blender's properties have them."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict[str, Any])


class Change(NamedTuple):
    """One setting that a preset changes, in words."""

    label: str
    old: str
    new: str


def check_preset(preset: Preset) -> Preset:
    """The preset with values that its rows allow, those of several in one order.

    Raises `ValueError` with a sentence for a name, a setting or a value that is not possible.
    """
    check_name(preset.name)
    if not preset.settings:
        raise ValueError("it has no settings")
    unknown = preset.settings.keys() - PRESET_ROWS.keys()
    if unknown:
        raise ValueError(f"there is no setting {sorted(map(str, unknown))[0][:40]!r}")
    return Preset(preset.name, {place: _check_value(place, value) for place, value in preset.settings.items()})


def check_name(name: object) -> None:
    """Raise `ValueError` for what is no name of a preset."""
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_PRESET_NAME or not name.isprintable():
        raise ValueError(f"its name is empty, not printable, or longer than {MAX_PRESET_NAME} characters")
    if not file_stem(name) or file_stem(name).lower() in _DEVICES:
        raise ValueError("its name cannot be that of a file")


def file_stem(name: str) -> str:
    """The name of a preset's file without its ending, as Blender makes it."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name.strip()).strip("_")


def _check_value(place: str, value: object) -> Any:
    row = PRESET_ROWS[place]
    known = {item.id for item in row.items} | ({DEFAULT} if row.optional else set[str]())
    if row.is_multiple:
        given = _list_texts(row, value)
        if unknown := given - known:
            raise ValueError(f"{row.label} has no value {min(unknown)[:40]!r}")
        return [str(item.id) for item in row.items if item.id in given]
    if isinstance(row.default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{row.label} is on or off, not {str(value)[:40]!r}")
        return value
    if isinstance(row.default, str):
        return _check_text(place, row, value, known)
    return _check_number(row, value)


def _list_texts(row: Option, value: object) -> set[str]:
    items = list(cast("list[object]", value)) if isinstance(value, (list, tuple, set, frozenset)) else [None]
    if len(items) > len(row.items) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"{row.label} is not a list of its values")
    return {str(item) for item in items}


def _check_text(place: str, row: Option, value: object, known: set[str]) -> str:
    longest = MAX_PROMPT_CHARACTERS if place == PROMPT else MAX_SETTING_TEXT
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"{row.label} is not a text of at most {longest} characters")
    if not all(letter.isprintable() or letter in "\n\t" for letter in value):
        raise ValueError(f"{row.label} has characters that cannot be printed")
    if known and value not in known:
        raise ValueError(f"{row.label} has no value {value[:40]!r}")
    return value


def _check_number(row: Option, value: object) -> int | float:
    kinds = (int,) if isinstance(row.default, int) else (int, float)
    lowest = -math.inf if row.minimum is None else row.minimum
    highest = math.inf if row.maximum is None else row.maximum
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f"{row.label} is not a number")
    if not lowest <= value <= highest or abs(value) > 2**31:
        raise ValueError(f"{row.label} is {str(value)[:20]}, which is beyond its bounds")
    return value if isinstance(row.default, int) else float(value)


def compare(current: Mapping[str, Any], preset: Preset) -> list[Change]:
    """What a preset changes of the current values, in the order of the rows."""
    return [
        Change(_name_row(place, row), describe_value(row, current[place]), describe_value(row, preset.settings[place]))
        for place, row in PRESET_ROWS.items()
        if place in preset.settings and place in current and not _is_same(row, current[place], preset.settings[place])
    ]


def _is_same(row: Option, first: Any, second: Any) -> bool:
    if row.is_multiple:
        return set(first) == set(second)
    if isinstance(row.default, float):
        return math.isclose(first, second, rel_tol=1e-5, abs_tol=1e-6)  # Blender keeps 32 bits
    return bool(first == second)


def _name_row(place: str, row: Option) -> str:
    return f"Texture: {row.label}" if place.startswith(TEXTURING) else row.label


def describe_value(row: Option, value: Any) -> str:
    """A value as the panel shows it."""
    labels = {item.id: item.label for item in row.items}
    if row.is_multiple:
        return ", ".join(labels[item] for item in labels if item in value) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return labels.get(value) or {DEFAULT: "Default", "": "empty"}.get(value) or value.replace("\n", " ")
    if row.minimum == -1 and value < 0:
        return "Default"
    return f"{value:g}" if isinstance(value, float) else str(value)
