# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts an answer on the connection."""

from __future__ import annotations

import select
import socket
import threading
import time
from http import HTTPStatus

from .contract.plan import ServerReply

_TICK = 0.05  # seconds between looks at a silent caller


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


def send(connection: socket.socket, reply: ServerReply, stop_event: threading.Event) -> None:
    """Send *reply* after its silence. Raises ``Hangup`` or ``OSError``."""
    if reply.silence and not wait(connection, reply.silence, stop_event):
        raise Hangup
    connection.sendall(build_head(reply, reply.length, {}))
    for piece in reply.pieces:
        connection.sendall(encode_chunk(piece) if reply.length is None else piece)
    if reply.length is None:
        connection.sendall(b"0\r\n\r\n")


def build_head(reply: ServerReply, length: int | None, extra: dict[str, str]) -> bytes:
    """The status line and the headers."""
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


def encode_chunk(piece: bytes) -> bytes:
    """A piece in chunked encoding; nothing for an empty one, which would end the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
