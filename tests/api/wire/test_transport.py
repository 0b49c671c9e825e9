# SPDX-License-Identifier: GPL-3.0-or-later
"""Section 9, cases 31, 32 and 34: silence, broken connections, cancelling, and what goes over the line."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.result import State
from nano_banana_addon.wire import exchange as exchange_module
from nano_banana_addon.wire import sockets
from nano_banana_addon.wire.client import CancelToken, generate, read_timeout
from nano_banana_addon.wire.limits import Limits
from nano_banana_addon.wire.providers import endpoint
from nano_banana_addon.wire.retry import next_wait
from nano_banana_addon.wire.transport import proxy_for

from .conftest import KEY, Caller, small


def failed(caller: Caller, request=None, **options) -> NanoBananaError:
    with pytest.raises(NanoBananaError) as caught:
        caller.ask(request or small(), **options)
    assert caller.left() == [], "nothing half-made may stay"
    return caught.value


@pytest.mark.parametrize(
    "case", ["close", "close_in_upload", "reset", "close_in_body", "reset_in_body"]
)
def test_case_31_a_broken_connection_is_an_unknown_result_and_never_repeated(
    caller, simulator, picture, case
):
    simulator.script(case, times=1)
    error = failed(caller, small(references=(picture(size=(1500, 1500)),)))
    assert error.kind is ErrorKind.UNKNOWN_RESULT and "billed" in error.message
    assert next_wait(error, 1) is None and simulator.posts() <= 1


def test_case_31_a_picture_that_arrived_whole_survives_a_broken_connection(caller, simulator):
    simulator.script("draft_unmarked+close_in_body", times=1, after="0.9")
    answer = caller.ask(small())
    assert answer.result and "ended early" in answer.warnings[0]
    assert not answer.turn, "half a turn cannot be continued"


def test_case_31_silence_longer_than_the_timeout(caller, simulator, monkeypatch):
    monkeypatch.setattr("nano_banana_addon.wire.client.read_timeout", lambda _request: 0.5)
    simulator.script("silence", times=1)
    error = failed(caller)
    assert error.kind is ErrorKind.UNKNOWN_RESULT


def test_case_31_silence_shorter_than_the_timeout_and_a_body_in_small_pieces(caller, simulator):
    simulator.script("silence+trickle", times=1, seconds="0.5", piece="1024")
    assert caller.ask(small()).result


def test_case_31_a_call_has_an_end_even_when_bytes_keep_coming(caller, simulator):
    simulator.script("trickle", times=1, piece="1", pause="0.05")
    error = failed(caller, limits=Limits(seconds=0.6))
    assert error.kind is ErrorKind.UNKNOWN_RESULT


def test_case_31_a_slow_line_out_is_no_error(caller, simulator, picture):
    simulator.script("slow_upload", times=1, rate="4000000")
    assert caller.ask(small(references=(picture(size=(700, 700)),))).result


def test_nothing_sent_is_told_apart_and_may_be_repeated(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = failed(Caller(f"http://127.0.0.1:{port}", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK and "nothing was sent" in error.message
    assert next_wait(error, 1) and next_wait(error, 4) is None


def test_a_name_that_does_not_exist_is_told(tmp_path, monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(sockets.socket, "getaddrinfo", unknown)
    error = failed(Caller("https://nano-banana.invalid", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK and "nano-banana.invalid" in error.message


# Cancelling


def cancel_when(condition: Callable[[], bool], token: CancelToken, moments: list[float]) -> None:
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    moments.append(time.monotonic())
    token.cancel()


def cancelled_after(caller: Caller, condition: Callable[[], bool], request=None) -> float:
    """Seconds from cancelling to the call's end."""
    token, moments = CancelToken(), list[float]()
    thread = threading.Thread(target=cancel_when, args=(condition, token, moments))
    thread.start()
    error = failed(caller, request, cancel=token)
    thread.join()
    assert error.kind is ErrorKind.CANCELLED
    return time.monotonic() - moments[0]


def reached(caller: Caller, state: State, fraction: float = 0.0) -> Callable[[], bool]:
    return lambda: any(p.state is state and p.fraction >= fraction for p in caller.progress)


#: The promise is 0.5 s; a loaded machine gets more, and a client that does not listen takes minutes.
SOON = 3.0


def test_case_32_cancel_while_the_model_paints(caller, simulator):
    simulator.script("silence", times=1)
    assert cancelled_after(caller, reached(caller, State.GENERATING)) < SOON
    until = time.monotonic() + 5
    while simulator.requests[-1].gone_at is None and time.monotonic() < until:
        time.sleep(0.01)
    assert simulator.requests[-1].gone_at is not None, "the server sees the socket closed"


def test_case_32_cancel_while_sending(caller, simulator, picture):
    simulator.script("slow_upload", times=1, rate="100000")
    request = small(references=(picture(size=(1600, 1600)),))
    assert cancelled_after(caller, reached(caller, State.SENDING, 1e-6), request) < SOON


def test_case_32_cancel_while_receiving(caller, simulator):
    simulator.script("trickle", times=1, piece="64", pause="0.05")
    assert cancelled_after(caller, reached(caller, State.RECEIVING, 1e-9)) < SOON


