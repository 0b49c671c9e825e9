# SPDX-License-Identifier: GPL-3.0-or-later
"""What a painter is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class PaintJob:
    """A picture to paint: ``width`` x ``height`` pixels in sRGB.

    ``images`` are the encoded input pictures in their order; the last one gives the structure.
    """

    prompt: str
    images: tuple[bytes, ...] = field(default=(), repr=False)
    model: str = "gemini-3-pro-image"
    width: int = 1024
    height: int = 1024
    mime: str = "image/jpeg"
    seed: int = 0


class Painter(Protocol):
    """Paints a job: an encoded picture, handed on unchanged, or a Pillow image to be encoded."""

    def __call__(self, job: PaintJob, /) -> bytes | Image:
        """Paint *job*."""
        ...
