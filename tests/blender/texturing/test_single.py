# SPDX-License-Identifier: GPL-3.0-or-later
"""Views that a server paints become the object's texture: in place, told, and able to be undone."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.material import group_node
from nano_banana_addon.blender.texturing.plan import Plan
from nano_banana_addon.blender.texturing.running import run
from nano_banana_addon.imaging.metrics import psnr
from nano_banana_addon.simulator.server import Simulator

from .conftest import pixels_of, true_map

Promised = Callable[..., Plan]


def quiet(_generation: object) -> None:
    """Progress that nobody looks at."""


def posts(server: Simulator) -> int:
    return len([r for r in server.requests if r.method == "POST"])


def shifted(picture: np.ndarray, index: int) -> np.ndarray:
    return np.roll(picture, (4 + index, -5), axis=(0, 1))


def test_shifted_views_of_the_truth_become_the_true_texture(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    done = run(promised(shifted, count=4, guides=("CLAY",)), quiet)
    (made,) = done.report.textured
    expected = true_map(sculpture, 256)
    got = pixels_of(made.file)
    inside = expected[..., 3] > 0
    assert made.coverage > 0.6
    assert psnr(got, expected[..., :3], inside) > 22
    assert len(done.report.drifts) == 4
    for drift in done.report.drifts:
        assert drift.before == pytest.approx(np.hypot(4 + drift.index, 5), abs=1.0)
        assert drift.after < 1.0
    assert group_node(sculpture.active_material) is not None
