# SPDX-License-Identifier: GPL-3.0-or-later
"""A WebSocket that is only listened to (RFC 6455, without extensions). docs/dev/decisions.md has why it is own code."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from .call import CONNECT_TIMEOUT, Call

#: Bytes of one message; larger ones end the connection.
_MAX_MESSAGE = 8 * 2**20
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10


class Stream(Protocol):
    """The connection below, as httpcore hands it over."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived; b"" at the end. Raises `httpcore.ReadTimeout`."""
        ...

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        ...


class WebSocket:
    """The client's side of an open one: pings are answered, messages are put together from their frames."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self._kind = _CONTINUATION
        self._message = bytearray()

    def receive(self, seconds: float) -> list[str | bytes]:
        """The messages that have come, or come within some seconds; at the first it returns.

        Raises `ConnectionError` when it has ended, and what the stream raises.
        """
        import httpcore

        deadline = time.monotonic() + seconds
        while not (messages := list(self._take_messages())):
            try:
                data = self._stream.read(65536, timeout=max(deadline - time.monotonic(), 0.0))
            except httpcore.ReadTimeout:
                break
            if not data:
                raise ConnectionError("the server has closed the connection")
            self._buffer += data
        return messages

    def _take_messages(self) -> Iterator[str | bytes]:
        while (frame := self._take_frame()) is not None:
            kind, is_last, data = frame
            if kind == _CLOSE:
                raise ConnectionError("the server has ended the connection")
            if kind == _PING:
                self._send(_PONG, data)
            elif kind != _PONG:
                self._kind = kind or self._kind
                self._message += data
                _check_length(len(self._message))
                if is_last:
                    message = bytes(self._message)
                    self._message.clear()
                    yield message.decode("utf-8", "replace") if self._kind == _TEXT else message

    def _take_frame(self) -> tuple[int, bool, bytes] | None:
        """Kind, whether it is a message's last, and content; None while it is not whole."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        if buffer[0] & 0x70 or buffer[1] & 0x80 or buffer[0] & 0x0F not in (0, _TEXT, _BINARY, _CLOSE, _PING, _PONG):
            raise ConnectionError("what comes is no WebSocket")
        length, start = buffer[1], 2
        if length > 125:
            start = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:start], "big")
            _check_length(length if len(buffer) >= start else 0)
        if len(buffer) < start + length:
            return None
        frame = (buffer[0] & 0x0F, bool(buffer[0] & 0x80), bytes(buffer[start : start + length]))
        del buffer[: start + length]
        return frame

    def _send(self, kind: int, data: bytes) -> None:
        """A short control frame, masked as a client's must be."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data[:125]))
        self._stream.write(bytes([0x80 | kind, 0x80 | len(masked)]) + mask + masked, timeout=CONNECT_TIMEOUT)


def _check_length(length: int) -> None:
    if length > _MAX_MESSAGE:
        raise ConnectionError("a message is too large")


@contextmanager
def open_web_socket(url: str, headers: Mapping[str, str], call: Call) -> Generator[WebSocket, None, None]:
    """A WebSocket at an http address; leaving the block closes it.

    Raises `ConnectionError` where the server opens none, and what a connection raises.
    """
    import httpx

    from .transport import open_client

    key = base64.b64encode(os.urandom(16))
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    all_headers = {**headers, **upgrade, "Sec-WebSocket-Key": key.decode()}
    with open_client(url, call.cancel, call.call_deadline) as client:
        timeout = httpx.Timeout(CONNECT_TIMEOUT)
        response = client.send(client.build_request("GET", url, headers=all_headers, timeout=timeout), stream=True)
        try:
            accepted = base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()
            if response.status_code != 101 or response.headers.get("sec-websocket-accept") != accepted:
                raise ConnectionError(f"no WebSocket: HTTP {response.status_code}")
            yield WebSocket(response.extensions["network_stream"])
        finally:
            response.close()
