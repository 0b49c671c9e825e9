# SPDX-License-Identifier: GPL-3.0-or-later
"""Keyframe projection: the truth at some frames, projected, is the truth at all frames, and nothing flickers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.features.texture.maps.bake_maps import TextureMaps
from tests.oracle import animation, painter
from tests.oracle.animation import Animation, Pixels
from tests.support.metrics import psnr

pytestmark = pytest.mark.soak
KEYFRAMES = "1, 24, 48"
FRAMES = (1, 12, 24, 30, 48)
BETWEEN = 30
PAIR = (29, 30)


@dataclass(slots=True)
class Rendered:
    """Some frames with the textures that were baked, the true ones, and the pixels that keyframes saw."""

    baked: TextureMaps
    result: list[Pixels]
    truth: list[Pixels]
    seen: list[np.ndarray]

    def list_qualities(self) -> list[float]:
        """Of each frame, in dB, where it is seen."""
        return [psnr(*each) for each in zip(self.result, self.truth, self.seen, strict=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keyframes")


@pytest.fixture(scope="module")
def made() -> Animation:
    return animation.build()


@pytest.fixture(scope="module")
def truth(made: Animation, folder: Path) -> list[Pixels]:
    return [animation.render_display(frame, folder) for frame in FRAMES]


@pytest.fixture(scope="module", params=["as painted", "disturbed"])
def rendered(request: pytest.FixtureRequest, made: Animation, truth: list[Pixels], folder: Path) -> Rendered:
    """Keyframes that came back as the truth, and some that a model has shifted, scaled and darkened a little."""
    animation.show(made, made.truths)
    shift = painter.Disturbance(shift=6.0, scale=0.01, gain=0.03, vignette=0.02)
    change = None if request.param == "as painted" else (lambda p, i: painter.disturb_known(p, shift, i)[0])
    baked = animation.bake(animation.paint(animation.plan(made, KEYFRAMES), folder, change))
    animation.show(made, {obj.name: each.rgba[..., :3] for obj, each in animation.zip_maps(baked)})
    result = [animation.render_display(frame, folder) for frame in FRAMES]
    return Rendered(baked, result, truth, animation.seen_masks(made, baked, FRAMES, folder))


def test_every_frame_is_the_truth_where_it_is_seen(rendered: Rendered) -> None:
    assert min(rendered.list_qualities()) >= 30, rendered.list_qualities()
    assert all(seen.mean() > 0.5 for seen in rendered.seen)


def test_what_moves_and_deforms_is_the_truth(made: Animation, rendered: Rendered, folder: Path) -> None:
    animation.show_places(made)
    index = FRAMES.index(BETWEEN)
    owners = np.round(animation.render(BETWEEN, folder, samples=1)[..., 2]).astype(int) - 1
    for number, shape in enumerate(made.objects):
        mask = rendered.seen[index] & (owners == number)
        assert mask.sum() > 300, shape.name
        assert psnr(rendered.result[index], rendered.truth[index], mask) >= 30, shape.name


def test_nothing_flickers(made: Animation, rendered: Rendered, folder: Path) -> None:
    """The same texel has the same colour in two frames, wherever the camera and the object have gone meanwhile."""
    animation.show(
        made, {obj.name: each.rgba[..., :3] for obj, each in animation.zip_maps(rendered.baked)}, closest=True
    )
    colours = [np.round(animation.render_display(frame, folder, samples=1)) for frame in PAIR]
    animation.show_places(made)
    (first, first_within), (second, second_within) = (animation.texels_of(made, frame, folder) for frame in PAIR)
    known = dict(zip(first[first_within].tolist(), colours[0][first_within].tolist(), strict=True))
    texels, values = second[second_within].tolist(), colours[1][second_within].tolist()
    errors = [np.abs(np.subtract(known[t], value)).max() for t, value in zip(texels, values, strict=True) if t in known]
    assert len(errors) > 5000
    assert max(errors) <= 1, np.bincount(errors)


def test_what_is_told_before_paying_is_what_is_seen(made: Animation, rendered: Rendered, folder: Path) -> None:
    coverage = animation.measure(made, KEYFRAMES)
    animation.show_places(made)
    surface = [animation.render(frame, folder, samples=1)[..., 2] > 0.5 for frame in FRAMES]
    share = sum(s.sum() for s in rendered.seen) / sum(s.sum() for s in surface)
    assert coverage.share == pytest.approx(share, abs=0.04)


def test_the_best_next_keyframe_adds_what_is_told(made: Animation) -> None:
    told = animation.measure(made, "1")
    assert told.best is not None
    best, share = told.best
    assert share > told.share + 0.05
    after = animation.measure(made, f"1, {best}")
    assert after.share == pytest.approx(share, abs=0.01)
    assert after.share >= animation.measure(made, "1, 2").share


def test_the_scene_stays_where_the_artist_left_it(made: Animation) -> None:
    scene, car = bpy.context.scene, made.objects[3]
    scene.frame_set(10)
    car.location.z = 3.0  # without a keyframe
    scenes = len(bpy.data.scenes)
    animation.plan(made, KEYFRAMES)
    assert (scene.frame_current, car.location.z, len(bpy.data.scenes)) == (10, 3.0, scenes)
    scene.frame_set(animation.FIRST)
