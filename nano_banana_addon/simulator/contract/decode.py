# SPDX-License-Identifier: GPL-3.0-or-later
"""From a body's JSON to the values that the rules are about."""

from __future__ import annotations

import binascii
from typing import Any, cast

from .body import LongString
from .errors import build_invalid
from .json_access import Tree

_BYTES = frozenset({"data", "thoughtSignature"})  # the fields in base64


def decode(value: Any, name: str = "") -> Any:
    """The *value* of the field *name*: long strings as text, base64 as bytes. Raises a 400 for a broken one."""
    if isinstance(value, dict):
        return {key: decode(item, key) for key, item in cast("Tree", value).items()}
    if isinstance(value, list):
        return [decode(item) for item in cast("list[Any]", value)]
    try:
        if name in _BYTES and isinstance(value, str | LongString):
            text = value.unescape() if isinstance(value, LongString) else value
            return binascii.a2b_base64(text, strict_mode=True)
        return value.to_text() if isinstance(value, LongString) else value
    except ValueError as error:
        raise build_invalid(f"Invalid value at '{name}'.") from error
