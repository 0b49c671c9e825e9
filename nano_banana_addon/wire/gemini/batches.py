# SPDX-License-Identifier: GPL-3.0-or-later
"""The Batch API as values: the file of requests, the state of a batch, and a line of its result.

The images of a batch come in a file of lines, never inside of an answer: the service cannot return hundreds of them so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from ...core.errors import ErrorKind, NanoBananaError
from .. import errors
from ..http.body import Body
from ..redact import Redactor

#: Images of one batch. A file with the results of more is too large to be fetched again and again.
MAX_ITEMS = 50
#: Bytes of one file of requests; the service takes twice as much.
MAX_FILE_BYTES = 1000 * 1000 * 1000
MIME_TYPE = "application/jsonl"

_NAME = re.compile(r"(?:batches|files)/[A-Za-z0-9_-]{1,200}")
_ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"})
_KNOWN = _ENDED | {"PENDING", "RUNNING"}
#: What gRPC's codes, by which the lines of a result tell errors, are in HTTP.
_HTTP_STATUS = {3: 400, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """A batch at the service. `file`: the name of the file with its results, "" until there is one."""

    name: str
    label: str
    state: str  # PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED, EXPIRED, or "" for one that is not known
    done: int = 0
    file: str = ""
    message: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in _ENDED


def build_lines(requests: Iterable[tuple[str, Body]]) -> Body:
    """The file of requests, each with its key."""
    parts: list[Any] = []
    for key, body in requests:
        parts += [b'{"key":%s,"request":' % json.dumps(key).encode(), *body.parts, b"}\n"]
    return Body(tuple(parts))


def build_order(label: str, file: str) -> dict[str, Any]:
    """The request to take a file of requests as a batch."""
    return {"batch": {"displayName": label, "inputConfig": {"fileName": file}}}


def read_status(tree: object) -> BatchStatus:
    """The state of a batch, as an operation or flattened. Raises `NanoBananaError` (ANSWER) for anything else."""
    operation = _as_mapping(tree)
    metadata = _as_mapping(operation.get("metadata")) or operation
    stats = _as_mapping(metadata.get("batchStats"))
    output = _as_mapping(metadata.get("output")) or _as_mapping(operation.get("response"))
    file = output.get("responsesFile") or _as_mapping(metadata.get("dest")).get("fileName")
    state = re.sub(r"^(BATCH|JOB)_STATE_", "", str(metadata.get("state", "")))
    name = str(operation.get("name", ""))
    if not _NAME.fullmatch(name):
        raise NanoBananaError(ErrorKind.ANSWER, "The service named no batch.")
    return BatchStatus(
        name,
        str(metadata.get("displayName", "")),
        state if state in _KNOWN else "",
        sum(_as_count(stats.get(name)) for name in ("successfulRequestCount", "failedRequestCount")),
        file if isinstance(file, str) and _NAME.fullmatch(file) else "",
        str(_as_mapping(operation.get("error")).get("message", ""))[:500],
    )


def read_line_error(line: Mapping[str, Any], redactor: Redactor) -> NanoBananaError | None:
    """The error in a line of a result, None for one with a response."""
    error = _as_mapping(line.get("error"))
    if not error and "response" in line:
        return None
    code = error.get("code")
    status = _HTTP_STATUS.get(code, 500) if isinstance(code, int) else 500
    return errors.build_error(status, {}, json.dumps({"error": dict(error)}, default=str).encode(), redactor)


def _as_mapping(value: object) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _as_count(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