def test_case_32_cancel_before_anything_is_sent(caller, simulator):
    token = CancelToken()
    token.cancel()
    assert failed(caller, cancel=token).kind is ErrorKind.CANCELLED
    assert simulator.requests == []


def test_case_32_cancel_while_a_name_is_resolved(tmp_path, monkeypatch):
    asked, release = threading.Event(), threading.Event()

    def never(*_args, flags=0, **_options):
        if not flags:
            asked.set()
            release.wait(30)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(sockets.socket, "getaddrinfo", never)
    caller = Caller("https://nano-banana.invalid", tmp_path / "results")
    assert cancelled_after(caller, asked.is_set) < SOON
    release.set()


@contextmanager
def full_listener() -> Iterator[int]:
    """A port that neither takes nor refuses connections: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for line in waiting:
            line.setblocking(False)
            with suppress(BlockingIOError):
                line.connect(listener.getsockname())
        yield listener.getsockname()[1]
        for line in waiting:
            line.close()


def test_case_32_cancel_while_connecting(tmp_path):
    with full_listener() as port:
        caller = Caller(f"http://127.0.0.1:{port}", tmp_path / "results")
        assert cancelled_after(caller, reached(caller, State.SENDING)) < SOON


def test_a_host_that_does_not_answer_is_nothing_sent(tmp_path, monkeypatch):
    monkeypatch.setattr(exchange_module, "CONNECT_TIMEOUT", 0.4)
    with full_listener() as port:
        error = failed(Caller(f"http://127.0.0.1:{port}", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK


def test_cancelling_twice_or_afterwards_does_no_harm(caller):
    token = CancelToken()
    assert caller.ask(small(), cancel=token).result
    token.cancel()
    token.cancel()


# The line


def test_case_34_the_server_is_told_a_little_less_than_our_patience(caller, simulator):
    caller.ask(small())
    caller.ask(small(image_size="4K"))
    headers = [r.headers["x-server-timeout"] for r in simulator.requests]
    assert headers == ["290", "590"]
    assert read_timeout(small(image_size="2K")) == 300 and read_timeout(small(image_size="4K")) == 600


def test_case_34_a_deadline_of_the_server_is_asked_once_more(caller, simulator, monkeypatch):
    monkeypatch.setattr("nano_banana_addon.wire.client.read_timeout", lambda _request: 11.0)
    simulator.script("silence", times=1, seconds="2")
    error = failed(caller)
    assert error.kind is ErrorKind.DEADLINE
    assert next_wait(error, 1) is not None and next_wait(error, 2) is None


def test_a_connection_is_http_1_1_kept_alive_by_tcp_and_closed_after_the_call(caller, simulator):
    caller.ask(small())
    assert simulator.requests[-1].headers.get("connection") == "close"
    options = {name for _level, name, _value in sockets.keep_alive_options()}
    assert socket.SO_KEEPALIVE in options and len(options) >= 2


def test_loopback_never_goes_through_a_proxy(caller, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert caller.ask(small()).result
    assert proxy_for("https://example.com/x") == "http://127.0.0.1:9"
    monkeypatch.setenv("no_proxy", "example.com")
    assert proxy_for("https://example.com/x") == ""


@pytest.mark.parametrize("proxy", ["http://user:hush-hush@127.0.0.1:9", "socks5://user:hush-hush@127.0.0.1:9"])
def test_a_proxy_that_does_not_work_is_nothing_sent_and_its_password_stays_secret(
    tmp_path, monkeypatch, proxy
):
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    error = failed(Caller("https://nano-banana.invalid", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "hush-hush" not in error.sentence() + repr(error)


def test_redirects_are_not_followed(tmp_path):
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n") as url:
        error = failed(Caller(url, tmp_path / "results"))
    assert error.kind is ErrorKind.ANSWER and error.http_status == 302


@pytest.mark.parametrize(
    "raw",
    [
        b"not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
)
def test_broken_http_is_an_error_in_words(tmp_path, raw):
    with answering(raw) as url:
        error = failed(Caller(url, tmp_path / "results"))
    assert error.kind in (ErrorKind.UNKNOWN_RESULT, ErrorKind.ANSWER)
    assert next_wait(error, 1) is None


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that takes one request and answers with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_once, args=(listener, raw), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def _serve_once(listener: socket.socket, raw: bytes) -> None:
    line, _address = listener.accept()
    with line:
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(65536)
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += line.recv(65536)
        with suppress(OSError):
            line.sendall(raw)


def test_an_endpoint_of_a_new_provider_is_one_entry(simulator, tmp_path, monkeypatch):
    from nano_banana_addon.wire import providers

    house = replace(providers.PROVIDERS["google"], id="house", label="House", base_url="https://ai.house.example")
    monkeypatch.setattr(providers, "PROVIDERS", {**providers.PROVIDERS, "house": house})
    answer = generate(small(), endpoint("house", simulator.base_url), KEY, tmp_path / "results")
    assert answer.result


def test_vertex_express_asks_at_its_own_address():
    express = endpoint("vertex-express")
    assert express.model_url("gemini-3-pro-image", "generateContent") == (
        "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro-image:generateContent"
    )
    assert express.headers("k") == {"x-goog-api-key": "k"}
