# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets and lists of words as one file for a team, with a rehearsal of what an import brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...core.errors import InputError
from ...core.files import convert_disk_errors, write_together
from ...core.presets import files
from ...core.presets.files import MAX_FILE_BYTES, Collection
from ...core.presets.values import Preset, file_stem
from ...core.styles.word_lists import is_list_name
from ..generation.prompt_text import get_list_folder, read_list
from . import library


class Rehearsal(NamedTuple):
    """What an import would write, by target file; what there is already; sentences for what is refused."""

    new: dict[Path, str]
    existing: dict[Path, str]
    refused: tuple[str, ...]

    def list_lines(self) -> list[str]:
        """The rehearsal as lines."""
        names = ((word, [_name_file(p) for p in found]) for word, found in (("New", self.new), ("Kept", self.existing)))
        counted = (f"{word} ({len(found)}): {', '.join(found)}" for word, found in names if found)
        return [*counted, *(f"Refused: {sentence}" for sentence in self.refused)] or ["The file is empty."]


def export(path: Path) -> str:
    """Write all presets and lists of words of the user; returns a sentence. Raises `InputError`, DISK."""
    presets: list[Preset] = []
    skipped: list[str] = []
    for file in library.list_paths():
        try:
            preset, _ = library.read(file)
            presets.append(preset)
        except InputError:
            skipped.append(file.name)
    found = sorted(get_list_folder().glob("*.txt"))
    lists = {file.stem: words for file in found if is_list_name(file.stem) and (words := read_list(file))}
    if not presets and not lists:
        raise InputError("There are no presets yet.", next_step="Save the settings as a preset first.")
    with convert_disk_errors(f"Cannot write {path}"):
        write_together({path: files.write_collection(presets, lists).encode()})
    left_out = f" Left out, because they do more than set values: {', '.join(skipped)}." if skipped else ""
    return f"Exported {len(presets)} presets and {len(lists)} lists to {path.name}.{left_out}"


def rehearse(path: Path) -> Rehearsal:
    """Read a file of a team and say what an import would do. Nothing is written. Raises `InputError`."""
    try:
        with path.open("rb") as file:
            collection = files.read_collection(file.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        raise InputError(f"The file {path.name} cannot be read: {error.strerror}.") from error
    targets = dict(_list_targets(collection))
    known = {file.name.lower() for file in [*library.list_paths(), *get_list_folder().glob("*.txt")]}
    existing = {target: text for target, text in targets.items() if target.name.lower() in known}
    new = {target: text for target, text in targets.items() if target not in existing}
    return Rehearsal(new, existing, collection.refused)


def carry_out(rehearsal: Rehearsal, *, replace: bool) -> str:
    """Write what is new, and with `replace` also what there is; returns a sentence. Raises DISK."""
    written = rehearsal.new | (rehearsal.existing if replace else {})
    with convert_disk_errors("Cannot write the presets"):
        write_together({target: text.encode() for target, text in written.items()})
    kept = "" if replace or not rehearsal.existing else f" {len(rehearsal.existing)} were kept as they are."
    refused = f" {len(rehearsal.refused)} were refused." if rehearsal.refused else ""
    return f"Imported {len(written)} presets and lists.{kept}{refused}"


def _list_targets(collection: Collection) -> Iterator[tuple[Path, str]]:
    """Each file that an import writes: names are cleaned, values are checked, and written as literals."""
    folder = library.get_folder()
    for preset in collection.presets:
        yield folder / f"{file_stem(preset.name)}.py", files.write_assignments(preset)
    for name, words in collection.lists.items():
        yield get_list_folder() / f"{name}.txt", "\n".join([*words, ""])


def _name_file(path: Path) -> str:
    return path.stem.replace("_", " ") if path.suffix == ".py" else f"__{path.stem}__"
