# SPDX-License-Identifier: GPL-3.0-or-later
"""How one request is answered: by the rules alone, or as an extension of the server changes it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError
from .json_access import Tree


@dataclass
class ServerReply:
    """A complete answer. ``length`` None: chunked, its end is known when it comes.

    ``silence`` are seconds in which no byte goes out. ``send`` sends it instead of the server's own way.
    """

    status: int
    pieces: Iterable[bytes]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    length: int | None = None
    silence: float = 0.0
    send: Callable[[socket.socket, ServerReply, threading.Event], object] | None = None


@dataclass
class AnswerPlan:
    """What an extension may change. The defaults are a plain, correct success.

    ``build_parts`` makes the answer's parts from a ``PartBuilder``; ``alter_picture`` changes an encoded picture before
    it is signed, ``alter_answer`` and ``alter_error`` a finished body. ``size`` is painted instead of the one that was
    asked for.
    """

    error: ApiError | None = None
    raw: ServerReply | None = None
    refusal: Tree | None = None
    build_parts: Callable[[Any], list[Tree]] | None = None
    alter_picture: Callable[[bytes], bytes] = lambda data: data
    alter_answer: list[Callable[[Tree], None]] = field(default_factory=list[Callable[[Tree], None]])
    alter_error: Callable[[Tree], Any] = lambda body: body
    size: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    silence: float = 0.0

    def finish(self, reply: ServerReply) -> None:
        """Give a reply the headers and the silence that were planned."""
        reply.headers.update(self.headers)
        reply.silence += self.silence
