# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands to the worker process on its standard input: one JSON object per line.

Keys are transmitted only here.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_PIECE = 65536


@dataclass(frozen=True, slots=True)
class Submit:
    """Carry out a recorded generation. `base_url` "" is the provider's own address."""

    id: str
    provider: str
    base_url: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Cancel:
    """End a generation, in any phase."""

    id: str


@dataclass(frozen=True, slots=True)
class Limit:
    """Start at most so many concurrent jobs from now on; running ones continue."""

    count: int


@dataclass(frozen=True, slots=True)
class Quit:
    """Blender has closed the client or has ended: finish what is in progress, start nothing new."""


Command = Submit | Cancel | Limit | Quit


def encode(command: Command) -> bytes:
    """A command as a line."""
    plain: dict[str, Any]
    if isinstance(command, Submit):
        plain = {"type": "submit", "id": command.id, "provider": command.provider}
        plain |= {"base_url": command.base_url, "key": command.key}
    elif isinstance(command, Cancel):
        plain = {"type": "cancel", "id": command.id}
    elif isinstance(command, Limit):
        plain = {"type": "limit", "count": command.count}
    else:
        plain = {"type": "quit"}
    return json.dumps(plain).encode() + b"\n"


def decode(line: bytes) -> Command | None:
    """The inverse; None for an invalid line (of a newer version, or truncated)."""
    try:
        plain: Any = json.loads(line)
        kind = plain["type"]
        if kind == "submit":
            return Submit(plain["id"], plain["provider"], plain["base_url"], plain["key"])
        if kind == "cancel":
            return Cancel(plain["id"])
        if kind == "limit":
            return Limit(max(int(plain["count"]), 1))
        return Quit() if kind == "quit" else None
    except (ValueError, KeyError, TypeError):
        return None


def listen(handle: int) -> queue.Queue[Command]:
    """Read commands from a file descriptor in a separate thread; the end of the file is a `Quit`."""
    commands: queue.Queue[Command] = queue.Queue()

    def read() -> None:
        for line in _lines(handle):
            command = decode(line)
            if command:
                commands.put(command)
        commands.put(Quit())

    threading.Thread(target=read, name="commands", daemon=True).start()
    return commands


def _lines(handle: int) -> Iterator[bytes]:
    # os.read, not sys.stdin: its lock would be held by this thread when Python ends.
    rest = b""
    while True:
        try:
            piece = os.read(handle, _PIECE)
        except OSError:
            return
        if not piece:
            return
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
