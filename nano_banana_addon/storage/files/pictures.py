# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a generation: where they arrive, and where they are kept."""

from __future__ import annotations

import json
import logging
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from glob import escape
from pathlib import Path

from ...core import serial
from ...core.constants import PictureRole
from ...core.files import compute_sha256, move_whole, write_durable
from ...core.image_types import RECEIVED_TYPES, find_suffix, find_type
from ...core.result import Answer, Generation, Picture
from ..database import records
from ..database.changes import ID
from . import tickets
from .layout import Home

_log = logging.getLogger(__name__)

_ANSWER = "answer.json"
_PREVIEW = "preview"  # without a dot: no image of the answer


def make_receiving_folder(home: Home, id: str) -> Path:
    """Create an empty folder for an answer; files of an earlier attempt are removed. Raises `OSError`."""
    folder = home.receiving / id
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def clear_receiving(home: Home, id: str, *, keep_ticket: bool = False) -> None:
    """Remove that folder; with `keep_ticket` all but the ticket by which the result may still be asked for."""
    folder = home.receiving / id
    if keep_ticket and tickets.read(home, id):
        for path in folder.iterdir():
            if path.name != tickets.NAME:
                path.unlink(missing_ok=True)
        return
    shutil.rmtree(folder, ignore_errors=True)


def note_answer(home: Home, id: str, answer: Answer) -> None:
    """Record a complete answer before anything is done with it: from here on a crash loses nothing.

    Raises `OSError`.
    """
    text = records.dump_answer(home.root, answer)
    write_durable(home.receiving / id / _ANSWER, text.encode())


def read_noted_answer(home: Home, id: str) -> Answer | None:
    """The answer that `note_answer` wrote, if the generation was interrupted after that.

    None too for one that names files that did not arrive with it.
    """
    folder = home.receiving / id
    try:
        answer = serial.from_plain(Answer, json.loads((folder / _ANSWER).read_bytes()))
        answer = records.map_answer_paths(answer, lambda path: records.outside(home.root, path))
        files = [(Path(picture.path), picture.sha256) for picture in answer.pictures]
        files += [(Path(answer.turn), "")] if answer.turn else []
        if all(_has_arrived(folder, path, sha256) for path, sha256 in files):
            return answer
    except (OSError, *records.UNREADABLE):
        return None
    _log.warning("%s: the noted answer names other files than those that arrived", id)
    return None


def _has_arrived(folder: Path, path: Path, sha256: str) -> bool:
    """Whether a file is one of this folder's own, with the bytes that were noted; or was there, and is in its place."""
    if path.parent != folder or path.name == ".." or path.is_symlink():
        return False
    return not path.exists() or (path.is_file() and sha256 in ("", compute_sha256(path)))


def month_of(generation: Generation) -> str:
    """The name of the folder for its images."""
    return time.strftime("%Y-%m", time.localtime(generation.created))


def keep(home: Home, generation: Generation, answer: Answer) -> Answer:
    """Move an answer's files to their final place, bytes unchanged; doing it twice changes nothing.

    Raises `OSError` when the disk is full or fails; the files stay where they were then.
    """
    kept: list[Picture] = []
    for number, picture in enumerate(answer.pictures, 1):
        target = place_picture(home, generation, number, picture)
        move_whole(Path(picture.path), target)
        kept.append(replace(picture, path=str(target)))
    return replace(answer, pictures=tuple(kept), turn=_keep_turn(home, generation, answer))


def place_picture(home: Home, generation: Generation, number: int, picture: Picture) -> Path:
    """The final place of an answer's image, `number` from 1."""
    mark = "-offline-preview" if generation.offline_preview else ""
    suffix = find_suffix(picture.mime_type) or Path(picture.path).suffix or ".bin"
    return home.results / month_of(generation) / f"{_get_stem(generation)}-{number}{mark}{suffix}"


def _get_stem(generation: Generation) -> str:
    """The beginning of the names of an attempt's images; their number follows."""
    return generation.id if generation.tries <= 1 else f"{generation.id}-try{generation.tries}"


def _keep_turn(home: Home, generation: Generation, answer: Answer) -> str:
    if not answer.turn:
        return ""
    target = home.turns / generation.id
    move_whole(Path(answer.turn), target)
    return str(target)


