# SPDX-License-Identifier: GPL-3.0-or-later
"""Thumbnails and contact sheets."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.imaging.formats.raw import write_raw
from nano_banana_addon.imaging.formats.thumbnails import write_thumbnail
from nano_banana_addon.imaging.sheets.contact_sheet import Tile, contact_sheet


@pytest.mark.parametrize(("size", "expected"), [((1000, 500), (256, 128)), ((30, 90), (30, 90))])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_thumbnail_is_the_picture_made_small(tmp_path, render, size, expected, suffix):
    render(*size).save(tmp_path / "a.jpg", quality=95)
    assert write_thumbnail(tmp_path / "a.jpg", tmp_path / f"t{suffix}") == expected
    with Image.open(tmp_path / f"t{suffix}") as small:
        assert small.size == expected
        wanted = render(*size).resize(expected, Image.Resampling.BOX)
        assert np.abs(np.asarray(small, float) - np.asarray(wanted, float)).mean() < 6


def test_thumbnails_stand_upright(tmp_path, render):
    exif = Image.Exif()
    exif[0x0112] = 6
    render(60, 40).save(tmp_path / "a.jpg", exif=exif)
    assert write_thumbnail(tmp_path / "a.jpg", tmp_path / "t.png") == (40, 60)


def test_transparency_is_kept_in_png_and_filled_in_jpeg(tmp_path):
    write_raw(tmp_path / "c.npy", np.zeros((20, 20, 4), np.uint8))
    write_thumbnail(tmp_path / "c.npy", tmp_path / "t.png")
    write_thumbnail(tmp_path / "c.npy", tmp_path / "t.jpg")
    assert Image.open(tmp_path / "t.png").getpixel((9, 9))[3] == 0
    assert Image.open(tmp_path / "t.jpg").getpixel((9, 9)) == (128, 128, 128)


def test_a_damaged_picture_leaves_the_old_thumbnail(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
    (tmp_path / "t.png").write_bytes(b"old")
    with pytest.raises(InputError):
        write_thumbnail(tmp_path / "a.png", tmp_path / "t.png")
    assert (tmp_path / "t.png").read_bytes() == b"old"


def test_a_place_that_cannot_be_written_is_said(tmp_path, render):
    render(60, 40).save(tmp_path / "a.png")
    with pytest.raises(NanoBananaError) as caught:
        write_thumbnail(tmp_path / "a.png", tmp_path / "a.png" / "t.png")
    assert caught.value.kind is ErrorKind.DISK


def test_a_sheet_shows_every_picture_within_its_cell(tmp_path):
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250)]
    tiles = [Tile(Image.new("RGB", (300, 200), c), "ü" * 500, "\n\t") for c in colours]
    sheet = np.asarray(contact_sheet(tiles, edge=150, title="All " * 200)).reshape(-1, 3)
    for colour in colours:
        assert (sheet == colour).all(-1).sum() == 150 * 100


def test_a_sheet_reads_files_and_needs_at_least_one(tmp_path, render):
    render(60, 40).save(tmp_path / "a.png")
    assert contact_sheet([Tile(tmp_path / "a.png")]).width > 60
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])
