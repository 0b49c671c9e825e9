# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyring of Linux: the Secret Service of GNOME, KDE, KeePassXC, over D-Bus.

https://specifications.freedesktop.org/secret-service-spec/latest/ Secrets pass the session's bus as they are
(algorithm "plain"): who can listen there can as well ask the service.
"""

# jeepney has few types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from jeepney import DBusAddress, MatchRule, Message, MessageType, message_bus, new_method_call
from jeepney.bus import get_bus
from jeepney.io.blocking import DBusConnection, prep_socket

from .vault import LONGEST, PATIENCE, SERVICE, KeyringError, Problem

_BUS_NAME = "org.freedesktop.secrets"
_ROOT = "/org/freedesktop/secrets"
_INTERFACE = "org.freedesktop.Secret"
_NOTHING = "/"  # the path that stands for no object
#: Seconds that a person has to enter a password.
_PERSON = 120.0
#: Entries of one name, one in each of a user's keyrings, that are erased at most.
_COPIES = 16
_ABSENT_ERRORS = ("ServiceUnknown", "NameHasNoOwner", "Spawn.")
_LOCKED_ERROR = f"{_INTERFACE}.Error.IsLocked"


class _Connection(DBusConnection):
    """A connection whose questions all have a time limit, also the one that jeepney asks itself at its start."""

    def send_and_get_reply(self, message: Message, *, timeout: float | None = None) -> Message:
        """Like jeepney's; None is the usual patience, not for ever."""
        return super().send_and_get_reply(message, timeout=PATIENCE if timeout is None else timeout)


@contextmanager
def connect() -> Generator[SecretService]:
    """The Secret Service of the user's session. Raises `KeyringError` ABSENT."""
    standard = f"unix:path={os.environ.get('XDG_RUNTIME_DIR', '')}/bus"
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS") or standard
    try:
        opened = prep_socket(get_bus(address))
    except (OSError, RuntimeError, ValueError) as error:  # no such socket, or an address of an unknown kind
        raise KeyringError(Problem.SILENT if isinstance(error, TimeoutError) else Problem.ABSENT) from None
    with opened, _Connection(opened) as connection:
        yield SecretService(connection)


class SecretService:
    """A `Vault`. The service is the user's own, yet every answer of it is checked before it is used."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection

    def read(self, name: str, *, may_ask: bool) -> bytes | None:
        """The secret of the first entry of this name."""
        item = self._find(name, may_ask=may_ask)
        if item is None:
            return None
        session = self._open_session()
        (secret,) = self._call(item, "Item", "GetSecret", "o", session)
        return _check_secret(secret)

    def write(self, name: str, secret: bytes) -> None:
        """Into the default keyring, which the user is asked to unlock or to create."""
        collection = self._require_collection()
        properties = {
            f"{_INTERFACE}.Item.Label": ("s", f"{SERVICE}: {name}"),
            f"{_INTERFACE}.Item.Attributes": ("a{ss}", _attributes(name)),
        }
        value = (self._open_session(), b"", secret, "text/plain")
        item, prompt = self._call(collection, "Collection", "CreateItem", "a{sv}(oayays)b", properties, value, True)
        if item == _NOTHING:
            self._ask(prompt)

    def erase(self, name: str) -> None:
        """All entries of this name, also in other keyrings than the default one."""
        for _ in range(_COPIES):
            if (item := self._find(name, may_ask=True)) is None:
                return
            (prompt,) = self._call(item, "Item", "Delete", "")
            if prompt != _NOTHING:
                self._ask(prompt)
        raise KeyringError(Problem.FAILED)

    def _find(self, name: str, *, may_ask: bool) -> str | None:
        found, locked = self._call(_ROOT, "Service", "SearchItems", "a{ss}", _attributes(name))
        if not found and locked:
            if not may_ask:
                raise KeyringError(Problem.LOCKED)
            self._unlock(locked[0])
            found = locked
        return found[0] if found else None

    def _require_collection(self) -> str:
        (collection,) = self._call(_ROOT, "Service", "ReadAlias", "s", "default")
        if collection != _NOTHING:
            self._unlock(collection)
            return collection
        label = {f"{_INTERFACE}.Collection.Label": ("s", "Default")}
        collection, prompt = self._call(_ROOT, "Service", "CreateCollection", "a{sv}s", label, "default")
        return collection if collection != _NOTHING else str(self._ask(prompt))

    def _unlock(self, path: str) -> None:
        unlocked, prompt = self._call(_ROOT, "Service", "Unlock", "ao", [path])
        if path not in unlocked:
            self._ask(prompt)

    def _ask(self, prompt: str) -> Any:
        """Let the service ask the user, and wait; what it gives. Raises `KeyringError` DENIED."""
        if prompt == _NOTHING:
            raise KeyringError(Problem.LOCKED)
        rule = MatchRule(type="signal", interface=f"{_INTERFACE}.Prompt", member="Completed", path=prompt)
        self._connection.send_and_get_reply(message_bus.AddMatch(rule))
        with self._connection.filter(rule) as signals:
            self._call(prompt, "Prompt", "Prompt", "s", "")
            try:
                dismissed, result = self._connection.recv_until_filtered(signals, timeout=_PERSON).body
            except TimeoutError:
                self._call(prompt, "Prompt", "Dismiss", "")
                raise KeyringError(Problem.DENIED) from None
        if dismissed:
            raise KeyringError(Problem.DENIED)
        return result[1]

    def _open_session(self) -> str:
        _output, session = self._call(_ROOT, "Service", "OpenSession", "sv", "plain", ("s", ""))
        return session

    def _call(self, path: str, interface: str, method: str, signature: str, *values: object) -> tuple[Any, ...]:
        """The values that a method returns. Raises `KeyringError`, `TimeoutError`."""
        address = DBusAddress(path, bus_name=_BUS_NAME, interface=f"{_INTERFACE}.{interface}")
        reply = self._connection.send_and_get_reply(new_method_call(address, method, signature, values))
        if reply.header.message_type is not MessageType.error:
            return reply.body
        name = str(reply.header.fields.get(4, ""))  # HeaderFields.error_name
        if name == _LOCKED_ERROR:
            raise KeyringError(Problem.LOCKED)
        raise KeyringError(Problem.ABSENT if any(part in name for part in _ABSENT_ERRORS) else Problem.FAILED)


def _attributes(name: str) -> dict[str, str]:
    return {"service": SERVICE, "username": name}


def _check_secret(secret: object) -> bytes:
    """The bytes of a structure (session, parameters, value, content type)."""
    match secret:
        case (str(), _, bytes() as value, str()) if len(value) <= LONGEST:
            return value
        case _:
            raise KeyringError(Problem.INVALID)
