# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads: only over a safe line to the service itself, and as long as it makes progress."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path

import httpcore
import pytest

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.wire.contract.turn_record import Turn, TurnImage
from nano_banana_addon.wire.gemini.files_api import FileUploader
from nano_banana_addon.wire.http.cancel import CancelToken
from nano_banana_addon.wire.http.sockets import CancellableStream
from nano_banana_addon.wire.providers import resolve_endpoint

from .conftest import KEY
from .test_tls import Server, certificate, trusted

__all__ = ["certificate", "trusted"]  # fixtures


class UploadServer(Server):
    """Names one address for the upload, behind a proxy's tunnel."""

    def __init__(self, certificate: Path, address: str) -> None:
        super().__init__(certificate, silent=False, tunnel=True)
        self.address = address

    def _answer(self, line: ssl.SSLSocket) -> None:
        data = b""
        while b"displayName" not in data:
            data += line.recv(65536)
        head = f"HTTP/1.1 200 OK\r\nX-Goog-Upload-URL: {self.address}\r\nContent-Length: 0\r\n\r\n"
        line.sendall(head.encode())


@pytest.mark.parametrize(
    "address",
    [
        "http://paint.example/upload?id=1",
        "http://upload.paint.example/upload?id=1",
        "ftp://upload.paint.example/upload?id=1",
        "//upload.paint.example/upload?id=1",
        "https://paint.example.elsewhere.example/upload?id=1",
        "https://elsewhere.example/upload?id=1",
        "",
    ],
)
def test_the_key_goes_to_no_upload_address_that_is_not_https_at_the_service(
    trusted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(bytes(100))
    turn = Turn("google", "m", "", (TurnImage(str(path), "0" * 64, "image/png", 100),), "", ())
    server = UploadServer(trusted, address)
    with server.listener:
        server.thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
        files = FileUploader(resolve_endpoint("google", "https://paint.example"), KEY)
        with pytest.raises(NanoBananaError) as caught:
            files.upload((turn,))
    assert caught.value.kind is ErrorKind.ANSWER
    assert "address" in caught.value.message


@pytest.fixture
def line() -> tuple[CancellableStream, socket.socket]:
    """Both ends of a connection whose buffers hold little."""
    ours, theirs = socket.socketpair()
    with theirs:
        for end, option in ((ours, socket.SO_SNDBUF), (theirs, socket.SO_RCVBUF)):
            end.setsockopt(socket.SOL_SOCKET, option, 4096)
        stream = CancellableStream(ours, CancelToken(), None)
        yield stream, theirs
        stream.close()


def test_an_upload_may_take_longer_than_its_limit_while_it_makes_progress(line) -> None:
    stream, theirs = line
    limit, pause, pieces = 3.0, 0.5, 8
    data = bytes(1_000_000)
    received = 0

    def read_slowly() -> None:
        nonlocal received
        for _ in range(pieces):
            time.sleep(pause)
            received += len(theirs.recv(100_000))
        while received < len(data):
            received += len(theirs.recv(100_000))

    reader = threading.Thread(target=read_slowly)
    reader.start()
    start = time.monotonic()
    stream.write(data, limit)
    took = time.monotonic() - start
    reader.join(10)
    assert received == len(data)
    assert took > limit


def test_an_upload_that_makes_no_progress_ends(line) -> None:
    stream, _ = line
    with pytest.raises(httpcore.WriteTimeout):
        stream.write(bytes(1_000_000), 0.5)
