# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits on the size of an answer, in every dimension."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one answer. A real one has up to ten images of 25 MB, and some kB of text."""

    body: int = 512 * _MIB  # bytes, after decompression
    picture: int = 128 * _MIB  # bytes of one image, decoded
    pictures: int = 32
    pixels: int = 120_000_000  # of one image; the largest that the API generates has 28 million
    string: int = 4 * _MIB  # bytes of one string that is no image
    text: int = 16 * _MIB  # bytes of all strings that are no images
    number: int = 64  # characters
    depth: int = 48
    values: int = 100_000  # in all objects and arrays
    error_body: int = 256 * 1024
    seconds: float = 1800.0  # of the whole call
