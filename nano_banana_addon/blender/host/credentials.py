# SPDX-License-Identifier: GPL-3.0-or-later
"""The API key of a provider: from the environment, the system's keyring, or the preferences, in this order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import bpy

from ...core.errors import ErrorKind, NanoBananaError
from ...light_dataclass import light_dataclass
from ...storage.keyring import cache, vault
from ...wire.keys import find_variable
from ...wire.providers import PROVIDERS, Provider
from .preferences import address_property, get_preferences, has_key, key_property

if TYPE_CHECKING:
    from ...storage.keyring.vault import Problem

#: Seconds between two looks whether the keyring has answered.
_INTERVAL = 0.1
#: Seconds that sending waits for a keyring that is being read: without a window, and with one, which must not freeze.
_WAIT, _SHORT_WAIT = 10.0, 0.5


@light_dataclass(frozen=True)
class Credential:
    """A key and where it came from. It has no text form that could show the key."""

    key: str
    origin: str  # "environment variable GEMINI_API_KEY", "keyring", "preferences", or "" for none
    keyring: Problem | None = None  # why the keyring gives none
    is_pending: bool = False  # the keyring is being read, which takes a moment

    @property
    def problem(self) -> str:
        """Why the keyring gives no key, as a sentence."""
        return "The keyring is being read." if self.is_pending else self.keyring.value if self.keyring else ""

    @property
    def is_unlockable(self) -> bool:
        """Whether the keyring may hold a key that its password would show."""
        problem = vault.Problem
        return self.keyring in (problem.LOCKED, problem.DENIED, problem.SILENT, problem.FAILED)

    @property
    def obstacle(self) -> str:
        """What keeps a key that may be there from being read, as a sentence; "" where nothing does."""
        return self.problem if self.is_pending or self.is_unlockable else ""

    @property
    def is_absent(self) -> bool:
        """Whether no key can be moved into the keyring."""
        return self.is_pending or self.keyring in (vault.Problem.ABSENT, vault.Problem.OFF)


def find_credential(provider_id: str) -> Credential:
    """The key of a provider, without waiting. The environment wins, so that a farm needs no preferences."""
    provider = PROVIDERS[provider_id]
    if variable := find_variable(provider):
        return Credential(os.environ[variable].strip(), f"environment variable {variable}")
    entry = cache.look_up(provider_id) if has_key(provider) else cache.StoredKey()
    if entry is None:
        _watch_reading()
        return Credential("", "", is_pending=True)
    if entry.key:
        return Credential(entry.key, "keyring")
    value = find_preference(provider)
    problem = None if entry.problem is vault.Problem.NONE else entry.problem
    return Credential(value, "preferences" if value else "", problem)


def find_preference(provider: Provider) -> str:
    """The key in the preferences, "" if there is none."""
    prefs = get_preferences()
    return str(getattr(prefs, key_property(provider), "")).strip() if prefs else ""


def _watch_reading() -> None:
    if not bpy.app.background and not bpy.app.timers.is_registered(_redraw_when_read):
        bpy.app.timers.register(_redraw_when_read, first_interval=_INTERVAL)


def _redraw_when_read() -> float | None:
    if cache.is_reading():
        return _INTERVAL
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            area.tag_redraw()
    return None


def stop() -> None:
    """Wait no longer for the keyring, and forget what it said."""
    if bpy.app.timers.is_registered(_redraw_when_read):
        bpy.app.timers.unregister(_redraw_when_read)
    cache.forget()


def find_address(provider_id: str) -> str:
    """The address of a provider in the preferences, else its own."""
    prefs = get_preferences()
    provider = PROVIDERS[provider_id]
    address = str(getattr(prefs, address_property(provider), "")).strip() if prefs else ""
    earlier = str(prefs.base_url).strip() if prefs and str(prefs.provider) == provider_id else ""
    return address or earlier or provider.base_url


def resolve_key(provider_id: str) -> str:
    """The key to send, "" for a provider that needs none. Raises KEY_MISSING with what to do."""
    provider = PROVIDERS[provider_id]
    found = find_credential(provider_id)
    if found.is_pending:
        cache.wait(provider_id, _WAIT if bpy.app.background else _SHORT_WAIT)
        found = find_credential(provider_id)
    if found.key or not (provider.needs_key or found.is_pending):
        return found.key
    raise NanoBananaError(
        ErrorKind.KEY_MISSING,
        found.obstacle or f"There is no API key for {provider.label}.",
        next_step=_describe_remedy(provider, found),
    )


def _describe_remedy(provider: Provider, found: Credential) -> str:
    if found.is_pending:
        return "Try again in a moment."
    place = "Preferences > Add-ons > Nano Banana"
    if found.is_unlockable:
        return f"Unlock it in {place}, or enter a key there. The provider Offline needs none."
    variables = " or ".join(provider.key_variables)
    return f"Enter it in {place}, or set {variables} before starting Blender. The provider Offline needs none."
