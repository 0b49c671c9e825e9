# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of files that hold presets, both read as data: nothing in them is ever executed.

A user's preset is a file of Blender's preset system, a list of assignments in Python. What a team exchanges is one
JSON file with presets and lists of words.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ...identity import SCENE_PROPERTY
from .. import bounds
from ..errors import InputError
from ..styles.word_lists import MAX_WORDS, clean_words, is_list_name
from .values import PRESET_ROWS, Preset, check_preset, file_stem

#: The first lines of a preset of Blender's, as `AddPresetBase` writes them.
DEFINE = f"choices = bpy.context.scene.{SCENE_PROPERTY}"
MAX_FILE_BYTES = 1024 * 1024
MAX_PRESETS, MAX_LISTS = 200, 100
FORMAT, VERSION = "nano-banana-presets", 1
_NEXT_STEP = "Export it again with Export Presets."


@dataclass(frozen=True)
class Collection:
    """What a file for a team holds; `refused` are sentences for what of it is left out."""

    presets: tuple[Preset, ...] = ()
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    refused: tuple[str, ...] = ()


def write_assignments(preset: Preset) -> str:
    """A preset as a file of Blender's preset system. Only values that were checked are written, as literals."""
    checked = check_preset(preset).settings
    lines = [f"choices.{place} = {_write_literal(place, value)}" for place, value in checked.items()]
    return "\n".join(["import bpy", DEFINE, "", *lines, ""])


def _write_literal(place: str, value: Any) -> str:
    return (repr(set(value)) if value else "set()") if PRESET_ROWS[place].is_multiple else repr(value)


def read_assignments(name: str, text: str) -> tuple[Preset, tuple[str, ...]]:
    """A preset from a file of Blender's preset system, without executing it, and sentences for what was left out.

    Settings of other versions are left out. Raises `InputError` for a file that holds anything but assignments of
    values to settings.
    """
    refused: list[str] = []
    settings: dict[str, Any] = {}
    try:
        for place, value in _list_assignments(ast.parse(text)):
            try:
                settings |= check_preset(Preset("x", {place: value})).settings
            except ValueError as error:
                refused.append(f"Left out: {error}.")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(
            f"The preset {name!r} does more than set values, and was not used ({type(error).__name__}).",
            next_step="Remove it and save the settings again as a preset.",
        ) from error
    return Preset(name, settings), tuple(refused)


def _list_assignments(module: ast.Module) -> Iterator[tuple[str, object]]:
    """Raises `ValueError` for a statement that is not expected."""
    for statement in module.body:
        source = ast.unparse(statement)
        if source in ("import bpy", DEFINE):
            continue
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise ValueError(f"a statement that is no assignment: {source[:60]}")
        owner, _, place = ast.unparse(statement.targets[0]).partition(".")
        if owner != "choices" or not isinstance(statement.targets[0], ast.Attribute):
            raise ValueError(f"an assignment to something else: {source[:60]}")
        yield place, ast.literal_eval(statement.value)


def write_collection(presets: Sequence[Preset], lists: Mapping[str, Sequence[str]]) -> str:
    """Presets and lists of words as a JSON file."""
    plain = {
        "format": FORMAT,
        "version": VERSION,
        "presets": [{"name": preset.name, "settings": preset.settings} for preset in presets],
        "lists": {name: list(words) for name, words in lists.items()},
    }
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def read_collection(content: bytes) -> Collection:
    """Read a JSON file of presets, which may come from anybody.

    What is not possible is left out and told; a file that is none raises `InputError`.
    """
    plain = _parse(content)
    entries, lists = plain.get("presets", []), plain.get("lists", {})
    if not isinstance(entries, list) or not isinstance(lists, dict):
        raise InputError("The file holds no list of presets.", next_step=_NEXT_STEP)
    refused: list[str] = []
    presets = tuple(_read_presets(cast("list[object]", entries), refused))
    return Collection(presets, dict(_read_lists(cast("dict[str, object]", lists), refused)), tuple(refused))


def _parse(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_FILE_BYTES:
        raise InputError("The file is larger than 1 MB, which no file of presets is.", next_step=_NEXT_STEP)
    try:
        plain: object = json.loads(content.decode("utf-8"))
        bounds.check_values(plain)
    except (ValueError, RecursionError) as error:
        raise InputError("The file is not JSON in UTF-8, or damaged.", next_step=_NEXT_STEP) from error
    entries = cast("dict[str, Any]", plain) if isinstance(plain, dict) else {}
    if entries.get("format") != FORMAT:
        raise InputError("This is no file of presets.", next_step="Choose a file that Export Presets wrote.")
    if entries.get("version") != VERSION:
        raise InputError("The presets are from a newer version of the add-on.", next_step="Update the add-on.")
    return entries


def _read_presets(entries: Sequence[object], refused: list[str]) -> Iterator[Preset]:
    seen: set[str] = set()
    for number, entry in enumerate(entries[:MAX_PRESETS], start=1):
        name = cast("dict[str, object]", entry).get("name") if isinstance(entry, dict) else None
        settings = cast("dict[str, object]", entry).get("settings") if isinstance(entry, dict) else None
        try:
            if not isinstance(name, str) or not isinstance(settings, dict):
                raise ValueError("it has no name or no settings")
            preset = check_preset(Preset(name.strip(), cast("dict[str, Any]", settings)))
            if (stem := file_stem(name).lower()) in seen:
                raise ValueError("another one in the file has the same name")
            seen.add(stem)
            yield preset
        except ValueError as error:
            shown = f" {name[:40]!r}" if isinstance(name, str) else ""
            refused.append(f"Preset {number}{shown}: {error}.")
    if len(entries) > MAX_PRESETS:
        refused.append(f"Of {len(entries)} presets only the first {MAX_PRESETS} are read.")


def _read_lists(lists: Mapping[str, object], refused: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, words in list(lists.items())[:MAX_LISTS]:
        given = cast("list[object]", words) if isinstance(words, list) else [None]
        texts = [word for word in given if isinstance(word, str)]
        clean = clean_words(texts)
        if not is_list_name(name) or not clean or len(clean) != len(given):
            refused.append(f"List {name[:40]!r}: its name or its words are not possible (at most {MAX_WORDS} words).")
        else:
            yield name, clean
    if len(lists) > MAX_LISTS:
        refused.append(f"Of {len(lists)} lists only the first {MAX_LISTS} are read.")
