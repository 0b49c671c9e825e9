# SPDX-License-Identifier: GPL-3.0-or-later
"""One request on its way through the server, and what is remembered of it afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .contract.body import LongString
from .contract.json_access import Tree

_SECRET_HEADERS = frozenset({"x-goog-api-key", "authorization", "proxy-authorization", "cookie"})


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
