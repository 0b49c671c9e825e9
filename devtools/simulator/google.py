# SPDX-License-Identifier: GPL-3.0-or-later
"""Google's Developer API with keys that stand for a key in trouble."""

from __future__ import annotations

from nano_banana_addon.simulator.contract.errors import TYPE, ApiError, build_key_error
from nano_banana_addon.simulator.extension import ServiceDialect

LEAKED = "Your API key was reported as leaked. Please use another API key."


class GoogleDialect(ServiceDialect):
    """As it ships, but for three keys."""

    def check_key(self, key: str | None, keys: frozenset[str] | None) -> None:
        """Refuse the three."""
        del keys
        if key:
            refuse_special_key(key)


def refuse_special_key(key: str) -> None:
    """The keys that stand for a key in trouble, whatever the server accepts."""
    if key == "expired":
        raise build_key_error("API key expired. Please renew the API key.")
    if key == "leaked":
        raise ApiError(403, LEAKED, gateway_code="permission_denied")
    if key == "restricted":
        text = "Requests to this API generativelanguage.googleapis.com method are blocked."
        info = {"@type": TYPE + "ErrorInfo", "reason": "API_KEY_SERVICE_BLOCKED"}
        raise ApiError(403, text, details=[info], gateway_code="permission_denied")
