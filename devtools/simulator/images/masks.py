# SPDX-License-Identifier: GPL-3.0-or-later
"""What gpt-image does with a mask, and with a transparent background."""

from __future__ import annotations

from devtools.simulator.services.pictures import encode, open_picture

#: Outside of the mask something changes all the same: the mask is advice, not a fence.
_LEAK = 24  # of 255


def blend(painted: bytes, first: bytes, mask: bytes, mime: str) -> bytes:
    """*painted* where the mask is transparent, the first picture elsewhere, with a soft edge and a leak."""
    from PIL import Image, ImageChops, ImageFilter, ImageOps

    result = open_picture(painted).convert("RGB")
    kept = open_picture(first).convert("RGB").resize(result.size, Image.Resampling.LANCZOS)
    alpha = open_picture(mask).getchannel("A").resize(result.size, Image.Resampling.BILINEAR)
    edited = ImageChops.lighter(ImageOps.invert(alpha), Image.new("L", result.size, _LEAK))
    edited = edited.filter(ImageFilter.GaussianBlur(max(result.size) / 128))
    return encode(Image.composite(result, kept, edited), mime)


def cut_out(painted: bytes, mime: str) -> bytes:
    """The picture on a transparent ground: an ellipse in the middle stays."""
    from PIL import Image, ImageDraw

    result = open_picture(painted).convert("RGBA")
    alpha = Image.new("L", result.size)
    ImageDraw.Draw(alpha).ellipse((0, 0, result.width - 1, result.height - 1), fill=255)
    result.putalpha(alpha)
    return encode(result, mime)
