# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer comes back onto the artist's frame where it was, to within half a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.frames import Fit, Framing, fit_frame
from nano_banana_addon.core.models import MODELS
from nano_banana_addon.imaging.fit import place_on_canvas
from nano_banana_addon.imaging.masks import apply_mask

PRO = MODELS["gemini-3-pro-image"]
FRAMES = [(1920.0, 1080.0), (1000.0, 1000.0), (777.0, 333.0), (1080.0, 1920.0), (2048.0, 858.0)]


def dots(framing: Framing, size: tuple[int, int]) -> tuple[Image.Image, list[tuple[float, float]]]:
    """Soft white dots on a canvas at known places of the frame, in frame coordinates."""
    places = [(0.2, 0.25), (0.5, 0.5), (0.81, 0.33), (0.37, 0.77)]
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32) + 0.5
    picture = np.zeros((size[1], size[0]), np.float32)
    for u, v in places:
        cx, cy = framing.to_canvas(u, v)
        cx, cy = cx * size[0] / framing.canvas[0], cy * size[1] / framing.canvas[1]
        picture += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 18)
    grey = Image.fromarray((picture.clip(0, 1) * 255).astype(np.uint8))
    return grey.convert("RGB"), places


def centre_near(picture: Image.Image, x: float, y: float) -> tuple[float, float]:
    """The centre of brightness within 14 pixels of a place."""
    values = np.asarray(picture.convert("RGB"), np.float64)[:, :, 1]
    rows, columns = np.mgrid[0 : values.shape[0], 0 : values.shape[1]] + 0.5
    near = values * ((np.abs(rows - y) < 14) & (np.abs(columns - x) < 14))
    return float((near * columns).sum() / near.sum()), float((near * rows).sum() / near.sum())


@pytest.mark.parametrize("channels", [3, 4])
def test_a_barred_picture_is_whole_and_its_bars_are_plain(channels):
    pixels = np.full((300, 400, channels), 255, np.uint8)
    framing = fit_frame((400.0, 300.0), PRO, "1K", ratio="16:9", fit=Fit.PAD)
    canvas = place_on_canvas(pixels, framing, bars=(1, 2, 3))
    assert canvas.shape == (768, 1376, channels)
    assert (canvas[:, :175, :3] == (1, 2, 3)).all()
    assert (canvas[:, :175, 3:] == 255).all()
    assert (canvas[:, 178:1198] == 255).all()


def test_a_cut_picture_fills_the_canvas(noise):
    framing = fit_frame((400.0, 300.0), PRO, "1K", ratio="16:9", fit=Fit.CROP)
    canvas = place_on_canvas(np.full((300, 400, 3), 99, np.uint8), framing)
    assert canvas.shape == (768, 1376, 3)
    assert (canvas == 99).all()


def test_a_mask_of_another_resolution_covers_the_same_part():
    mask = Image.new("L", (10, 10))
    mask.paste(255, (0, 0, 5, 10))
    got = np.asarray(apply_mask(Image.new("RGB", (100, 100), (5, 6, 7)), mask))
    assert (got[:, :45, 3] == 255).all()
    assert (got[:, 55:, 3] == 0).all()
    assert (got[..., :3] == (5, 6, 7)).all()
