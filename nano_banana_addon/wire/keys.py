# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys: where the environment has one, and an entered one cleaned for use in a header.

Their format is not checked: formats have changed before.
"""

from __future__ import annotations

import os

from ..core.errors import ErrorKind, NanoBananaError
from .providers import Endpoint, Provider


def find_variable(provider: Provider) -> str:
    """The name of the environment variable that holds a key of a provider; "" if none does."""
    return next((name for name in provider.key_variables if os.environ.get(name, "").strip()), "")


def clean_key(endpoint: Endpoint, key: str) -> str:
    """The key without accidental spaces and line ends; the placeholder where none is needed.

    Raises `NanoBananaError`: KEY_MISSING; KEY_INVALID for characters that a header cannot hold.
    """
    cleaned_key = key.strip()
    if not cleaned_key:
        if endpoint.provider.needs_key:
            raise NanoBananaError(
                ErrorKind.KEY_MISSING,
                f"There is no API key for {endpoint.provider.label}.",
                next_step=_describe_key_sources(endpoint),
            )
        return endpoint.provider.placeholder_key
    if not endpoint.is_local and endpoint.base_url.startswith("http:"):
        raise NanoBananaError(
            ErrorKind.KEY_INVALID,
            "The key would be sent unencrypted through the network; nothing was sent.",
            next_step="Remove the key, or use an https address.",
        )
    if not (cleaned_key.isascii() and cleaned_key.isprintable()) or " " in cleaned_key:
        raise NanoBananaError(ErrorKind.KEY_INVALID, "The API key contains invalid characters; nothing was sent.")
    return cleaned_key


def _describe_key_sources(endpoint: Endpoint) -> str:
    variables = " or ".join(endpoint.provider.key_variables)
    hint = f", or set {variables} in the environment" if variables else ""
    return f"Enter one in the add-on's preferences{hint}."
