# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens image files with Pillow; every failure becomes an error with a sentence."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ...core.errors import InputError, NanoBananaError
from ...core.files import build_disk_error
from ...core.image_types import DECODED_TYPES, JPEG

#: The largest picture that is decoded: 16384 x 8192. More is a decompression bomb or a mistake.
MAX_PIXELS = 2**27

#: The formats that Pillow may try, by its names.
_FORMATS = tuple(image_type.label for image_type in DECODED_TYPES)
#: MIME types by Pillow's names of what it found; MPO is a JPEG with further images behind it, which it opens as JPEG.
MIME_TYPES = {image_type.label: image_type.mime_type for image_type in DECODED_TYPES} | {"MPO": JPEG.mime_type}

_BROKEN = (
    UnidentifiedImageError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    KeyError,
    IndexError,
    struct.error,
    zlib.error,
    OverflowError,
    RuntimeError,
    AssertionError,
)


@contextmanager
def open_image(path: Path) -> Generator[Image.Image, None, None]:
    """The picture in a file, its header read, its pixels not yet.

    Whatever goes wrong inside the `with` block because the file is damaged is raised as `InputError`; a file that
    cannot be read as `NanoBananaError` of kind DISK.
    """
    check_readable(path)
    try:
        with warnings.catch_warnings():
            # What Pillow warns of (size, odd metadata) is either borne or ends in an error below.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_FORMATS) as picture:
                check_pixels(path, *picture.size)
                yield picture
    except Image.DecompressionBombError:
        raise too_many_pixels(path) from None
    except NanoBananaError:
        raise
    except MemoryError as error:
        raise InputError(
            f"There is not enough memory to read the image {path.name}.",
            next_step="Scale it down in an image editor.",
        ) from error
    except OSError as error:
        # Pillow reports damaged data as OSError without a number; the system's errors have one.
        if error.errno is not None:
            raise _unreadable(path, error) from error
        raise _build_damage_error(path, error) from error
    except _BROKEN as error:
        raise _build_damage_error(path, error) from error


def check_readable(path: Path) -> None:
    """Raise for a file that is missing, empty, a folder, or cannot be read."""
    try:
        if path.is_dir():
            raise InputError(f"{path.name} is a folder.", next_step="Choose an image file in it.")
        empty = path.stat().st_size == 0
    except FileNotFoundError:
        raise InputError(
            f"The image {path.name} does not exist any more.",
            next_step="Choose it again, or remove it from the references.",
        ) from None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if empty:
        raise InputError(f"The image {path.name} is empty (0 bytes).", next_step="Save or download it again.")


def check_pixels(path: Path, width: int, height: int) -> None:
    """Raise for a picture without area or with more than `MAX_PIXELS`."""
    if width <= 0 or height <= 0:
        raise InputError(f"The image {path.name} has no pixels.", next_step="Choose another one.")
    if width * height > MAX_PIXELS:
        raise too_many_pixels(path, f" ({width} x {height})")


def too_many_pixels(path: Path, size: str = "") -> InputError:
    """The error for an image that is too large to be decoded."""
    return InputError(
        f"The image {path.name}{size} has more than {MAX_PIXELS // 10**6} megapixels.",
        next_step="Scale it down in an image editor; 4096 pixels along the longer side are plenty.",
    )


def _unreadable(path: Path, error: Exception) -> NanoBananaError:
    return build_disk_error(f"The image {path.name} cannot be read", error, "Check the file and its permissions.")


def _build_damage_error(path: Path, error: Exception) -> InputError:
    return InputError(
        f"The file {path.name} is damaged or not an image that can be read.",
        next_step="Open it in an image editor and save it as PNG.",
        detail="" if isinstance(error, UnidentifiedImageError) else str(error)[:200],  # that names the file again
    )
