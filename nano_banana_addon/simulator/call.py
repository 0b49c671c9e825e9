# SPDX-License-Identifier: GPL-3.0-or-later
"""One call as the handlers see it: headers, query, and the body when they ask for it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from .contract import body
from .contract.errors import ApiError
from .contract.plan import AnswerPlan
from .state import ServerState


@dataclass
class ServerCall:
    """``headers`` have lower-case names; ``key`` is a digest of the key. ``record`` is an observer's."""

    state: ServerState
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    stream: BinaryIO
    version: str = "v1beta"
    key: str = ""
    digest: str = ""  # of the body
    started: float = field(default_factory=time.monotonic)
    body_read: bool = False
    unfinished: bool = False  # a body was begun and not read to its end
    plan: AnswerPlan = field(default_factory=AnswerPlan)
    record: Any = None

    def note(self, **facts: Any) -> None:
        """Tell the observer what was found out."""
        self.state.extension.observer.note(self, **facts)

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
        """The body's JSON, long strings as ``LongString``."""
        limit = self.state.settings.body_limit
        pieces = self.state.extension.script.receive(self, self.read_pieces(), on)
        try:
            reader = body.read_body(pieces, limit)
        except ApiError as error:
            raise self.state.dialect.translate_body_error(error) from None
        self.digest = reader.get_digest()
        self.note(body_length=reader.length, digest=self.digest)
        return reader.build_tree()

    def check_message(self, tree: Any, name: str) -> dict[str, Any]:
        """*tree* as message *name*, the way the service takes it."""
        self.note(json=tree)
        parsed = self.state.dialect.parse(tree, name, self.version)
        self.note(json=parsed)
        return parsed
