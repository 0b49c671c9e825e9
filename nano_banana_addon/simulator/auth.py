# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call (contract cases 1 to 3). Keys are compared, never kept or logged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from . import vertex
from .errors import TYPE, ApiError, build_key_error

NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API."
)
LEAKED = "Your API key was reported as leaked. Please use another API key."
KEY_HEADER = "x-goog-api-key"
SECRET_HEADERS = frozenset({KEY_HEADER, "authorization", "proxy-authorization", "cookie"})


def read_key(headers: Mapping[str, str], dialect: str) -> str | None:
    """The key as it was sent, or None. The gateway also takes ``Authorization``."""
    key = headers.get(KEY_HEADER)
    if key is None and dialect == "cometapi":
        authorization = headers.get("authorization")
        if authorization is not None:
            key = authorization.removeprefix("Bearer ")
    return key


def check_key(headers: Mapping[str, str], query: Mapping[str, str], keys: frozenset[str] | None, dialect: str) -> str:
    """Return a short digest of the accepted key ("" for none) or raise the service's error.

    ``keys`` None means Offline: any key and no key are fine. The format is never judged.
    """
    if "key" in query:
        raise build_key_error("The key belongs in the x-goog-api-key header, not in the URL.")
    key = read_key(headers, dialect)
    if dialect == vertex.DIALECT and keys is not None:
        vertex.check_key(key)
    if not key:
        if keys is None:
            return ""
        raise ApiError(403, NO_KEY, gateway_code="permission_denied")
    if key != key.strip():
        raise build_key_error()
    refuse_special_key(key)
    if keys is not None and key not in keys:
        raise build_key_error()
    return compute_key_digest(key)


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


def compute_key_digest(key: str) -> str:
    """A short name for a key, to tell owners of files apart without keeping the key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]
