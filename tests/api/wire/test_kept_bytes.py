# SPDX-License-Identifier: GPL-3.0-or-later
"""What was paid for is kept as it came before it is understood, and understood in whatever it is wrapped."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.bounds import Limits
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.wire.client.receive import read_copy
from nano_banana_addon.wire.contract.spool import FileSink
from nano_banana_addon.wire.http.decode import unwrap
from nano_banana_addon.wire.http.raw_copy import read_head
from nano_banana_addon.wire.retry import compute_wait

from .conftest import Caller, small
from .servers import answering, dripping

KEY = "AIzaSyA-a_key_of_these_tests_0123456789a"


def encode_picture(seed: int = 1) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64 + seed, 48), 80).convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


PICTURE = encode_picture()


def build_answer(*parts: object, **usage: object) -> bytes:
    data = base64.b64encode(PICTURE).decode()
    picture = {"inlineData": {"mimeType": "image/jpeg", "data": data}, "thoughtSignature": "c2ln"}
    candidate = {"content": {"parts": [*parts, picture]}, "finishReason": "STOP"}
    return json.dumps({"candidates": [candidate], "usageMetadata": usage or {"promptTokenCount": 9}}).encode()


ANSWER = build_answer({"text": "hello"})


def build_http(body: bytes, *headers: str, status: int = 200, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *headers, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def deflate_raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def split_events(data: bytes) -> bytes:
    """As `streamGenerateContent?alt=sse` sends an answer: its parts in events of their own."""
    tree = json.loads(data)
    pieces = [{"candidates": [{"content": {"parts": [part]}}]} for part in tree["candidates"][0]["content"]["parts"]]
    pieces.append({"candidates": [{"finishReason": "STOP"}], "usageMetadata": tree["usageMetadata"]})
    return b": comment\r\n" + b"".join(b"event: x\r\ndata: %s\r\n\r\n" % json.dumps(p).encode() for p in pieces)


WRAPPINGS: dict[str, bytes] = {
    "203": build_http(ANSWER, status=203),
    "206": build_http(ANSWER, status=206),
    "byte order mark": build_http(b"\xef\xbb\xbf" + ANSWER),
    "events": build_http(split_events(ANSWER), "Content-Type: text/event-stream"),
    "one event, then DONE": build_http(b"data:" + ANSWER + b"\n\ndata: [DONE]\n\n"),
    "an event in lines": build_http(b"data: " + ANSWER.replace(b", ", b",\ndata: ") + b"\n\n"),
    "two members": build_http(gzip.compress(ANSWER[:999]) + gzip.compress(ANSWER[999:]), "Content-Encoding: gzip"),
    "padding after gzip": build_http(gzip.compress(ANSWER) + bytes(64), "Content-Encoding: gzip"),
    "deflate": build_http(zlib.compress(ANSWER), "Content-Encoding: deflate"),
    "raw deflate": build_http(deflate_raw(ANSWER), "Content-Encoding: deflate"),
    "gzip that is not named": build_http(gzip.compress(ANSWER)),
    "named and not compressed": build_http(ANSWER, "Content-Encoding: gzip"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "raw"


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_an_unusual_wrapping_is_understood_at_once_and_from_its_copy(tmp_path, copy, wrapping):
    with answering(WRAPPINGS[wrapping]) as url:
        answer = Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy)
    assert Path(answer.result.path).read_bytes() == PICTURE
    assert answer.text == "hello"
    again = read_copy(small(), copy, tmp_path / "again")
    assert Path(again.result.path).read_bytes() == PICTURE
    assert (again.text, again.usage, again.finish_reason) == (answer.text, answer.usage, answer.finish_reason)
    assert Path(again.turn).read_bytes() == Path(answer.turn).read_bytes()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_wrapping_is_recognised_wherever_it_is_cut(size):
    plain = b"\xef\xbb\xbf" + split_events(ANSWER)
    pieces = [plain[start : start + size] for start in range(0, len(plain), size)]
    tree = json.loads(b"".join(unwrap(pieces)))
    assert [len(piece["candidates"][0].get("content", {}).get("parts", ())) for piece in tree] == [1, 1, 0]


@pytest.mark.parametrize("body", [b"", b"{", b"\x1f", b"data", b"\xef\xbb"])
def test_a_body_of_a_few_bytes_is_no_crash(tmp_path, copy, body):
    with answering(build_http(body, "Content-Encoding: deflate")) as url, pytest.raises(NanoBananaError) as caught:
        Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy)
    assert caught.value.kind in (ErrorKind.ANSWER, ErrorKind.UNKNOWN_RESULT)


UNREADABLE: dict[str, tuple[bytes, ErrorKind]] = {
    "html": (build_http(b"<html>welcome</html>"), ErrorKind.ANSWER),
    "broken JSON": (build_http(b"{]" + b" " * 200_000), ErrorKind.ANSWER),
    "br": (build_http(os.urandom(100_000), "Content-Encoding: br"), ErrorKind.ANSWER),
    "no image": (build_http(ANSWER.replace(b"/9j/", b"AAAA")), ErrorKind.ANSWER),
    "cut off": (build_http(ANSWER[:2000], length=len(ANSWER)), ErrorKind.UNKNOWN_RESULT),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_used_is_kept_to_its_last_byte(tmp_path, copy, case):
    sent, kind = UNREADABLE[case]
    with answering(sent) as url, pytest.raises(NanoBananaError) as caught:
        Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy, request_id="20261128-abc-1")
    assert caught.value.kind is kind
    check_copy(copy, sent)


def test_of_an_answer_that_ends_badly_the_image_and_all_bytes_are_kept(tmp_path, copy):
    sent = build_http(ANSWER[:-3] + b"]]]" + b" " * 200_000)
    with answering(sent) as url:
        answer = Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy, request_id="20261128-abc-1")
    assert answer.is_truncated
    check_copy(copy, sent)


def check_copy(copy: Path, sent: bytes) -> None:
    """It holds the whole body, and the request's id without the key."""
    assert copy.read_bytes() == sent.split(b"\r\n\r\n", 1)[1]
    assert read_head(copy)["request_id"] == "20261128-abc-1"
    assert KEY not in json.dumps(read_head(copy))


