# SPDX-License-Identifier: GPL-3.0-or-later
"""One call as the rooms see it: headers, query, and the body when they ask for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from . import body, gateway, parse, vertex
from .errors import ApiError
from .plan import Circumstances, Plan, Transport
from .request import Received, without_pictures
from .world import World


@dataclass
class Call:
    """``headers`` have lower-case names; ``secret`` is the key as sent and goes no further."""

    world: World
    received: Received
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

    def length(self) -> int:
        """The announced length of the body; 0 without one."""
        text = self.headers.get("content-length", "0").strip()
        if not text.isdecimal():
            raise ConnectionError("Content-Length is no number")
        return int(text)

    def raw_pieces(self) -> Iterator[bytes]:
        """The body as it comes."""
        self.body_read = self.unfinished = True
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            yield from body.pieces_of_chunks(self.stream)
        else:
            yield from body.pieces_of_length(self.stream, self.length())
        self.unfinished = False

    def json(self, on: str) -> Any:
        """The body's JSON, long strings as ``Lump``; scripted trouble on the way in is here."""
        limit = self.world.settings.body_limit
        pieces = self._apply_limits(self.raw_pieces(), on)
        try:
            skimmer = body.skim(pieces, limit)
        except ApiError:
            if self.world.settings.dialect == "cometapi":
                text = "Request Entity Too Large"
                raise ApiError(413, text, html=gateway.TOO_LARGE) from None
            raise
        self.received.body_length = skimmer.length
        self.received.digest = skimmer.digest()
        return skimmer.tree()

    def message(self, tree: Any, name: str) -> dict[str, Any]:
        """*tree* checked as message *name*; what came is remembered either way."""
        try:
            if self.world.settings.dialect == vertex.DIALECT:
                parsed = vertex.flat(parse.parse(tree, name, self.version, vertex.MESSAGES))
            else:
                parsed = parse.parse(tree, name, self.version)
        except ApiError:
            self.received.json = without_pictures(tree)
            raise
        self.received.json = without_pictures(parsed)
        return parsed

    def _apply_limits(self, pieces: Iterable[bytes], on: str) -> Iterable[bytes]:
        chosen = self.world.script.take(on, early=True)
        if not chosen.cases:
            return pieces
        plan = Plan()
        chosen.apply(plan, Circumstances())
        self.received.cases.extend(item.name for item in chosen.cases)
        return self._throttle(pieces, plan.transport)

    def _throttle(self, pieces: Iterable[bytes], transport: Transport) -> Iterator[bytes]:
        read = 0
        for piece in pieces:
            read += len(piece)
            if transport.fault == "close_in_upload" and read >= transport.pad:
                raise ConnectionError("closed by the script")
            if transport.pause:
                self.world.stopping.wait(len(piece) * transport.pause)
            yield piece
