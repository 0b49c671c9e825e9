# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bundled server paints for a sheet of views: grey maps in the tiles, and nothing beside them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core.text.grey_prompts import compose_grey_prompt
from nano_banana_addon.imaging.sheets.panel_layout import compose_panels, lay_out_pairs
from nano_banana_addon.imaging.sheets.sheet_layout import GROUND
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
    layout = lay_out_pairs(count, (400, 400), CANVASES)
    tiles = [(draw_view(number), box) for number, pair in enumerate(layout.boxes) for box in pair]
    stream = io.BytesIO()
    Image.fromarray(compose_panels(layout.canvas, tiles)).save(stream, "PNG")
    job = PaintJob(
        compose_grey_prompt("a disc", count), (stream.getvalue(),), width=layout.canvas[0], height=layout.canvas[1]
    )
    answer = np.asarray(painterly.paint(job)).astype(int)
    assert np.ptp(answer, axis=2).max() == 0, "only greys"
    outside = np.ones(answer.shape[:2], bool)
    for pair in layout.boxes:
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
