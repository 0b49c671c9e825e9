# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes secrets from everything that a server returned: the service echoes keys and whole bodies."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast
from urllib.parse import quote, quote_plus

#: The replacement of a secret.
REPLACEMENT = "[key]"
#: Characters of the service's message that are kept.
DETAIL_LIMIT = 500

#: Shapes of keys: Google's old and new ones, those of gateways, and what follows the names of headers and parameters
#: that carry one.
_PATTERNS = re.compile(
    r"AIza[0-9A-Za-z_\-]{10,}"
    r"|AQ\.[0-9A-Za-z_\-]{10,}"
    r"|\bsk-[0-9A-Za-z_\-]{10,}"
    r"|\bya29\.[0-9A-Za-z_\-]{10,}"
    r"|(?<=[?&]key=)[^&\s\"'<>]+"
    r"|(?i:(?<=bearer )[0-9A-Za-z._~+/\-]{6,}=*)"
    r"|(?i:(?<=x-goog-api-key: )\S+|(?<=x-goog-api-key:)\S+)"
)
#: Shorter codes of short secrets would be found in innocent text.
_SHORTEST_CODE = 8
#: Bytes at the beginning of a secret's form by which a part of it is looked for.
_START = 4
#: Letters that JSON need not escape, behind any number of escaped backslashes: the same text without the escape.
_ESCAPED = re.compile(rb"(?<!\\)((?:\\\\)*)\\u00((?!22|5[cC])[2-6][0-9a-fA-F]|7[0-9a-eA-E])")
_ESCAPE_LENGTH = 6
_CUT_ESCAPE = re.compile(rb"\\(?:u(?:00?[2-7]?)?)?\Z")
_TOKEN = re.compile(rb"\\\\|\\u00[2-7][0-9a-fA-F]|\\(?:u(?:00?[2-7]?)?)?\Z|.", re.DOTALL)
_LONG_CODE = re.compile(r"[0-9A-Za-z+/_\-]{200,}={0,2}")


class Redactor:
    """Holds the secrets of one call. Its `repr` shows none of them."""

    def __init__(self, *secrets: str) -> None:
        forms = {form for secret in secrets if len(secret) >= 4 for form in _list_forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._exact = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        # JSON may escape a slash.
        escaped = [form.replace("/", "\\/") for form in longest_first if "/" in form]
        self._codes = tuple(form.encode() for form in (*escaped, *longest_first) if len(form) >= _SHORTEST_CODE)
        self._starts = tuple({code[:_START] for code in self._codes})
        self._parts_of_starts = tuple({start[:length] for start in self._starts for length in range(1, _START)})
        self._longest = max(map(len, self._codes), default=1)

    def redact_text(self, text: str) -> str:
        """The text without any form of the secrets, all that looks like a key, and what no text can hold."""
        text = text.encode("utf-8", "replace").decode()  # JSON may escape half a character
        return _PATTERNS.sub(REPLACEMENT, self._exact.sub(REPLACEMENT, text))

    def redact_detail(self, text: str) -> str:
        """The service's message for an error: without secrets or echoed files, at most 500 characters."""
        clean = _LONG_CODE.sub("[...]", self.redact_text(text)).strip()
        return clean if len(clean) <= DETAIL_LIMIT else clean[: DETAIL_LIMIT - 1] + "…"

    def redact_secrets(self, text: str) -> str:
        """Only the secrets removed: for texts in which a signature may look like a key."""
        return self._exact.sub(REPLACEMENT, text)

    def redact_chunks(self, chunks: Iterable[bytes], on_secret: Callable[[], None] = lambda: None) -> Iterator[bytes]:
        """A text that arrives, with all forms of the secrets removed, also where two chunks meet.

        `on_secret` is called when there was one.
        """
        rest = b""
        for chunk in chunks:
            text = rest + chunk if rest else chunk
            if b"\\" in text and b"\\u00" in text:  # one byte is found many times as fast, and images have none
                plain = _unescape(text)
                if any(code in plain for code in self._codes):
                    text = plain
            if any(code in text for code in self._codes):
                on_secret()
                for code in self._codes:
                    text = text.replace(code, REPLACEMENT.encode())
            rest = self._find_beginning(text)
            yield text[: -len(rest)] if rest else text
        if rest:
            yield rest

    def _find_beginning(self, text: bytes) -> bytes:
        """The end of a text that may be the beginning of a secret; b"" in most cases."""
        tail = text[-self._longest * _ESCAPE_LENGTH :]
        if b"\\" in tail:
            return self._find_escaped_beginning(text[: -len(tail)], tail)
        tail = tail[-self._longest :]
        if not text.endswith(self._parts_of_starts) and not any(start in tail for start in self._starts):
            return b""
        ends = (tail[number:] for number in range(len(tail)))
        return next((end for end in ends if any(code.startswith(end) for code in self._codes)), b"")

    def _find_escaped_beginning(self, before: bytes, tail: bytes) -> bytes:
        """The same, where JSON's escapes may stand for its letters, the last of them cut off."""
        is_escaped = (len(before) - len(before.rstrip(b"\\"))) % 2 == 1
        tokens = list(_TOKEN.finditer(tail, int(is_escaped)))[-self._longest :]
        plain = b""
        found = b""
        for token in reversed(tokens):
            plain = _unescape(_CUT_ESCAPE.sub(b"", token[0]) if token[0] != b"\\\\" else token[0]) + plain
            if any(code.startswith(plain) for code in self._codes):
                found = tail[token.start() :]
        return found

    def redact_tree(self, value: object, *, exact: bool = False) -> Any:
        """JSON values with all their strings, including keys of objects, redacted. Other objects are kept."""
        clean = self.redact_secrets if exact else self.redact_text
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, list):
            return [self.redact_tree(item, exact=exact) for item in cast("list[object]", value)]
        if isinstance(value, dict):
            entries = cast("dict[str, object]", value)
            return {clean(key): self.redact_tree(item, exact=exact) for key, item in entries.items()}
        return value


def _unescape(text: bytes) -> bytes:
    """JSON's text without the escapes that no writer needs; it stands for the same values."""
    return _ESCAPED.sub(lambda match: match[1] + bytes([int(match[2], 16)]), text)


def _list_forms(secret: str) -> Iterable[str]:
    raw = secret.encode()
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    yield from (raw.hex(), raw.hex().upper())
    for shift in range(3):
        # Base64 depends on where in a text the secret stands: what all neighbours leave equal.
        code = base64.b64encode(b"\0" * shift + raw)
        inner = code[(0, 2, 3)[shift] : len(code) - (0, 3, 2)[(len(raw) + shift) % 3]].decode()
        if len(inner) >= _SHORTEST_CODE:
            yield from (inner, inner.replace("+", "-").replace("/", "_"))
