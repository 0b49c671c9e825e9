# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the Batch API (section 9, case 37)."""

from __future__ import annotations

from .call import Call
from .errors import ApiError
from .plan import Reply


def create(call: Call, model: str) -> Reply:
    """``:batchGenerateContent``."""
    raise ApiError(501, "not built yet")


def get(call: Call, ident: str) -> Reply:
    """``GET batches/{id}``."""
    raise ApiError(501, "not built yet")


def cancel(call: Call, ident: str) -> Reply:
    """``POST batches/{id}:cancel``."""
    raise ApiError(501, "not built yet")


def delete(call: Call, ident: str) -> Reply:
    """``DELETE batches/{id}``."""
    raise ApiError(501, "not built yet")


def list_batches(call: Call) -> Reply:
    """``GET batches``."""
    raise ApiError(501, "not built yet")
