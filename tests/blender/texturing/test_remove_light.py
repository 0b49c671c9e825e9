# SPDX-License-Identifier: GPL-3.0-or-later
"""Light in the views is removed when they are baked, and when they are baked again, without another payment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.bake.mesh import read_geometry
from nano_banana_addon.blender.guides.draw import draw_surface
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.texture.job import TextureResult, run
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.features.texture.rebake import pictures_of
from nano_banana_addon.imaging.srgb import LINEAR, to_srgb
from tests.support.metrics import psnr

from .conftest import TruthPainter, painter, pixels_of, true_map
from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]
KEY = np.array([0.6, 0.5, 0.6])  # of a lamp, in camera space
STRENGTH = 0.8


def light_up(plan: TexturePlan, truthful: TruthPainter, shape: bpy.types.Object, folder: Path) -> TexturePlan:
    """Promise the truth under a lamp for each view."""
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), [shape])
    for request in plan.order.requests:
        (shown,) = request.texture.shown
        normals = draw_surface(geometry, shown.view, shown.size).normals
        light = 0.25 + 0.75 * np.maximum(normals @ (KEY / np.linalg.norm(KEY)), 0)
        linear = LINEAR[painter.render(shown.view, shown.size, str(folder), samples=2)] * light[..., None]
        truthful.promise(request, np.round(to_srgb(linear.clip(0, 1)) * 255).astype(np.uint8))
    return plan


@pytest.fixture
def lit(
    sculpture: bpy.types.Object, promised: Promised, truthful: TruthPainter, tmp_path: Path
) -> Callable[..., TextureResult]:
    """Generate three views of the truth under a lamp."""

    def generate(**choices: object) -> TextureResult:
        plan = promised(count=3, guides=("CLAY",), **choices)
        return run(light_up(plan, truthful, sculpture, tmp_path), quiet)

    return generate


def quality(shape: bpy.types.Object, file: str) -> float:
    """The PSNR of a map up to one brightness: how bright the whole should be, images alone cannot tell."""
    expected, got = true_map(shape, 256), pixels_of(file).astype(float)
    inside = expected[..., 3] > 0
    own, true = got[inside], expected[inside][:, :3].astype(float)
    brighter = np.clip(got * ((own * true).sum() / (own * own).sum()), 0, 255).round().astype(np.uint8)
    return psnr(brighter, expected[..., :3], inside)


def shown_file(shape: bpy.types.Object) -> str:
    (image,) = {
        node.image
        for tree in (n.node_tree for n in shape.active_material.node_tree.nodes if n.type == "GROUP")
        for node in tree.nodes
        if node.type == "TEX_IMAGE"
    }
    return bpy.path.abspath(image.filepath)


def hash_files(generations: Sequence[Generation]) -> list[str]:
    return [sha256(Path(each.picture.path).read_bytes()).hexdigest() for each in generations]


def test_the_light_is_removed_from_paid_views_without_paying_again(
    sculpture: bpy.types.Object, lit: Callable[..., TextureResult], server: Simulator
) -> None:
    done = lit()
    before = quality(sculpture, done.report.textures[0].files[0])
    paid, files = posts(server), hash_files(pictures_of(sculpture))
    bpy.context.scene.nano_banana.texturing.remove_light = STRENGTH
    assert bpy.ops.nano_banana.texture_reproject() == {"FINISHED"}
    assert quality(sculpture, shown_file(sculpture)) > before + 2
    assert posts(server) == paid
    assert hash_files(pictures_of(sculpture)) == files, "the images in the store stay as they came"
    bpy.context.scene.nano_banana.texturing.remove_light = 0.0
    assert bpy.ops.nano_banana.texture_reproject() == {"FINISHED"}
    assert (pixels_of(shown_file(sculpture)) == pixels_of(done.report.textures[0].files[0])).all()


def test_it_is_removed_at_once_and_from_views_that_are_used_again(
    sculpture: bpy.types.Object, lit: Callable[..., TextureResult], server: Simulator
) -> None:
    first = lit(remove_light=STRENGTH)
    assert all(g.request.texture.remove_light == pytest.approx(STRENGTH) for g in first.generations)
    paid = posts(server)
    again = lit()
    assert posts(server) == paid, "another strength is no other request"
    assert len(again.reused) == 3
    qualities = [quality(sculpture, done.report.textures[0].files[0]) for done in (first, again)]
    assert qualities[0] > qualities[1] + 2


def test_a_view_that_is_generated_again_is_baked_with_the_strength_of_now(
    sculpture: bpy.types.Object, lit: Callable[..., TextureResult]
) -> None:
    before = quality(sculpture, lit().report.textures[0].files[0])
    bpy.context.scene.nano_banana.texturing.remove_light = 1.0
    assert bpy.ops.nano_banana.texture_regenerate_view(index=1) == {"FINISHED"}
    assert quality(sculpture, shown_file(sculpture)) > before + 2


def test_unlit_views_stay_and_the_note_says_so(sculpture: bpy.types.Object, promised: Promised) -> None:
    plain = run(promised(true=True, count=2, guides=("CLAY",)), quiet).report
    asked = run(promised(true=True, count=2, guides=("CLAY",), remove_light=1.0), quiet).report
    assert (pixels_of(plain.textures[0].files[0]) == pixels_of(asked.textures[0].files[0])).all()
    assert not any("Remove Light" in note for note in plain.notes)
    assert any("Remove Light changed nothing" in note for note in asked.notes)
