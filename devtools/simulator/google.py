# SPDX-License-Identifier: GPL-3.0-or-later
"""Google's Developer API with batches, and with keys that stand for a key in trouble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nano_banana_addon.simulator.contract.errors import TYPE, ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.extension import ServiceDialect

from .key_errors import NO_KEY, build_key_error
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
    """As it ships, but with every body checked field by field, with keys, batches, and models that are gone.

    ``keys`` None means any key and no key are fine. The format of a key is never judged.
    """

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        self.keys, self._retired = keys, retired

    def check_key(self, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Refuse a key in the address, a special one, and one that is not accepted."""
        if "key" in query:
            raise build_key_error("The key belongs in the x-goog-api-key header, not in the URL.")
        key = self.read_key(headers) or ""
        self.check_special_key(key)
        if not key and self.keys is not None:
            raise ApiError(403, NO_KEY)
        if key != key.strip() or (self.keys is not None and key not in self.keys):
            raise build_key_error()

    def check_special_key(self, key: str) -> None:
        """Refuse the keys that stand for a key in trouble, whatever the server accepts."""
        refuse_special_key(key)

    def resolve_model(self, name: str) -> str:
        """As it ships, but for the retired ones."""
        return "" if name in self._retired else name

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
