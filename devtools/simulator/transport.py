# SPDX-License-Identifier: GPL-3.0-or-later
"""How an answer travels where a test wants trouble: faults, small pieces, gzip, resets."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import struct
import threading
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from nano_banana_addon.simulator.contract.plan import AnswerPlan, ServerReply
from nano_banana_addon.simulator.transmission import Hangup, build_head, encode_chunk, wait

# Linger on, for no time: two ints, or two shorts on Windows.
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@dataclass
class Transport:
    """How an answer travels. Sizes in bytes, times in seconds."""

    fault: str = ""  # close_before, reset, close_in_body, reset_in_body
    after: float = 0.5  # the share of the body that goes out before a fault
    silence: float = 0.0
    forever: bool = False  # silent until the caller hangs up
    gzip: bool = False
    chunked: bool = False
    piece: int = 0
    pause: float = 0.0
    pad: int = 0  # white space appended to the body


@dataclass
class FaultPlan(AnswerPlan):
    """A plan with what only the tests' cases change."""

    transport: Transport = field(default_factory=Transport)
    stream: str = ""  # the trouble in a stream of events
    batch: str = ""  # how a batch ends
    service: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])  # case -> its parameters

    def finish(self, reply: ServerReply) -> None:
        """Let the reply travel as planned."""
        transport = self.transport
        self.silence = math.inf if transport.forever else transport.silence
        super().finish(reply)
        reply.send = reply.send or partial(send, transport)


def send(transport: Transport, connection: socket.socket, reply: ServerReply, stop_event: threading.Event) -> None:
    """Send *reply* with the faults of *transport*. Raises ``Hangup`` or ``OSError``."""
    if reply.silence and not wait(connection, reply.silence, stop_event):
        raise Hangup
    if transport.fault == "close_before":
        raise Hangup
    if transport.fault == "reset":
        _reset(connection)
    pieces, length, extra = _shape(transport, reply)
    connection.sendall(build_head(reply, length, extra))
    if transport.fault in ("close_in_body", "reset_in_body"):
        _send_share(connection, pieces, length, transport)
    for piece in pieces:
        connection.sendall(encode_chunk(piece) if length is None else piece)
        if transport.pause and stop_event.wait(transport.pause):
            raise Hangup
    if length is None:
        connection.sendall(b"0\r\n\r\n")


def _shape(transport: Transport, reply: ServerReply) -> tuple[Iterable[bytes], int | None, dict[str, str]]:
    """(pieces, their total length if known, further headers) after padding, gzip and cutting."""
    pieces, length = reply.pieces, reply.length
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
    connection.sendall(encode_chunk(share) if length is None else share)
    if transport.fault == "reset_in_body":
        _reset(connection)
    raise Hangup


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    raise Hangup
