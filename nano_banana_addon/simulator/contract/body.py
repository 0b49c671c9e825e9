# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a JSON body while it arrives, with its long strings (pictures) set aside as bytes.

A request may carry 130 MB of base64. Parsed the plain way it would be held four times; here each
long string is kept once, as the bytes that came, and the JSON parser only sees a short stand-in.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NoReturn, cast

from .errors import ApiError, build_bad_request

LONG = 512  # bytes; a longer string is set aside
PIECE = 1 << 18  # bytes read at a time


class LongString:
    """A long JSON string as it was sent, between its quotes."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def unescape(self) -> bytes:
        """The string's value in UTF-8; raises ``ValueError`` when it is no valid JSON string."""
        if b"\\" not in self.raw and not _has_control(self.raw):
            return self.raw
        return json.loads(b'"' + self.raw + b'"').encode("utf-8", "surrogatepass")

    def to_text(self) -> str:
        """The string's value; raises ``ValueError`` for broken UTF-8 or escapes."""
        return self.unescape().decode("utf-8", "strict")


def _has_control(raw: bytes) -> bool:
    return len(raw.translate(None, _CONTROLS)) != len(raw)


_CONTROLS = bytes(range(32))


class BodyReader:
    """Splits JSON text into a skeleton and its long strings, piece by piece."""

    def __init__(self) -> None:
        self.length = 0
        self._marker = secrets.token_hex(12)
        self._skeleton: list[bytes] = []
        self._long_strings: list[LongString] = []
        self._string: list[bytes] | None = None
        self._slashes = 0
        self._digest = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body, however they are cut."""
        self.length += len(piece)
        self._digest.update(piece)
        position = 0
        while position < len(piece):
            if self._string is None:
                position = self._read_outside(piece, position)
            else:
                position = self._read_inside(piece, position, self._string)

    def _read_outside(self, piece: bytes, start: int) -> int:
        quote = piece.find(b'"', start)
        if quote < 0:
            self._skeleton.append(piece[start:])
            return len(piece)
        self._skeleton.append(piece[start:quote])
        self._string, self._slashes = [], 0
        return quote + 1

    def _read_inside(self, piece: bytes, start: int, string: list[bytes]) -> int:
        quote = piece.find(b'"', start)
        segment = piece[start:] if quote < 0 else piece[start:quote]
        trailing = len(segment) - len(segment.rstrip(b"\\"))
        if trailing == len(segment):
            trailing += self._slashes
        string.append(segment)
        if quote < 0:
            self._slashes = trailing
            return len(piece)
        self._slashes = 0
        if trailing % 2:
            string.append(b'"')
        else:
            self._close(b"".join(string))
        return quote + 1

    def _close(self, raw: bytes) -> None:
        self._string = None
        if len(raw) <= LONG:
            self._skeleton.append(b'"' + raw + b'"')
            return
        self._skeleton.append(f'"{self._marker}{len(self._long_strings)}"'.encode())
        self._long_strings.append(LongString(raw))

    def get_digest(self) -> str:
        """SHA-256 of everything fed, in hexadecimal."""
        return self._digest.hexdigest()

    def build_tree(self) -> Any:
        """The JSON value, long strings as ``LongString``; raises the service's 400 for anything else."""
        if self._string is not None:
            raise _build_json_error("unterminated string")
        try:
            text = b"".join(self._skeleton).decode("utf-8")
            value = json.loads(text, parse_constant=_reject_constant)
            return self._fill(value)
        except (ValueError, RecursionError) as error:
            raise _build_json_error(type(error).__name__) from error

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            if value.startswith(self._marker):
                return self._long_strings[int(value[len(self._marker) :])]
            return value
        if isinstance(value, list):
            return [self._fill(item) for item in cast("list[Any]", value)]
        if isinstance(value, dict):
            named = cast("dict[str, Any]", value)
            return {self._fill_name(key): self._fill(item) for key, item in named.items()}
        return value

    def _fill_name(self, key: str) -> str:
        name = self._fill(key)
        return name.to_text() if isinstance(name, LongString) else key


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _build_json_error(reason: str) -> ApiError:
    return build_bad_request([("", f"Invalid JSON payload received. Unexpected token ({reason}).")])


def read_pieces(stream: BinaryIO, length: int) -> Iterator[bytes]:
    """Exactly *length* bytes; raises ``ConnectionError`` when the connection ends early."""
    while length:
        piece = stream.read(min(PIECE, length))
        if not piece:
            raise ConnectionError("the request ended before its body was complete")
        length -= len(piece)
        yield piece


def read_chunked_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """The body of a ``Transfer-Encoding: chunked`` request."""
    while True:
        size = _parse_chunk_size(stream.readline(1024))
        if size == 0:
            while stream.readline(65536).strip():
                pass
            return
        yield from read_pieces(stream, size)
        stream.readline(8)


def _parse_chunk_size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0].strip() or b"x", 16)
    except ValueError as error:
        raise ConnectionError("broken chunked request body") from error


def read_body(pieces: Iterable[bytes], limit: int | None) -> BodyReader:
    """Read all pieces. Past *limit* bytes the rest is read and dropped, and a 400 is raised."""
    reader = BodyReader()
    received = 0
    for piece in pieces:
        received += len(piece)
        if limit is None or received <= limit:
            reader.feed(piece)
    if limit is not None and received > limit:
        raise build_size_error(limit)
    return reader


def build_size_error(limit: int) -> ApiError:
    """The service's words for a body over its limit."""
    return ApiError(400, f"Request payload size exceeds the limit: {limit} bytes.")
