# SPDX-License-Identifier: GPL-3.0-or-later
"""What finds an order again at its service after a crash: on the disk before its result is waited for."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ...core.bounds import MAX_RECORD_BYTES
from ...core.files import write_durable
from .layout import Home, convert_home_errors

#: The name of the file in the folder of a generation's answer.
NAME = "ticket"


def keep(home: Home, id: str, ticket: str) -> None:
    """Record the ticket of a generation's latest order. Raises DISK."""
    with convert_home_errors(home.root):
        write_durable(_get_path(home, id), ticket.encode())


def read(home: Home, id: str) -> str:
    """The ticket of a generation's latest order; "" where there is none."""
    with suppress(OSError, ValueError):
        path = _get_path(home, id)
        if path.stat().st_size <= MAX_RECORD_BYTES:
            return path.read_text("utf-8")
    return ""


def _get_path(home: Home, id: str) -> Path:
    return home.receiving / id / NAME
