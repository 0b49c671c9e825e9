# SPDX-License-Identifier: GPL-3.0-or-later
"""What came back is laid onto its guide if it shows the guide's shapes, and known for something else if not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from nano_banana_addon.blender.bake.bake import BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.views import Lens
from nano_banana_addon.features.texture.maps.align import Drift
from nano_banana_addon.features.texture.maps.align_image import AlignedImage, align_image
from tests.oracle import measure, painter
from tests.support.views import box_points, zigzag

Pixels = NDArray[np.uint8]
QUICK = BakeSettings(size=(256, 256), finish=False, heat_size=0)
PLAIN = np.eye(2, 3)


@pytest.fixture(scope="module")
def rings() -> measure.Trial:
    return measure.paint("tori", pixels=512, view_count=2)


def laid(trial: measure.Trial, came: Pixels, view: int = 0) -> AlignedImage:
    return align_image(trial.geometry, trial.views[view], trial.canvas, came)


def drift_of(found: AlignedImage) -> Drift:
    return Drift(0, "View", "", found.before, found.after, found.confidence)


def bakes(trial: measure.Trial, found: AlignedImage) -> bool:
    """Whether the picture can still be put on (it was paid for)."""
    return bool(bake_geometry(trial.geometry, [found.paint(trial.views[0])], QUICK).maps[0].painted_mask.any())


def strangers(trial: measure.Trial) -> dict[str, Pixels]:
    draw = np.random.default_rng(2)
    y, x = np.mgrid[0:512, 0:512]
    shape = trial.pictures[0].shape
    return {
        "black": np.zeros(shape, np.uint8),
        "noise": draw.integers(0, 255, shape, np.uint8),
        "a gradient": np.stack([x // 2, y // 2, x // 2], axis=-1).astype(np.uint8),
        "stripes": (((x + y) // 20 % 2) * 200).astype(np.uint8)[..., None].repeat(3, 2),
        "another side": trial.pictures[1],
        "upside down": np.ascontiguousarray(trial.pictures[1][::-1]),
    }


@pytest.mark.parametrize("what", ["black", "noise", "a gradient", "stripes", "another side", "upside down"])
def test_what_is_something_else_is_left_where_it_is_and_a_retry_is_offered(rings: measure.Trial, what: str) -> None:
    found = laid(rings, strangers(rings)[what])
    assert drift_of(found).too_far
    assert not drift_of(found).trusted
    assert "could not be aligned" in drift_of(found).describe()
    assert np.allclose(found.matrix, PLAIN)
    assert bakes(rings, found)


@pytest.mark.parametrize("value", [255, 128])
def test_a_picture_of_one_light_colour_is_no_alarm(rings: measure.Trial, value: int) -> None:
    found = laid(rings, np.full_like(rings.pictures[0], value))
    assert not drift_of(found).too_far
    assert np.allclose(found.matrix, PLAIN)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (40, 40), (2, 300)])
def test_a_tiny_picture_harms_nothing(rings: measure.Trial, size: tuple[int, int]) -> None:
    small = np.asarray(Image.fromarray(rings.pictures[0]).resize(size))
    found = laid(rings, small)
    assert np.isfinite(found.matrix).all()
    assert found.confidence > 0.15 or drift_of(found).too_far
    assert bakes(rings, found)


@pytest.mark.parametrize("edge", [256, 1024])
def test_another_resolution_is_no_drift(rings: measure.Trial, edge: int) -> None:
    found = laid(rings, np.asarray(Image.fromarray(rings.pictures[0]).resize((edge, edge))))
    assert found.picture.shape == (edge, edge, 3)
    assert found.before < 0.5
    assert found.after < 0.5
    assert not drift_of(found).too_far


@pytest.mark.parametrize("way", ["borders added", "cropped", "stretched"])
def test_a_square_answer_to_a_wide_view_is_put_where_it_belongs(way: str) -> None:
    canvas = (768, 432)
    trial = measure.paint("tori", pixels=16, view_count=1)
    (view,) = zigzag(box_points(*trial.geometry.bounds), Lens(canvas), 1, elevation=35.0)
    picture = painter.render_now(view, canvas)
    if way == "borders added":
        came = np.pad(picture, ((168, 168), (0, 0), (0, 0)), mode="edge")
    elif way == "cropped":
        came = np.ascontiguousarray(picture[:, 168:600])
    else:
        came = np.asarray(Image.fromarray(picture).resize((600, 600)))
    wide = replace(trial, views=(view,), canvas=canvas, pictures=[picture])
    found = laid(wide, came)
    assert not drift_of(found).too_far
    assert found.confidence > 0.5
    assert found.after < 0.5
    got = bake_geometry(trial.geometry, [found.paint(view)], QUICK).maps[0]
    plain = bake_geometry(trial.geometry, wide.painted(), QUICK).maps[0]
    both = got.painted_mask & plain.painted_mask
    assert both.sum() > (0.75 if way == "cropped" else 0.9) * plain.painted_mask.sum()
    off = np.abs(got.rgba[..., :3].astype(int) - plain.rgba[..., :3])[both]
    assert np.median(off) <= 3


def test_what_bends_is_told(rings: measure.Trial) -> None:
    """Parts moved by some pixels each way: no one map lays them in place, and that must not be hidden."""
    y, x = np.mgrid[0:512, 0:512]
    dx = 12 * np.sin(x / 60) * np.cos(y / 70)
    rows, columns = np.clip(y - dx, 0, 511).astype(int), np.clip(x + dx, 0, 511).astype(int)
    assert drift_of(laid(rings, rings.pictures[0][rows, columns])).too_far
