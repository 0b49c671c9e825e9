# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts any image that Pillow opens to a plain one: first frame, upright, 8-bit RGB in sRGB, opaque."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms, ImageOps

from ..arrays import Colour, Floats, Pixels
from .sniff import alpha_in, orientation_of

Change = Callable[[str], None]

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)
_PROFILE_TOLERANCE = 3  # of 255: variants of sRGB differ by rounding of their curves


def plain(picture: Image.Image, background: Colour, say: Change) -> Image.Image:
    """The image as 8-bit RGB in sRGB. `say` is called with a few words for each change."""
    if int(getattr(picture, "n_frames", 1)) > 1:
        picture.seek(0)
        say("first frame")
    turned = orientation_of(picture) != 1
    in_srgb = to_srgb(picture, say)
    if turned:
        in_srgb = ImageOps.exif_transpose(in_srgb)
        say("turned upright")
    opaque = flatten_alpha(in_srgb, background, say)
    opaque.info = {}  # Pillow would write the old profile into the new file
    return opaque


def to_srgb(picture: Image.Image, say: Change) -> Image.Image:
    """8 bits per channel, RGB or RGBA, colours converted by the embedded ICC profile if there is one."""
    exif = picture.getexif()
    eight_bit = _to_8_bit(picture, say)
    with_alpha = alpha_in(eight_bit)
    profile = picture.info.get("icc_profile")
    converted = _convert_by_profile(eight_bit, profile, say) if profile else None
    if converted is None and eight_bit.mode == "CMYK":
        say("converted from CMYK")
    result = converted or eight_bit.convert("RGBA" if with_alpha else "RGB")
    if exif:
        result.info["exif"] = exif.tobytes()
    return result


def flatten_alpha(picture: Image.Image, background: Colour, say: Change) -> Image.Image:
    """The image composited over a background (straight alpha); an opaque alpha channel is only removed."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    alpha = picture.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return picture.convert("RGB")
    say("transparency filled")
    base = Image.new("RGB", picture.size, background)
    base.paste(picture.convert("RGB"), mask=alpha)
    return base


def is_srgb(profile: bytes | None) -> bool:
    """Whether an ICC profile is practically sRGB; no profile means sRGB.

    Sample colours are converted by it: names do not tell, as "sRGB" also occurs in those of wide-gamut displays.
    """
    if not profile:
        return True
    levels = np.array([0, 64, 128, 192, 255], np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(25, 5, 3)
    try:
        probe = Image.fromarray(cube).convert("L" if _space_of(profile) == b"GRAY" else "RGB")
        converted = _convert_colours(probe, profile)
    except _PROFILE_ERRORS:
        return _space_of(profile) != b"CMYK"  # a broken profile is passed over by everyone
    expected = np.asarray(probe.convert("RGB"), np.int16)
    return bool(np.abs(np.asarray(converted, np.int16) - expected).max() <= _PROFILE_TOLERANCE)


def _space_of(profile: bytes) -> bytes:
    return profile[16:20]  # "data colour space" of the header, ICC.1:2022 table 17


def _convert_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    """The picture's colours in sRGB; raises one of `_PROFILE_ERRORS` for a profile that fails."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.ImageCmsProfile(
        ImageCms.createProfile("sRGB")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    )
    converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    if converted is None:
        raise ValueError("Pillow converted in place")
    return converted


def _convert_by_profile(picture: Image.Image, profile: bytes, say: Change) -> Image.Image | None:
    """Colours converted to sRGB, alpha kept; None where the profile does not fit the picture."""
    if is_srgb(profile):
        return None
    alpha = picture.convert("RGBA").getchannel("A") if alpha_in(picture) else None
    colours = picture.convert("RGB") if picture.mode in ("P", "PA", "RGBA") else picture
    if colours.mode == "LA":
        colours = colours.convert("L")
    try:
        converted = _convert_colours(colours, profile)
    except _PROFILE_ERRORS:
        return None
    say("converted to sRGB")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _to_8_bit(picture: Image.Image, say: Change) -> Image.Image:
    """Grey pictures of 16 or 32 bits and floats; Pillow reads deep RGB as 8 bits by itself."""
    if not (picture.mode.startswith("I") or picture.mode == "F"):
        return picture
    say("reduced to 8 bits")
    values = np.asarray(picture)
    if picture.mode == "F":
        return Image.fromarray(_grey_of_floats(values))
    wide = values.astype(np.int64)
    # "I" holds 32 bits, but the files that open so mostly hold 16.
    shift = 8 if wide.max(initial=0) <= 0xFFFF else 16
    return Image.fromarray((wide.clip(0) >> shift).clip(0, 255).astype(np.uint8))


def _grey_of_floats(values: Floats) -> Pixels:
    """Floats of any shape are heights or depths: 0 ... 1 is kept, any other range is stretched over it."""
    finite = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if low >= 0.0 and high <= 1.0:
        low, high = 0.0, 1.0
    scaled = (finite - low) / ((high - low) or 1.0)
    return (scaled * 255.0 + 0.5).astype(np.uint8)
