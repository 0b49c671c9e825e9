# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of each request and of what it would have cost."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.body import LongString
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.parsed_request import ParsedRequest
from nano_banana_addon.simulator.extension import Observer

_SECRET_HEADERS = frozenset({"x-goog-api-key", "x-key", "x-api-key", "authorization", "proxy-authorization", "cookie"})


@dataclass
class ReceivedRequest:
    """A request as the server saw it, for assertions. No key, no picture is kept.

    ``json`` has each picture replaced by ``sha256:<hex> <n> bytes``; ``at``, ``answered_at`` and
    ``gone_at`` are monotonic seconds; ``gone_at`` is set when the caller hung up while waiting.
    """

    method: str
    path: str
    headers: dict[str, str]
    at: float
    body_length: int = 0
    digest: str = ""
    json: Any = None
    prompt: str = ""
    key: str = ""
    status: int | None = None
    answered_at: float | None = None
    gone_at: float | None = None
    cases: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class BillingEntry:
    """What the service would have charged for: tokens, no money."""

    model: str
    image_tokens: int
    pictures: int
    prompt_tokens: int
    text_tokens: int


class Recorder(Observer):
    """Keeps what came and what was billed, oldest first; ``busiest`` is how many calls were under way at once."""

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.billed: list[BillingEntry] = []
        self.busiest = self._under_way = 0
        self._lock = threading.Lock()

    def begin(self, call: ServerCall) -> None:
        """Keep the call's head."""
        call.record = ReceivedRequest(call.method, call.path, redact_headers(call.headers), time.monotonic())
        with self._lock:
            self.requests.append(call.record)
            self._under_way += 1
            self.busiest = max(self.busiest, self._under_way)

    def note(self, call: ServerCall, **facts: Any) -> None:
        """Keep facts under the names that ``ReceivedRequest`` has for them; further cases join those before."""
        call.record.cases += facts.pop("cases", ())
        for name, value in facts.items():
            setattr(call.record, name, shorten_pictures(value))

    def end(self, call: ServerCall) -> None:
        """Count it out."""
        del call
        with self._lock:
            self._under_way -= 1

    def bill(self, parsed: ParsedRequest, pictures: int, counts: Tree) -> None:
        """Keep the tokens of an answer."""
        image = pictures * parsed.count_image_tokens()
        text = counts.get("candidatesTokenCount", 0) - image
        self.billed.append(BillingEntry(parsed.model.id, image, pictures, counts["promptTokenCount"], text))


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case; a secret's value becomes ``redacted``."""
    return {name.lower(): "redacted" if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()}


def shorten_pictures(tree: Any) -> Any:
    """A copy of a parsed body that is small: bytes and long strings become their digests."""
    if isinstance(tree, bytes):
        return f"sha256:{hashlib.sha256(tree).hexdigest()} {len(tree)} bytes"
    if isinstance(tree, LongString):
        return f"{tree.raw[:64].decode('utf-8', 'replace')}… {len(tree.raw)} characters"
    if isinstance(tree, dict):
        named = cast("Tree", tree)
        return {name: shorten_pictures(value) for name, value in named.items()}
    if isinstance(tree, list):
        return [shorten_pictures(value) for value in cast("list[Any]", tree)]
    return tree
