# SPDX-License-Identifier: GPL-3.0-or-later
"""Views with fine detail whose content the painter moves by smooth waves, and how many pixels are left of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.blender.host.progress_steps import run_all
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.scene.capture import View
from nano_banana_addon.features.texture.maps.align import AlignedView
from nano_banana_addon.features.texture.maps.aligned_views import align_all_steps, read_objects_steps
from nano_banana_addon.features.texture.plan import TexturePlan
from tests.oracle import detail, warps

from ..conftest import TruthPainter, known_by

Promised = Callable[..., TexturePlan]
Pixels = np.ndarray
SIZE, COUNT, EDGE = (512, 512), 3, 512
APART, DISTANCE = np.pi / 4, 4.2  # of the cameras
LEFT = 0.6  # of the pixels that are left by each view on its own: at most so many
#: What the views show, and the same with waves, kept over the tests: the views are always the same.
KNOWN: list[tuple[Pixels, warps.MovedView]] = []
#: The same of an object that turns before one of the cameras.
KNOWN_POSES: list[tuple[Pixels, warps.MovedView]] = []


def wave(shape: bpy.types.Object, views: Sequence[View], known: list[tuple[Pixels, warps.MovedView]]) -> None:
    """Know each view as it should be, at its frame, and with its content moved by waves."""
    if known:
        return
    material = shape.active_material
    for seed, view in enumerate(views):
        bpy.context.scene.frame_set(view.frame_number or 1)
        (places,) = detail.place_views((view,), SIZE, [shape])
        known.append((detail.paint(places, detail.fine), warps.wave_view(places, seed)))
    bpy.context.scene.frame_set(1)
    shape.active_material = material


def add_camera(number: int) -> str:
    """One of the cameras around the object; neighbours see much of the same surface."""
    angle = number * APART
    camera = bpy.data.objects.new(f"From {number}", bpy.data.cameras.new(f"From {number}"))
    camera.location = (DISTANCE * np.sin(angle), -DISTANCE * np.cos(angle), 0)
    camera.rotation_euler = (np.pi / 2, 0, angle)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.view_layer.update()
    return camera.name


class WavePainter(TruthPainter):
    """Paints the views in their order, each with waves of its own; `others` as they are."""

    known = KNOWN
    others: dict[int, Pixels]
    numbers: dict[str, int]

    def expect(self, plan: TexturePlan, others: dict[int, Pixels]) -> None:
        """Know the views by their structure: they may come in any order. In a sequence later ones are drawn."""
        structures = [np.load(request.references[-1].path)[..., :3] for request in plan.order.requests]
        self.numbers = {hashlib.sha256(each.tobytes()).hexdigest(): n for n, each in enumerate(structures)}
        self.others = others

    def __call__(self, job: Any) -> Image.Image:
        number = self.numbers.get(known_by(job.images[-1]), len(self.jobs))
        self.jobs.append(job)
        if number in self.others:
            return Image.fromarray(self.others[number])
        truth, moved = self.known[number]
        shown = np.asarray(Image.open(io.BytesIO(job.images[-1])).convert("RGB"))
        is_missing = (np.abs(shown.astype(int) - (255, 0, 255)).max(axis=2) < 3)[..., None]
        if not is_missing.any():
            return Image.fromarray(moved.picture)
        return Image.fromarray(warps.wave_picture(np.where(is_missing, truth, shown), number))


@pytest.fixture
def truthful() -> TruthPainter:
    return WavePainter()


@pytest.fixture
def waved(sculpture: bpy.types.Object, promised: Promised, truthful: WavePainter) -> Callable[..., TexturePlan]:
    """Prepare a texture whose views come back with waves; those that are named, as something else.

    In a sequence the painter goes on from what it is shown.
    """
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = SIZE

    cameras = tuple(add_camera(number) for number in range(COUNT))

    def prepare(others: dict[int, Pixels] | None = None, **wanted: Any) -> TexturePlan:
        choices = {"views": "CAMERAS", "cameras": cameras, "guides": ("CLAY",), "texture_size": EDGE}
        plan = promised(**choices | wanted)
        wave(sculpture, [request.texture.shown[0].view for request in plan.order.requests], KNOWN)
        truthful.expect(plan, others or {})
        return plan

    return prepare


def align(generations: Sequence[Generation]) -> list[AlignedView]:
    """As the bake does."""
    objects = run_all(read_objects_steps(generations))
    return run_all(align_all_steps(objects, generations, ())).views


def measure(views: Sequence[AlignedView], known: list[tuple[Pixels, warps.MovedView]] = KNOWN) -> list[float]:
    """Pixels that are left in each view."""
    return [known[view.drift.index][1].measure(view.image, followed=True) for view in views]


def measure_alone(generations: Sequence[Generation], known: list[Any] = KNOWN) -> list[float]:
    return [each for generation in generations for each in measure(align((generation,)), known)]
