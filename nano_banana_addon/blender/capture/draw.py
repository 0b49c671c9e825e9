# SPDX-License-Identifier: GPL-3.0-or-later
"""CAMERA and VIEWPORT: the scene as a 3D view draws it, framed onto the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Matrix

from ...core.scene.capture import View
from ...core.scene.frames import Framing, Rectangle
from ...core.settings import CaptureSettings, Source
from ..host import gpu_probe
from . import lens, view3d, view_matrices
from .offscreen import Pixels, draw_frame, to_straight_alpha
from .render_engine import render_view
from .scene_copy import EvaluatedScene, provide_drawable_scene
from .temporary import remove_new_images


@dataclass(frozen=True)
class ViewCapture:
    """One picture of the canvas's size (uint8, RGB or RGBA with straight alpha) and where it is from."""

    pixels: Pixels
    framing: Framing
    region: Rectangle | None
    view: View | None
    notes: tuple[str, ...] = ()


_NO_OPENGL_NOTE = "Blender cannot draw on this machine (no OpenGL): rendered with Cycles instead."
_NO_VIEW_NOTE = "This file has no 3D view to draw with: rendered with Cycles instead."
_SLOW_VIEW_NOTE = "The 3D view shows a render in progress: rendered with Cycles instead."
_LOCAL_VIEW_NOTE = "The 3D view is in Local View: only its objects are shown."
_FLAT_VIEW_NOTE = "The 3D view draws a panoramic camera in perspective; the source Render shows its real view."


def capture_viewport(context: bpy.types.Context, settings: CaptureSettings, _folder: Path) -> ViewCapture:
    """VIEWPORT: what the 3D view shows, with its own lens, shading and local view.

    Raises `InputError` without a 3D view.
    """
    view = view3d.require_view(context)
    context.view_layer.update()
    depsgraph = context.view_layer.depsgraph
    world, projection = view_matrices.compute_matrices(view, context.scene, depsgraph)
    region = lens.view_region(view.space, settings.use_region)
    framing = lens.fit_region(view.size, settings, region)
    frame_number = _frame_number(context, settings)
    frozen = lens.freeze_view(world, projection, framing, "", frame_number)
    reason = _find_draw_blocker(view, context.scene)
    if reason:
        pixels = render_view(context, settings, framing, frozen)
        return ViewCapture(pixels, framing, region, frozen, (reason,))
    with provide_drawable_scene(context, settings) as evaluated_scene:
        pixels = _draw(context, evaluated_scene, view, frozen, framing.canvas, settings)
    return ViewCapture(pixels, framing, region, frozen)


def capture_camera(context: bpy.types.Context, settings: CaptureSettings, _folder: Path) -> ViewCapture:
    """CAMERA: what the scene's camera sees, drawn in a 3D view with Solid or Material Preview shading.

    Raises `InputError` without a camera.
    """
    view = view3d.find_view(context, visible_only=False)
    reason = _find_draw_blocker(view, context.scene, Source.CAMERA)
    with provide_drawable_scene(context, settings) as evaluated_scene:
        camera = lens.require_camera(evaluated_scene.scene.camera)
        frozen, framing, region = compute_camera_view(
            camera, evaluated_scene.depsgraph, evaluated_scene.scene, settings
        )
        if view is not None and not reason:
            pixels = _draw(context, evaluated_scene, view, frozen, framing.canvas, settings)
            return ViewCapture(pixels, framing, region, frozen, _collect_notes(view, camera))
    pixels = render_view(context, settings, framing, frozen)
    return ViewCapture(pixels, framing, region, frozen, (reason,))


def compute_camera_view(
    camera: bpy.types.Object,
    depsgraph: bpy.types.Depsgraph,
    scene: bpy.types.Scene,
    settings: CaptureSettings,
) -> tuple[View, Framing, Rectangle | None]:
    """The frozen view of a camera onto the canvas, how its frame lies there, and the region if one is used."""
    region = lens.render_region(scene.render, settings.use_region)
    framing = lens.fit_region(lens.camera_frame(scene.render), settings, region)
    projection = lens.camera_projection(camera, depsgraph, scene.render)
    world = lens.camera_world(camera, depsgraph)
    view = lens.freeze_view(world, projection, framing, camera.name, scene.frame_current)
    return view, framing, region


def _frame_number(context: bpy.types.Context, settings: CaptureSettings) -> int:
    return context.scene.frame_current if settings.frame_number is None else settings.frame_number


def _find_draw_blocker(view: view3d.View3D | None, scene: bpy.types.Scene, source: Source = Source.VIEWPORT) -> str:
    if not gpu_probe.can_draw():
        return _NO_OPENGL_NOTE
    if view is None:
        return _NO_VIEW_NOTE
    if source is Source.VIEWPORT and not view3d.draws_immediately(view, scene):
        return _SLOW_VIEW_NOTE
    return ""


def _collect_notes(view: view3d.View3D, camera: bpy.types.Object) -> tuple[str, ...]:
    candidates = ((_LOCAL_VIEW_NOTE, view.space.local_view is not None), (_FLAT_VIEW_NOTE, not lens.is_flat(camera)))
    return tuple(text for text, applies in candidates if applies)


def _draw(
    context: bpy.types.Context,
    evaluated_scene: EvaluatedScene,
    view: view3d.View3D,
    frozen: View,
    canvas: tuple[int, int],
    settings: CaptureSettings,
) -> Pixels:
    shading = settings.shading if settings.source == Source.CAMERA else None
    with _prepare_gpu(), view3d.override_shading(view, context.scene, shading, settings.overlays):
        pixels = draw_frame(
            canvas,
            lambda offscreen: offscreen.draw_view3d(
                evaluated_scene.scene,
                evaluated_scene.view_layer,
                view.space,
                view.region,
                Matrix(frozen.world).inverted_safe(),
                Matrix(frozen.projection),
                do_color_management=True,
                draw_background=not settings.transparent,
            ),
        )
    return to_straight_alpha(pixels) if settings.transparent else pixels[:, :, :3]


@contextmanager
def _prepare_gpu() -> Iterator[None]:
    from ..host.gpu import initialise_gpu

    with remove_new_images():
        initialise_gpu()
    yield
