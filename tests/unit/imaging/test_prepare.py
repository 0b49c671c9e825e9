# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that is really sent: accepted by the API, within its limits, showing the same
picture."""

from __future__ import annotations

import hashlib
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.request import Reference
from nano_banana_addon.imaging.formats.preparation import prepare, prepare_all
from nano_banana_addon.imaging.formats.raw import write_raw


def style(path: Path, role: ReferenceRole = ReferenceRole.STYLE) -> Reference:
    return Reference(role, str(path), label="ink")


def sent(reference: Reference) -> Image.Image:
    with Image.open(reference.path) as picture:
        picture.load()
        return picture


def difference(a: Image.Image, b: Image.Image) -> float:
    """The mean over all channels, in 1/255."""
    first, second = (np.asarray(p.convert("RGB"), np.float32) for p in (a, b))
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize(("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_what_the_api_takes_is_sent_byte_for_byte(tmp_path, render, kind, extension):
    file = tmp_path / "a.dat"
    render(64, 48).save(file, kind)
    got = prepare(style(file), tmp_path / "sent")
    content = file.read_bytes()
    assert Path(got.path).read_bytes() == content
    assert got.sha256 == hashlib.sha256(content).hexdigest()
    assert Path(got.path).name == f"{got.sha256}.{extension}"
    assert (got.width, got.height, got.byte_count) == (64, 48, len(content))
    assert (got.role, got.label, got.prepared) == (ReferenceRole.STYLE, "ink", "")


def test_heic_is_sent_as_it_is(tmp_path, heic):
    content = heic(4000, 3000)
    (tmp_path / "a.heic").write_bytes(content)
    got = prepare(style(tmp_path / "a.heic"), tmp_path / "sent")
    assert (got.mime_type, got.width) == ("image/heic", 4000)
    assert Path(got.path).read_bytes() == content
    with pytest.raises(NanoBananaError, match="cannot be made smaller") as caught:
        prepare(style(tmp_path / "a.heic"), tmp_path / "sent", byte_limit=50)
    assert caught.value.kind is ErrorKind.TOO_LARGE


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "GIF", "TGA", "PPM"])
def test_other_lossless_types_become_png_and_it_is_said(tmp_path, render, kind):
    file = tmp_path / "a.png"
    picture = render(64, 48) if kind != "GIF" else render(64, 48).quantize(16)
    picture.save(file, kind)
    got = prepare(style(file), tmp_path / "sent")
    assert got.mime_type == "image/png"
    assert got.prepared.startswith("converted from ")
    assert difference(sent(got), picture) == 0


def test_avif_becomes_a_jpeg_of_the_same_picture(tmp_path, render):
    render(64, 48).save(tmp_path / "a.avif", quality=95)
    got = prepare(style(tmp_path / "a.avif"), tmp_path / "sent")
    assert got.mime_type == "image/jpeg"
    assert difference(sent(got), render(64, 48)) < 6


@pytest.mark.parametrize("orientation", range(2, 9))
def test_pictures_are_sent_upright(tmp_path, render, orientation):
    upright = render(64, 48)
    turn_back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright.transpose(Image.Transpose(turn_back))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    got = prepare(style(tmp_path / "a.png"), tmp_path / "sent")
    assert (got.width, got.height) == (64, 48)
    assert difference(sent(got), upright) == 0
    assert "turned upright" in got.prepared
    assert not sent(got).getexif()


@pytest.mark.parametrize(("role", "ground"), [(ReferenceRole.STYLE, 255), (ReferenceRole.STRUCTURE, 128)])
def test_transparency_is_filled(tmp_path, role, ground):
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = (200, 100, 50, 255)
    pixels[:, :4] = (255, 0, 255, 0)  # the colour under full transparency must not show
    Image.fromarray(pixels).save(tmp_path / "a.png")
    got = np.asarray(sent(prepare(style(tmp_path / "a.png", role), tmp_path / "sent")))
    assert got.shape == (8, 8, 3)
    assert (got[:, :4] == ground).all()
    assert (got[:, 4:] == (200, 100, 50)).all()


def test_transparent_palettes_are_filled(tmp_path):
    picture = Image.new("P", (8, 8), 1)
    picture.putpalette([255, 0, 255, 10, 20, 30])
    picture.paste(0, (0, 0, 4, 8))
    picture.save(tmp_path / "a.gif", transparency=0)
    got = np.asarray(sent(prepare(style(tmp_path / "a.gif"), tmp_path / "sent")))
    assert (got[:, :4] == 255).all()
    assert (got[:, 4:] == (10, 20, 30)).all()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_is_sent(tmp_path, kind):
    frames = [Image.new("RGB", (9, 9), colour) for colour in ((200, 0, 0), (0, 200, 0))]
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(tmp_path / "a", kind, save_all=True, append_images=frames[1:], **options)
    got = prepare(style(tmp_path / "a"), tmp_path / "sent")
    assert difference(sent(got), frames[0]) < 2
    assert "first frame" in got.prepared
    assert getattr(sent(got), "n_frames", 1) == 1


def test_cmyk_is_converted(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=100)
    got = sent(prepare(style(tmp_path / "a.jpg"), tmp_path / "sent"))
    red, green, blue = np.asarray(got)[4, 4]
    assert got.mode == "RGB"
    assert red > 180
    assert green < 60
    assert blue < 60


def test_sixteen_bit_grey_keeps_its_tones(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(8, 0)
    for name in ("a.png", "a.tiff"):
        Image.fromarray(ramp).save(tmp_path / name)
        got = prepare(style(tmp_path / name), tmp_path / "sent")
        values = np.asarray(sent(got))[0, :, 0].astype(int)
        assert np.abs(values - (ramp[0] >> 8)).max() <= 1
        assert "8 bits" in got.prepared


@pytest.mark.parametrize("low", [0.0, -3.0])
def test_float_depth_keeps_its_order_and_survives_nan(tmp_path, low):
    ramp = np.linspace(low, 1.0 if low == 0 else 80.0, 64).astype(np.float32)[None].repeat(8, 0)
    ramp[3, 3] = np.nan
    Image.fromarray(ramp).save(tmp_path / "a.tiff")
    values = np.asarray(sent(prepare(style(tmp_path / "a.tiff"), tmp_path / "sent")))[0, :, 0]
    assert values[0] == 0
    assert values[-1] == 255
    assert (np.diff(values.astype(int)) >= 0).all()


def swapped_primaries(profile: bytes) -> bytes:
    """An ICC profile like the given one, still with its name, but with red and blue exchanged."""
    swap = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    count = int.from_bytes(profile[128:132], "big")
    changed = bytearray(profile)
    for at in range(132, 132 + 12 * count, 12):
        tag = bytes(profile[at : at + 4])
        changed[at : at + 4] = swap.get(tag, tag)
    return bytes(changed)


def test_colours_of_another_profile_are_converted_to_srgb(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Image.new("RGB", (8, 8), (120, 60, 30))
    picture.save(tmp_path / "same.png", icc_profile=srgb)
    picture.save(tmp_path / "other.png", icc_profile=swapped_primaries(srgb))
    picture.save(tmp_path / "broken.png", icc_profile=b"rubbish" * 30)
    assert prepare(style(tmp_path / "same.png"), tmp_path / "sent").prepared == ""
    assert difference(sent(prepare(style(tmp_path / "broken.png"), tmp_path / "sent")), picture) == 0
    got = prepare(style(tmp_path / "other.png"), tmp_path / "sent")
    assert "sRGB" in got.prepared
    assert difference(sent(got), picture) > 5
    assert "icc_profile" not in sent(got).info


def test_a_capture_becomes_a_png_of_its_very_pixels(tmp_path, render):
    pixels = np.dstack([np.asarray(render(96, 64)), np.full((64, 96), 255, np.uint8)])
    write_raw(tmp_path / "c.npy", pixels)
    got = prepare(style(tmp_path / "c.npy", ReferenceRole.STRUCTURE), tmp_path / "sent")
    assert got.mime_type == "image/png"
    assert difference(sent(got), render(96, 64)) == 0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "GIF"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.95])
def test_a_truncated_picture_is_found_before_anything_is_paid(tmp_path, noise, kind, kept):
    noise(200, 150).save(tmp_path / "a.png", kind)
    content = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(InputError) as caught:
        prepare(style(tmp_path / "a.png"), tmp_path / "sent")
    assert "a.png" in caught.value.message
    assert not (tmp_path / "sent").exists() or not list((tmp_path / "sent").iterdir())


def test_flipped_bits_in_a_png_are_found(tmp_path, noise):
    noise(64, 64).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        prepare(style(tmp_path / "a.png"), tmp_path / "sent")


@pytest.mark.parametrize("limit", [200_000, 40_000, 9_000])
@pytest.mark.parametrize("role", [ReferenceRole.STYLE, ReferenceRole.STRUCTURE])
def test_a_limit_is_held_and_the_sides_keep_their_ratio(tmp_path, noise, limit, role):
    noise(400, 200).save(tmp_path / "a.png")
    got = prepare(style(tmp_path / "a.png", role), tmp_path / "sent", byte_limit=limit)
    assert got.byte_count <= limit
    assert got.width <= 400
    assert abs(got.width / got.height - 2) < 0.03
    assert sent(got).size == (got.width, got.height)
    assert got.prepared


def test_a_small_picture_is_never_enlarged(tmp_path, noise):
    noise(3, 2).save(tmp_path / "a.tiff")
    got = prepare(style(tmp_path / "a.tiff"), tmp_path / "sent")
    assert (got.width, got.height) == (3, 2)


def test_an_impossible_limit_is_said_and_leaves_nothing(tmp_path, noise):
    noise(400, 200).save(tmp_path / "a.png")
    with pytest.raises(NanoBananaError) as caught:
        prepare(style(tmp_path / "a.png"), tmp_path / "sent", byte_limit=100)
    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert not (tmp_path / "sent").exists() or not list((tmp_path / "sent").iterdir())


def test_preparing_again_changes_nothing(tmp_path, render):
    render(64, 48).save(tmp_path / "a.tiff")
    once = prepare(style(tmp_path / "a.tiff"), tmp_path / "sent")
    twice = prepare(once, tmp_path / "sent")
    assert (twice.path, twice.sha256) == (once.path, once.sha256)
    assert twice.prepared == once.prepared
    assert len(list((tmp_path / "sent").iterdir())) == 1


def test_all_together_stay_below_the_body_limit_and_none_is_dropped(tmp_path, noise, render):
    noise(300, 300).save(tmp_path / "large.png")
    render(60, 60).save(tmp_path / "small.png")
    write_raw(tmp_path / "c.npy", np.asarray(noise(250, 250)))
    given = [style(tmp_path / "large.png")] * 13 + [
        style(tmp_path / "small.png"),
        style(tmp_path / "c.npy", ReferenceRole.STRUCTURE),
    ]
    limit = 2_000_000
    got = prepare_all(given, tmp_path / "sent", body_limit=limit, text_bytes=1000)
    assert len(got) == len(given)
    assert [g.role for g in got] == [g.role for g in given]
    in_base64 = [(Path(g.path).stat().st_size + 2) // 3 * 4 for g in got]
    assert sum(in_base64) + 256 * len(got) + 1000 <= limit
    assert got[13].prepared == ""
    assert got[13].width == 60


def test_the_structure_gives_way_last(tmp_path, noise, monkeypatch):
    monkeypatch.setattr("nano_banana_addon.imaging.formats.byte_budget.FAIR_SHARE", 20_000)
    noise(300, 300).save(tmp_path / "a.png")
    write_raw(tmp_path / "c.npy", np.asarray(noise(250, 250)))
    given = [
        style(tmp_path / "a.png"),
        style(tmp_path / "c.npy", ReferenceRole.GUIDE),
        style(tmp_path / "c.npy", ReferenceRole.STRUCTURE),
    ]
    full = [g.byte_count for g in prepare_all(given, tmp_path / "sent")]

    def at(budget: int) -> list[bool]:
        got = prepare_all(given, tmp_path / "sent", body_limit=budget, text_bytes=0)
        return [g.byte_count == f for g, f in zip(got, full, strict=True)]

    assert at(int(sum(full) * 4 / 3 * 0.8)) == [False, True, True]
    assert at(int(sum(full) * 4 / 3 * 0.5)) == [False, False, True]
    assert at(int(sum(full) * 4 / 3 * 0.2)) == [False, False, False]


def test_more_than_can_ever_fit_is_said_and_leaves_nothing(tmp_path, noise):
    noise(300, 300).save(tmp_path / "a.png")
    with pytest.raises(NanoBananaError) as caught:
        prepare_all([style(tmp_path / "a.png")] * 14, tmp_path / "sent", body_limit=70_000)
    assert caught.value.kind is ErrorKind.TOO_LARGE
    assert not list((tmp_path / "sent").iterdir())


def test_one_bad_reference_leaves_no_half_prepared_others(tmp_path, render):
    render(64, 48).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"gone\.png"):
        prepare_all([style(tmp_path / "a.png"), style(tmp_path / "gone.png")], tmp_path / "sent")
    assert not list((tmp_path / "sent").iterdir())


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, noise):
    noise(300, 300).save(tmp_path / "a.png")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(NanoBananaError) as caught:
            prepare(style(tmp_path / "a.png"), tmp_path / "sent")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.kind is ErrorKind.DISK
    assert not list((tmp_path / "sent").iterdir())


def test_a_folder_that_cannot_be_made_is_said(tmp_path, render):
    render(64, 48).save(tmp_path / "a.png")
    (tmp_path / "sent").write_text("a file where a folder should be")
    with pytest.raises(NanoBananaError) as caught:
        prepare(style(tmp_path / "a.png"), tmp_path / "sent")
    assert caught.value.kind is ErrorKind.DISK
