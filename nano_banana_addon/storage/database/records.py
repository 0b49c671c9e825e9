# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations as rows, and back. Paths inside the store are relative to it, so that it can be moved."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ...core import bounds, serial
from ...core.constants import State
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer, Failure, Generation

_log = logging.getLogger(__name__)

#: Characters of the text that is searched, for each generation.
_SEARCHED = 20_000

#: What is done with a path.
Change = Callable[[str], str]

#: Generations with everything that `read` needs; a WHERE clause follows.
SELECT = (
    "SELECT seq, id, state, created, changed, sent, ended, retry_at, tries, progress, place, cost,"
    " estimate, delivered, favourite, thumbnail, grp, batch, digest, imported, job, client, owner, project, provider,"
    " request, answer, failure"
    " FROM generations JOIN details USING (seq)"
)
#: What reading a value raises that a flipped bit or a stranger has changed.
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
#: The columns of `details`.
DETAILS = ("request", "answer", "failure")


def inside(home: Path, path: str) -> str:
    """A path as it is recorded: relative with forward slashes when it lies in the store."""
    if not path:
        return ""
    try:
        return Path(path).relative_to(home).as_posix()
    except ValueError:
        return path


def outside(home: Path, path: str) -> str:
    """The inverse of `inside`: an absolute path."""
    return str(home / path) if path else ""


def map_request_paths(request: GenerationRequest, change: Change) -> GenerationRequest:
    """A request with `change` applied to the path of every file that it sends or needs."""
    references = tuple(replace(r, path=change(r.path)) for r in request.references)
    capture = request.capture
    if capture and capture.mask:
        capture = replace(capture, mask=change(capture.mask))
    region = request.region
    if region:
        region = replace(region, image=change(region.image), mask=change(region.mask))
    return replace(request, references=references, capture=capture, region=region)


def map_answer_paths(answer: Answer, change: Change) -> Answer:
    """An answer with `change` applied to every path."""
    pictures = tuple(replace(p, path=change(p.path)) for p in answer.pictures)
    return replace(answer, pictures=pictures, turn=change(answer.turn))


def dump(value: object) -> str:
    """Compact JSON of a dataclass."""
    return json.dumps(serial.to_plain(value), ensure_ascii=False, separators=(",", ":"))


def dump_request(home: Path, request: GenerationRequest) -> str:
    """A request as it is recorded."""
    return clean(dump(map_request_paths(request, lambda path: inside(home, path))))


def dump_answer(home: Path, answer: Answer) -> str:
    """An answer as it is recorded."""
    return clean(dump(map_answer_paths(answer, lambda path: inside(home, path))))


def clean(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates, which Blender's file paths may contain, become \\udcxx escapes.

    Inside JSON strings this is the JSON escape, so they are restored when they are read.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def build_search_text(request: GenerationRequest) -> str:
    """The casefolded text for the search. Without id and model: any number would match their digits."""
    parts = (request.prompt[:_SEARCHED], request.project, request.scene, request.shot)
    parts = (*parts, request.blend_path)
    text = "\n".join((*parts, *(r.label for r in request.references)))
    return clean(text.casefold())


def file_session(request: GenerationRequest) -> str:
    """The opening of the file that a request's result is meant for."""
    names = (request.delivery.scene, *request.delivery.objects)
    return next((n.file_session for n in names if n and n.file_session), "")


def read_all(home: Path, rows: Iterable[sqlite3.Row], damaged: set[str]) -> list[Generation]:
    """Rows of `SELECT` as generations; one that is damaged is left out, and its id added to `damaged`."""
    found: list[Generation] = []
    for row in rows:
        try:
            found.append(read(home, row))
        except NanoBananaError as error:
            _log.warning("%s %s", error.message, error.detail)
            damaged.add(row["id"])
    return found


def read(home: Path, row: sqlite3.Row) -> Generation:
    """A row of `SELECT` as a generation, with absolute paths. Raises a DISK error for a damaged one."""
    try:
        return read_plain(home, row)
    except UNREADABLE as error:
        said = f"The entry {row['id']} of the history is damaged."
        step = "Reload the history: it is restored from the record next to its image, or set aside."
        raise NanoBananaError(ErrorKind.DISK, said, next_step=step, detail=describe(error)) from error


def _read_time(value: object) -> float:
    if not isinstance(value, float) or not bounds.is_within(value, bounds.MAX_TIME, -bounds.MAX_TIME):
        raise ValueError(f"{value!r} is no time")
    return value


def _read_estimate(value: object) -> float:
    if not isinstance(value, float) or not bounds.is_within(value, bounds.MAX_COST_USD):
        raise ValueError(f"{value!r} is no price of one call")
    return value


def describe(error: Exception) -> str:
    """What was wrong with a value, in short."""
    return f"{type(error).__name__}: {error}"[:200]


def read_plain(home: Path, row: sqlite3.Row) -> Generation:
    """The same; raises one of `UNREADABLE`."""

    def absolute(path: str) -> str:
        return outside(home, path)

    request = GenerationRequest.from_dict(json.loads(row["request"]))
    answer = serial.from_plain(Answer, json.loads(row["answer"])) if row["answer"] else None
    failure = serial.from_plain(Failure, json.loads(row["failure"])) if row["failure"] else None
    return Generation(
        id=row["id"],
        request=map_request_paths(request, absolute),
        state=State(row["state"]),
        created=_read_time(row["created"]),
        changed=_read_time(row["changed"]),
        sent=_read_time(row["sent"]),
        ended=_read_time(row["ended"]),
        retry_at=_read_time(row["retry_at"]),
        tries=int(row["tries"]),
        progress=float(row["progress"]),
        place=int(row["place"]),
        answer=map_answer_paths(answer, absolute) if answer else None,
        failure=failure,
        cost_usd=None if row["cost"] is None else float(row["cost"]),
        estimate_usd=_read_estimate(row["estimate"]),
        thumbnail=absolute(row["thumbnail"]),
        delivered=bool(row["delivered"]),
        favourite=bool(row["favourite"]),
        group=row["grp"],
        batch=row["batch"],
        digest=row["digest"],
        imported=bool(row["imported"]),
        job=row["job"],
    )
