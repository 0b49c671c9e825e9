# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bundled server paints for a sheet of views: grey maps in the tiles, and nothing beside them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.text.grey_prompts import compose_grey_prompt, compose_surface_prompt
from nano_banana_addon.imaging.sheets.sheet_layout import GROUND, compose, lay_out
from nano_banana_addon.simulator.painting import painterly
from nano_banana_addon.simulator.painting.job import PaintJob

CANVASES = {"1:1": (1024, 1024), "16:9": (1376, 768), "21:9": (1584, 672)}


def draw_view(number: int) -> np.ndarray:
    """A coloured disc with a grey square in it, on a dark ground."""
    y, x = np.mgrid[-1:1:400j, -1:1:400j]
    view = np.full((400, 400, 3), 30, np.uint8)
    view[np.hypot(x, y) < 0.8] = (180, 90 + 10 * number, 60)
    view[np.maximum(np.abs(x), np.abs(y)) < 0.3] = (170, 172, 174)
    return view


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_each_pair_becomes_roughness_and_metallic_of_its_view(count: int) -> None:
    layout = lay_out(2 * count, (400, 400), CANVASES, pairs=True)
    tiles = [draw_view(number // 2) for number in range(2 * count)]
    stream = io.BytesIO()
    Image.fromarray(compose(tiles, layout)).save(stream, "PNG")
    job = PaintJob(
        compose_grey_prompt(count, "a disc"), (stream.getvalue(),), width=layout.canvas[0], height=layout.canvas[1]
    )
    answer = np.asarray(painterly.paint(job)).astype(int)
    assert np.ptp(answer, axis=2).max() == 0, "only greys"
    outside = np.ones(answer.shape[:2], bool)
    for pair in zip(layout.boxes[::2], layout.boxes[1::2], strict=True):
        panels = []
        for box in pair:
            left, top, right, bottom = (round(s * e) for s, e in zip(box, layout.canvas * 2, strict=True))
            outside[top - 2 : bottom + 2, left - 2 : right + 2] = False
            panels.append(answer[top:bottom, left:right, 0])
        rough, metal = panels
        height, width = metal.shape
        assert metal[height // 2, width // 2] == 255, "the grey square is metal"
        assert metal[height // 2, round(width * 0.25)] == 0
        assert 30 < rough[height // 2, width // 2] <= 255
        assert abs(rough[2, 2] - GROUND) <= 1, "beside the object is the grey of the gaps"
    assert (np.abs(answer[outside] - GROUND) <= 1).all()


def test_a_surface_fills_its_panels_to_their_corners() -> None:
    layout = lay_out(2, (400, 400), CANVASES, pairs=True)
    stream = io.BytesIO()
    Image.fromarray(compose([draw_view(0)] * 2, layout)).save(stream, "PNG")
    width, height = layout.canvas
    answer = np.asarray(painterly.paint(PaintJob(compose_surface_prompt(), (stream.getvalue(),), "", width, height)))
    rough, metal = (
        answer[round(top * height) : round(bottom * height), round(left * width) : round(right * width), 0].astype(int)
        for left, top, right, bottom in layout.boxes
    )
    assert set(np.unique(metal)) == {0}, "nothing there shines"
    middle = len(rough) // 2
    assert rough[2, 2] > rough[middle, middle] + 50, "what is bright is smoother"
    assert abs(rough[2, 2] - GROUND) > 50
