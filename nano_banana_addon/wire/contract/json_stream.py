# SPDX-License-Identifier: GPL-3.0-or-later
"""An incremental JSON reader that builds a tree and passes chosen strings to a sink instead.

It holds no more of the text than the current token. The result equals `json.loads` of the whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from ...core.bounds import Limits


class JsonError(ValueError):
    """The text is not JSON, or passes a limit; the message says which."""


class Sink(Protocol):
    """Receives the raw text of one string, unescaped, in pieces."""

    def write(self, piece: bytes | memoryview) -> None:
        """The next piece."""
        ...

    def finish(self) -> object:
        """The string is complete: returns the value for the tree."""
        ...


#: Called with the key of the string ("" in an array), and the key of what holds it; None: an ordinary string.
OpenSink = Callable[[str, str], Sink | None]

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_SCALAR = re.compile(rb"[-+.0-9A-Za-z]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{4}|[^u])", re.DOTALL)
_PARTIAL_ESCAPE = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
#: What writers of JSON escape in base64, and its line ends.
_ESCAPED = frozenset("+/=\r\n")
_LITERALS: dict[bytes, object] = {b"true": True, b"false": False, b"null": None}


class JsonReader:
    """Call `feed`, then `finish`. `root` can be read before: it holds all that has arrived so far.

    `may_hide_secrets`: the text of an image had escapes that no writer needs, by which a secret passes the redaction.
    """

    def __init__(self, limits: Limits, open_sink: OpenSink = lambda _key, _parent: None) -> None:
        self.root: Any = None
        self.may_hide_secrets = False
        self._limits = limits
        self._open_sink = open_sink
        self._containers: list[tuple[Any, str]] = []  # each with the key under which it stands
        self._key = ""
        self._reading_key = False
        self._in_escape = False
        self._token = bytearray()
        self._sink: Sink | None = None
        self._values = 0
        self._text = 0
        self._step: Callable[[bytes, int], int] = self._skip_space
        self._expected: Callable[[bytes, int], int] = self._read_value

    def feed(self, chunk: bytes) -> None:
        """Read the next bytes. Raises `JsonError`; the reader cannot be used after that."""
        position = 0
        while position < len(chunk):
            position = self._step(chunk, position)

    def finish(self) -> Any:
        """The tree, when all bytes were fed. Raises `JsonError` if the text is incomplete."""
        if self._step == self._read_scalar:
            self._end_scalar()
        if self._expected != self._expect_end or self._step != self._skip_space:
            raise JsonError("it ends in the middle")
        return self.root

    # Each step takes the chunk and a position, and returns the position up to which it has read.

    def _skip_space(self, chunk: bytes, position: int) -> int:
        match = _SPACE.match(chunk, position)
        position = match.end() if match else position
        return self._expected(chunk, position) if position < len(chunk) else position

    def _read_value(self, chunk: bytes, position: int) -> int:
        self._values += 1
        if self._values > self._limits.values:
            raise JsonError("it has too many values")
        byte = chunk[position : position + 1]
        if byte == b'"':
            return self._begin_string(position)
        if byte == b"{":
            self._push({}, self._read_key_or_end)
        elif byte == b"[":
            self._push([], self._read_value_or_end)
        else:
            self._step = self._read_scalar
            return position
        return position + 1

    def _read_value_or_end(self, chunk: bytes, position: int) -> int:
        return self._close_or(b"]", self._read_value, chunk, position)

    def _read_key_or_end(self, chunk: bytes, position: int) -> int:
        return self._close_or(b"}", self._begin_key, chunk, position)

    def _begin_key(self, chunk: bytes, position: int) -> int:
        if chunk[position : position + 1] != b'"':
            self._fail_unexpected(chunk, position)
        self._reading_key = True
        self._step = self._read_string
        return position + 1

    def _read_colon(self, chunk: bytes, position: int) -> int:
        if chunk[position : position + 1] != b":":
            self._fail_unexpected(chunk, position)
        self._expected = self._read_value
        return position + 1

    def _read_comma_or_end(self, chunk: bytes, position: int) -> int:
        in_object = isinstance(self._containers[-1][0], dict)
        if chunk[position : position + 1] == b",":
            self._expected = self._begin_key if in_object else self._read_value
            return position + 1
        return self._close_or(b"}" if in_object else b"]", self._fail_unexpected, chunk, position)

    def _close_or(self, end: bytes, otherwise: Callable[[bytes, int], int], chunk: bytes, position: int) -> int:
        if chunk[position : position + 1] != end:
            return otherwise(chunk, position)
        self._containers.pop()
        self._expected = self._read_comma_or_end if self._containers else self._expect_end
        return position + 1

    def _expect_end(self, chunk: bytes, position: int) -> int:
        self._fail_unexpected(chunk, position)

    def _fail_unexpected(self, chunk: bytes, position: int) -> NoReturn:
        raise JsonError(f"{chr(chunk[position])!r} is not expected there")

    # Strings

    def _begin_string(self, position: int) -> int:
        if self._containers:
            container, parent = self._containers[-1]
            self._sink = self._open_sink(self._key if isinstance(container, dict) else "", parent)
        self._step = self._read_string if self._sink is None else self._read_into_sink
        return position + 1

    def _read_string(self, chunk: bytes, position: int) -> int:
        token = self._token
        if self._in_escape:
            self._in_escape = False
            token += chunk[position : position + 1]
            return position + 1
        match = _STRING.match(chunk, position)
        end = match.end() if match else position
        token += chunk[position:end]
        self._check_string(len(token))
        if end == len(chunk):
            return end
        if chunk[end : end + 1] == b'"':
            self._end_string()
        else:
            self._in_escape = True
            token += b"\\"
        return end + 1

    def _check_string(self, length: int) -> None:
        if length > self._limits.string or self._text + length > self._limits.text:
            raise JsonError("it has too long a text")

    def _end_string(self) -> None:
        self._step = self._skip_space
        self._text += len(self._token)
        raw = self._token.decode("utf-8", "replace")
        self._token.clear()
        try:
            text: str = json.loads(f'"{raw}"')
        except ValueError as error:
            raise JsonError(f"a text in it is broken: {error}") from None
        if self._reading_key:
            self._reading_key = False
            self._key = text
            self._expected = self._read_colon
        else:
            self._put(text)

    # Strings that go to a sink: up to the quote, and nearly always without an escape

    def _read_into_sink(self, chunk: bytes, position: int) -> int:
        end = chunk.find(b'"', position)
        stop = end if end >= 0 else len(chunk)
        if self._token or chunk.find(b"\\", position, stop) >= 0:
            self._write_escaped(chunk[position:stop])
        elif stop > position:
            self._write(memoryview(chunk)[position:stop])
        if end < 0:
            return stop
        if self._token:
            raise JsonError("an image in it has a broken escape")
        self._end_sink()
        return end + 1

    def _write_escaped(self, piece: bytes) -> None:
        whole = bytes(self._token) + piece
        self._token.clear()
        partial = _PARTIAL_ESCAPE.search(whole)
        if partial:
            self._token += partial[0]
            whole = whole[: partial.start()]
        try:
            self._write(_ESCAPE.sub(self._unescape, whole))
        except ValueError:
            raise JsonError("an image in it has a broken escape") from None

    def _unescape(self, match: re.Match[bytes]) -> bytes:
        text: str = json.loads(b'"' + match[0] + b'"')
        self.may_hide_secrets = self.may_hide_secrets or text not in _ESCAPED
        return text.encode("ascii")

    def _write(self, piece: bytes | memoryview) -> None:
        if self._sink is not None:
            self._sink.write(piece)

    def _end_sink(self) -> None:
        sink, self._sink = self._sink, None
        self._step = self._skip_space
        if sink is not None:
            self._put(sink.finish())

    # Numbers, true, false, null

    def _read_scalar(self, chunk: bytes, position: int) -> int:
        match = _SCALAR.match(chunk, position)
        end = match.end() if match else position
        self._token += chunk[position:end]
        if len(self._token) > self._limits.number:
            raise JsonError("it has too long a number")
        if end < len(chunk):
            if not self._token:
                self._fail_unexpected(chunk, end)
            self._end_scalar()
        return end

    def _end_scalar(self) -> None:
        token = bytes(self._token)
        self._token.clear()
        self._step = self._skip_space
        self._put(_LITERALS[token] if token in _LITERALS else _parse_number(token.decode("ascii")))

    # The tree

    def _push(self, container: dict[str, Any] | list[Any], expected: Callable[[bytes, int], int]) -> None:
        key = self._key
        self._put(container)
        self._containers.append((container, key))
        if len(self._containers) > self._limits.depth:
            raise JsonError("it is nested too deeply")
        self._expected = expected

    def _put(self, value: object) -> None:
        if not self._containers:
            self.root = value
            self._expected = self._expect_end
            return
        parent = self._containers[-1][0]
        if isinstance(parent, dict):
            parent[self._key] = value
        else:
            parent.append(value)
        self._expected = self._read_comma_or_end


def _parse_number(text: str) -> int | float:
    match = _NUMBER.fullmatch(text)
    if not match:
        raise JsonError(f"{text!r} is no value")
    return float(text) if match[1] or match[2] else int(text)
