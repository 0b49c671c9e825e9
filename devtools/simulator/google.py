# SPDX-License-Identifier: GPL-3.0-or-later
"""Google's Developer API with batches, and with keys that stand for a key in trouble."""

from __future__ import annotations

from typing import Any

from nano_banana_addon.simulator.contract.errors import TYPE, ApiError, build_key_error
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.extension import ServiceDialect

from .messages import parse, schema
from .messages.schema import ANY, INT64, STRING, Message, RepeatedField

#: With the messages of batches, which do not ship.
MESSAGES: dict[str, Message] = {
    **schema.MESSAGES,
    "BatchRequest": {"batch": "Batch"},
    "Batch": {
        "model": STRING,
        "displayName": STRING,
        "inputConfig": "InputConfig",
        "priority": INT64,
    },
    "InputConfig": {"fileName": STRING, "requests": "InlinedRequests"},
    "InlinedRequests": {"requests": RepeatedField("InlinedRequest")},
    "InlinedRequest": {"request": "GenerateContentRequest", "metadata": ANY},
}
LEAKED = "Your API key was reported as leaked. Please use another API key."


class GoogleDialect(ServiceDialect):
    """As it ships, but with every body checked field by field, three special keys, and batches."""

    def check_key(self, key: str | None, keys: frozenset[str] | None) -> None:
        """Refuse the three."""
        del keys
        if key:
            refuse_special_key(key)

    def parse(self, tree: Any, name: str, version: str) -> Tree:
        """A body checked as a message, those of batches among them."""
        return parse.parse(tree, name, version, MESSAGES)


def refuse_special_key(key: str) -> None:
    """The keys that stand for a key in trouble, whatever the server accepts."""
    if key == "expired":
        raise build_key_error("API key expired. Please renew the API key.")
    if key == "leaked":
        raise ApiError(403, LEAKED)
    if key == "restricted":
        text = "Requests to this API generativelanguage.googleapis.com method are blocked."
        info = {"@type": TYPE + "ErrorInfo", "reason": "API_KEY_SERVICE_BLOCKED"}
        raise ApiError(403, text, details=[info])
