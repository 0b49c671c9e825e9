# SPDX-License-Identifier: GPL-3.0-or-later
"""The streaming reader gives what `json.loads` gives, however the bytes are cut into pieces."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.bounds import Limits
from nano_banana_addon.wire.contract.json_stream import JsonError, JsonReader

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner, max_size=5),
    max_leaves=30,
)


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.text = bytearray()

    def write(self, piece: bytes | memoryview) -> None:
        self.text += piece

    def finish(self) -> object:
        return self.text.decode()


def read(data: bytes, cuts: list[int], limits: Limits | None = None, sinks: bool = False) -> Any:
    reader = JsonReader(limits or Limits(), lambda k, _p: Kept() if sinks and k == "data" else None)
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        reader.feed(data[start:end])
    return reader.finish()


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(VALUES, CUTS, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_it_equals_json_loads(value, cuts, ascii_only, indent):
    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    assert read(data, cuts) == json.loads(data)


@given(VALUES)
def test_it_equals_json_loads_byte_by_byte(value):
    data = json.dumps(value, ensure_ascii=False).encode()
    assert read(data, list(range(len(data)))) == json.loads(data)


@given(st.text(alphabet='{}[]",:\\tfn0-.e1 \nu', max_size=24), CUTS)
def test_it_refuses_what_json_loads_refuses(text, cuts):
    data = text.encode()
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(JsonError):
            read(data, cuts)
    else:
        assert read(data, cuts) == expected


BASE64 = st.text(alphabet="ABCDefgh0189+/=-_", max_size=80)


@given(BASE64, CUTS, st.sampled_from(["plain", "slashes", "all"]))
def test_a_sink_gets_the_text_with_its_escapes_undone(text, cuts, escaped):
    coded = text
    if escaped == "slashes":
        coded = text.replace("/", "\\/").replace("=", "\\u003d")
    elif escaped == "all":
        coded = "".join(f"\\u{ord(c):04X}" for c in text)
    data = b'{"x": [1, {"inlineData": {"data" : "' + coded.encode() + b'", "y": 2}}]}'
    assert read(data, cuts, sinks=True) == {"x": [1, {"inlineData": {"data": text, "y": 2}}]}


@pytest.mark.parametrize(
    ("limits", "data"),
    [
        (Limits(depth=3), b"[[[[]]]]"),
        (Limits(string=3), b'"four"'),
        (Limits(string=3), b'{"four": 1}'),
        (Limits(text=5), b'["four", "four"]'),
        (Limits(number=4), b"[12345]"),
        (Limits(values=3), b"[1, 2, 3, 4]"),
    ],
)
def test_every_dimension_has_a_limit(limits, data):
    with pytest.raises(JsonError):
        read(data, [1, 2], limits)


def test_it_is_deep_without_recursion():
    depth = 50_000
    data = b"[" * depth + b"]" * depth
    assert read(data, [], Limits(depth=depth, values=depth)) is not None


def test_what_arrived_can_be_looked_at_before_the_end():
    reader = JsonReader(Limits())
    reader.feed(b'{"a": [1, {"b": "c"}, "half')
    assert reader.root == {"a": [1, {"b": "c"}]}


@pytest.mark.parametrize("data", [b"", b" ", b"{", b'"a', b'{"a":', b"[1,", b"tru", b"1 2", b"{} x"])
def test_a_torn_text_is_an_error(data):
    with pytest.raises(JsonError):
        read(data, [])
