# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyrings of macOS and Windows, as the library keyring reaches them.

Its backends are named here: to look for others would import whatever is installed, and run what a file in the user's
home names.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .vault import SERVICE, KeyringError, Problem

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


def connect() -> SystemKeyring:
    """The system's keyring. Raises an error of the library where there is none."""
    if sys.platform == "darwin":
        from keyring.backends.macOS import Keyring

        return SystemKeyring(Keyring())
    from keyring.backends.Windows import WinVaultKeyring

    return SystemKeyring(WinVaultKeyring())


class SystemKeyring:
    """A `Vault`. The system itself asks the user for a password when it wants one."""

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend

    def read(self, name: str, *, may_ask: bool) -> bytes | None:  # noqa: ARG002 - the system decides
        """The entry of this name. Raises `KeyringError` LOCKED."""
        from keyring.errors import KeyringLocked

        try:
            value = self._backend.get_password(SERVICE, name)
        except KeyringLocked:
            raise KeyringError(Problem.LOCKED) from None
        return None if value is None else value.encode()

    def write(self, name: str, secret: bytes) -> None:
        """Raises an error of the library."""
        self._backend.set_password(SERVICE, name, secret.decode())  # pyright: ignore[reportUnknownMemberType]

    def erase(self, name: str) -> None:
        """Raises an error of the library."""
        if self._backend.get_password(SERVICE, name) is not None:
            self._backend.delete_password(SERVICE, name)
