# SPDX-License-Identifier: GPL-3.0-or-later
"""What strength and mask do: between the picture as it was and the painted one."""

from __future__ import annotations

from devtools.simulator.services.pictures import encode, open_picture
from devtools.simulator.services.service import Order


def mix(painted: bytes, order: Order) -> bytes:
    """*painted* by its strength over the first picture, where the mask is white."""
    first = next(iter(order.more.get("init_images", ())), None)
    if first is None:
        return painted
    return blend(painted, first, order.more.get("denoising_strength", 0.75), order.more.get("mask"))


def blend(painted: bytes, first: bytes, strength: float, mask: bytes | None = None) -> bytes:
    """The picture in PNG; strength 0 gives the first one back."""
    from PIL import Image

    if strength == 1 and mask is None:
        return painted
    new = open_picture(painted).convert("RGB")
    old = open_picture(first).convert("RGB").resize(new.size, Image.Resampling.LANCZOS)
    mixed = Image.blend(old, new, strength)
    if mask is not None:
        mixed = Image.composite(mixed, old, open_picture(mask).convert("L").resize(new.size))
    return encode(mixed, "image/png")
