# SPDX-License-Identifier: GPL-3.0-or-later
"""An image that cannot be one is refused, whether its text or its header says so."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from PIL import Image

from nano_banana_addon.core.bounds import Limits
from nano_banana_addon.wire.contract.image_header import InvalidImageError, read_header
from nano_banana_addon.wire.contract.json_stream import JsonError, JsonReader
from nano_banana_addon.wire.contract.spool import Spool


@pytest.mark.parametrize("escape", [rb"\u", rb"\u00", rb"\u003", rb"\x"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_an_image_whose_text_ends_in_a_broken_escape_is_refused(tmp_path, escape, size):
    spool = Spool(tmp_path, Limits())
    reader = JsonReader(Limits(), lambda key, _parent: spool.open_sink() if key == "data" else None)
    text = b'{"data": "AAAA' + escape + b'", "more": 1}'

    def read() -> None:
        for start, end in pairwise([*range(0, len(text), size), len(text)]):
            reader.feed(text[start:end])

    with pytest.raises(JsonError, match="escape"):
        read()
    spool.discard()
    assert list(tmp_path.iterdir()) == []


#: Where the width and the height stand in what Pillow writes, and how they are coded.
_PLACES = {
    "PNG": (b"IHDR", 4, 4),
    "JPEG": (b"\xff\xc0", 5, 2),  # the height first
    "WEBP": (b"\x9d\x01\x2a", 3, 2),
}


@pytest.mark.parametrize("kind", _PLACES)
@pytest.mark.parametrize("number", [0, 1])
def test_an_image_without_a_pixel_is_refused(tmp_path, kind, number):
    stream = io.BytesIO()
    Image.new("RGB", (40, 24), "teal").save(stream, kind)
    data = bytearray(stream.getvalue())
    mark, offset, length = _PLACES[kind]
    place = data.index(mark) + offset + number * length
    assert int.from_bytes(data[place : place + length], "little" if kind == "WEBP" else "big") in (40, 24)
    data[place : place + length] = bytes(length)
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(InvalidImageError, match="pixels"):
        read_header(path)


def test_an_answer_may_hold_as_many_images_as_its_limit_and_no_more(tmp_path):
    spool = Spool(tmp_path, Limits(pictures=2))
    for _ in range(2):
        spool.open_sink()
    with pytest.raises(JsonError, match="too many"):
        spool.open_sink()
    spool.discard()
