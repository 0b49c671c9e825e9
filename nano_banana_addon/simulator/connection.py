# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection: reads requests, hands them to their handler, sends the answers."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from . import replies, routes
from .call import ServerCall
from .contract.errors import INTERNAL, ApiError
from .contract.plan import ServerReply
from .state import ServerState
from .transmission import Hangup, send

logger = logging.getLogger(__name__)


class HasState(Protocol):
    """The server that a connection belongs to."""

    state: ServerState


class Connection(BaseHTTPRequestHandler):
    """Serves the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET; other methods come here too, and find no handler if they have none."""
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # the names that http.server calls

    def _serve(self) -> None:
        state = cast("HasState", self.server).state
        parts = urlsplit(self.path)
        headers = {name.lower(): str(value) for name, value in self.headers.items()}
        call = ServerCall(
            state,
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            cast("BinaryIO", self.rfile),
        )
        state.extension.observer.begin(call)
        try:
            self._exchange(call)
        except (Hangup, OSError):
            call.note(gone_at=time.monotonic())
            self.close_connection = True
        finally:
            state.extension.observer.end(call)

    def _exchange(self, call: ServerCall) -> None:
        reply = self._answer(call)
        self._drain(call)
        call.note(status=reply.status)
        (reply.send or send)(self.connection, reply, call.state.stop_event)
        call.note(answered_at=time.monotonic())
        if call.headers.get("connection", "").lower() == "close":
            self.close_connection = True

    def _answer(self, call: ServerCall) -> ServerReply:
        dialect = call.state.dialect
        try:
            return routes.answer(call)
        except ApiError as error:
            return replies.reply_with_error(error, dialect, "sim")
        except OSError:
            raise
        except Exception:  # the top of a request's thread: logged, and answered as the service does
            logger.exception("the simulator failed on %s %s", call.method, call.path)
            return replies.reply_with_error(ApiError(500, INTERNAL), dialect, "sim")

    def _drain(self, call: ServerCall) -> None:
        """Read what is left of the body, so that the caller gets to see the answer."""
        has_body = "content-length" in call.headers or "transfer-encoding" in call.headers
        if has_body and not call.body_read:
            for _ in call.read_pieces():
                pass
        elif has_body and call.unfinished:
            # Refused half-way: the rest cannot be told from a next request.
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A request that is no HTTP: answered in the service's form."""
        del explain
        self.close_connection = True
        state = cast("HasState", self.server).state
        reply = replies.reply_with_error(ApiError(code, message or "Bad Request"), state.dialect, "sim")
        reply.headers["Connection"] = "close"
        with contextlib.suppress(Hangup, OSError):
            send(self.connection, reply, state.stop_event)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a request line may hold a key."""

    def finish(self) -> None:
        """Close the files of the connection, even when it broke."""
        with contextlib.suppress(OSError):
            super().finish()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
