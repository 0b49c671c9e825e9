# SPDX-License-Identifier: GPL-3.0-or-later
"""The network below HTTP: connections that can be cancelled in every phase and send without copying.

All waiting is done in short slices, because shutting a socket down does not wake a waiting thread on every platform;
where it does, cancelling takes effect at once.
"""

from __future__ import annotations

import os
import queue
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import httpcore

from ..providers import is_private
from .cancel import CancelToken

_SLICE = 0.2  # seconds
#: Bytes received at once from a plain socket, more than httpcore asks for: each piece costs the same on its way up. TLS
#: gives 16 kB at once, whatever is asked for.
_PIECE = 512 * 1024
_FALLBACK_TIMEOUT = 3.0  # seconds for one address while others are left to try
_Address = tuple[Any, ...]


def list_keep_alive_options() -> list[tuple[int, int, int]]:
    """Socket options that keep idle connections open.

    The service sends nothing while it generates; home routers and load balancers drop idle connections after 60 s, some
    after 30 s. First probe after 30 s, then every 15 s.
    """
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    candidates = ((idle, 30), (getattr(socket, "TCP_KEEPINTVL", None), 15))
    candidates += ((getattr(socket, "TCP_KEEPCNT", None), 8),)
    options += [(socket.IPPROTO_TCP, name, value) for name, value in candidates if name is not None]
    return options


