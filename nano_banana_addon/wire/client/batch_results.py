# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a batch's results: a line of JSON for each request, in any order, with its images in base64.

No line is held in memory. Each is read twice: for its key, and then with its images going into files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from ...core.bounds import Limits
from ...core.constants import BATCH
from ...core.errors import ErrorKind, NanoBananaError
from ...core.files import convert_disk_errors
from ...core.request import GenerationRequest
from ...core.result import Answer
from ..contract.json_stream import JsonError, JsonReader, Sink
from ..contract.pictures import AnswerContext
from ..contract.spool import Spool
from ..gemini import batches
from ..gemini.answer import sort_answer
from ..gemini.contract import is_picture
from ..gemini.encode import find_user_turn
from ..redact import Redactor

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class ResultLine:
    """Where a line lies in the file; `key` is "" and `problem` says why for one that cannot be read."""

    start: int
    length: int
    key: str = ""
    problem: str = ""


class _NoSink:
    """Takes an image that is not wanted yet."""

    def write(self, piece: bytes | memoryview) -> None:
        """The next piece."""

    def finish(self) -> object:
        """The image is complete."""
        return None


_NO_SINK = _NoSink()


def _skip_images(key: str, parent: str) -> Sink | None:
    return _NO_SINK if is_picture(key, parent) else None


def iter_lines(path: Path) -> Iterator[ResultLine]:
    """The lines of a file of results that are not empty. Raises `NanoBananaError` (DISK)."""
    with convert_disk_errors(f"{path.name} cannot be read from {path.parent}"), path.open("rb", buffering=0) as file:
        start = 0
        while True:
            line = _scan_line(file, start)
            if line is None:
                return
            start += line.length
            if line.key or line.problem:
                yield line


def read_line(path: Path, line: ResultLine, request: GenerationRequest, folder: Path) -> Answer:
    """The answer in a line; its images are in `folder`, as after `client.generate`.

    Raises `NanoBananaError`: the service's error for this request, ANSWER for what cannot be used, DISK.
    """
    limits, redactor = Limits(), Redactor()
    user_turn, is_whole = find_user_turn(request, request.provider)
    spool = Spool(folder, limits)
    try:
        with path.open("rb", buffering=0) as file:
            tree = _read(file, line, limits, spool)
        if error := batches.read_line_error(tree, redactor):
            raise error
        context = AnswerContext(request if is_whole else replace(request, references=()), spool, redactor, limits)
        answer = sort_answer(tree.get("response"), user_turn, context, BATCH)
        answer = answer if is_whole else replace(answer, turn="")
    except BaseException:
        spool.discard()
        raise
    spool.settle((*(picture.path for picture in answer.pictures), answer.turn))
    return answer


def _scan_line(file: BinaryIO, start: int) -> ResultLine | None:
    """The line that begins there; None at the end of the file."""
    file.seek(start)
    reader, length, problem = JsonReader(Limits(), _skip_images), 0, ""
    while piece := file.read(_PIECE):
        end = piece.find(b"\n")
        part = piece if end < 0 else piece[: end + 1]
        length += len(part)
        try:
            if not problem:
                reader.feed(part)
        except JsonError as error:
            problem = str(error)
        if end >= 0:
            break
    if not length:
        return None
    key = ""
    if not problem and (reader.root is not None or length > 2):
        key, problem = _read_key(reader)
    return ResultLine(start, length, key, problem)


def _read_key(reader: JsonReader) -> tuple[str, str]:
    try:
        tree = reader.finish()
    except JsonError as error:
        return "", str(error)
    key: object = cast("dict[str, Any]", tree).get("key") if isinstance(tree, dict) else None
    return (key, "") if isinstance(key, str) and key else ("", "it names no request")


def _read(file: BinaryIO, line: ResultLine, limits: Limits, spool: Spool) -> dict[str, Any]:
    reader = JsonReader(limits, lambda key, parent: spool.open_sink() if is_picture(key, parent) else None)
    file.seek(line.start)
    rest = line.length
    try:
        while rest and (piece := file.read(min(_PIECE, rest))):
            reader.feed(piece)
            rest -= len(piece)
        return cast("dict[str, Any]", reader.finish())
    except JsonError as error:
        raise NanoBananaError(ErrorKind.ANSWER, f"Its line in the result of the batch is damaged: {error}.") from None
