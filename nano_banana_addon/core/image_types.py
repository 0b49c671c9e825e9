# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of image files: MIME type, suffix and label."""

from __future__ import annotations

from typing import NamedTuple


class ImageType(NamedTuple):
    """A type of image file. `suffix` has its dot; `label` is also Pillow's name of the format."""

    mime_type: str
    suffix: str
    label: str


PNG = ImageType("image/png", ".png", "PNG")
JPEG = ImageType("image/jpeg", ".jpg", "JPEG")
WEBP = ImageType("image/webp", ".webp", "WEBP")

#: What services return.
RECEIVED_TYPES = (PNG, JPEG, WEBP)
#: What Pillow is not needed for: sent as they are, never decoded here.
UNDECODED_TYPES = (ImageType("image/heic", ".heic", "HEIC"), ImageType("image/heif", ".heif", "HEIF"))
#: What services take unchanged (Gemini API, image understanding: supported types).
SENT_TYPES = RECEIVED_TYPES + UNDECODED_TYPES
#: What Pillow may try. Without EPS, PDF and the like, which start other programs or hold no picture.
DECODED_TYPES = (
    *RECEIVED_TYPES,
    ImageType("image/tiff", ".tif", "TIFF"),
    ImageType("image/gif", ".gif", "GIF"),
    ImageType("image/bmp", ".bmp", "BMP"),
    ImageType("image/x-tga", ".tga", "TGA"),
    ImageType("image/jp2", ".jp2", "JPEG2000"),
    ImageType("image/avif", ".avif", "AVIF"),
    ImageType("image/x-icon", ".ico", "ICO"),
    ImageType("image/vnd.adobe.photoshop", ".psd", "PSD"),
    ImageType("image/x-portable-pixmap", ".ppm", "PPM"),
    ImageType("image/vnd-ms.dds", ".dds", "DDS"),
    ImageType("image/sgi", ".sgi", "SGI"),
)

_BY_MIME_TYPE = {image_type.mime_type: image_type for image_type in (*DECODED_TYPES, *UNDECODED_TYPES)}
_BY_SUFFIX = {image_type.suffix: image_type for image_type in _BY_MIME_TYPE.values()} | {".jpeg": JPEG}


def find_type(mime_type: str) -> ImageType | None:
    """The type with a MIME type, if it is known."""
    return _BY_MIME_TYPE.get(mime_type)


def find_type_of_suffix(suffix: str) -> ImageType | None:
    """The type that a file's suffix (".PNG") claims, if it is known."""
    return _BY_SUFFIX.get(suffix.lower())


def find_suffix(mime_type: str) -> str:
    """The suffix of a new file of a MIME type, with its dot; "" for an unknown one."""
    image_type = _BY_MIME_TYPE.get(mime_type)
    return image_type.suffix if image_type else ""