class CancellableBackend(httpcore.NetworkBackend):
    """Opens TCP connections that a `CancelToken` ends."""

    def __init__(self, cancel: CancelToken, call_deadline: float | None = None, *, public_only: bool = False) -> None:
        """`call_deadline`: the moment of `time.monotonic` at which the whole call has taken too long.

        `public_only`: hosts in private networks and this computer count as unreachable, whatever their names.
        """
        self._public_only = public_only
        self._cancel = cancel
        self._call_deadline = call_deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002 - the interface has it
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connected stream; raises `httpcore.ConnectError` or `ConnectTimeout`."""
        deadline = time.monotonic() + (timeout or 60.0)
        addresses = _resolve(host, port, deadline, self._cancel)
        if self._public_only:
            addresses = [entry for entry in addresses if not is_private(str(entry[4][0]))]
        problem: Exception = httpcore.ConnectError("the host has no address")
        for number, (family, kind, protocol, _name, address) in enumerate(addresses):
            last = number == len(addresses) - 1
            limit = deadline if last else min(deadline, time.monotonic() + _FALLBACK_TIMEOUT)
            sock = socket.socket(family, kind, protocol)
            try:
                _connect(sock, address, limit, self._cancel)
                _set_options(sock, socket_options or ())
            except httpcore.TimeoutException as error:
                sock.close()
                problem = error
            except OSError as error:
                sock.close()
                problem = httpcore.ConnectError(str(error))
            except BaseException:
                sock.close()
                raise
            else:
                return CancellableStream(sock, self._cancel, self._call_deadline)
        raise problem


class CancellableStream(httpcore.NetworkStream):
    """A connected socket, plain or TLS."""

    def __init__(self, sock: socket.socket, cancel: CancelToken, call_deadline: float | None) -> None:
        self._sock = sock
        self._cancel = cancel
        self._call_deadline = call_deadline
        self._shut_down_socket: Callable[[], None] = lambda: _shut_down(sock)
        sock.settimeout(_SLICE)
        cancel.register(self._shut_down_socket)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived, from a plain socket even more than `max_bytes`; b"" at the end.

        Raises `httpcore.ReadTimeout`, `ReadError`.
        """
        deadline = self._compute_deadline(timeout)
        size = max_bytes if isinstance(self._sock, ssl.SSLSocket) else _PIECE
        while True:
            try:
                data = self._sock.recv(size)
            except (TimeoutError, ssl.SSLWantReadError):
                self._check_deadline(deadline, httpcore.ReadTimeout)
            except OSError as error:
                self._cancel.check()
                raise httpcore.ReadError(str(error)) from error
            else:
                self._check_call(httpcore.ReadTimeout)
                return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of `buffer`, without copying it. `timeout` is the time without any progress."""
        with memoryview(buffer) as whole:
            sent = 0
            deadline = self._compute_deadline(timeout)
            while sent < len(whole):
                try:
                    sent += self._sock.send(whole[sent:])
                except (TimeoutError, ssl.SSLWantWriteError):
                    self._check_deadline(deadline, httpcore.WriteTimeout)
                except OSError as error:
                    self._cancel.check()
                    raise httpcore.WriteError(str(error)) from error
                else:
                    deadline = self._compute_deadline(timeout)
                    self._check_call(httpcore.WriteTimeout)

    def close(self) -> None:
        """Close the socket."""
        self._cancel.unregister(self._shut_down_socket)
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection under TLS; raises `httpcore.ConnectError` or `ConnectTimeout`."""
        self._cancel.unregister(self._shut_down_socket)
        deadline = self._compute_deadline(timeout)
        try:
            with self._cancel.close_on_cancel(self._shut_down_socket):
                sock = ssl_context.wrap_socket(
                    self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
                )
                self._sock = sock
                self._shake_hands(sock, deadline)
        except OSError as error:
            self._sock.close()
            self._cancel.check()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self._sock.close()
            raise
        return CancellableStream(sock, self._cancel, self._call_deadline)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: its TLS object, socket, and whether bytes are waiting."""
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "socket":
            return self._sock
        if info == "is_readable":
            return _is_ready(self._sock, selectors.EVENT_READ, 0.0)
        return None

    def _shake_hands(self, sock: ssl.SSLSocket, deadline: float) -> None:
        sock.settimeout(_SLICE)
        while True:
            try:
                sock.do_handshake()
            except (TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._check_deadline(deadline, httpcore.ConnectTimeout)
            else:
                return

    def _compute_deadline(self, timeout: float | None) -> float:
        return time.monotonic() + (timeout if timeout is not None else 3600.0)

    def _check_deadline(self, deadline: float, error: type[Exception]) -> None:
        self._check_call(error)
        if time.monotonic() >= deadline:
            raise error("timed out")

    def _check_call(self, error: type[Exception]) -> None:
        """Whether the whole call goes on: bytes that keep coming must not prolong it."""
        self._cancel.check()
        if self._call_deadline is not None and time.monotonic() >= self._call_deadline:
            raise error("the whole call took too long")


def _resolve(host: str, port: int, deadline: float, cancel: CancelToken) -> list[_Address]:
    """The addresses of a host. Name resolution cannot be interrupted, so it runs in a separate thread."""
    with suppress(socket.gaierror):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    results: queue.SimpleQueue[list[_Address] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            results.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            results.put(error)

    # A daemon: a name server that never answers must not keep the process alive.
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    while True:
        try:
            result = results.get(timeout=_SLICE / 2)
        except queue.Empty:
            cancel.check()
            if time.monotonic() >= deadline:
                raise httpcore.ConnectTimeout("the host's name was not resolved in time") from None
            continue
        cancel.check()
        if isinstance(result, Exception):
            raise httpcore.ConnectError(str(result)) from result
        return result


def _connect(sock: socket.socket, address: Any, deadline: float, cancel: CancelToken) -> None:
    sock.setblocking(False)
    with suppress(BlockingIOError):
        sock.connect(address)
    while not _is_ready(sock, selectors.EVENT_WRITE, _SLICE / 2):
        cancel.check()
        if time.monotonic() >= deadline:
            raise httpcore.ConnectTimeout("the host did not answer in time")
    cancel.check()
    problem = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if problem:
        raise OSError(problem, os.strerror(problem))


def _set_options(sock: socket.socket, options: Iterable[Any]) -> None:
    for option in options:
        # An option that this system lacks is no reason not to talk.
        with suppress(OSError):
            sock.setsockopt(*option)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _is_ready(sock: socket.socket, event: int, seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, event)
        return bool(selector.select(seconds))


def _shut_down(sock: socket.socket) -> None:
    # Not SSLSocket.shutdown: that one takes the TLS state away under the thread that reads.
    socket.socket.shutdown(sock, socket.SHUT_RDWR)
