# SPDX-License-Identifier: GPL-3.0-or-later
"""The WebSocket against a server that nobody here wrote, and against bytes that no server should send."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpcore
import pytest
from websockets.sync.server import ServerConnection, serve

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.wire.http.call import Call
from nano_banana_addon.wire.http.cancel import CancelToken
from nano_banana_addon.wire.http.web_socket import WebSocket, open_web_socket
from nano_banana_addon.wire.redact import Redactor

from .servers import answering


@contextmanager
def serving(talk: Callable[[ServerConnection], None], **options: object) -> Iterator[str]:
    with serve(talk, "127.0.0.1", 0, **options) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/ws?clientId=a"
        server.shutdown()


def listen(url: str, count: int, cancel: CancelToken | None = None) -> list[str | bytes]:
    found: list[str | bytes] = []
    with open_web_socket(url, {}, Call(cancel or CancelToken(), Redactor())) as opened:
        while len(found) < count:
            found += opened.receive(5.0)
    return found


def test_messages_of_every_length_come_as_they_were_sent():
    """Lengths of one, two and eight bytes, texts and bytes, whole and in fragments, with pings between."""
    sent = ["é", b"\0\1", "x" * 126, os.urandom(70_000), "y" * 66_000]

    def talk(line: ServerConnection) -> None:
        for message in sent:
            line.send(message)
        assert line.ping("are you there").wait(5.0), "a ping is answered"
        line.send(["one ", "two ", "three"])
        line.recv()

    with serving(talk) as url:
        assert listen(url, len(sent) + 1) == [*sent, "one two three"]


def test_silence_ends_after_the_seconds_and_the_line_stays():
    go_on = threading.Event()

    def talk(line: ServerConnection) -> None:
        go_on.wait(10)
        line.send("late")
        line.recv()

    with serving(talk) as url, open_web_socket(url, {}, Call(CancelToken(), Redactor())) as opened:
        assert opened.receive(0.3) == []
        go_on.set()
        assert opened.receive(5.0) == ["late"]


def test_cancelling_wakes_a_listener():
    token = CancelToken()
    with serving(lambda line: line.recv()) as url:
        threading.Timer(0.3, token.cancel).start()
        with pytest.raises((NanoBananaError, ConnectionError)) as caught:
            listen(url, 1, token)
    assert not isinstance(caught.value, NanoBananaError) or caught.value.kind is ErrorKind.CANCELLED


def test_a_server_that_ends_is_noticed():
    with serving(lambda line: line.close()) as url, pytest.raises(ConnectionError):
        listen(url, 1)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=["missing", "page", "unproven"],
)
def test_a_server_without_a_socket_is_told_apart(head):
    with answering(head) as url, pytest.raises(ConnectionError):
        listen(url, 1)


class Bytes:
    """A connection on which some bytes come, a few at a time."""

    def __init__(self, data: bytes, piece: int) -> None:
        self.data, self.piece, self.sent = data, piece, b""

    def read(self, _max_bytes: int, timeout: float | None = None) -> bytes:
        if not self.data and timeout is not None:
            raise httpcore.ReadTimeout
        piece, self.data = self.data[: self.piece], self.data[self.piece :]
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self.sent += buffer


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_frames_may_come_in_any_pieces(piece):
    stream = Bytes(b"\x89\x02hi" + b"\x01\x03abc" + b"\x89\x00" + b"\x80\x7e\x00\x80" + b"d" * 128, piece)
    assert WebSocket(stream).receive(0.1) == ["abc" + "d" * 128]
    assert stream.sent[0] == 0x8A
    assert stream.sent[1] == 0x80 | 2
    assert bytes(byte ^ stream.sent[2 + n % 4] for n, byte in enumerate(stream.sent[6:8])) == b"hi"


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\xff" + b"\xff" * 8,
        b"\x81\x7f" + b"\xff" * 8,
        (b"\x02\x7f" + (2**20).to_bytes(8, "big") + bytes(2**20)) * 9,
        b"\xf1\x00",
        b"\x83\x00",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x88\x00",
    ],
    ids=["masked", "endless", "endless in fragments", "extended", "unknown", "a page", "closed"],
)
def test_what_is_no_message_ends_the_connection(data):
    with pytest.raises(ConnectionError):
        WebSocket(Bytes(data, 65536)).receive(0.1)
