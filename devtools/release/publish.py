# SPDX-License-Identifier: GPL-3.0-or-later
"""A release as a folder that a web server gives out as it is."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from devtools.release import materials
from devtools.release.repository import write_repository

SUMS = "SHA256SUMS"


def write_release(folder: Path, blender_python: Path, zips: list[Path], date: datetime) -> list[Path]:
    """The repository of the zips, a bill of materials beside each, the licences, and the checksums of everything;
    its files. Raises ReleaseError for a wheel without a licence."""
    write_repository(folder, blender_python, zips, f"{date:%Y-%m-%d}")
    for path in zips:
        bill = json.dumps(materials.describe_zip(path, date), indent=2, ensure_ascii=False)
        (folder / f"{path.stem}.cdx.json").write_bytes(bill.encode() + b"\n")
    (folder / "licences.txt").write_bytes(materials.collect_licences(zips).encode())
    _write_sums(folder)
    return sorted(folder.iterdir())


def _write_sums(folder: Path) -> None:
    """In the format that `sha256sum --check` reads."""
    files = sorted(folder.iterdir())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / SUMS).write_bytes("".join(sums).encode())
