# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call (contract cases 1 to 3). Keys are compared, never kept or logged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from .contract.errors import ApiError, build_key_error
from .extension import ServiceDialect

NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API consumer identity to call this API."
)


def check_key(
    headers: Mapping[str, str], query: Mapping[str, str], keys: frozenset[str] | None, dialect: ServiceDialect
) -> str:
    """Return a short digest of the accepted key ("" for none) or raise the service's error.

    ``keys`` None means Offline: any key and no key are fine. The format is never judged.
    """
    if "key" in query:
        raise build_key_error("The key belongs in the x-goog-api-key header, not in the URL.")
    key = dialect.read_key(headers)
    dialect.check_key(key, keys)
    if not key:
        if keys is None:
            return ""
        raise ApiError(403, NO_KEY)
    if key != key.strip():
        raise build_key_error()
    if keys is not None and key not in keys:
        raise build_key_error()
    return compute_key_digest(key)


def compute_key_digest(key: str) -> str:
    """A short name for a key, to tell owners of files apart without keeping the key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:12]
