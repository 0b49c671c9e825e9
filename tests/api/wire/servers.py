# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers for what the simulator does not do: raw bytes, and a port that never answers."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress


@contextmanager
def answering(raw: bytes) -> Generator[str, None, None]:
    """A server that takes one request and answers with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_once, args=(listener, raw), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def _serve_once(listener: socket.socket, raw: bytes) -> None:
    line, _address = listener.accept()
    with line:
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(65536)
        head, body = data.split(b"\r\n\r\n", 1)
        length = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
        while len(body) < int(length[1] if length else 0):
            body += line.recv(65536)
        with suppress(OSError):
            line.sendall(raw)


@contextmanager
def dripping(start: bytes, piece: bytes, pause: float) -> Generator[str, None, None]:
    """A server that takes a request, answers with `start`, and then sends a piece again and again."""

    def serve() -> None:
        line, _address = listener.accept()
        with line, suppress(OSError):
            line.recv(65536)
            line.sendall(start)
            while True:
                line.sendall(piece)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@contextmanager
def full_listener() -> Generator[int, None, None]:
    """A port that neither takes nor refuses connections: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for line in waiting:
            line.setblocking(False)
            with suppress(BlockingIOError):
                line.connect(listener.getsockname())
        yield listener.getsockname()[1]
        for line in waiting:
            line.close()
