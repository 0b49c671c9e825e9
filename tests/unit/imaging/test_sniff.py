# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file is, is told from its bytes; what cannot be used gets a sentence."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.imaging.formats.sniff import sniff


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    content = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + content
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
    ],
)
def test_the_type_comes_from_the_bytes_not_the_name(tmp_path, render, kind, mime_type):
    file = tmp_path / "lies.png"
    render(40, 30).save(file, kind)
    info = sniff(file)
    assert (info.mime_type, info.width, info.height) == (mime_type, 40, 30)
    assert not info.has_alpha
    assert info.frames == 1
    assert info.orientation == 1


def test_a_phone_picture_in_heic_is_measured_by_its_whole_not_its_tiles(tmp_path, heic):
    file = tmp_path / "phone.jpg"
    file.write_bytes(heic(4032, 3024))
    info = sniff(file)
    assert (info.mime_type, info.width, info.height) == ("image/heic", 4032, 3024)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_seen(tmp_path, mode):
    Image.new(mode, (8, 8)).save(tmp_path / "t.png")
    assert sniff(tmp_path / "t.png").has_alpha


def test_transparency_of_a_palette_is_seen(tmp_path):
    Image.new("P", (8, 8), 3).save(tmp_path / "t.png", transparency=3)
    assert sniff(tmp_path / "t.png").has_alpha


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_and_turns_the_size(tmp_path, render, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    render(40, 30).save(tmp_path / "o.jpg", exif=exif)
    info = sniff(tmp_path / "o.jpg")
    assert info.orientation == orientation
    assert info.upright == ((30, 40) if orientation >= 5 else (40, 30))


def test_frames_are_counted(tmp_path):
    frames = [Image.new("RGB", (9, 9), (i * 40, 0, 0)) for i in range(4)]
    for name in ("a.gif", "a.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert sniff(tmp_path / name).frames == 4


@pytest.mark.parametrize("width", [16, 160, 1600])
def test_eight_bit_pictures_are_not_taken_for_deep_ones(tmp_path, width):
    for name in ("e.bmp", "e.png", "e.tiff"):
        Image.new("RGB", (width, 16)).save(tmp_path / name)
        assert sniff(tmp_path / name).bits == 8


def test_deep_pictures_are_recognised(tmp_path):
    Image.fromarray(np.zeros((9, 9), np.uint16)).save(tmp_path / "d.png")
    Image.fromarray(np.zeros((9, 9), np.float32)).save(tmp_path / "d.tiff")
    assert sniff(tmp_path / "d.png").bits == 16
    assert sniff(tmp_path / "d.tiff").bits == 16


BAD = {
    "empty": (b"", "empty"),
    "noise": (bytes(range(256)) * 9, "not an image"),
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
    "bare svg": (b"\xef\xbb\xbf  <svg/>", "SVG"),
    "exr": (b"\x76\x2f\x31\x01" + b"\0" * 60, "OpenEXR"),
    "hdr": (b"#?RADIANCE\n", "Radiance"),
    "pdf": (b"%PDF-1.7", "PDF"),
    "blend": (b"BLENDER-v502", ".blend"),
    "film": (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 40, "video"),
    "no pixels": (png_header(0, 5), "image"),
    "numpy": (b"\x93NUMPY\x01\x00garbage", "damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_gets_a_sentence_with_the_file_and_a_next_step(tmp_path, name):
    content, word = BAD[name]
    file = tmp_path / "chosen.png"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        sniff(file)
    assert word in caught.value.message
    assert "chosen.png" in caught.value.message
    assert caught.value.next_step.endswith(".")


def test_damaged_and_impossible_heic_files_get_a_sentence(tmp_path, heic):
    whole = {"damaged": heic(100, 100)[:60], "megapixels": heic(2**31, 2**31)}
    for word, content in whole.items():
        (tmp_path / "a.heic").write_bytes(content)
        with pytest.raises(InputError, match=word):
            sniff(tmp_path / "a.heic")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="does not exist any more"):
        sniff(tmp_path / "gone.png")
    with pytest.raises(InputError, match="is a folder"):
        sniff(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(NanoBananaError) as caught:
        sniff(tmp_path / "file" / "below.png")
    assert caught.value.kind is ErrorKind.DISK


def test_a_huge_but_legal_panorama_passes(tmp_path: Path):
    (tmp_path / "pano.png").write_bytes(png_header(16384, 8192) + b"\0\0\0\0IDAT")
    assert sniff(tmp_path / "pano.png").width == 16384
