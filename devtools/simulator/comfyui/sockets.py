# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's side of WebSockets: handshake, frames, and who listens under which client id."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from nano_banana_addon.simulator.contract.json_access import Tree

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def build_handshake(key: str) -> bytes:
    """The 101 for a client's ``Sec-WebSocket-Key``."""
    accepted = base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest())
    lines = (b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: upgrade")
    return b"\r\n".join((*lines, b"Sec-WebSocket-Accept: " + accepted, b"", b""))


def encode_frame(kind: int, data: bytes, *, last: bool = True) -> bytes:
    """One frame as a server sends it, without a mask."""
    head = bytes([(0x80 if last else 0) | kind])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 1 << 16:
        return head + b"\x7e" + struct.pack(">H", len(data)) + data
    return head + b"\x7f" + struct.pack(">Q", len(data)) + data


def read_frame(stream: BinaryIO) -> tuple[int, bytes]:
    """Kind and content of a client's frame, (CLOSE, b"") at the end. Raises ``ConnectionError`` for an unmasked one."""
    head = stream.read(2)
    if len(head) < 2:
        return CLOSE, b""
    if not head[1] & 0x80:
        raise ConnectionError("a client's frames must be masked")
    length = head[1] & 0x7F
    if length == 126:
        (length,) = struct.unpack(">H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack(">Q", stream.read(8))
    mask = stream.read(4)
    data = stream.read(length)
    return head[0] & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))


class Session:
    """One open socket. ``frames_left`` None sends for ever."""

    def __init__(self, ident: str, connection: socket.socket) -> None:
        self.ident = ident
        self.flags: Tree = {}
        self.frames_left: int | None = None
        self.split = False
        self._connection = connection
        self._lock = threading.Lock()

    def send(self, kind: int, data: bytes) -> None:
        """Send a message; nothing when the client has gone."""
        with self._lock:
            if self.frames_left is not None:
                self.frames_left -= 1
                if self.frames_left < 0:
                    self._connection.shutdown(socket.SHUT_RDWR)
                    return
            for frame in self._build_frames(kind, data):
                self._connection.sendall(frame)

    def _build_frames(self, kind: int, data: bytes) -> list[bytes]:
        if not self.split or len(data) < 4:
            return [encode_frame(kind, data)]
        middle = len(data) // 2
        ping = encode_frame(PING, b"still there")
        return [encode_frame(kind, data[:middle], last=False), ping, encode_frame(0, data[middle:])]

    def answer(self, kind: int, data: bytes) -> None:
        """Send a control frame."""
        with self._lock:
            self._connection.sendall(encode_frame(kind, data))


class Sessions:
    """The sockets by client id: a second one under the same id takes over."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def serve(self, session: Session, stream: BinaryIO, greet: Callable[[Session], None], features: Tree) -> None:
        """Greet, then read until the client goes."""
        with self._lock:
            self._sessions[session.ident] = session
        try:
            greet(session)
            self._read(session, stream, features)
        finally:
            with self._lock:
                if self._sessions.get(session.ident) is session:
                    del self._sessions[session.ident]

    def _read(self, session: Session, stream: BinaryIO, features: Tree) -> None:
        is_first = True
        while True:
            kind, data = read_frame(stream)
            if kind == CLOSE:
                session.answer(CLOSE, data[:2])
                return
            if kind == PING:
                session.answer(PONG, data)
            elif kind == TEXT:
                if is_first and _reads_as(data).get("type") == "feature_flags":
                    session.flags = _reads_as(data).get("data", {})
                    self.send("feature_flags", features, session.ident)
                is_first = False

    def find(self, ident: str) -> Session | None:
        """The session of a client."""
        return self._sessions.get(ident)

    def send(self, kind: str, data: Tree, ident: str | None = None) -> None:
        """A JSON message to one client, or to all."""
        self.send_raw(TEXT, json.dumps({"type": kind, "data": data}).encode(), ident)

    def send_raw(self, kind: int, data: bytes, ident: str | None) -> None:
        """A message as it is; a client that has gone is passed over."""
        with self._lock:
            chosen = list(self._sessions.values()) if ident is None else [self._sessions.get(ident)]
        for session in chosen:
            if session is not None:
                try:
                    session.send(kind, data)
                except OSError:
                    continue


def _reads_as(data: bytes) -> Tree:
    try:
        value: Any = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
