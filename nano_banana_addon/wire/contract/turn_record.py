# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of one turn of a conversation: the request, and the model's parts unchanged.

The service refuses an image that comes back with a changed byte or without its signature, so images are kept as the
text that was received. Layout of the file: these texts back to back, then a description in JSON, its length in 8 bytes
(big-endian), and 8 bytes that name the format.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..http.body import Blob, FileSpan
from .reserve import Reserve

_MAGIC = b"NBTURN01"
_SPAN = "received"  # the key that marks a text kept in the file
_LITERAL = "literal"  # below it: what the model itself sent under that key
_MAX_DESCRIPTION = 64 * 2**20


@dataclass(frozen=True, slots=True)
class TurnImage:
    """An image of the user's turn, by its prepared file."""

    path: str
    sha256: str
    mime_type: str
    byte_count: int


@dataclass(frozen=True, slots=True)
class Turn:
    """The user's turn, and the model's answer (parts in the API's spelling, blobs for images)."""

    provider: str
    model: str
    text: str
    pictures: tuple[TurnImage, ...]
    continues: str
    parts: tuple[dict[str, Any], ...]


class TurnWriter:
    """Writes the texts of images as they arrive, and at the end the description."""

    def __init__(self, path: Path, reserve: Reserve) -> None:
        """Raises `OSError`."""
        self.path = path
        self._reserve = reserve
        self.position = 0
        self._file = path.open("wb", buffering=0)

    def write(self, text: bytes | memoryview) -> None:
        """The next piece of an image's text. Raises `OSError`."""
        view = memoryview(text)
        while view:
            count = self._reserve.write(self._file, view)
            self.position += count
            view = view[count:]

    def finish(self, turn: Turn) -> None:
        """Write the description, and flush everything to the disk. Raises `OSError`, and `ValueError` for no JSON."""
        description = {
            "provider": turn.provider,
            "model": turn.model,
            "text": turn.text,
            "pictures": [_image_to_dict(picture) for picture in turn.pictures],
            "continues": turn.continues,
            "parts": _mark_spans(turn.parts),
        }
        encoded = json.dumps(description, allow_nan=False).encode()
        self.write(encoded + len(encoded).to_bytes(8, "big") + _MAGIC)
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        """Close the file, complete or not."""
        with suppress(OSError):
            self._file.close()


def read_turn(path: Path) -> Turn:
    """A record; its images stay in the file. Raises `ValueError` or `OSError` when it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 16, 0))
        end = file.read(16)
        length = int.from_bytes(end[:8], "big")
        if end[8:] != _MAGIC or length > min(size - 16, _MAX_DESCRIPTION):
            raise ValueError("not the record of a turn")
        file.seek(size - 16 - length)
        plain: Any = json.loads(file.read(length))
    try:
        return Turn(
            provider=str(plain["provider"]),
            model=str(plain["model"]),
            text=str(plain["text"]),
            pictures=tuple(TurnImage(**picture) for picture in plain["pictures"]),
            continues=str(plain["continues"]),
            parts=tuple(_restore_spans(part, path, size) for part in plain["parts"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("the record of the turn is damaged") from error


def blobs_of(value: object) -> Iterator[Blob]:
    """All blobs in a tree."""
    if isinstance(value, FileSpan):
        yield value
    elif isinstance(value, dict):
        for item in cast("dict[str, object]", value).values():
            yield from blobs_of(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("list[object]", value):
            yield from blobs_of(item)


def _image_to_dict(picture: TurnImage) -> dict[str, Any]:
    return {name: getattr(picture, name) for name in TurnImage.__slots__}


def _mark_spans(value: Any) -> Any:
    """Plain values for JSON; the inverse of `_restore_spans`."""
    if isinstance(value, FileSpan):
        return {_SPAN: [value.offset, value.length]}
    if isinstance(value, (list, tuple)):
        return [_mark_spans(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    plain = {key: _mark_spans(item) for key, item in cast("dict[str, Any]", value).items()}
    return {_SPAN: {_LITERAL: plain[_SPAN]}} if set(plain) == {_SPAN} else plain


def _restore_spans(value: Any, path: Path, size: int) -> Any:
    if isinstance(value, list):
        return [_restore_spans(item, path, size) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    if set(entries) != {_SPAN}:
        return {key: _restore_spans(item, path, size) for key, item in entries.items()}
    if isinstance(entries[_SPAN], dict):
        return {_SPAN: _restore_spans(entries[_SPAN][_LITERAL], path, size)}
    offset, length = entries[_SPAN]
    if not 0 <= offset <= offset + length <= size:
        raise ValueError("the record of the turn is damaged")
    return FileSpan(path, offset, length)
