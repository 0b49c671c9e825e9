# SPDX-License-Identifier: GPL-3.0-or-later
"""A request's body, produced in pieces while it is sent; its length is known before the first byte.

Files are read, encoded and sent a piece at a time, so that memory does not grow with their size.
"""

from __future__ import annotations

import json
import uuid
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple, cast

from ...core.errors import ErrorKind, InputError, NanoBananaError

#: Bytes read from a file at once: a multiple of 3, so that base64 pieces join without padding between, and small enough
#: for piece and text to stay in a processor's second-level cache.
PIECE = 3 * 65536


@dataclass(frozen=True, slots=True)
class Base64File:
    """A file that goes as standard base64, padded, without line breaks; `prefix` makes it a data URI."""

    path: Path
    size: int
    prefix: bytes = b""

    @property
    def length(self) -> int:
        """Bytes of the text."""
        return len(self.prefix) + 4 * ((self.size + 2) // 3)

    def iter_pieces(self) -> Iterator[bytes]:
        """The text, in pieces of at most 256 KiB."""
        if self.prefix:
            yield self.prefix
        for view in _read_views(self.path, 0, self.size):
            yield b2a_base64(view, newline=False)


@dataclass(frozen=True, slots=True)
class FileSpan:
    """Bytes of a file that go as they are: base64 text that was received earlier."""

    path: Path
    offset: int
    length: int

    def iter_pieces(self) -> Iterator[bytes]:
        """The bytes, in pieces of at most 192 KiB."""
        for view in _read_views(self.path, self.offset, self.length):
            yield bytes(view)


Blob = Base64File | FileSpan


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes that can be iterated over, more than once."""

    parts: tuple[bytes | Blob, ...]

    @property
    def length(self) -> int:
        """What Content-Length says."""
        return sum(len(p) if isinstance(p, bytes) else p.length for p in self.parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
            else:
                yield from part.iter_pieces()


def build_file_blob(path: Path) -> Base64File:
    """A file as it is now; raises `InputError` when it cannot be read or is empty."""
    try:
        with path.open("rb") as file:  # a folder, or an unreadable file, is reported now and not midway
            size = file.seek(0, 2)
    except OSError as error:
        raise _build_read_error(path, error) from None
    if size == 0:
        raise InputError(f"The file {path.name} is empty.")
    return Base64File(path, size)


def build_json_body(tree: dict[str, Any]) -> Body:
    """JSON values, in which blobs stand for strings, as a body."""
    parts: list[bytes | Blob] = []
    text: list[str] = []
    for token in _iter_tokens(tree):
        if isinstance(token, str):
            text.append(token)
            continue
        parts += [_encode(text), token]
        text.clear()
    return Body((*parts, _encode(text)))


class FormFile(NamedTuple):
    """A file of a form. Without a `name` it goes under one that says nothing of the artist's folders."""

    field: str
    path: Path
    mime_type: str
    name: str = ""


def build_form_body(fields: dict[str, str], files: Iterable[FormFile]) -> tuple[Body, str]:
    """A multipart form with texts and files, and its Content-Type. Raises `InputError`."""
    boundary = uuid.uuid4().hex
    parts: list[bytes | Blob] = []
    for name, value in fields.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        parts.append(head.encode("utf-8", "replace"))
    for number, file in enumerate(files, 1):
        name = file.name or f"image{number}.{file.mime_type.partition('/')[2]}"
        place = f'name="{file.field}"; filename="{name}"'
        head = f"--{boundary}\r\nContent-Disposition: form-data; {place}\r\nContent-Type: {file.mime_type}\r\n\r\n"
        parts += [head.encode(), FileSpan(file.path, 0, build_file_blob(file.path).size), b"\r\n"]
    return Body((*parts, f"--{boundary}--\r\n".encode())), f"multipart/form-data; boundary={boundary}"


def _encode(text: list[str]) -> bytes:
    # A lone surrogate (a broken file name, a clipboard) has no UTF-8 form.
    return "".join(text).encode("utf-8", "replace")


def _iter_tokens(value: object) -> Iterator[str | Blob]:
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value)
        yield "{"
        for number, (key, item) in enumerate(entries.items()):
            yield ("," if number else "") + json.dumps(key, ensure_ascii=False) + ":"
            yield from _iter_tokens(item)
        yield "}"
    elif isinstance(value, (list, tuple)):
        yield "["
        for number, item in enumerate(cast("list[object]", value)):
            if number:
                yield ","
            yield from _iter_tokens(item)
        yield "]"
    elif isinstance(value, (Base64File, FileSpan)):
        yield '"'
        yield value
        yield '"'
    else:
        yield json.dumps(value, ensure_ascii=False, allow_nan=False)


def _read_views(path: Path, offset: int, length: int) -> Iterator[memoryview]:
    try:
        with FileIO(path) as file:
            file.seek(offset)
            yield from _iter_views(file, path, length)
    except OSError as error:
        raise _build_read_error(path, error) from None


def _iter_views(file: FileIO, path: Path, length: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(min(PIECE, length)))
    while length:
        size = min(PIECE, length)
        position = 0
        while position < size:
            count = file.readinto(buffer[position:size])
            if not count:
                raise InputError(f"The file {path.name} changed while it was being sent.")
            position += count
        length -= size
        yield buffer[:size]


def _build_read_error(path: Path, error: OSError) -> NanoBananaError:
    reason = error.strerror or type(error).__name__
    return NanoBananaError(ErrorKind.INPUT, f"The file {path.name} cannot be read: {reason}.")
