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

from .plan import Reply, Transport

_TICK = 0.05  # seconds between looks at a silent caller
# Linger on, for no time: two ints, or two shorts on Windows.
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Hangup(Exception):
    """The connection is over and must be closed without another byte."""


def wait(line: socket.socket, seconds: float, stopping: threading.Event) -> bool:
    """Keep silent for *seconds*; False when the caller hung up (or the server stops) before."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stopping.is_set() or _has_gone(line):
            return False
        stopping.wait(min(_TICK, left))
    return True


def _has_gone(line: socket.socket) -> bool:
    try:
        ready, _, _ = select.select([line], [], [], 0)
        return bool(ready) and line.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def send(line: socket.socket, reply: Reply, stopping: threading.Event) -> bool:
    """Send *reply*. True: the connection may be used again. Raises ``Hangup`` or ``OSError``."""
    transport = reply.transport
    silence = math.inf if transport.forever else transport.silence
    if silence and not wait(line, silence, stopping):
        raise Hangup
    if transport.fault == "close_before":
        raise Hangup
    if transport.fault == "reset":
        _reset(line)
    pieces, length, extra = _shape(reply)
    line.sendall(_head(reply, length, extra))
    if transport.fault in ("close_in_body", "reset_in_body"):
        _send_share(line, pieces, length, transport)
    for piece in pieces:
        line.sendall(_chunk(piece) if length is None else piece)
        if transport.pause and stopping.wait(transport.pause):
            raise Hangup
    if length is None:
        line.sendall(b"0\r\n\r\n")
    return True


def _shape(reply: Reply) -> tuple[Iterable[bytes], int | None, dict[str, str]]:
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


def _head(reply: Reply, length: int | None, extra: dict[str, str]) -> bytes:
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


def _chunk(piece: bytes) -> bytes:
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


def _send_share(line: socket.socket, pieces: Iterable[bytes], length: int | None, transport: Transport) -> None:
    """Send a share of the body, then end the connection."""
    data = b"".join(pieces)
    share = data[: int(len(data) * transport.after)]
    line.sendall(_chunk(share) if length is None else share)
    if transport.fault == "reset_in_body":
        _reset(line)
    raise Hangup


def _reset(line: socket.socket) -> None:
    """Close with RST instead of FIN."""
    with contextlib.suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    raise Hangup
