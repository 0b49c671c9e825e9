# SPDX-License-Identifier: GPL-3.0-or-later
"""Textures with fine, unshaded detail and lettering, by NumPy alone.

Cycles renders where each sample of a pixel lies on the object; the colours are looked up there. So any texture can be
the truth, and several cost one render.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from tempfile import TemporaryDirectory

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nano_banana_addon.blender.guides.shaders import GROUND
from nano_banana_addon.core.scene.capture import View
from tests.oracle.painter import camera_for, render_linear
from tests.oracle.truth import emit_places, to_display, to_linear

Floats = NDArray[np.float32]
GRAIN = 3  # samples across a pixel
_LETTERS = 0.55  # object units that one sheet of letters covers


def place_views(views: tuple[View, ...], canvas: tuple[int, int], objects: list[bpy.types.Object]) -> list[Floats]:
    """Each view's places (h, w, 4) in the objects' own space, `GRAIN` times the canvas; the last is 1 on an object."""
    for shape in objects:
        emit_places(shape)
    return [_place(view, (canvas[0] * GRAIN, canvas[1] * GRAIN)) for view in views]


def _place(view: View, size: tuple[int, int]) -> Floats:
    camera = camera_for(view, size, bpy.context.scene)
    bpy.context.scene.render.film_transparent = True
    try:
        with TemporaryDirectory() as folder:
            return render_linear(camera, size, folder, samples=1)
    finally:
        data = camera.data
        bpy.data.objects.remove(camera)
        bpy.data.cameras.remove(data)


def paint(places: Floats, texture: Callable[[Floats], Floats]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) of the texture at `places`: the mean of the display values over each pixel."""
    height, width = places.shape[0] // GRAIN, places.shape[1] // GRAIN
    result = np.empty((height, width, 3), np.uint8)
    step = max(1, 2**20 // (width * GRAIN * GRAIN))
    for first in range(0, height, step):
        part = places[first * GRAIN : (first + step) * GRAIN]
        on = part[..., 3:] > 0.5
        colours = np.full((*on.shape[:2], 3), to_linear(np.array(GROUND)), np.float32)
        colours[on[..., 0]] = to_linear(texture(part[on[..., 0]][:, :3]))
        mean = colours.reshape(-1, GRAIN, width, GRAIN, 3).mean(axis=(1, 3))
        result[first : first + step] = np.round(np.clip(to_display(mean), 0, 1) * 255)
    return result


def fine(places: Floats) -> Floats:
    """Noise of all sizes down to some pixels, and letters: display values (..., 3)."""
    draw = np.random.default_rng(11)
    result = np.full((*places.shape[:-1], 3), 0.48, np.float32)
    for size, amount in ((1.2, 0.10), (0.5, 0.07), (0.2, 0.05), (0.08, 0.04), (0.035, 0.035), (0.016, 0.03)):
        for _ in range(2):
            wave, phase = draw.normal(size=3), draw.uniform(0, 6.28, 3)
            wave *= 2 * np.pi / size / np.linalg.norm(wave)
            tint = draw.normal(size=3) * 0.5 + 1.0
            bend = 0.35 * np.sin(places @ (wave[[1, 2, 0]] / 2.7).astype(np.float32))
            line = np.sin(places @ wave.astype(np.float32) + phase[0] + bend)
            result += (amount * tint).astype(np.float32) * line[..., None]
    return np.clip(_add_letters(result, places), 0.04, 0.96).astype(np.float32)


def flat(places: Floats) -> Floats:
    """A few flat colours with hard borders, as in a cel drawing."""
    bands = (np.floor(places[..., 2] * 2.3 + 0.3 * np.sin(places[..., 0] * 3))).astype(int) % 3
    return np.array([[0.85, 0.3, 0.2], [0.95, 0.85, 0.4], [0.2, 0.35, 0.6]], np.float32)[bands]


def belly(places: Floats) -> Floats:
    """Noise with one large, saturated red part in front."""
    colours = fine(places) * 0.5 + 0.25
    near = 1 / (1 + np.exp((np.linalg.norm(places - np.array([0, -0.6, 0], np.float32), axis=-1) - 0.62) * 60))
    red = np.array([0.82, 0.08, 0.06], np.float32) + (colours - 0.5) * 0.15
    return (colours * (1 - near[..., None]) + red * near[..., None]).astype(np.float32)


def _add_letters(colours: Floats, places: Floats) -> Floats:
    sheet = _draw_letters()
    edge = len(sheet)
    across = (places[..., 0] + 0.8 * places[..., 1]) / _LETTERS
    column = ((across % 1) * edge).astype(int) % edge
    row = ((-places[..., 2] / _LETTERS % 1) * edge).astype(int) % edge
    ink = sheet[row, column][..., None]
    return (colours * (1 - ink) + (1 - colours) * 0.35 * ink).astype(np.float32)


@lru_cache(maxsize=1)
def _draw_letters() -> Floats:
    sheet = Image.new("L", (512, 512))
    draw = ImageDraw.Draw(sheet)
    for row, (size, words) in enumerate(((150, "NANO"), (70, "banana 3D"), (44, "fine lettering"), (30, "0123 xyz"))):
        draw.text((20, (10, 190, 300, 390)[row]), words, fill=255, font=ImageFont.load_default(size))
    return np.asarray(sheet, np.float32) / 255
