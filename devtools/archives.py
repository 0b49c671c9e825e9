# SPDX-License-Identifier: GPL-3.0-or-later
"""Zips whose bytes depend on what is in them, not on when, where and by whom they were packed."""

from __future__ import annotations

import zipfile
from pathlib import Path

# The first date that a zip can hold. Blender gives unpacked files the time of their installation, so nobody sees it;
# a commit's date would change the zip of an unchanged tree.
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644


def write_zip(path: Path, files: dict[str, bytes]) -> None:
    """Write files in the order of their names, with one date and mode. Wheels, which are zips already, are stored."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = _UNIX, _MODE << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)


def read_zip(path: Path) -> dict[str, bytes]:
    """The files of a zip by their names, without its folders."""
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}


def normalise(path: Path) -> None:
    """Pack a zip again, so that the same files give the same bytes."""
    files = read_zip(path)
    packed = path.with_name(f".{path.name}")
    write_zip(packed, files)
    packed.replace(path)
