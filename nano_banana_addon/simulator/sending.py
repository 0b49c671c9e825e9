# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts an answer on the line, with the faults that were asked for."""

from __future__ import annotations

import contextlib
import math
import os
import select
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from .plan import ServerReply, Transport

_TICK = 0.05  # seconds between looks at a silent caller
# Linger on, for no time: two ints, or two shorts on Windows.
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Hangup(Exception):
    """The connection is over and must be closed without another byte."""


def wait(connection: socket.socket, seconds: float, stop_event: threading.Event) -> bool:
    """Keep silent for *seconds*; False when the caller hung up (or the server stops) before."""
    end = time.monotonic() + seconds
    while (remaining := end - time.monotonic()) > 0:
        if stop_event.is_set() or _is_closed(connection):
            return False
        stop_event.wait(min(_TICK, remaining))
    return True


def _is_closed(connection: socket.socket) -> bool:
    try:
        ready, _, _ = select.select([connection], [], [], 0)
        return bool(ready) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def send(connection: socket.socket, reply: ServerReply, stop_event: threading.Event) -> bool:
    """Send *reply*. True: the connection may be used again. Raises ``Hangup`` or ``OSError``."""
    transport = reply.transport
    silence = math.inf if transport.forever else transport.silence
    if silence and not wait(connection, silence, stop_event):
        raise Hangup
    if transport.fault == "close_before":
        raise Hangup
    if transport.fault == "reset":
        _reset(connection)
    pieces, length, extra = _shape(reply)
    connection.sendall(_build_head(reply, length, extra))
    if transport.fault in ("close_in_body", "reset_in_body"):
        _send_share(connection, pieces, length, transport)
    for piece in pieces:
        connection.sendall(_encode_chunk(piece) if length is None else piece)
        if transport.pause and stop_event.wait(transport.pause):
            raise Hangup
    if length is None:
        connection.sendall(b"0\r\n\r\n")
    return True


def _shape(reply: ServerReply) -> tuple[Iterable[bytes], int | None, dict[str, str]]:
    """(pieces, their total length if known, further headers) after padding, gzip and cutting."""
    transport, pieces, length = reply.transport, reply.pieces, reply.length
    extra: dict[str, str] = {}
    if transport.pad:
        pieces = _pad(pieces, transport.pad)
        length = None if length is None else length + transport.pad
    if transport.gzip:
        pieces, length = _compress(pieces), None
        extra["Content-Encoding"] = "gzip"
    if transport.chunked:
        length = None
    if transport.piece:
        pieces = _cut(pieces, transport.piece)
    return pieces, length, extra


def _build_head(reply: ServerReply, length: int | None, extra: dict[str, str]) -> bytes:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"Server": "scaffolding on HTTPServer2", **reply.headers, **extra}
    if length is None:
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(length)
    lines = [f"HTTP/1.1 {reply.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _encode_chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


def _pad(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    yield from pieces
    spaces = b" " * 65536
    while count > 0:
        yield spaces[:count]
        count -= len(spaces)


def _compress(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _cut(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), size):
            yield piece[start : start + size]


def _send_share(connection: socket.socket, pieces: Iterable[bytes], length: int | None, transport: Transport) -> None:
    """Send a share of the body, then end the connection."""
    data = b"".join(pieces)
    share = data[: int(len(data) * transport.after)]
    connection.sendall(_encode_chunk(share) if length is None else share)
    if transport.fault == "reset_in_body":
        _reset(connection)
    raise Hangup


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    raise Hangup
