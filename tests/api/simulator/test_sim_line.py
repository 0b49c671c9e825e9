"""Broken lines, silence, odd encodings, deadlines, secrets: over real sockets."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from devtools.simulator import solid
from devtools.simulator.server import Simulator

PRO = "gemini-3-pro-image"
PATH = f"/v1beta/models/{PRO}:generateContent"
Post = Callable[..., httpx.Response]
Build = Callable[..., dict[str, Any]]


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("case", "code"),
    [("502_html", 502), ("524_gateway", 524), ("413_html", 413)],
)
def test_errors_that_are_no_json(post: Post, request_with: Build, sim: Simulator, case: str, code: int) -> None:
    """Contract case 29: an HTML page from something in between."""
    sim.script(case, times=1)
    answer = post(request_with())
    assert answer.status_code == code
    assert "text/html" in answer.headers["content-type"]
    assert post(request_with()).status_code == 200


def test_error_bodies_have_odd_forms(post: Post, request_with: Build, sim: Simulator) -> None:
    """Contract case 29: an array of one, no error.status, nothing at all."""
    sim.script("429_prepay+error_array", times=1)
    sim.script("error_no_status", times=1)
    sim.script("error_empty_body", times=1, status=503)
    [wrapped] = post(request_with()).json()
    assert wrapped["error"]["code"] == 429
    assert "status" not in post(request_with()).json()["error"]
    empty = post(request_with())
    assert empty.status_code == 503
    assert empty.content == b""


def test_a_lasting_overload_stays(post: Post, request_with: Build, sim: Simulator) -> None:
    """Contract case 29: without times a case stays, until it is taken back."""
    sim.script("503_overloaded")
    assert [post(request_with()).status_code for _ in range(4)] == [503] * 4
    sim.unscript()
    assert post(request_with()).status_code == 200


@pytest.mark.parametrize("case", ["close", "reset"])
def test_the_connection_ends_without_an_answer(post: Post, request_with: Build, sim: Simulator, case: str) -> None:
    """Contract case 31: gone after the whole request was read; the service would have billed it."""
    sim.script(case, times=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        post(request_with(text="label"))
    assert sim.posts("label") == 1
    assert len(sim.billed) == 1
    assert sim.requests[0].body_length > 0


@pytest.mark.parametrize("case", ["close_in_body", "reset_in_body"])
@pytest.mark.parametrize("more", ["", "+chunked"])
def test_the_answer_breaks_off_in_its_body(
    sim: Simulator, http: httpx.Client, request_with: Build, case: str, more: str
) -> None:
    """Contract case 31: a part of the answer comes, then the end of the line."""
    sim.script(case + more, times=1, after=0.9, piece=4096)
    received = bytearray()

    def read() -> None:
        with http.stream("POST", PATH, json=request_with()) as answer:
            assert answer.status_code == 200
            for piece in answer.iter_raw(1024):
                received.extend(piece)

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        read()
    if case == "close_in_body":  # a reset may swallow what was in progress
        assert received.startswith(b"{")
        assert len(received) > 1000


def test_silence_is_kept_until_the_caller_goes(http: httpx.Client, request_with: Build, sim: Simulator) -> None:
    """Contract cases 31 and 32: no byte comes; hanging up is noticed at once."""
    sim.script("silence", times=1)
    with pytest.raises(httpx.ReadTimeout):
        http.post(PATH, json=request_with(), timeout=httpx.Timeout(10, read=0.2))
    until(lambda: bool(sim.requests) and sim.requests[0].gone_at is not None)
    assert sim.requests[0].answered_at is None
    until(lambda: len(sim.billed) == 1)


def test_silence_then_small_pieces_are_one_answer(http: httpx.Client, request_with: Build, sim: Simulator) -> None:
    """Contract case 31: a pause, then 3 MB more in pieces of 1 kB: still one correct answer."""
    sim.script("silence+trickle", times=1, seconds=0.3, piece=1024, pad=3_000_000)
    started = time.monotonic()
    with http.stream("POST", PATH, json=request_with()) as answer:
        assert time.monotonic() - started >= 0.3  # the head is silent too
        content = answer.read()
    assert len(content) > 3_000_000
    assert json.loads(content)["candidates"][0]["finishReason"] == "STOP"


def test_delay_is_silent(request_with: Build) -> None:
    """Contract case 31: the time of painting, in which nothing comes."""
    with Simulator(solid.paint, delay=0.3) as sim:
        line = socket.create_connection(("127.0.0.1", int(sim.base_url.rsplit(":", 1)[1])))
        body = json.dumps(request_with()).encode()
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nx-goog-api-key: test-key\r\n"
        with line:
            # Before sending: on a busy machine the server's wait can begin before sendall returns.
            started = time.monotonic()
            line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            line.settimeout(10)
            assert line.recv(1) == b"H"
            assert time.monotonic() - started >= 0.3


def test_a_slow_upload_arrives_whole(http: httpx.Client, request_with: Build, sim: Simulator) -> None:
    """Contract case 31: the server reads slowly; the request arrives whole."""
    sim.script("slow_upload", times=1, rate=2_000_000)
    body = request_with()
    body["contents"][0]["parts"].append({"text": "long " * 200_000})
    started = time.monotonic()
    assert http.post(PATH, json=body).status_code == 200
    assert time.monotonic() - started >= 0.4
    assert sim.requests[0].body_length > 1_000_000


def test_the_connection_ends_while_sending(http: httpx.Client, request_with: Build, sim: Simulator) -> None:
    """Contract case 31: the line ends in the middle of the upload; nothing is billed."""
    sim.script("close_in_upload", times=1, bytes=300_000)
    body = request_with()
    body["contents"][0]["parts"].append({"text": "long " * 1_500_000})
    with pytest.raises(httpx.TransportError):
        http.post(PATH, json=body)
    assert sim.billed == []


def test_a_cancelled_call_frees_the_server(http: httpx.Client, request_with: Build, sim: Simulator) -> None:
    """Contract case 32: the caller closes its socket; the server notices and serves on."""
    sim.script("silence", times=1)
    body = json.dumps(request_with()).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nx-goog-api-key: test-key\r\n"
    line = socket.create_connection(("127.0.0.1", int(sim.base_url.rsplit(":", 1)[1])))
    with line:
        line.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        until(lambda: bool(sim.billed))  # it is painting
        assert sim.requests[0].gone_at is None
    until(lambda: sim.requests[0].gone_at is not None)
    assert http.post(PATH, json=request_with()).status_code == 200


@pytest.mark.parametrize("case", ["gzip", "chunked", "gzip+chunked"])
def test_the_answer_is_the_same_in_every_encoding(post: Post, request_with: Build, sim: Simulator, case: str) -> None:
    """Contract case 33: compressed, chunked, both: the same answer, without a byte-order mark."""
    plain = post(request_with())
    sim.script(case, times=1)
    encoded = post(request_with())
    assert encoded.content == plain.content.replace(
        plain.json()["responseId"].encode(), encoded.json()["responseId"].encode()
    )
    assert plain.content[:1] == b"{"
    if "gzip" in case:
        assert encoded.headers["content-encoding"] == "gzip"
    assert encoded.headers["transfer-encoding"] == "chunked"


def test_a_chunked_request_is_read(http: httpx.Client, request_with: Build) -> None:
    """Contract case 33: the other way round: a body whose length is not known."""
    body = json.dumps(request_with()).encode()
    answer = http.post(PATH, content=(body[at : at + 7] for at in range(0, len(body), 7)))
    assert answer.status_code == 200


def test_numbers_may_be_strings(post: Post, request_with: Build) -> None:
    """Contract case 33: counts as strings."""
    answer = post(request_with(text="x [[sim:usage_strings]]")).json()
    assert answer["usageMetadata"]["totalTokenCount"].isdecimal()


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "soon", ""])
def test_the_server_timeout_is_a_whole_number(post: Post, request_with: Build, value: str) -> None:
    """Contract case 34: at least 1, no fraction."""
    assert post(request_with(), headers={"X-Server-Timeout": value}).status_code == 400


def test_a_deadline_that_is_too_short_is_a_504(request_with: Build) -> None:
    """Contract case 34: shorter than the painting takes: a late 504, not billed as an answer."""
    with Simulator(solid.paint, delay=30) as sim:
        headers = {"x-goog-api-key": "test-key", "X-Server-Timeout": "1"}
        started = time.monotonic()
        answer = httpx.post(
            sim.base_url + PATH,
            json=request_with(),
            headers=headers,
            trust_env=False,
            verify=False,
            timeout=20,
        )
        assert 1 <= time.monotonic() - started < 15
    assert answer.status_code == 504
    assert answer.json()["error"]["status"] == "DEADLINE_EXCEEDED"


def test_the_key_comes_back_in_an_error(post: Post, request_with: Build, sim: Simulator) -> None:
    """Contract case 38: in text, details and a header; what the server keeps does not hold it."""
    sim.script("error_echo_key", times=1)
    answer = post(request_with())
    assert answer.status_code == 400
    assert answer.text.count("test-key") == 2
    assert answer.headers["x-debug-consumer"] == "test-key"
    assert "test-key" not in repr(sim.requests)


@pytest.mark.parametrize(
    "case",
    ["html_200", "broken_json", "empty_200", "null_200", "deep_json", "no_candidates"],
)
def test_answers_that_make_no_sense(post: Post, request_with: Build, sim: Simulator, case: str) -> None:
    """A 200 that holds nothing usable."""
    sim.script(case, times=1)
    assert post(request_with()).status_code == 200


@pytest.mark.parametrize(
    ("case", "start"),
    [
        ("not_an_image", "VGhpcyBpcyBub3Q"),
        ("truncated_image", "/9j/"),
        ("decompression_bomb", "iVBORw0KGgo"),
        ("bad_base64", "**not base64**"),
        ("empty_data", ""),
    ],
)
def test_pictures_that_are_none(post: Post, request_with: Build, sim: Simulator, case: str, start: str) -> None:
    """What the picture's data holds instead of a picture."""
    sim.script(case, times=1)
    parts = post(request_with()).json()["candidates"][0]["content"]["parts"]
    data = parts[-1]["inlineData"]["data"]
    assert data.startswith(start)
    assert start or not data


