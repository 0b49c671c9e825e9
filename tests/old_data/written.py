# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixtures of 0.1.0 unpacked, and their records as plain values, read without the add-on."""

from __future__ import annotations

import gzip
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

from tests.old_data.addon import RENAMED

FIXTURES = Path(__file__).resolve().parent / "0.1.0"
#: Where the fixtures were made; records and turns hold paths below it.
MADE_IN = "/tmp/nano-banana-0.1.0"
IDS: dict[str, str] = json.loads((FIXTURES / "ids.json").read_text())
NAMES = {id: name for name, id in IDS.items()}


def unpack_store(folder: Path) -> Path:
    """The store as it was left, at another place."""
    with zipfile.ZipFile(FIXTURES / "store.zip") as archive:
        archive.extractall(folder / "store")
    return folder / "store"


def unpack_project(folder: Path, version: str) -> Path:
    """The .blend that a version of Blender wrote, with the pictures beside it. The history that
    lies in the same folder is told that the .blend has always been there."""
    project = folder / "project"
    with zipfile.ZipFile(FIXTURES / "project.zip") as archive:
        archive.extractall(project)
    connection = sqlite3.connect(folder / "store" / "history.sqlite")
    for table, column in (("generations", "blend_path"), ("details", "request")):
        sql = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
        connection.execute(sql, (MADE_IN, folder.as_posix()))
    connection.commit()
    connection.close()
    return (project / f"scene-{version}.blend").rename(project / "scene.blend")


def unpack_preferences(profile: Path) -> None:
    """The preferences into Blender's folder of user files."""
    target = profile / "config" / "userpref.blend"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.decompress((FIXTURES / "userpref.blend").read_bytes()))


def rows(store: Path) -> list[dict[str, Any]]:
    """The generations as the database holds them, the oldest first."""
    connection = sqlite3.connect(store / "history.sqlite")
    connection.row_factory = sqlite3.Row
    sql = "SELECT * FROM generations JOIN details USING (seq) ORDER BY seq"
    found = [dict(row) for row in connection.execute(sql)]
    connection.close()
    return found


def sidecars(store: Path) -> list[dict[str, Any]]:
    """The generations as the files beside the pictures hold them."""
    files = sorted((store / "results").rglob("*.json"))
    return [json.loads(path.read_bytes())["generation"] for path in files]


def differences(plain: Any, found: Any, home: Path, where: str = "") -> list[str]:
    """Where an object of the add-on does not hold what a record says, in words."""
    if isinstance(plain, dict):
        named = [(key, RENAMED.get(key, key)) for key in plain]
        return [
            text for key, name in named for text in differences(plain[key], _part(found, name), home, f"{where}.{key}")
        ]
    if isinstance(plain, list):
        parts = found if isinstance(found, (list, tuple)) else ()
        if len(parts) != len(plain):
            return [f"{where} has {len(parts)} of {len(plain)} parts"]
        pairs = enumerate(zip(plain, parts, strict=True))
        return [t for n, (a, b) in pairs for t in differences(a, b, home, f"{where}[{n}]")]
    same = found == plain or (isinstance(plain, str) and found == str(home / plain))
    return [] if same else [f"{where} is {found!r} instead of {plain!r}"]


def _part(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else getattr(found, name, None)
