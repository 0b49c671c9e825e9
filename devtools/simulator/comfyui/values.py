# SPDX-License-Identifier: GPL-3.0-or-later
"""What flows along a graph's links, and how pictures become files."""

from __future__ import annotations

import io
import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nano_banana_addon.simulator.contract.json_access import Tree

if TYPE_CHECKING:
    from PIL.Image import Image

_TRUNCATED = threading.Lock()


@dataclass(frozen=True)
class Conditioning:
    """A prompt with the pictures that guide it."""

    text: str = ""
    guides: tuple[Image, ...] = ()
    references: tuple[Image, ...] = ()

    def add_guide(self, picture: Image, strength: float) -> Conditioning:
        """One more picture that gives shapes, unless its strength is nothing."""
        return replace(self, guides=(*self.guides, picture)) if strength else self

    def add_references(self, *pictures: Image | None) -> Conditioning:
        """More pictures to look at."""
        found = tuple(picture for picture in pictures if picture is not None)
        return replace(self, references=(*self.references, *found))


@dataclass(frozen=True)
class Latent:
    """A picture on its way; ``is_empty`` holds none yet. ``mask``: white is repainted."""

    picture: Image
    is_empty: bool = False
    mask: Image | None = None


@dataclass(frozen=True)
class Model:
    """A loaded file, with the guides that patches put on it."""

    file: str
    guides: tuple[Image, ...] = field(default=())


class RunError(Exception):
    """A node that fails: the type and words that the server reports."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Interrupted(Exception):
    """The job was stopped."""


def open_picture(data: bytes, path: str) -> Image:
    """A decoded file. One that is cut off has a grey rest; what is no picture is a ``RunError``."""
    from PIL import Image, ImageFile, UnidentifiedImageError

    with _TRUNCATED:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            picture = Image.open(io.BytesIO(data))
            picture.load()
        except UnidentifiedImageError as bad:
            raise RunError(
                "PIL.UnidentifiedImageError", f"cannot identify image file '/srv/ComfyUI/input/{path}'\n"
            ) from bad
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
    return picture


def get_alpha(picture: Image) -> Image:
    """``1 - alpha`` as a mask: what is transparent is white. Without alpha a black one of 64 x 64."""
    from PIL import Image, ImageOps

    if "A" not in picture.getbands():
        return Image.new("L", (64, 64))
    return ImageOps.invert(picture.getchannel("A"))


def get_channel(picture: Image, name: str) -> Image:
    """One channel as a mask; alpha is turned round."""
    if name == "alpha":
        return get_alpha(picture)
    return picture.convert("RGB").getchannel(name[0].upper())


def to_png(picture: Image, texts: dict[str, Tree] | None = None) -> bytes:
    """A PNG with JSON in its text chunks."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for name, tree in (texts or {}).items():
        info.add_text(name, json.dumps(tree))
    stream = io.BytesIO()
    picture.save(stream, "PNG", pnginfo=info, compress_level=4)
    return stream.getvalue()


def to_preview(picture: Image) -> bytes:
    """A JPEG of up to 512 pixels."""
    small: Any = picture.convert("RGB")
    small.thumbnail((512, 512))
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=90)
    return stream.getvalue()
