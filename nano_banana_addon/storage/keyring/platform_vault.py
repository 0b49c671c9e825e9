# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyring of this machine."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

from .vault import KeyringError, Problem, Vault


@contextmanager
def open_vault() -> Generator[Vault]:
    """The keyring of this machine, whose errors become `KeyringError`. Imports its library, and waits for it."""
    try:
        if sys.platform == "linux":
            from . import secret_service

            with secret_service.connect() as vault:
                yield vault
        else:
            from . import system_vault

            yield system_vault.connect()
    except KeyringError:
        raise
    except TimeoutError:
        raise KeyringError(Problem.SILENT) from None
    # Libraries and services raise all kinds of errors; none goes into a log, because its text may repeat a key.
    except Exception:  # noqa: BLE001
        raise KeyringError(Problem.FAILED) from None
