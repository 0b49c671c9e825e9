# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract case 32: a call ends when the artist says so, in whatever phase it is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.wire.client.client import CancelToken
from nano_banana_addon.wire.http import call as exchange_module
from nano_banana_addon.wire.http import sockets

from .conftest import Caller, failed, small
from .servers import full_listener


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


#: The promise is 0.5 s; a loaded machine gets more, and a client that does not listen takes
#: minutes.
SOON = 20.0


def test_a_call_is_cancelled_while_the_model_paints(caller, simulator):
    simulator.script("silence", times=1)
    assert cancelled_after(caller, lambda: bool(simulator.requests)) < SOON
    until = time.monotonic() + 30
    while simulator.requests[-1].gone_at is None and time.monotonic() < until:
        time.sleep(0.01)
    assert simulator.requests[-1].gone_at is not None, "the server sees the socket closed"


def test_a_call_is_cancelled_while_sending(caller, simulator, picture):
    simulator.script("slow_upload", times=1, rate="100000")
    request = small(references=(picture(size=(1600, 1600)),))
    assert cancelled_after(caller, reached(caller, State.SENDING, 1e-6), request) < SOON


def test_a_call_is_cancelled_while_receiving(caller, simulator):
    simulator.script("trickle", times=1, piece="64", pause="0.05")
    assert cancelled_after(caller, reached(caller, State.RECEIVING, 1e-9)) < SOON


def test_a_call_is_cancelled_before_anything_is_sent(caller, simulator):
    token = CancelToken()
    token.cancel()
    assert failed(caller, cancel=token).kind is ErrorKind.CANCELLED
    assert simulator.requests == []


def test_a_call_is_cancelled_while_a_name_is_resolved(tmp_path, monkeypatch):
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


def test_a_call_is_cancelled_while_connecting(tmp_path):
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
