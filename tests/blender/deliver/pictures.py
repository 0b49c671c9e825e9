"""Pictures for tests: written and read without Pillow, so that nothing but Blender decides about
colours.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import bpy
import numpy as np


def write_png(path: Path, pixels: np.ndarray) -> Path:
    """Write uint8 (height, width, 3 or 4), top row first."""
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def read_png(path: Path) -> np.ndarray:
    """The stored values as float (height, width, 3) in 0...255, top row first."""
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    values = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    return np.rint(values.reshape(height, width, -1)[::-1, :, :3] * 255)


def markers(width: int, height: int, spacing: int = 32, radius: float = 5.0) -> np.ndarray:
    """Soft white dots on black at known places: their centroids tell a shift of a fraction of a
    pixel.
    """
    y, x = np.mgrid[0:height, 0:width] + 0.5
    off_x = (x - spacing / 2) % spacing
    off_y = (y - spacing / 2) % spacing
    off_x, off_y = np.minimum(off_x, spacing - off_x), np.minimum(off_y, spacing - off_y)
    value = np.clip(radius - np.hypot(off_x, off_y), 0, 1)
    return (value[..., None] * 255).repeat(3, 2).astype(np.uint8)


_REACH = 48  # pixels; wider than any marker


def blobs(values: np.ndarray, threshold: float = 60.0) -> np.ndarray:
    """The centroids (x, y) of bright blobs in (height, width), found by flooding from each
    brightest pixel.
    """
    left = np.where(values > threshold, values, 0.0)
    centres: list[tuple[float, float]] = []
    height, width = left.shape
    while left.max() > 0:
        row, column = np.unravel_index(left.argmax(), left.shape)
        top, start = max(0, int(row) - _REACH), max(0, int(column) - _REACH)
        near = left[top : row + _REACH, start : column + _REACH]  # a view: blobs are small
        member = _flood(near, (int(row) - top, int(column) - start))
        weights = np.where(member, near, 0.0)
        y, x = np.mgrid[0 : near.shape[0], 0 : near.shape[1]] + 0.5
        total = weights.sum()
        rows, columns = np.nonzero(member)
        rows, columns = rows + top, columns + start
        inside = rows.min() > 0 and rows.max() < height - 1
        if inside and columns.min() > 0 and columns.max() < width - 1:
            centres.append(((x * weights).sum() / total + start, (y * weights).sum() / total + top))
        near[member] = 0.0
    return np.array(centres)


def _flood(values: np.ndarray, seed: tuple[int, int]) -> np.ndarray:
    member = np.zeros(values.shape, bool)
    member[seed] = True
    while True:
        grown = member.copy()
        grown[1:] |= member[:-1]
        grown[:-1] |= member[1:]
        grown[:, 1:] |= member[:, :-1]
        grown[:, :-1] |= member[:, 1:]
        grown &= values > 0
        if (grown == member).all():
            return member
        member = grown


def distances(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """For each found centroid how far the nearest wanted one is, in pixels."""
    gaps = np.linalg.norm(found[:, None, :] - wanted[None, :, :], axis=2)
    return gaps.min(axis=1)
