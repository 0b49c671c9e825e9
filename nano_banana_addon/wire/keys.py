# SPDX-License-Identifier: GPL-3.0-or-later
"""A key as it was entered, made fit for a header. Its form is not judged: forms have changed
before.
"""

from __future__ import annotations

from ..core.errors import ErrorKind, NanoBananaError
from .providers import Endpoint


def usable_key(endpoint: Endpoint, key: str) -> str:
    """The key without the spaces and line ends of a careless paste; the stand-in where none is
    needed.

    Raises `NanoBananaError`: KEY_MISSING; KEY_INVALID for characters that no header can carry.
    """
    clean = key.strip()
    if not clean:
        if endpoint.provider.needs_key:
            raise NanoBananaError(
                ErrorKind.KEY_MISSING,
                f"There is no API key for {endpoint.provider.label}.",
                next_step=_where(endpoint),
            )
        return endpoint.provider.stand_in_key
    if not (clean.isascii() and clean.isprintable()) or " " in clean:
        raise NanoBananaError(ErrorKind.KEY_INVALID, "The API key holds characters that no key has; nothing was sent.")
    return clean


def _where(endpoint: Endpoint) -> str:
    variables = " or ".join(endpoint.provider.key_variables)
    named = f", or set {variables} in the environment" if variables else ""
    return f"Enter one in the add-on's preferences{named}."
