# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture is, is read from its bytes, as Pillow reads it; twins are found without
decoding.
"""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nano_banana_addon.wire.contract.image_header import InvalidImageError, compute_pixel_digest, read_header


def encoded(kind: str, size: tuple[int, int] = (37, 21), seed: int = 0, **options) -> bytes:
    buffer = io.BytesIO()
    picture = Image.frombytes("RGB", size, bytes((n * 7 + seed) % 256 for n in range(size[0] * size[1] * 3)))
    if options.pop("alpha", False):
        picture.putalpha(100)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


CASES = [
    ("PNG", {}),
    ("PNG", {"alpha": True}),
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"exif": b"Exif\0\0" + bytes(300), "comment": b"x" * 70}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("WEBP", {"alpha": True, "exif": b"Exif\0\0II*\0" + bytes(60)}),
]


@pytest.mark.parametrize(("kind", "options"), CASES)
@pytest.mark.parametrize("size", [(1, 1), (37, 21), (300, 5)])
def test_it_agrees_with_pillow(tmp_path, kind, options, size):
    path = tmp_path / "x.bin"
    path.write_bytes(encoded(kind, size, **dict(options)))
    header = read_header(path)
    with Image.open(path) as opened:
        assert (header.width, header.height) == opened.size
        assert header.mime_type == Image.MIME[opened.format]
    assert header.complete


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_a_file_that_is_cut_off_is_seen(tmp_path, kind, options):
    path = tmp_path / "x.bin"
    data = encoded(kind, (90, 90), **dict(options))
    path.write_bytes(data[: len(data) - len(data) // 8])
    assert not read_header(path).complete


@given(
    st.binary(max_size=80),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBPVP8X"]),
)
def test_no_bytes_crash_it(tmp_path_factory, data, start):
    path = tmp_path_factory.mktemp("header") / "x"
    path.write_bytes(start + data)
    try:
        header = read_header(path)
    except InvalidImageError:
        pass
    else:
        assert header.width > 0
        assert header.height > 0
    assert len(compute_pixel_digest(path)) == 64


def jpeg_with_credentials(data: bytes, credentials: bytes) -> bytes:
    segment = b"\xff\xeb" + (len(credentials) + 2).to_bytes(2, "big") + credentials
    return data[:2] + segment + data[2:]


def test_twins_differ_only_in_their_credentials(tmp_path):
    plain = encoded("JPEG", (64, 64))
    twins = [jpeg_with_credentials(plain, f"JP{n}".encode() * 40) for n in range(2)]
    other = encoded("JPEG", (64, 64), seed=1)
    digests = []
    for number, data in enumerate((*twins, other)):
        path = tmp_path / str(number)
        path.write_bytes(data)
        digests.append(compute_pixel_digest(path))
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_different_pixels_are_no_twins(tmp_path, kind):
    digests = []
    for seed in (0, 0, 3):
        path = tmp_path / f"{len(digests)}"
        path.write_bytes(encoded(kind, seed=seed, lossless=True))
        digests.append(compute_pixel_digest(path))
    assert digests[0] == digests[1] != digests[2]
