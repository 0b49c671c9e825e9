# SPDX-License-Identifier: GPL-3.0-or-later
"""One call as the rooms see it: headers, query, and the body when they ask for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from . import body, gateway, parse, vertex
from .errors import ApiError
from .plan import AnswerPlan, CaseContext, Transport
from .request import ReceivedRequest, shorten_pictures
from .world import ServerState


@dataclass
class ServerCall:
    """``headers`` have lower-case names; ``secret`` is the key as sent and goes no further."""

    state: ServerState
    received: ReceivedRequest
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    stream: BinaryIO
    version: str = "v1beta"
    key: str = ""
    secret: str = field(default="", repr=False)
    started: float = field(default_factory=time.monotonic)
    body_read: bool = False
    unfinished: bool = False  # a body was begun and not read to its end
    batch_case: str = ""

    def parse_length(self) -> int:
        """The announced length of the body; 0 without one."""
        text = self.headers.get("content-length", "0").strip()
        if not text.isdecimal():
            raise ConnectionError("Content-Length is no number")
        return int(text)

    def read_pieces(self) -> Iterator[bytes]:
        """The body as it comes."""
        self.body_read = self.unfinished = True
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            yield from body.read_chunked_pieces(self.stream)
        else:
            yield from body.read_pieces(self.stream, self.parse_length())
        self.unfinished = False

    def read_json(self, on: str) -> Any:
        """The body's JSON, long strings as ``Lump``; scripted trouble on the way in is here."""
        limit = self.state.settings.body_limit
        pieces = self._apply_limits(self.read_pieces(), on)
        try:
            reader = body.read_body(pieces, limit)
        except ApiError:
            if self.state.settings.dialect == "cometapi":
                text = "Request Entity Too Large"
                raise ApiError(413, text, html=gateway.TOO_LARGE) from None
            raise
        self.received.body_length = reader.length
        self.received.digest = reader.get_digest()
        return reader.build_tree()

    def check_message(self, tree: Any, name: str) -> dict[str, Any]:
        """*tree* checked as message *name*; what came is remembered either way."""
        try:
            if self.state.settings.dialect == vertex.DIALECT:
                parsed = vertex.flatten_response_format(parse.parse(tree, name, self.version, vertex.MESSAGES))
            else:
                parsed = parse.parse(tree, name, self.version)
        except ApiError:
            self.received.json = shorten_pictures(tree)
            raise
        self.received.json = shorten_pictures(parsed)
        return parsed

    def _apply_limits(self, pieces: Iterable[bytes], on: str) -> Iterable[bytes]:
        selection = self.state.script.take(on, early=True)
        if not selection.cases:
            return pieces
        plan = AnswerPlan()
        selection.apply(plan, CaseContext())
        self.received.cases.extend(item.name for item in selection.cases)
        return self._throttle(pieces, plan.transport)

    def _throttle(self, pieces: Iterable[bytes], transport: Transport) -> Iterator[bytes]:
        byte_count = 0
        for piece in pieces:
            byte_count += len(piece)
            if transport.fault == "close_in_upload" and byte_count >= transport.pad:
                raise ConnectionError("closed by the script")
            if transport.pause:
                self.state.stop_event.wait(len(piece) * transport.pause)
            yield piece