def test_an_endless_body(http: httpx.Client, request_with: Build, sim: Simulator) -> None:
    """A body that goes on and on holds no memory on the way; the caller may hang up."""
    sim.script("endless_body", times=1)
    received = 0
    with http.stream("POST", PATH, json=request_with()) as answer:
        for piece in answer.iter_raw():
            received += len(piece)
            if received > 5_000_000:
                break
    until(lambda: sim.requests[0].gone_at is not None)


def test_cases_by_prompt(post: Post, request_with: Build, sim: Simulator) -> None:
    """A black-box client chooses by its prompt, with parameters, for so many times."""
    text = "a house [[sim:503_overloaded times=2]] [[sim:nonsense]]"
    codes = [post(request_with(text=text)).status_code for _ in range(3)]
    assert codes == [503, 503, 200]
    assert sim.requests[-1].prompt == "a house"
    assert sim.requests[0].cases == ["503_overloaded"]


def test_cases_have_names_and_words(sim: Simulator) -> None:
    """Every case says what it does; an unknown one is refused when it is asked for."""
    assert len(sim.cases()) > 80
    assert all(sim.cases().values())
    with pytest.raises(ValueError, match="nonsense"):
        sim.script("nonsense")


def test_many_at_once(sim: Simulator, request_with: Build) -> None:
    """Eight variants in parallel: each gets its own answer, and they overlap."""
    sim.script("silence", seconds=0.3)
    answers: list[int] = []

    def call(number: int) -> None:
        answer = httpx.post(
            sim.base_url + PATH,
            json=request_with(text=f"variant {number}"),
            headers={"x-goog-api-key": "test-key"},
            trust_env=False,
            verify=False,
            timeout=30,
        )
        answers.append(answer.status_code)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 8
    assert sim.busiest > 1
    assert sim.posts("variant") == 8


def test_what_is_remembered_is_small(
    post: Post, request_with: Build, picture: Callable[..., bytes], sim: Simulator
) -> None:
    """Requests are kept with the pictures' digests instead of their bytes."""
    import hashlib

    data = picture("PNG", (400, 300))
    post(request_with([("image/png", data)]))
    kept = sim.requests[0].json["contents"][0]["parts"][1]["inlineData"]["data"]
    assert kept == f"sha256:{hashlib.sha256(data).hexdigest()} {len(data)} bytes"


def test_stopping_ends_silent_calls(request_with: Build) -> None:
    """stop() does not wait for a caller, and frees the port."""
    sim = Simulator(solid.paint, delay=600)
    sim.start()
    failed = threading.Event()

    def call() -> None:
        with pytest.raises(httpx.TransportError):
            httpx.post(
                sim.base_url + PATH,
                json=request_with(),
                headers={"x-goog-api-key": "test-key"},
                trust_env=False,
                verify=False,
                timeout=60,
            )
        failed.set()

    threading.Thread(target=call, daemon=True).start()
    until(lambda: bool(sim.billed))
    address = sim.base_url
    sim.stop()
    assert failed.wait(10)
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False, verify=False)
