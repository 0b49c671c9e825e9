# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service says of a key."""

from __future__ import annotations

from nano_banana_addon.simulator.contract.errors import TYPE, ApiError

NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API."
)


class InvalidKeyError(ApiError):
    """A key that the service does not know."""


def build_key_error(message: str = "API key not valid. Please pass a valid API key.") -> InvalidKeyError:
    """A bad key is a 400 on this service, not a 401."""
    return InvalidKeyError(
        400,
        message,
        details=[
            {
                "@type": TYPE + "ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            },
            {"@type": TYPE + "LocalizedMessage", "locale": "en-US", "message": message},
        ],
    )
