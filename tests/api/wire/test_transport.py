# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract cases 31, 32, 34: silence, broken connections, cancelling, what goes over the
line.
"""

from __future__ import annotations

import socket

import pytest

from nano_banana_addon.core.bounds import Limits
from nano_banana_addon.core.errors import ErrorKind, InputError
from nano_banana_addon.wire.client.client import generate, read_timeout
from nano_banana_addon.wire.http import sockets
from nano_banana_addon.wire.http.transport import find_proxy
from nano_banana_addon.wire.providers import resolve_endpoint
from nano_banana_addon.wire.retry import compute_wait

from .conftest import KEY, Caller, failed, small
from .servers import answering


@pytest.mark.parametrize("case", ["close", "close_in_upload", "reset", "close_in_body", "reset_in_body"])
def test_a_broken_connection_is_an_unknown_result_and_never_repeated(caller, simulator, picture, case):
    simulator.script(case, times=1)
    error = failed(caller, small(references=(picture(size=(1500, 1500)),)))
    assert error.kind is ErrorKind.UNKNOWN_RESULT
    assert "billed" in error.message
    assert compute_wait(error, 1) is None
    assert simulator.posts() <= 1


def test_a_picture_that_arrived_whole_survives_a_broken_connection(caller, simulator):
    simulator.script("draft_unmarked+close_in_body", times=1, after="0.9")
    answer = caller.ask(small())
    assert answer.result
    assert "ended early" in answer.warnings[0]
    assert not answer.turn, "half a turn cannot be continued"


def test_silence_longer_than_the_timeout_is_an_unknown_result(caller, simulator, monkeypatch):
    monkeypatch.setattr("nano_banana_addon.wire.client.client.read_timeout", lambda _request: 0.5)
    simulator.script("silence", times=1)
    error = failed(caller)
    assert error.kind is ErrorKind.UNKNOWN_RESULT


def test_a_shorter_silence_and_a_body_in_small_pieces_are_no_error(caller, simulator):
    simulator.script("silence+trickle", times=1, seconds="0.5", piece="1024")
    assert caller.ask(small()).result


def test_a_call_has_an_end_even_when_bytes_keep_coming(caller, simulator):
    simulator.script("trickle", times=1, piece="1", pause="0.05")
    error = failed(caller, limits=Limits(seconds=0.6))
    assert error.kind is ErrorKind.UNKNOWN_RESULT


def test_a_slow_line_out_is_no_error(caller, simulator, picture):
    simulator.script("slow_upload", times=1, rate="4000000")
    assert caller.ask(small(references=(picture(size=(700, 700)),))).result


def test_nothing_sent_is_told_apart_and_may_be_repeated(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = failed(Caller(f"http://127.0.0.1:{port}", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "nothing was sent" in error.message
    assert compute_wait(error, 1)
    assert compute_wait(error, 4) is None


def test_a_name_that_does_not_exist_is_told(tmp_path, monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(sockets.socket, "getaddrinfo", unknown)
    error = failed(Caller("https://nano-banana.invalid", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "nano-banana.invalid" in error.message


# The line


def test_the_server_is_told_a_little_less_than_our_patience(caller, simulator):
    caller.ask(small())
    caller.ask(small(image_size="4K"))
    headers = [r.headers["x-server-timeout"] for r in simulator.requests]
    assert headers == ["290", "590"]
    assert read_timeout(small(image_size="2K")) == 300
    assert read_timeout(small(image_size="4K")) == 600


def test_a_deadline_of_the_server_is_asked_once_more(caller, simulator, monkeypatch):
    monkeypatch.setattr("nano_banana_addon.wire.client.client.read_timeout", lambda _request: 11.0)
    simulator.script("silence", times=1, seconds="2")
    error = failed(caller)
    assert error.kind is ErrorKind.DEADLINE
    assert compute_wait(error, 1) is not None
    assert compute_wait(error, 2) is None


def test_a_connection_is_http_1_1_kept_alive_by_tcp_and_closed_after_the_call(caller, simulator):
    caller.ask(small())
    assert simulator.requests[-1].headers.get("connection") == "close"
    options = {name for _level, name, _value in sockets.list_keep_alive_options()}
    assert socket.SO_KEEPALIVE in options
    assert len(options) >= 2


def test_loopback_never_goes_through_a_proxy(caller, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert caller.ask(small()).result
    assert find_proxy("https://example.com/x") == "http://127.0.0.1:9"
    monkeypatch.setenv("no_proxy", "example.com")
    assert find_proxy("https://example.com/x") == ""


@pytest.mark.parametrize("proxy", ["http://user:hush-hush@127.0.0.1:9", "socks5://user:hush-hush@127.0.0.1:9"])
def test_a_proxy_that_does_not_work_is_nothing_sent_and_its_password_stays_secret(tmp_path, monkeypatch, proxy):
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    error = failed(Caller("https://nano-banana.invalid", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "hush-hush" not in error.to_sentence() + repr(error)


@pytest.mark.parametrize("proxy", ["http://[", "http://127.0.0.1:99999", "http://user:hush-hush@host:port", "http://é"])
def test_a_malformed_proxy_is_told_as_a_sentence(tmp_path, monkeypatch, proxy):
    monkeypatch.setenv("https_proxy", proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    error = failed(Caller("https://nano-banana.invalid", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "proxy" in error.message
    assert "hush-hush" not in error.to_sentence()


@pytest.mark.parametrize("address", ["https://a.example/" + "x" * 70_000, "https://" + "a" * 70_000 + ".example"])
def test_an_endless_address_is_told_as_a_sentence(address):
    with pytest.raises(InputError, match="too long") as caught:
        resolve_endpoint("google", address)
    assert len(caught.value.to_sentence()) < 200


def test_redirects_are_not_followed(tmp_path):
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n") as url:
        error = failed(Caller(url, tmp_path / "results"))
    assert error.kind is ErrorKind.ANSWER
    assert error.http_status == 302


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
    assert compute_wait(error, 1) is None


def test_an_endpoint_of_a_new_provider_is_one_entry(simulator, tmp_path, monkeypatch):
    from nano_banana_addon.wire import providers

    house = providers.PROVIDERS["google"]._replace(id="house", label="House", base_url="https://ai.house.example")
    monkeypatch.setattr(providers, "PROVIDERS", {**providers.PROVIDERS, "house": house})
    answer = generate(small(), resolve_endpoint("house", simulator.base_url), KEY, tmp_path / "results")
    assert answer.result


def test_vertex_express_asks_at_its_own_address():
    express = resolve_endpoint("vertex-express")
    assert express.build_model_url("gemini-3-pro-image", "generateContent") == (
        "https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-3-pro-image:generateContent"
    )
    assert express.build_headers("k") == {"x-goog-api-key": "k"}
