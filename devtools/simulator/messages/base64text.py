# SPDX-License-Identifier: GPL-3.0-or-later
"""Base64 as the service takes it: padded, without line breaks, one alphabet throughout."""

from __future__ import annotations

import binascii
from typing import Any

from nano_banana_addon.simulator.contract.body import LongString

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class InvalidBase64Error(ValueError):
    """``value`` is the whole text as it came: the service's error echoes it."""

    def __init__(self, value: str) -> None:
        super().__init__("Base64 decoding failed")
        self.value = value


def decode(value: Any) -> bytes:
    """The bytes of a base64 string; raises ``InvalidBase64Error``, or ``TypeError`` for no string.

    The URL-safe alphabet is taken too, since Google's SDK sends it, but never a mix of both.
    """
    if not isinstance(value, str | LongString):
        raise TypeError("not a string")
    try:
        raw = value.unescape() if isinstance(value, LongString) else value.encode("ascii")
        return binascii.a2b_base64(_to_standard(raw), strict_mode=True)
    except ValueError as error:
        text = value.raw.decode("utf-8", "replace") if isinstance(value, LongString) else value
        raise InvalidBase64Error(text) from error


def _to_standard(raw: bytes) -> bytes:
    if b"-" not in raw and b"_" not in raw:
        return raw
    if b"+" in raw or b"/" in raw:
        raise ValueError("mixed alphabets")
    return raw.translate(_TO_STANDARD)
