# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service says by itself during one call."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack

from ..contract.steps import Listen
from ..http.call import Call
from ..http.web_socket import WebSocket, open_web_socket
from .exchange import Exchanger


class SocketListener:
    """Holds the WebSocket of a call, opened at the first question; once lost, it stays so."""

    def __init__(self, exchanger: Exchanger, call: Call) -> None:
        self._exchanger = exchanger
        self._call = call
        self._socket: WebSocket | None = None
        self._is_lost = False
        self._open = ExitStack()

    def listen(self, step: Listen) -> tuple[object, ...]:
        """The messages that come within the step's seconds, JSON as trees. Raises CANCELLED."""
        from ..http.transport import CONNECTION_ERRORS

        deadline = time.monotonic() + step.seconds
        try:
            if self._socket is None and not self._is_lost:
                url = self._exchanger.endpoint.resolve_path(step.path)
                self._socket = self._open.enter_context(
                    open_web_socket(url, self._exchanger.build_headers(), self._call)
                )
            messages = self._socket.receive(step.seconds) if self._socket else []
        except CONNECTION_ERRORS:
            self._call.cancel.check()
            self.close()
            messages = []
        if not messages:
            self._call.cancel.wait(max(deadline - time.monotonic(), 0.0))
        return tuple(_read(message) for message in messages)

    def close(self) -> None:
        """End it."""
        self._socket, self._is_lost = None, True
        self._open.close()


def _read(message: str | bytes) -> object:
    if isinstance(message, bytes):
        return message
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None
