# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of the connection, in the stream, around files and batches (contract cases 31 to 37)."""

from __future__ import annotations

from collections.abc import Iterator

from nano_banana_addon.simulator.contract.plan import ServerReply

from ..script import CaseContext, CaseParameters, case, parse_seconds
from ..transport import FaultPlan

_OPENING = b'{"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"'


def _register_fault(name: str, fault: str, description: str) -> None:
    @case(name, description)
    def action(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
        plan.transport.fault = fault
        plan.transport.after = float(parameters.get("after", "0.5"))


_register_fault("close", "close_before", "the connection is closed without an answer")
_register_fault("reset", "reset", "the connection is reset without an answer")
_register_fault("close_in_body", "close_in_body", "closed in the middle of the body (after=0.5)")
_register_fault("reset_in_body", "reset_in_body", "reset in the middle of the body (after=0.5)")


@case("silence", "no byte for seconds=… (none given: until the caller hangs up)")
def _keep_silent(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    if "seconds" in parameters:
        plan.transport.silence += parse_seconds(parameters["seconds"])
    else:
        plan.transport.forever = True


@case("trickle", "the body in small pieces (piece=1024, pause=0 seconds, pad=0 bytes more)")
def _trickle(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.transport.piece = int(parameters.get("piece", "1024"))
    plan.transport.pause = parse_seconds(parameters.get("pause", "0"))
    plan.transport.pad = int(parameters.get("pad", "0"))


@case("gzip", "Content-Encoding: gzip")
def _compress_body(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
    plan.transport.gzip = True


@case("chunked", "Transfer-Encoding: chunked (piece=…)")
def _send_chunked(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.transport.chunked = True
    plan.transport.piece = int(parameters.get("piece", "65536"))


@case("slow_upload", "the body is read slowly (rate=… bytes per second)", early=True)
def _slow_down_upload(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.transport.pause = 1 / float(parameters.get("rate", "1000000"))


@case("close_in_upload", "closed after bytes=… of the body were read", early=True)
def _close_in_upload(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    plan.transport.fault = "close_in_upload"
    plan.transport.pad = int(parameters.get("bytes", "0"))


@case("endless_body", "a picture that goes on for bytes=1073741824, chunked")
def _send_endless_body(plan: FaultPlan, parameters: CaseParameters, _context: CaseContext) -> None:
    total = int(parameters.get("bytes", str(1 << 30)))
    plan.raw = ServerReply(200, _generate_endless_pieces(total), {"Content-Type": "application/json"})


def _generate_endless_pieces(total: int) -> Iterator[bytes]:
    yield _OPENING
    piece = b"iVBORw0KGgoA" * 21846
    for _ in range(total // len(piece)):
        yield piece
    yield b'"}}]},"finishReason":"STOP"}]}'


def _register_body(name: str, description: str, content: bytes, kind: str = "application/json") -> None:
    @case(name, description)
    def action(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
        plan.raw = ServerReply(200, [content], {"Content-Type": kind}, len(content))


_register_body("html_200", "200 with an HTML page", b"<html><body>Sign in</body></html>", "text/html")
_register_body("broken_json", "200 with JSON that breaks off", b'{"candidates":[{"content":{"parts":[{')
_register_body("empty_200", "200 with an empty body", b"")
_register_body("null_200", "200 with null", b"null")
_register_body("deep_json", "200 with JSON nested 100 000 deep", b"[" * 100_000 + b"]" * 100_000)


def _register_stream(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
        plan.stream = name


_register_stream("sse_split", "frames cut in the middle of lines and of UTF-8 characters")
_register_stream("sse_image_first", "the picture in the first frame, text in later ones")
_register_stream("sse_error_frame", "an error frame inside the stream")
_register_stream("sse_bare_error", "a bare JSON error instead of a frame")
_register_stream("sse_no_finish", "the stream ends without a finishReason")
_register_stream("sse_long_line", "a frame with a line of more than 10 MB")


def _register_batch(name: str, description: str) -> None:
    @case(name, description)
    def action(plan: FaultPlan, _parameters: CaseParameters, _context: CaseContext) -> None:
        plan.batch = name


_register_batch("batch_failed", "the batch ends FAILED (script it on='batch')")
_register_batch("batch_expired", "the batch ends EXPIRED (script it on='batch')")
_register_batch("batch_stuck", "the batch stays RUNNING until it is cancelled (script it on='batch')")
_register_batch("batch_damaged", "a line of the result is cut off in the middle (script it on='batch')")
_register_batch("batch_missing", "a line of the result is left out (script it on='batch')")
_register_batch("batch_foreign", "the result holds lines with keys of nobody (script it on='batch')")
_register_batch("batch_gone", "the result is deleted before it is fetched (script it on='batch')")
_register_batch("batch_flattened", "the batch shows JOB_STATE_* and dest.fileName (script it on='batch')")
