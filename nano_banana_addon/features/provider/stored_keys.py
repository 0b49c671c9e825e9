# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's key moved into the system's keyring, erased there, or read after the keyring was unlocked.

The keyring may ask for a password, in a window of its own: Blender does not wait for that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ...blender.host import credentials
from ...blender.host.preferences import get_preferences, key_property
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...session import background_tasks
from ...storage.keyring import cache
from ...storage.keyring.vault import KeyringError, Problem
from ...wire.providers import PROVIDERS
from . import test_connection

_NEXT_STEPS = {
    Problem.INVALID: "Check that the key has no spaces and no more than a thousand characters.",
    Problem.DENIED: "Try again and enter the keyring's password.",
}
_FALLBACK = "Keys in the preferences and in environment variables work as before."


def move(provider_id: str, *, waits: bool = False) -> None:
    """Store the key of the preferences in the keyring, read it back, then empty the preference.

    `waits`: until that is done, and raise `NanoBananaError`. Else the answer appears in the preferences.
    """
    key = credentials.find_preference(PROVIDERS[provider_id])
    if not key:
        raise InputError("The preferences hold no key of this provider.", next_step="Enter it first.")

    def finish() -> str:
        # An entry that the user has changed meanwhile is not the one that was stored.
        if credentials.find_preference(PROVIDERS[provider_id]) == key:
            setattr(get_preferences(), key_property(PROVIDERS[provider_id]), "")
        return f"The key was moved to the keyring.\n{test_connection.keep_preferences()}".strip()

    _run(partial(cache.keep, provider_id, key), finish, waits=waits)


def remove(provider_id: str, *, waits: bool = False) -> None:
    """Erase the key in the keyring; `waits` as for `move`."""
    _run(partial(cache.erase, provider_id), lambda: "The key was removed from the keyring.", waits=waits)


def unlock(provider_id: str, *, waits: bool = False) -> None:
    """Read the key again, and let the keyring ask for its password; `waits` as for `move`."""

    def describe() -> str:
        found = credentials.find_credential(provider_id)
        return "The keyring holds a key." if found.origin == "keyring" else "The keyring holds no key of this provider."

    _run(partial(cache.unlock, provider_id), describe, waits=waits)


def _run(work: Callable[[], object], finish: Callable[[], str], *, waits: bool) -> None:
    if waits:
        _work(work)
        test_connection.show_answer(True, finish())
        return
    test_connection.show_answer(True, "Waiting for the keyring …")
    background_tasks.start(partial(_attempt, work, finish), "The keyring is asked.")


def _attempt(work: Callable[[], object], finish: Callable[[], str]) -> Callable[[], None]:
    """In the thread; what is then done on the main thread."""
    try:
        _work(work)
    except NanoBananaError as error:
        return partial(test_connection.show_answer, False, f"{error.message}\n{error.next_step}")
    return lambda: test_connection.show_answer(True, finish())


def _work(work: Callable[[], object]) -> None:
    try:
        work()
    except KeyringError as error:
        kind = ErrorKind.KEY_INVALID if error.problem is Problem.INVALID else ErrorKind.KEY_MISSING
        next_step = _NEXT_STEPS.get(error.problem, _FALLBACK)
        raise NanoBananaError(kind, error.problem.value, next_step=next_step) from None
