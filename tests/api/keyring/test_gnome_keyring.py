# SPDX-License-Identifier: GPL-3.0-or-later
"""GNOME's own keyring, and another client of it that nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import secretstorage

import nano_banana_addon.storage.keyring.cache as cache  # not its stand-in
from nano_banana_addon.storage.keyring.cache import StoredKey
from nano_banana_addon.storage.keyring.vault import KeyringError, Problem
from tests.support.keyrings import Desktop, needs_keyring

pytestmark = needs_keyring
KEY = "AIza-planted_key.0123456789"


def read(name: str = "google") -> StoredKey | None:
    cache.forget()
    return cache.wait(name, 20)


@pytest.fixture
def other(gnome: Desktop) -> Iterator[secretstorage.Collection]:
    """The default keyring as the library SecretStorage sees it, which encrypts what passes the bus."""
    connection = secretstorage.dbus_init()
    yield secretstorage.get_default_collection(connection)
    connection.close()


def find_items(other: secretstorage.Collection) -> list[secretstorage.Item]:
    return list(other.search_items({"service": "Nano Banana", "username": "google"}))


def test_an_empty_keyring_holds_no_key_and_is_no_problem(gnome: Desktop) -> None:
    assert read() == StoredKey()


def test_a_key_is_kept_and_erased(other: secretstorage.Collection) -> None:
    cache.keep("google", KEY)
    assert read() == StoredKey(KEY)
    assert [item.get_secret() for item in find_items(other)] == [KEY.encode()]
    cache.erase("google")
    assert read() == StoredKey()
    assert find_items(other) == []


def test_a_key_that_is_kept_again_replaces_the_first(other: secretstorage.Collection) -> None:
    cache.keep("google", KEY)
    cache.keep("google", KEY + "-new")
    assert read() == StoredKey(KEY + "-new")
    assert len(find_items(other)) == 1


def test_two_providers_do_not_disturb_each_other(gnome: Desktop) -> None:
    cache.keep("google", KEY)
    cache.keep("openrouter", KEY + "-2")
    cache.erase("google")
    assert (read("google"), read("openrouter")) == (StoredKey(), StoredKey(KEY + "-2"))


def test_a_key_outlives_the_keyrings_process(gnome: Desktop) -> None:
    cache.keep("google", KEY)
    gnome.stop_keyring()
    gnome.start_keyring()
    assert read() == StoredKey(KEY)


def test_a_locked_keyring_is_read_without_asking_anybody(gnome: Desktop) -> None:
    cache.keep("google", KEY)
    gnome.stop_keyring()
    gnome.start_keyring(unlocked=False)
    assert read() == StoredKey(problem=Problem.LOCKED)


def test_a_key_changed_by_another_program_is_seen(
    other: secretstorage.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep("google", KEY)
    (item,) = find_items(other)
    item.set_secret(b"another-key-0123456789")
    monkeypatch.setattr(cache, "_FRESH", 0.0)
    assert cache.look_up("google") == StoredKey(KEY)  # until it was read again
    cache._slots["google"].thread.join(20)
    assert cache._slots["google"].entry == StoredKey("another-key-0123456789")


def test_a_deleted_keyring_is_made_again_only_with_the_users_consent(other: secretstorage.Collection) -> None:
    cache.keep("google", KEY)
    other.delete()
    assert read() == StoredKey()
    with pytest.raises(KeyringError) as caught:  # GNOME asks in a window of its own, and there is no screen
        cache.keep("google", KEY)
    assert caught.value.problem in (Problem.DENIED, Problem.FAILED, Problem.LOCKED)


@pytest.mark.parametrize(
    "secret", [b"\xff\xfe\x00", b"x" * 100_000, "schlüssel".encode(), b"two words", b"a\r\nX-Header: b", b"\0"]
)
def test_what_is_no_key_is_not_used(other: secretstorage.Collection, secret: bytes) -> None:
    other.create_item("planted", {"service": "Nano Banana", "username": "google"}, secret)
    assert read() == StoredKey(problem=Problem.INVALID)


def test_a_key_that_could_not_be_read_again_is_not_stored(other: secretstorage.Collection) -> None:
    with pytest.raises(KeyringError):
        cache.keep("google", "x" * 2000)
    assert find_items(other) == []