def turn_of(home: Home, id: str) -> Path | None:
    """The file with the model's turn of a generation, if it exists."""
    path = home.turns / id
    return path if path.name == id and path.is_file() else None


def make_thumbnail(home: Home, id: str, answer: Answer) -> str:
    """A thumbnail of the result; "" when there is none or it cannot be read.

    Raises nothing: it can be made again at any time.
    """
    return _write_thumbnail(home, id, Path(answer.result.path)) if answer.result else ""


def show_preview(home: Home, id: str, image: bytes) -> None:
    """Make a thumbnail of how the result looks so far, once a second at most. Raises nothing."""
    path, shown = home.receiving / id / _PREVIEW, home.find_thumbnail(id)
    with suppress(OSError):
        if not shown.exists() or time.time() - shown.stat().st_mtime > 1.0:
            path.write_bytes(image)
            _write_thumbnail(home, id, path)
            path.unlink()


def _write_thumbnail(home: Home, id: str, path: Path) -> str:
    from ...imaging.formats.thumbnails import write_thumbnail

    out = home.find_thumbnail(id)
    try:
        home.thumbnails.mkdir(parents=True, exist_ok=True)
        write_thumbnail(path, out)
    except Exception:  # noqa: BLE001 - whatever a decoder raises must not cost a paid image
        _log.warning("%s: no thumbnail", id, exc_info=True)
        return ""
    return str(out)


def salvage_images(home: Home, generation: Generation) -> Answer | None:
    """The complete images of an incomplete answer, as drafts: which one is the result is unknown.

    Some may be in their final place already, by a recovery that was interrupted before the history knew of them.
    """
    moved = (home.results / month_of(generation)).glob(f"{escape(_get_stem(generation))}-[0-9]*")
    arrived = (home.receiving / generation.id).glob("*.*")
    found = [_whole_picture(path) for path in (*sorted(moved), *sorted(arrived))]
    pictures = tuple(picture for picture in found if picture)
    return Answer(pictures=pictures) if pictures else None


def _whole_picture(path: Path) -> Picture | None:
    """A file that decodes to its end, whatever its name; None for any other."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            mime_type = Image.MIME.get(picture.format or "", "")
            picture.load()  # a part of a file does not decode
            size = picture.size
        sha256, length = compute_sha256(path), path.stat().st_size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if find_type(mime_type) not in RECEIVED_TYPES or not _has_end(path, mime_type, length):
        return None
    return Picture(str(path), sha256, mime_type, *size, length, PictureRole.DRAFT)


def _has_end(path: Path, mime_type: str, length: int) -> bool:
    """Whether the file's last bytes are there: pixels may decode without them, but the file must be complete."""
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(-12, 2)
        tail = file.read()
    if mime_type == "image/png":
        return tail[4:8] == b"IEND"
    if mime_type == "image/jpeg":
        return tail.rstrip(b"\0").endswith(b"\xff\xd9")
    return length >= int.from_bytes(head[4:8], "little") + 8


def own_files(home: Home, generation: Generation) -> list[Path]:
    """The files in the store that belong to a generation alone.

    Its images with their sidecars, also those of earlier attempts, derived ones (cut out by a mask), turn, thumbnail.
    """
    answer = generation.answer
    named = [Path(picture.path) for picture in answer.pictures] if answer else []
    named += [path.with_suffix(".json") for path in named]
    folders = {home.results / month_of(generation), *(path.parent for path in named)}
    named += [path for folder in folders for path in folder.glob(f"{escape(generation.id)}-*")]
    named += [home.find_thumbnail(generation.id), home.turns / generation.id]
    return [path for path in dict.fromkeys(named) if _is_own(home, generation.id, path)]


def _is_own(home: Home, id: str, path: Path) -> bool:
    """Whether a file's place and name say that it belongs to a generation: a record that was imported may lie."""
    begins = ID.match(path.name)
    return path.is_relative_to(home.root) and ".." not in path.parts and begins is not None and begins[0] == id


def remove_files(home: Home, generation: Generation) -> None:
    """Remove what belongs to a generation alone, and nothing outside the store."""
    for path in own_files(home, generation):
        with suppress(OSError):
            path.unlink()
    clear_receiving(home, generation.id)
    shutil.rmtree(home.unreadable / generation.id, ignore_errors=True)
