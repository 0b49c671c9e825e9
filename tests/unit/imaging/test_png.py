# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files: another program reads what was written, to the last bit."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.imaging.formats.png import encode_texels


@pytest.mark.parametrize(
    ("channels", "kind"), [((), np.uint8), ((3,), np.uint8), ((4,), np.uint8), ((), np.uint16)], ids=str
)
@pytest.mark.parametrize("size", [(1, 1), (129, 70)])
def test_pillow_reads_the_same_texels(size, channels, kind):
    texels = np.random.default_rng(1).integers(0, np.iinfo(kind).max, (*size, *channels), dtype=kind, endpoint=True)
    with Image.open(io.BytesIO(encode_texels(texels))) as image:
        assert image.size == size[::-1]
        assert np.array_equal(np.asarray(image), texels)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", [(1, 1), (65, 33)])
def test_colours_of_16_bits_have_their_high_bytes_first(size, channels):
    texels = np.random.default_rng(2).integers(0, 2**16, (*size, channels), dtype=np.uint16)
    with Image.open(io.BytesIO(encode_texels(texels))) as image:  # Pillow keeps the high bytes of colours alone
        assert np.array_equal(np.asarray(image), texels >> 8)


def test_a_view_of_texels_is_written_in_its_order():
    texels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)[::-1, ::2]
    with Image.open(io.BytesIO(encode_texels(texels))) as image:
        assert np.array_equal(np.asarray(image), texels)
