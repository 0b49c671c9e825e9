# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON text of a body, whatever it is wrapped in: compression, a byte order mark, server-sent events.

Compression is recognised by its first bytes: servers and proxies name it wrongly.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from ...core.errors import ErrorKind, NanoBananaError

_INFLATE_STEP = 256 * 1024
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EVENT_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
#: Bytes after which a body's or a line's kind is known.
_HEAD = 16


def find_window(head: bytes, coding: str) -> int | None:
    """What zlib has to know of the compression, from a body's first two bytes and its Content-Encoding.

    None for a body that is not compressed. Raises `NanoBananaError` (ANSWER) for an unknown compression.
    """
    if head.startswith(_GZIP):
        return zlib.MAX_WBITS | 16
    if coding in ("", "identity") or head[:1] in (b"{", b"[", b'"'):
        return None
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise NanoBananaError(
            ErrorKind.ANSWER, "The answer is compressed in a way that was not asked for.", detail=coding
        )
    # RFC 9110 means zlib's format by "deflate"; some send it without its two bytes of header.
    has_header = len(head) > 1 and head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS


def unwrap(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """JSON text without a byte order mark; server-sent events become one array of their data."""
    head, chunks = peek(chunks, _HEAD)
    if head.startswith(_BYTE_ORDER_MARK):
        head = head.removeprefix(_BYTE_ORDER_MARK)
        chunks = chain([next(chunks).removeprefix(_BYTE_ORDER_MARK)], chunks)
    return _join_events(chunks) if head.lstrip().startswith(_EVENT_FIELDS) else chunks


def peek(chunks: Iterable[bytes], count: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, at least `count` of them if there are so many, and all chunks, the first holding these bytes."""
    head, iterator = b"", iter(chunks)
    for chunk in iterator:
        head += chunk
        if len(head) >= count:
            break
    return head, chain([head], iterator)


def inflate(raw: Iterable[bytes], window: int) -> Iterator[bytes]:
    """Decompress in bounded steps, against decompression bombs; gzip may have several members.

    Raises `NanoBananaError` (ANSWER) for a broken compression, `ConnectionError` for an incomplete one.
    """
    inflater = zlib.decompressobj(window)
    rest = b""  # after the end of a member
    for chunk in raw:
        chunk = rest + chunk
        rest = b""
        while chunk:
            if inflater.eof:
                if len(chunk) < len(_GZIP):
                    rest = chunk
                    break
                if not chunk.startswith(_GZIP):
                    return  # padding
                inflater = zlib.decompressobj(window)
            try:
                data = inflater.decompress(chunk, _INFLATE_STEP)
            except zlib.error as error:
                raise NanoBananaError(
                    ErrorKind.ANSWER, "The answer's compression is broken.", detail=str(error)
                ) from None
            if data:
                yield data
            chunk = inflater.unused_data or inflater.unconsumed_tail
    if not inflater.eof:
        raise ConnectionError("the compressed answer ends in the middle")


def _join_events(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The data of server-sent events as the elements of an array; a last "[DONE]" is none."""
    separator, in_event = b"[", False
    for starts, piece in _iter_line_pieces(chunks):
        if not piece.strip() and starts:
            in_event = False
        elif not starts:
            yield piece
        elif piece.removeprefix(b"data:").strip() != b"[DONE]":
            yield b"\n" if in_event else separator
            separator, in_event = b",", True
            yield piece.removeprefix(b"data:")
    yield b"[]" if separator == b"[" else b"]"


def _iter_line_pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Empty lines and lines of data in pieces, each with whether it begins the line; other fields are left out."""
    start, skipped, at_start = b"", False, True
    for piece in chain.from_iterable(map(_split_lines, chain(chunks, [b"\n"]))):
        ended = piece.endswith((b"\n", b"\r"))
        if not at_start:
            if not skipped:
                yield False, piece
            at_start = ended
            continue
        start += piece
        if not ended and len(start) < _HEAD:
            continue
        line, start, at_start = start, b"", ended
        skipped = bool(line.strip()) and not line.startswith(b"data:")
        if not skipped:
            yield True, line


def _split_lines(chunk: bytes) -> list[bytes]:
    return chunk.splitlines(keepends=True)
