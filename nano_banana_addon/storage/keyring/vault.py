# SPDX-License-Identifier: GPL-3.0-or-later
"""What all keyrings can do, why one gives no key, and whether there is one."""

from __future__ import annotations

import os
import sys
from enum import Enum
from typing import Protocol

from ...identity import DISPLAY_NAME, KEYRING_VARIABLE

#: Under which an entry is found, also by other programs: `secret-tool lookup service "Nano Banana" username google`.
SERVICE = DISPLAY_NAME
#: Bytes of an entry. Windows keeps 2 560 bytes of UTF-16; no service has keys of a thousand characters.
LONGEST = 1024
#: Seconds in which a keyring answers a question that asks nobody for a password.
PATIENCE = 5.0


class Problem(Enum):
    """Why a keyring gives no key; the value is a sentence for the user, empty where nothing is wrong."""

    NONE = ""
    ABSENT = "There is no keyring on this computer."
    OFF = f"The keyring is switched off by {KEYRING_VARIABLE}."
    LOCKED = "The keyring is locked."
    DENIED = "The keyring was not unlocked."
    SILENT = "The keyring does not answer."
    INVALID = "What the keyring holds for this provider is no key."
    FAILED = "The keyring reported an error."


class KeyringError(Exception):
    """A keyring could not be used. Its text never holds what a keyring said, which may be a key."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Vault(Protocol):
    """A keyring that is open. Each call may wait; each raises `KeyringError` or an error of its library.

    With `may_ask`, the system may ask the user for a password; without, a locked keyring is LOCKED.
    """

    def read(self, name: str, *, may_ask: bool) -> bytes | None:
        """What is kept under a name."""
        ...

    def write(self, name: str, secret: bytes) -> None:
        """Keep it, in place of what was there; may ask the user."""
        ...

    def erase(self, name: str) -> None:
        """Keep it no longer; may ask the user."""
        ...


def find_obstacle() -> Problem:
    """What can be told without asking anybody: that there is no keyring, or that it is switched off. Takes no time."""
    if os.environ.get(KEYRING_VARIABLE, "").strip().lower() == "off":
        return Problem.OFF
    if sys.platform == "linux":
        # Without the variable the bus of the user's session stands at a known place, where systemd made it.
        folder = os.environ.get("XDG_RUNTIME_DIR", "")
        has_own = bool(folder) and os.path.exists(f"{folder}/bus")  # noqa: PTH110 - called by draw()
        has_bus = bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or has_own
        return Problem.NONE if has_bus else Problem.ABSENT
    return Problem.NONE if sys.platform in ("darwin", "win32") else Problem.ABSENT
