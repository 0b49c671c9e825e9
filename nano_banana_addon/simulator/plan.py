# SPDX-License-Identifier: GPL-3.0-or-later
"""What will happen to one request: the rules' answer, bent by the cases that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError


@dataclass
class Transport:
    """How an answer travels. Sizes in bytes, times in seconds."""

    fault: str = ""  # close_before, reset, close_in_body, reset_in_body
    after: float = 0.5  # the share of the body that goes out before a fault
    silence: float = 0.0
    forever: bool = False  # silent until the caller hangs up
    gzip: bool = False
    chunked: bool = False
    piece: int = 0
    pause: float = 0.0
    pad: int = 0  # white space appended to the body


@dataclass
class ServerReply:
    """A complete answer. ``length`` None: chunked, its end is known when it comes."""

    status: int
    pieces: Iterable[bytes]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    length: int | None = None
    transport: Transport = field(default_factory=Transport)


@dataclass
class AnswerPlan:
    """The knobs that cases turn. The defaults are a plain, correct success."""

    error: ApiError | None = None
    raw: ServerReply | None = None
    array_error: bool = False
    refusal: dict[str, Any] | None = None
    shape: str = ""
    size: str = ""  # paint this size instead of the one asked for
    label: str = ""  # the MIME type that the answer claims
    damage: str = ""  # not_an_image, truncated, bomb, bad_base64
    usage: str = "full"  # full, none, strings
    grounding: bool = False
    extra: dict[str, str] = field(default_factory=dict[str, str])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    stream: str = ""
    finish: bool = True
    batch: str = ""
    transport: Transport = field(default_factory=Transport)


@dataclass(frozen=True)
class CaseContext:
    """What a case may look at. ``secret`` is the key as sent: for the case that echoes it."""

    model: str = ""
    earlier_calls: int = 0  # identical requests before this one
    secret: str = ""


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    """*data* cut into pieces of *size* bytes."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
