# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases on the line, in the stream, around files and batches (contract cases 31 to 37)."""

from __future__ import annotations

from collections.abc import Iterator

from .plan import Circumstances, Plan, Reply
from .scripting import Parameters, case, seconds

_OPENING = b'{"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"'


def _fault(name: str, fault: str, description: str) -> None:
    @case(name, description)
    def action(plan: Plan, given: Parameters, _about: Circumstances) -> None:
        plan.transport.fault = fault
        plan.transport.after = float(given.get("after", "0.5"))


_fault("close", "close_before", "the connection is closed without an answer")
_fault("reset", "reset", "the connection is reset without an answer")
_fault("close_in_body", "close_in_body", "closed in the middle of the body (after=0.5)")
_fault("reset_in_body", "reset_in_body", "reset in the middle of the body (after=0.5)")


@case("silence", "no byte for seconds=… (none given: until the caller hangs up)")
def _silence(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    if "seconds" in given:
        plan.transport.silence += seconds(given["seconds"])
    else:
        plan.transport.forever = True


@case("trickle", "the body in small pieces (piece=1024, pause=0 seconds, pad=0 bytes more)")
def _trickle(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    plan.transport.piece = int(given.get("piece", "1024"))
    plan.transport.pause = seconds(given.get("pause", "0"))
    plan.transport.pad = int(given.get("pad", "0"))


@case("gzip", "Content-Encoding: gzip")
def _gzip(plan: Plan, _given: Parameters, _about: Circumstances) -> None:
    plan.transport.gzip = True


@case("chunked", "Transfer-Encoding: chunked (piece=…)")
def _send_chunked(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    plan.transport.chunked = True
    plan.transport.piece = int(given.get("piece", "65536"))


@case("slow_upload", "the body is read slowly (rate=… bytes per second)", early=True)
def _slow_upload(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    plan.transport.pause = 1 / float(given.get("rate", "1000000"))


@case("close_in_upload", "closed after bytes=… of the body were read", early=True)
def _close_in_upload(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    plan.transport.fault = "close_in_upload"
    plan.transport.pad = int(given.get("bytes", "0"))


@case("endless_body", "a picture that goes on for bytes=1073741824, chunked")
def _endless(plan: Plan, given: Parameters, _about: Circumstances) -> None:
    total = int(given.get("bytes", str(1 << 30)))
    plan.raw = Reply(200, _endless_pieces(total), {"Content-Type": "application/json"})


def _endless_pieces(total: int) -> Iterator[bytes]:
    yield _OPENING
    piece = b"iVBORw0KGgoA" * 21846
    for _ in range(total // len(piece)):
        yield piece
    yield b'"}}]},"finishReason":"STOP"}]}'


def _body(name: str, description: str, content: bytes, kind: str = "application/json") -> None:
    @case(name, description)
    def action(plan: Plan, _given: Parameters, _about: Circumstances) -> None:
        plan.raw = Reply(200, [content], {"Content-Type": kind}, len(content))


_body("html_200", "200 with an HTML page", b"<html><body>Sign in</body></html>", "text/html")
_body("broken_json", "200 with JSON that breaks off", b'{"candidates":[{"content":{"parts":[{')
_body("empty_200", "200 with an empty body", b"")
_body("null_200", "200 with null", b"null")
_body("deep_json", "200 with JSON nested 100 000 deep", b"[" * 100_000 + b"]" * 100_000)


def _stream(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: Plan, _given: Parameters, _about: Circumstances) -> None:
        plan.stream = name


_stream("sse_split", "frames cut in the middle of lines and of UTF-8 characters")
_stream("sse_image_first", "the picture in the first frame, text in later ones")
_stream("sse_error_frame", "an error frame inside the stream")
_stream("sse_bare_error", "a bare JSON error instead of a frame")
_stream("sse_no_finish", "the stream ends without a finishReason")
_stream("sse_long_line", "a frame with a line of more than 10 MB")


def _batch(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: Plan, _given: Parameters, _about: Circumstances) -> None:
        plan.batch = name


_batch("batch_failed", "the batch ends FAILED (script it on='batch')")
_batch("batch_expired", "the batch ends EXPIRED (script it on='batch')")
_batch("batch_flattened", "the batch shows JOB_STATE_* and dest.fileName (script it on='batch')")