def test_an_error_leaves_no_copy_and_the_request_carries_our_id(caller, simulator, copy):
    simulator.script("503_overloaded", times=1)
    with pytest.raises(NanoBananaError):
        caller.ask(small(), copy=copy, request_id="20261128-abc-2")
    assert not copy.exists()
    assert simulator.requests[-1].headers["x-request-id"] == "20261128-abc-2"


def test_an_error_in_a_success_leaves_no_copy(tmp_path, copy):
    sent = build_http(b'{"error": {"code": 429, "message": "slow down"}}')
    with answering(sent) as url, pytest.raises(NanoBananaError) as caught:
        Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy)
    assert caught.value.kind is ErrorKind.RATE
    assert not copy.exists()


@pytest.mark.parametrize("error", ["null", "false", "{}", '{"code": 0, "message": ""}'])
def test_an_answer_that_says_that_there_is_no_error_is_kept_and_not_sent_again(tmp_path, copy, error):
    sent = build_http(b'{"error": %s, "output": "unknown"}' % error.encode())
    with answering(sent) as url, pytest.raises(NanoBananaError) as caught:
        Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy, request_id="20261128-abc-1")
    assert caught.value.kind is ErrorKind.ANSWER
    assert compute_wait(caught.value, 1) is None
    check_copy(copy, sent)


def test_images_without_room_leave_the_whole_copy(tmp_path, copy, monkeypatch):
    def fail(_self: FileSink, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSink, "write", fail)
    with answering(build_http(ANSWER)) as url, pytest.raises(NanoBananaError) as caught:
        Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy)
    assert caught.value.kind is ErrorKind.DISK
    monkeypatch.undo()
    assert Path(read_copy(small(), copy, tmp_path / "again").result.path).read_bytes() == PICTURE


