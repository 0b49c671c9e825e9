# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of answers: where they arrive, and where those are kept that cannot be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...core.files import move_whole
from ...core.result import Failure, Generation
from ...wire.http.raw_copy import get_head_path
from .layout import Home


def get_path(home: Home, id: str) -> Path:
    """The file in which the bytes of an answer arrive."""
    return home.receiving / id / "raw"


def exists(home: Home, id: str) -> bool:
    """Whether anything of an answer has arrived there."""
    try:
        return get_path(home, id).stat().st_size > 0
    except OSError:
        return False


def set_aside(home: Home, generation: Generation) -> Path | None:
    """Move the bytes of an answer to where they stay until the generation is deleted; doing it twice changes nothing.

    Returns their file there, None when nothing had arrived. Raises `OSError`.
    """
    source = get_path(home, generation.id)
    target = home.unreadable / generation.id / f"answer-{max(generation.tries, 1)}"
    if exists(home, generation.id):
        if get_head_path(source).exists():
            move_whole(get_head_path(source), get_head_path(target))
        move_whole(source, target)
    return target if target.exists() else None


def remove(home: Home, id: str) -> None:
    """Remove the bytes of an answer that was understood. Raises `OSError`."""
    path = get_path(home, id)
    for each in (path, get_head_path(path)):
        each.unlink(missing_ok=True)


def name_copy(failure: Failure, path: Path | None) -> Failure:
    """The failure, with where the received bytes are kept."""
    if path is None:
        return failure
    return replace(failure, next_step=f"What was received is kept in {path}. {failure.next_step}")
