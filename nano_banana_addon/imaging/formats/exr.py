# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of an uncompressed OpenEXR file, as Blender saves a Render Result; nothing that ships reads more of it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from ...core.errors import ErrorKind, NanoBananaError
from ...core.files import convert_disk_errors
from ..arrays import Floats

_MAGIC = b"\x76\x2f\x31\x01"
_SEVERAL_PARTS = 0x10  # in the second byte of the version
_TYPES = {1: np.dtype("<f2"), 2: np.dtype("<f4")}
_CHANNEL = struct.Struct("<iB3xii")  # type, linear, sampling
#: The channels of what a view layer shows.
_COMBINED = tuple(f".Combined.{channel}" for channel in "RGBA")


def read_layers(path: Path) -> dict[str, Floats]:
    """The Combined pass of each layer by its name: linear (h, w, 4), alpha multiplied in, top row first.

    Raises `NanoBananaError` DISK for any other file.
    """
    with convert_disk_errors(f"Blender did not write the layers into {path.parent}"):
        data = path.read_bytes()
    try:
        return _read(data)
    except (ValueError, KeyError, IndexError, struct.error) as error:
        message = f"Blender did not write the layers into {path.parent} as expected."
        raise NanoBananaError(ErrorKind.DISK, message, detail=str(error)) from error


def _read(data: bytes) -> dict[str, Floats]:
    if data[:4] != _MAGIC or data[5] & _SEVERAL_PARTS:
        raise ValueError("not an OpenEXR file of one part")
    attributes, start = _read_header(data)
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
    if attributes["compression"] != b"\0":
        raise ValueError("compressed")
    width, height = right - left + 1, bottom - top + 1
    channels = _read_channels(attributes["channels"])
    line = np.dtype([("y", "<i4"), ("size", "<i4"), *((name, kind, (width,)) for name, kind in channels)])
    lines = np.frombuffer(data, line, height, start + 8 * height)
    held = dict(channels)
    names = sorted(name.removesuffix(_COMBINED[0]) for name in held if name.endswith(_COMBINED[0]))
    order = np.argsort(lines["y"])
    layers: dict[str, Floats] = {}
    for name in names:
        planes = [lines[name + suffix][order] for suffix in _COMBINED if name + suffix in held]
        planes += [np.ones_like(planes[0])] * (4 - len(planes))
        layers[name] = np.stack(planes, axis=-1).astype(np.float32)
    return layers


def _read_header(data: bytes) -> tuple[dict[str, bytes], int]:
    """The attributes, and where the table of offsets begins."""
    attributes: dict[str, bytes] = {}
    at = 8
    while data[at]:
        name, at = _read_text(data, at)
        _, at = _read_text(data, at)
        (size,) = struct.unpack_from("<i", data, at)
        attributes[name] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return attributes, at + 1


def _read_channels(block: bytes) -> list[tuple[str, np.dtype[np.floating]]]:
    channels: list[tuple[str, np.dtype[np.floating]]] = []
    at = 0
    while block[at]:
        name, at = _read_text(block, at)
        kind, _, *_ = _CHANNEL.unpack_from(block, at)
        channels.append((name, _TYPES[kind]))
        at += _CHANNEL.size
    return channels


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(0, at)
    return data[at:end].decode("utf-8", "replace"), end + 1
