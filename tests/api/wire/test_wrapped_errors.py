# SPDX-License-Identifier: GPL-3.0-or-later
"""An error means the same when a service wraps it into an array, as it does for streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nano_banana_addon.core.errors import ErrorKind

from .conftest import Caller, failed
from .servers import answering

_QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": "RequestsPerDay"}]}
_RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "25s"}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("status", "error", "kind", "wait"),
    [
        (400, {"message": "API key not valid."}, ErrorKind.KEY_INVALID, None),
        (429, {"message": "quota", "details": [_QUOTA]}, ErrorKind.QUOTA_DAY, None),
        (429, {"message": "quota", "details": [_RETRY]}, ErrorKind.RATE, 25.0),
        (429, {"message": "Please retry in 12.5s."}, ErrorKind.RATE, 12.5),
    ],
)
def test_an_error_in_an_array_is_understood(
    tmp_path: Path, wrapped: bool, status: int, error: dict[str, Any], kind: ErrorKind, wait: float | None
) -> None:
    tree: Any = {"error": {"code": status, **error}}
    body = json.dumps([tree] if wrapped else tree).encode()
    with answering(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body) as url:
        found = failed(Caller(url, tmp_path / "results"))
    assert (found.kind, found.retry_after) == (kind, wait)
    assert error["message"] in found.detail


def test_half_a_character_in_an_error_is_no_text_that_cannot_be_shown(tmp_path: Path) -> None:
    body = b'{"error": {"code": 400, "message": "half \\ud800 a character"}}'
    with answering(b"HTTP/1.1 400 X\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as url:
        found = failed(Caller(url, tmp_path / "results"))
    assert found.detail == "half ? a character"