def test_a_copy_without_room_costs_no_image(tmp_path):
    with answering(build_http(ANSWER)) as url:
        answer = Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=tmp_path / "missing" / "raw")
    assert Path(answer.result.path).read_bytes() == PICTURE


# The key


def plant(form: str) -> bytes:
    """An answer that repeats the key in the image of another part, and in its text."""
    planted = {"inlineData": {"mimeType": "image/png", "data": form}}
    return build_answer({"text": f"key {form}"}, planted)


FORMS: dict[str, str] = {
    "plain": KEY,
    "base64": base64.b64encode(b"\x89PNG" + KEY.encode()).decode(),
    "hex": KEY.encode().hex(),
}
LINES: dict[str, Callable[[bytes], bytes]] = {
    "whole": build_http,
    "gzip": lambda body: build_http(gzip.compress(body), "Content-Encoding: gzip"),
    "in pieces": lambda body: (
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"".join(b"%x\r\n%s\r\n" % (len(body[n : n + 7]), body[n : n + 7]) for n in range(0, len(body), 7))
        + b"0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("form", FORMS)
def test_the_key_reaches_no_file_by_any_part_of_an_answer(tmp_path, copy, form, line):
    with answering(LINES[line](plant(FORMS[form]))) as url:
        answer = Caller(url, tmp_path / "results", key=KEY).ask(small(), copy=copy)
    assert Path(answer.result.path).read_bytes() == PICTURE
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 1
    for path in files:
        assert FORMS[form].encode() not in path.read_bytes(), path
        assert KEY.encode() not in path.read_bytes(), path
    assert not copy.exists() or not copy.read_bytes().startswith(b"\x1f\x8b"), "a packed key can be unpacked"


def test_a_key_behind_escapes_does_not_get_into_the_turn(tmp_path):
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    body = plant("PLANTED").replace(b"PLANTED", escaped.encode())
    with answering(build_http(body)) as url:
        answer = Caller(url, tmp_path / "results", key=KEY).ask(small())
    assert answer.result
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# Bounds


def test_headers_that_never_end_end_with_the_call(tmp_path):
    with dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n", 0.02) as url:
        began = time.monotonic()
        with pytest.raises(NanoBananaError) as caught:
            Caller(url, tmp_path / "results", key=KEY).ask(small(), limits=Limits(seconds=0.5))
    assert caught.value.kind is ErrorKind.UNKNOWN_RESULT
    assert time.monotonic() - began < 60.0


@pytest.mark.parametrize("count", [2**48, 2**63, 10**60])
def test_a_count_that_no_service_can_have_made_is_left_out_with_a_warning(tmp_path, count):
    body = build_answer(promptTokenCount=count, candidatesTokenCount=1290)
    with answering(build_http(body)) as url:
        answer = Caller(url, tmp_path / "results", key=KEY).ask(small())
    assert answer.usage.prompt == 0
    assert answer.usage.candidates == 1290
    assert any("count of tokens" in warning for warning in answer.warnings)


@pytest.mark.parametrize(("side", "taken"), [(2048, True), (4096, False)])
def test_an_image_far_larger_than_what_was_asked_for_is_not_opened(tmp_path, copy, side, taken):
    header = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + ((side - 1) | (side - 1) << 14).to_bytes(4, "little") + bytes(8)
    body = ANSWER.replace(base64.b64encode(PICTURE), base64.b64encode(header))
    with answering(build_http(body)) as url:
        caller = Caller(url, tmp_path / "results", key=KEY)
        if taken:
            assert caller.ask(small(), copy=copy).result
            return
        with pytest.raises(NanoBananaError) as caught:
            caller.ask(small(), copy=copy)
    assert f"{side} x {side}" in caught.value.detail
    assert copy.read_bytes() == body
