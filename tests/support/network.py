# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard that lets tests reach this machine only: a test that would cost money fails instead."""

from __future__ import annotations

import ipaddress
import socket

import pytest

_connect, _connect_ex, _getaddrinfo = (
    socket.socket.connect,
    socket.socket.connect_ex,
    socket.getaddrinfo,
)


class OutsideWorld(AssertionError):
    """A test tried to leave the machine. Not an OSError: no code under test may take it for a bad
    connection."""


def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sockets connect, and names be looked up, on this machine only."""

    def connect(self, address):
        _refuse_outside(self.family, address)
        return _connect(self, address)

    def connect_ex(self, address):
        _refuse_outside(self.family, address)
        return _connect_ex(self, address)

    def getaddrinfo(host, *arguments, **named):
        if not _is_local(host):
            raise OutsideWorld(f"a test looked up {host!r}")
        return _getaddrinfo(host, *arguments, **named)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _refuse_outside(family: int, address: object) -> None:
    if family in {socket.AF_INET, socket.AF_INET6} and not _is_local(address[0]):
        raise OutsideWorld(f"a test tried to connect to {address!r}")


def _is_local(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
