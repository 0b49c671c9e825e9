# SPDX-License-Identifier: GPL-3.0-or-later
"""Painted pictures, encoded and kept for the next time the same is asked for."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from ..contract.images import JPEG, PNG, build_unreadable_error
from . import c2pa

if TYPE_CHECKING:
    from PIL.Image import Image

    from .job import Painter, PaintJob

_MAX_BYTES = 96 * 1024 * 1024  # bytes of encoded pictures


class PictureCache:
    """Paints each job once. Safe to use from many threads; one picture is painted at a time."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get_picture(self, job: PaintJob, serial: int = 0) -> bytes:
        """The encoded picture of *job*; *serial* changes its content credentials, not its pixels.

        Raises the service's 400 when an input picture cannot be decoded.
        """
        key = _compute_key(job, serial)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
            data = self._paint(job, serial)
            self._keep(key, data)
            return data

    def _paint(self, job: PaintJob, serial: int) -> bytes:
        from PIL import Image, UnidentifiedImageError

        try:
            image = self._painter(job)
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as bad:
            raise build_unreadable_error() from bad
        return image if isinstance(image, bytes) else encode(image, job.mime, serial)

    def _keep(self, key: str, data: bytes) -> None:
        self._pictures[key] = data
        while len(self._pictures) > 1 and sum(map(len, self._pictures.values())) > _MAX_BYTES:
            self._pictures.popitem(last=False)


def _compute_key(job: PaintJob, serial: int) -> str:
    digest = hashlib.sha256()
    for image in job.images:
        digest.update(hashlib.sha256(image).digest())
    digest.update(repr((job, serial)).encode("utf-8", "replace"))
    return digest.hexdigest()


def encode(image: Image, mime: str, serial: int = 0) -> bytes:
    """*image* as JPEG (quality 90) or PNG (fast), with content credentials."""
    stream = io.BytesIO()
    if mime == PNG:
        image.convert("RGB").save(stream, "PNG", compress_level=1)
        return c2pa.embed_in_png(stream.getvalue(), serial)
    image.convert("RGB").save(stream, "JPEG", quality=90, subsampling=0)
    return c2pa.embed_in_jpeg(stream.getvalue(), serial)


def make_draft(data: bytes, number: int) -> bytes:
    """A draft of a finished picture: smaller in tones, so that it cannot be mistaken for it."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data)) as picture:
        small = picture.convert("L").resize((picture.width // 8 or 1, picture.height // 8 or 1))
        rough = ImageOps.posterize(small, 2).resize(picture.size)
    return encode(rough, JPEG, number)
