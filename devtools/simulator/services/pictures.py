# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in and out: data URIs, checks of what came, painting what goes."""

from __future__ import annotations

import base64
import binascii
import io
import re
from typing import TYPE_CHECKING

from devtools.simulator import damage
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator.contract import images
from nano_banana_addon.simulator.painting.job import PaintJob
from nano_banana_addon.simulator.state import ServerState

from .service import Order

if TYPE_CHECKING:
    from PIL.Image import Image

_DATA_URI = re.compile(r"data:image/([a-z0-9.+-]+);base64,", re.A)


def decode_base64(value: str) -> bytes:
    """The bytes of plain base64; raises ``ValueError``."""
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except (binascii.Error, UnicodeEncodeError) as wrong:
        raise ValueError("is no valid base64") from wrong


def decode_data_uri(value: str) -> bytes:
    """The bytes of ``data:image/png;base64,…``, its type in lower case and true; raises ``ValueError``."""
    found = _DATA_URI.match(value)
    if found is None:
        raise ValueError("must be an https URL or data:image/<format>;base64,<data> with the format in lower case")
    data = decode_base64(value[found.end() :])
    if f"image/{found.group(1).replace('jpg', 'jpeg')}" != find_mime(data):
        raise ValueError("is not the kind of picture that its data URI names")
    return data


def decode_either(value: str) -> bytes:
    """Base64 with or without the prefix of a data URI."""
    return decode_data_uri(value) if value.startswith("data:") else decode_base64(value)


def find_mime(data: bytes) -> str:
    """The type that the bytes show; ``ValueError`` for none. BMP, TIFF and GIF are known too."""
    more = {b"BM": "image/bmp", b"II*\0": "image/tiff", b"MM\0*": "image/tiff", b"GIF8": "image/gif"}
    kind = images.sniff(data) or next((mime for start, mime in more.items() if data.startswith(start)), "")
    if not kind:
        raise ValueError("is no picture")
    return kind


def open_picture(data: bytes) -> Image:
    """A decoded picture; ``ValueError`` for what cannot be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(data))
        picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as bad:
        raise ValueError("cannot be read as a picture") from bad
    return picture


def measure(data: bytes) -> tuple[int, int]:
    """Width and height; ``ValueError`` for what is no whole picture."""
    return open_picture(data).size


def paint(state: ServerState, order: Order, plan: FaultPlan, number: int = 0) -> bytes:
    """Picture *number* of an order, encoded as it asks, as the plan alters it."""
    if "wrong_pixels" in plan.service:
        width, height = (int(side) for side in plan.service["wrong_pixels"].get("size", "1024x1024").split("x"))
    else:
        width, height = order.width, order.height
    lossless = images.PNG if order.mime == images.WEBP else order.mime
    job = PaintJob(order.prompt, order.images, order.model, width, height, lossless, order.seed + number)
    data = state.pictures.get_picture(job, number)
    if order.mime == images.WEBP:
        data = encode(open_picture(data), order.mime)
    return plan.alter_picture(data)


def encode(picture: Image, mime: str) -> bytes:
    """A picture as PNG, JPEG or WebP."""
    stream = io.BytesIO()
    kind = mime.partition("/")[2].upper()
    (picture if kind != "JPEG" else picture.convert("RGB")).save(stream, kind)
    return stream.getvalue()


def to_base64(data: bytes) -> bytes | str:
    """A picture for a JSON answer: bytes, which are written as base64, or what a case put in their place."""
    return "**not base64**" if data == damage.NOT_BASE64 else data


def to_data_uri(data: bytes, mime: str) -> str:
    """A picture as a data URI."""
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
