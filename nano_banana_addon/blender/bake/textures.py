# SPDX-License-Identifier: GPL-3.0-or-later
"""Between NumPy arrays and the GPU. Arrays have their top row first, the GPU its bottom row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import gpu
import numpy as np
from gpu.types import Buffer, GPUFrameBuffer, GPUTexture
from numpy.typing import NDArray

from ...core.errors import InputError
from ...imaging.arrays import Pixels

_KINDS = {"R8": np.uint8, "RGBA8": np.uint8, "R32UI": np.uint32}


def size_limit() -> int:
    """The longest edge of a texture that this GPU takes, in pixels."""
    return int(gpu.capabilities.max_texture_size_get())


def create_texture(size: tuple[int, int], kind: str) -> GPUTexture:
    """A texture of (width, height). Raises `InputError` when the GPU has not enough memory for it."""
    if max(size) > size_limit():
        raise InputError(
            f"This GPU takes textures up to {size_limit()} px; {size[0]} x {size[1]} were requested.",
            next_step="Choose a smaller size.",
        )
    try:
        return GPUTexture(size, format=kind)
    except (RuntimeError, SystemError, MemoryError) as error:
        raise InputError(
            f"The GPU has not enough memory for a texture of {size[0]} x {size[1]}.",
            next_step="Choose a smaller size, or close other programs.",
            detail=str(error),
        ) from error


def pack_pixels(picture: Pixels, mask: Pixels | None = None) -> GPUTexture:
    """A picture (h, w, 3 or 4) uint8 as one float per pixel: red + 256 green + 65536 blue.

    float32 holds these exactly. A quarter of the memory and time of four floats, which is all that textures can be
    filled from. Pixels that must not be used (alpha below full, `mask` (h, w) below half) become negative.
    """
    height, width = picture.shape[:2]
    values = picture[::-1, :, 2].astype(np.float32)  # in place: an image may have 16 million pixels
    for channel in (1, 0):
        values *= 256.0
        values += picture[::-1, :, channel]
    if picture.shape[2] == 4:
        values[picture[::-1, :, 3] < 255] = -1.0
    if mask is not None:
        values[mask[::-1] < 128] = -1.0
    return GPUTexture((width, height), format="R32F", data=Buffer("FLOAT", values.shape, values))


def read_texture(texture: GPUTexture) -> NDArray[np.generic]:
    """A texture's pixels (h, w) or (h, w, channels), *bottom* row first; a view that must not be written."""
    kind = _KINDS.get(texture.format, np.float32)
    buffer = texture.read()
    count = int(np.prod(buffer.dimensions))
    buffer.dimensions = count  # 4.5 exports only flat buffers
    shape = (texture.height, texture.width)
    channels = count // (shape[0] * shape[1])
    return np.frombuffer(buffer, dtype=kind).reshape(shape if channels == 1 else (*shape, channels))


@contextmanager
def draw_into(
    colours: Sequence[GPUTexture], depth: GPUTexture | None = None, *, blend: str = "NONE"
) -> Iterator[GPUFrameBuffer]:
    """Draw into textures; the GPU's state is as before afterwards."""
    frame = GPUFrameBuffer(depth_slot=depth, color_slots=list(colours))
    previous_state = (gpu.state.blend_get(), gpu.state.depth_test_get(), gpu.state.depth_mask_get())
    try:
        with frame.bind():
            gpu.state.blend_set(blend)
            gpu.state.depth_test_set("NONE" if depth is None else "LESS_EQUAL")
            gpu.state.depth_mask_set(depth is not None)
            gpu.state.face_culling_set("NONE")
            yield frame
    finally:
        gpu.state.blend_set(previous_state[0])
        gpu.state.depth_test_set(previous_state[1])
        gpu.state.depth_mask_set(previous_state[2])
