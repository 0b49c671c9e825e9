# SPDX-License-Identifier: GPL-3.0-or-later
"""Maps of materials: a folder for each image and each way to make them. Its record is written last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, cast

from ...core import bounds, serial
from ...core.errors import InputError
from ...core.files import convert_write_errors, write_whole
from ...core.material.values import BaseMaps, MaterialChoices, MaterialReport, MaterialSet
from ...core.material_settings import MaterialSettings, check
from ...core.request import Delivery
from .layout import Home

#: The key of the image of a sphere among the files of a set.
PREVIEW = "preview"
_NAME = 24  # characters of a folder's name
_RECORD = "material.json"
#: Raised when the same choices give other maps, so that earlier ones are computed anew.
_COMPUTATION = 3


def find_folder(root: Path, sha256: str, choices: MaterialChoices) -> Path:
    """The folder of the maps of an image, below the folder of the store."""
    text = json.dumps([_COMPUTATION, sha256, serial.to_plain(choices)], sort_keys=True)
    return Home(root).materials / hashlib.sha256(text.encode()).hexdigest()[:_NAME]


def choose_choices(delivery: Delivery) -> MaterialChoices:
    """What is done to a result that is delivered as a material."""
    choices = check(delivery.material or MaterialSettings()).choices()
    return replace(choices, seamless=True, remove_light=False, closed=True) if delivery.repairs else choices


def find_maps(root: Path, sha256: str, delivery: Delivery) -> Path:
    """The folder of the maps of a result with that content, as it is to be delivered."""
    if delivery.maps_of is None:
        return find_folder(root, sha256, choose_choices(delivery))
    text = json.dumps([_COMPUTATION, sha256, delivery.maps_of.folder])
    return Home(root).materials / hashlib.sha256(text.encode()).hexdigest()[:_NAME]


def find_base(root: Path, base: BaseMaps) -> MaterialSet:
    """The other maps of a material for which some were generated. Raises `InputError` where they are gone."""
    folder = base.folder if len(base.folder) == _NAME and base.folder.isalnum() else ""
    found = read_record(Home(root).materials / folder) if folder else None
    if found is None:
        raise InputError(
            "The other maps of this material are no longer there.",
            next_step="Make the material of its image again, then apply this result: it is in the history.",
        )
    return found


def write_record(folder: Path, maps: MaterialSet) -> None:
    """Say that the files of a set are complete. Raises `NanoBananaError` DISK."""
    plain = {
        "name": maps.name,
        "size": list(maps.size),
        "report": serial.to_plain(replace(maps.report, notes=tuple(maps.report.notes))),
        "files": {key: PurePath(path).name for key, path in maps.files.items()},
    }
    path = folder / _RECORD
    with convert_write_errors(path):
        write_whole(path, lambda file: file.write(json.dumps(plain).encode()))


def read_record(folder: Path) -> MaterialSet | None:
    """The complete set in a folder; None where there is none, or a file of it is gone."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        plain = json.loads((folder / _RECORD).read_bytes())
        bounds.check_values(plain)
        names = cast("Mapping[str, Any]", plain["files"])
        files = {key: str(folder / PurePath(name).name) for key, name in names.items()}
        width, height = map(int, plain["size"])
        if all(Path(path).is_file() for path in files.values()):
            report = serial.from_plain(MaterialReport, plain["report"])
            return MaterialSet(str(plain["name"]), (width, height), report, files)
    return None
