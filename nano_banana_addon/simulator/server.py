# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator as the provider Offline uses it: start it, stop it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from types import TracebackType
from typing import Any

from .connection import Connection
from .extension import Extension
from .files import FileStore
from .painting import painterly
from .painting.gallery import PictureCache
from .painting.job import Painter
from .state import BODY_LIMIT, IMAGE_LIMIT, ServerSettings, ServerState

HOST = "127.0.0.1"


class Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """The listening socket, with one thread for each connection."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, state: ServerState, max_connections: int) -> None:
        self.state = state
        self._free = threading.BoundedSemaphore(max_connections)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((HOST, port), Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, or drop it when there are too many."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: what breaks on a broken connection is of no interest."""

    def hang_up(self) -> None:
        """End all connections."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Simulator:
    """A server on loopback that speaks the Gemini image API. Also a context manager.

    ``painter`` paints the pictures (None: the painterly restyling). ``port`` 0 takes a free one.
    ``extension`` changes what it does. ``delay`` are the seconds of "painting" in which no byte goes
    out. ``body_limit`` and ``image_limit`` are in bytes, None lifts them. ``mime`` is the type painted
    pictures are encoded as ("": as the service does). ``file_polls`` is how many times an uploaded
    file has to be looked at until it is ACTIVE.
    """

    def __init__(
        self,
        painter: Painter | None = None,
        port: int = 0,
        *,
        extension: Extension | None = None,
        delay: float = 0.0,
        body_limit: int | None = BODY_LIMIT,
        image_limit: int | None = IMAGE_LIMIT,
        max_connections: int = 64,
        mime: str = "",
        file_polls: int = 1,
    ) -> None:
        extension = extension or Extension()
        mime = mime or extension.dialect.mime
        settings = ServerSettings(delay, body_limit, image_limit, mime)
        pictures = PictureCache(painter or painterly.paint)
        self._state = ServerState(settings, pictures, FileStore(file_polls), extension)
        self._port, self._max_connections = port, max_connections
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. Raises ``OSError`` when the port is taken."""
        self._state.stop_event.clear()
        self._listener = Listener(self._port, self._state, self._max_connections)
        self._state.base_url = f"http://{HOST}:{self._listener.server_address[1]}"
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name="simulator", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and the port, and remove uploaded files. May be called twice."""
        listener, thread = self._listener, self._thread
        if listener is None or thread is None:
            return
        self._state.stop_event.set()
        listener.shutdown()
        listener.hang_up()
        listener.server_close()
        thread.join()
        self._state.files.close()
        self._listener = self._thread = None

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:PORT`` once started."""
        return self._state.base_url
