# SPDX-License-Identifier: GPL-3.0-or-later
"""An image of the artist's frame lies on the canvas: cut, barred, or as it is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.models import MODELS
from nano_banana_addon.core.scene.fit import Fit
from nano_banana_addon.core.scene.frames import fit_frame
from nano_banana_addon.imaging.fit import place_on_canvas
from nano_banana_addon.imaging.formats.masks import apply_mask

PRO = MODELS["gemini-3-pro-image"]


def test_nothing_is_resampled_without_need(noise):
    framing = fit_frame((1024.0, 1024.0), PRO, "1K")
    pixels = np.asarray(noise(1024, 1024))
    assert np.array_equal(place_on_canvas(pixels, framing), pixels)


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
