# SPDX-License-Identifier: GPL-3.0-or-later
"""A Secret Service that never answers, denies, or sends nonsense, on a real bus; and no service, or no bus, at all."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

# Not `from … import`, which gives stand-ins (nano_banana_addon/lazy.py): what is set in them reaches nobody.
import nano_banana_addon.storage.keyring.cache as cache
import nano_banana_addon.storage.keyring.secret_service as secret_service
from nano_banana_addon.storage.keyring import platform_vault
from nano_banana_addon.storage.keyring.cache import StoredKey
from nano_banana_addon.storage.keyring.vault import KeyringError, Problem
from tests.support.keyrings import Answer, Desktop, needs_keyring, serving

pytestmark = needs_keyring
KEY = "planted-key-0123456789"
_LOCKED: Answer = ("aoao", ([], ["/item"]))


def give(secret: bytes) -> Answer:
    return "(oayays)", (("/session", b"", secret, "text/plain"),)


def read() -> StoredKey | None:
    cache.forget()
    return cache.wait("google", 20)


def test_without_a_bus_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NANO_BANANA_KEYRING", "")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert cache.look_up("google") == StoredKey(problem=Problem.ABSENT)


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "tcp:host=localhost,port=1", "nonsense", "unix:", ":,="])
def test_an_address_where_no_bus_is_gives_no_keyring(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NANO_BANANA_KEYRING", "")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert read() == StoredKey(problem=Problem.ABSENT)


def test_a_bus_without_a_service_gives_no_keyring(desktop: Desktop) -> None:
    assert read() == StoredKey(problem=Problem.ABSENT)
    with pytest.raises(KeyringError) as caught:
        cache.keep("google", KEY)
    assert caught.value.problem is Problem.ABSENT


def test_a_keyring_that_is_switched_off_is_not_asked(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NANO_BANANA_KEYRING", "off")
    with serving(desktop, {"GetSecret": give(KEY.encode())}) as calls:
        assert read() == StoredKey(problem=Problem.OFF)
    assert calls == []


@pytest.mark.parametrize("method", ["SearchItems", "OpenSession", "GetSecret"])
def test_a_service_that_never_answers_stops_nobody(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(secret_service, "PATIENCE", 0.3)
    with serving(desktop, {"GetSecret": give(KEY.encode()), method: None}):
        cache.forget()
        assert cache.look_up("google") is None  # at once
        assert cache.wait("google", 20) == StoredKey(problem=Problem.SILENT)


def test_a_thread_that_hangs_is_given_up(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system's own dialog may keep the thread for hours: after a while the preferences count."""
    monkeypatch.setattr(secret_service, "PATIENCE", 3.0)
    monkeypatch.setattr(cache, "PATIENCE", 0.2)
    with serving(desktop, {"SearchItems": None}):
        cache.forget()
        assert cache.wait("google", 0.4) == StoredKey(problem=Problem.SILENT)
        assert cache._slots["google"].thread.is_alive()
        assert not cache.is_reading()
        cache._slots["google"].thread.join(20)


def test_a_password_that_was_denied_leaves_the_keyring_locked(desktop: Desktop) -> None:
    with serving(desktop, {"SearchItems": _LOCKED}, prompt=(True, "/")) as calls:
        assert read() == StoredKey(problem=Problem.LOCKED)
        assert "Prompt" not in calls
        with pytest.raises(KeyringError) as caught:
            cache.unlock("google")
    assert caught.value.problem is Problem.DENIED


def test_a_password_that_was_entered_unlocks(desktop: Desktop) -> None:
    with serving(desktop, {"SearchItems": _LOCKED, "GetSecret": give(KEY.encode())}, prompt=(False, "/item")):
        assert cache.unlock("google") == StoredKey(KEY)


def test_a_question_that_nobody_answers_is_withdrawn(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_service, "_PERSON", 0.3)
    with serving(desktop, {"SearchItems": _LOCKED}) as calls, pytest.raises(KeyringError) as caught:
        cache.unlock("google")
    assert caught.value.problem is Problem.DENIED
    assert calls[-1] == "Dismiss"


def test_a_key_that_cannot_be_read_back_is_an_error(desktop: Desktop) -> None:
    """The preference is emptied only after a key that reads the same."""
    with serving(desktop, {"GetSecret": give(b"another")}, prompt=(False, "/item")), pytest.raises(KeyringError):
        cache.keep("google", KEY)


def test_a_service_that_deletes_nothing_is_not_asked_for_ever(desktop: Desktop) -> None:
    with serving(desktop, {}), pytest.raises(KeyringError):
        cache.erase("google")


NONSENSE: dict[str, dict[str, Answer]] = {
    "binary": {"GetSecret": give(b"\xff" * 40)},
    "huge": {"GetSecret": give(b"x" * 5_000_000)},
    "a text": {"GetSecret": ("s", (KEY,))},
    "nothing": {"GetSecret": ("", ())},
    "half": {"GetSecret": ("(oay)", (("/session", KEY.encode()),))},
    "an unknown error": {"GetSecret": f"org.example.Error.{KEY.replace('-', '_')}"},
    "locked after all": {"GetSecret": "org.freedesktop.Secret.Error.IsLocked"},
    "a text for lists": {"SearchItems": ("s", (KEY,))},
    "very many": {"SearchItems": ("aoao", (["/item"] * 50_000, []))},
    "no session": {"OpenSession": ("s", (KEY,))},
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_no_key_and_stands_in_no_text(
    desktop: Desktop, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(desktop, NONSENSE[name], prompt=(False, "/item")):
        entry = read()
        assert entry is not None
        assert entry.key == ""
        assert entry.problem in (Problem.INVALID, Problem.FAILED, Problem.LOCKED)
        with pytest.raises(KeyringError) as caught:
            cache.keep("google", KEY)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert KEY not in text + caplog.text + repr(entry)


def test_a_connection_that_breaks_is_an_error(desktop: Desktop) -> None:
    with platform_vault.open_vault() as opened:
        desktop.stop()
        with pytest.raises((ConnectionError, TimeoutError)):
            opened.read("google", may_ask=False)
    assert read() == StoredKey(problem=Problem.ABSENT)


def test_a_key_that_was_read_holds_while_the_keyring_is_away(desktop: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(desktop, {"GetSecret": give(KEY.encode())}):
        assert read() == StoredKey(KEY)
    monkeypatch.setattr(cache, "_FRESH", 0.0)
    cache.look_up("google")
    cache._slots["google"].thread.join(20)
    assert cache._slots["google"].entry == StoredKey(KEY)


def test_no_text_form_shows_a_key() -> None:
    assert KEY not in repr(StoredKey(KEY)) + str(StoredKey(KEY)) + f"{StoredKey(KEY)}"
