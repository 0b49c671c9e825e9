# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call returns is on the disk, says what is unfinished, and was asked for without waiting for days."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.wire.retry import compute_wait

from .conftest import Caller, failed, small
from .servers import answering

#: How long a request may wait by itself: an artist sits beside it.
LONGEST = 300


@pytest.fixture
def synchronised(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, int]]:
    """The files, each with its length, that have been flushed to the disk."""
    found: set[tuple[int, int]] = set()
    flush = os.fsync

    def record(handle: int) -> None:
        flush(handle)
        found.add(identify(os.fstat(handle)))

    monkeypatch.setattr(os, "fsync", record)
    return found


def identify(entry: os.stat_result) -> tuple[int, int]:
    return entry.st_ino, entry.st_size


def test_an_answer_has_survived_a_power_cut_before_it_counts(
    caller: Caller, simulator: Simulator, synchronised: set[tuple[int, int]]
) -> None:
    simulator.script("draft_unmarked", drafts=2)
    answer = caller.ask(small())
    assert len(answer.pictures) > 1
    assert answer.turn
    for path in (*(picture.path for picture in answer.pictures), answer.turn):
        assert identify(Path(path).stat()) in synchronised, "the whole file is flushed"


def respond(finish_reason: str | None) -> bytes:
    """An answer with an image of the size that was asked for."""
    stream = io.BytesIO()
    Image.new("RGB", (1024, 1024), "teal").save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    candidate: dict[str, Any] = {"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": data}}]}}
    candidate |= {"finishReason": finish_reason} if finish_reason else {}
    body = json.dumps({"candidates": [candidate]}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("reason", ["MAX_TOKENS", "SAFETY", "A_NEW_ONE"])
def test_an_image_that_may_be_unfinished_is_kept_and_told(tmp_path: Path, reason: str) -> None:
    with answering(respond(reason)) as url:
        answer = Caller(url, tmp_path / "results").ask(small())
    assert answer.result
    assert [warning for warning in answer.warnings if reason in warning and "unfinished" in warning]


@pytest.mark.parametrize("reason", ["STOP", None])
def test_a_finished_image_is_not_warned_of(tmp_path: Path, reason: str | None) -> None:
    with answering(respond(reason)) as url:
        answer = Caller(url, tmp_path / "results").ask(small())
    assert answer.result
    assert answer.warnings == ()


@pytest.mark.parametrize(
    ("seconds", "kind"), [(LONGEST, ErrorKind.RATE), (LONGEST + 1, ErrorKind.QUOTA_DAY), (80_000, ErrorKind.QUOTA_DAY)]
)
def test_a_quota_is_waited_for_five_minutes_at_most(
    caller: Caller, simulator: Simulator, seconds: int, kind: ErrorKind
) -> None:
    simulator.script("429_per_minute", delay=f"{seconds}s")
    error = failed(caller)
    assert error.kind is kind
    wait = compute_wait(error, 1)
    assert wait is None if seconds > LONGEST else wait is not None and seconds <= wait <= 2 * LONGEST
