# SPDX-License-Identifier: GPL-3.0-or-later
"""What a painter is given and what it gives back."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .palette import hash_to_fraction

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

    def read_last(self) -> Image:
        """The last input picture in RGB, at the job's size."""
        from PIL import Image

        with Image.open(io.BytesIO(self.images[-1])) as source:
            return source.convert("RGB").resize((self.width, self.height), Image.Resampling.BICUBIC)

    def draw_numbers(self, count: int) -> list[float]:
        """So many numbers from -1 to 1, the same for the same job: how far its answer is off."""
        return [hash_to_fraction(self.prompt, f"{len(self.images[-1])} {n} {self.seed}") * 2 - 1 for n in range(count)]


class Painter(Protocol):
    """Paints a job: an encoded picture, handed on unchanged, or a Pillow image to be encoded."""

    def __call__(self, job: PaintJob, /) -> bytes | Image:
        """Paint *job*."""
        ...
