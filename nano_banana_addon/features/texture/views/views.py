# SPDX-License-Identifier: GPL-3.0-or-later
"""The views of a texture, from the settings or from the cameras that represent them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import bpy

from ....blender.bake import views as sets
from ....blender.bake.mesh import Geometry
from ....blender.capture import lens, view3d, view_matrices
from ....core import models
from ....core.errors import InputError
from ....core.models import ImageModel
from ....core.scene.capture import View
from ....core.scene.fit import Fit
from ....core.settings import AUTO_RATIO, Settings
from ....core.texture import TextureSettings, ViewSet
from . import view_cameras
from .coverage import select_best_views
from .planned_view import PlannedView

#: A cap's view and the ring's count apart: "Ring, Top and Bottom" with 6 views is a ring of 4.
_CAPS = 2


def plan_views(
    context: bpy.types.Context, geometry: Geometry, texture: TextureSettings, settings: Settings
) -> tuple[PlannedView, ...]:
    """The views in the order in which they are generated: of their cameras, else of the chosen set.

    Raises `InputError`.
    """
    texture.check()
    cameras = view_cameras.list_cameras(context.scene)
    if not cameras and view_cameras.has_entries(context.scene):
        raise InputError(
            "All views are disabled, or their cameras were deleted.",
            next_step="Enable one, or hide the views to use the chosen set.",
        )
    planned = _plan_cameras(context, cameras, settings) if cameras else _plan_set(context, geometry, texture, settings)
    prompts = [camera.prompt for camera in view_cameras.list_entries(context.scene)] if cameras else []
    return add_prompts(planned, texture.view_prompts or prompts)


def add_prompts(planned: Sequence[PlannedView], prompts: Sequence[str]) -> tuple[PlannedView, ...]:
    """The views with their own prompts, as far as there are any."""
    return tuple(replace(view, prompt=prompt) for view, prompt in zip(planned, [*prompts, *[""] * 99], strict=False))


def _plan_set(
    context: bpy.types.Context, geometry: Geometry, texture: TextureSettings, settings: Settings
) -> list[PlannedView]:
    if texture.views == ViewSet.VIEWPORT:
        return [plan_viewport(context, settings)]
    if texture.views == ViewSet.CAMERA:
        cameras = [lens.require_camera(context.scene.camera)]
    else:
        cameras = find_cameras(context, texture.cameras) if texture.views == ViewSet.CAMERAS else []
    if cameras:
        depsgraph = context.evaluated_depsgraph_get()
        return [plan_camera(context.scene, depsgraph, camera, settings) for camera in cameras]
    canvas, ratio = compute_canvas(settings)
    ring_views = place_around(geometry, texture, canvas)
    return [PlannedView(view.camera, view, canvas, ratio) for view in ring_views]


def place_around(geometry: Geometry, texture: TextureSettings, canvas: tuple[int, int]) -> Sequence[View]:
    """The views of the chosen set around the objects, a ring for views that come from cameras."""
    view_lens = sets.Lens(canvas, texture.orthographic)
    if texture.views == ViewSet.BEST:
        return select_best_views(geometry, view_lens, texture.count)
    points = geometry.outline_points()
    if texture.views == ViewSet.HEMISPHERE:
        return sets.hemisphere(points, view_lens, texture.count)
    if texture.views == ViewSet.RING_TOP_BOTTOM:
        return sets.ring_with_caps(points, view_lens, max(1, texture.count - _CAPS), texture.elevation)
    return sets.ring(points, view_lens, texture.count, texture.elevation)


def model_of(settings: Settings) -> ImageModel:
    """The requested model."""
    return models.find(settings.model_id)


def size_of(settings: Settings) -> str:
    """The requested size."""
    model = model_of(settings)
    return settings.image_size if model.sends_image_size else model.sizes[0]


def compute_canvas(settings: Settings) -> tuple[tuple[int, int], str]:
    """An object's views are square unless another ratio is chosen."""
    model, size = model_of(settings), size_of(settings)
    ratio = "1:1" if settings.aspect_ratio == AUTO_RATIO else settings.aspect_ratio
    if not model.has_ratio(ratio) or size not in model.sizes:
        raise InputError(
            f"{model.label} has no images of {size} and {ratio}.",
            next_step=f"Choose one of {', '.join(model.sizes)} and of {', '.join(model.ratios)}.",
        )
    return model.find_pixel_size(ratio, size), ratio


def _build_capture_settings(settings: Settings) -> Settings:
    return replace(settings, image_size=size_of(settings), fit=Fit.EXTEND.value)


def plan_viewport(context: bpy.types.Context, settings: Settings) -> PlannedView:
    """What the 3D view shows. Raises `InputError` without one."""
    region_view = view3d.require_view(context)
    depsgraph = context.evaluated_depsgraph_get()
    world, projection = view_matrices.compute_matrices(region_view, context.scene, depsgraph)
    framing = lens.fit_region(region_view.size, _build_capture_settings(settings), None)
    view = lens.freeze_view(world, projection, framing, "Viewport", context.scene.frame_current)
    return PlannedView("Viewport", view, framing.canvas, framing.ratio)


def plan_camera(
    scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph, camera: bpy.types.Object, settings: Settings
) -> PlannedView:
    """What a camera of a scene shows. Raises `InputError` for a panoramic one."""
    if not lens.is_flat(camera):
        raise InputError(
            f"{camera.name} is a panoramic camera, whose images cannot be projected onto an object.",
            next_step="Choose perspective or orthographic cameras.",
        )
    framing = lens.fit_region(lens.camera_frame(scene.render), _build_capture_settings(settings), None)
    projection = lens.camera_projection(camera, depsgraph, scene.render)
    world = lens.camera_world(camera, depsgraph)
    view = lens.freeze_view(world, projection, framing, camera.name, scene.frame_current)
    return PlannedView(camera.name, view, framing.canvas, framing.ratio)


def find_cameras(context: bpy.types.Context, names: Sequence[str]) -> list[bpy.types.Object]:
    """The named cameras in that order, else the selected ones, else all of the scene by name."""
    scene_cameras = {o.name: o for o in context.scene.objects if o.type == "CAMERA"}
    if missing := [name for name in names if name not in scene_cameras]:
        raise InputError(f"There is no camera named {', '.join(missing)}.", next_step="Check the name.")
    selected = [o for o in context.selected_objects if o.type == "CAMERA"]
    cameras = [scene_cameras[name] for name in names] or selected or [scene_cameras[n] for n in sorted(scene_cameras)]
    if not cameras:
        raise InputError("The scene has no camera.", next_step="Add one, or choose an automatic set of views.")
    return cameras


def _plan_cameras(
    context: bpy.types.Context, cameras: Sequence[bpy.types.Object], settings: Settings
) -> list[PlannedView]:
    """The cameras that represent views, at their current transforms, with the canvas as their frame."""
    canvas, ratio = compute_canvas(settings)
    depsgraph = context.evaluated_depsgraph_get()
    return [
        PlannedView(camera.name, view_cameras.view_of(camera, depsgraph, canvas), canvas, ratio) for camera in cameras
    ]
