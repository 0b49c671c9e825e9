# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides of the whole scene, on the pixel grid of a capture: for restyling and storyboards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.constants import ReferenceRole
from ...core.errors import InputError
from ...core.guides import GUIDE_LABELS, Guide
from ...core.request import Reference
from ...core.scene.capture import Capture, View
from ...core.scene.frames import Framing, Rectangle
from ...core.settings import Settings, Source
from ...imaging.arrays import Pixels
from ..bake.mesh import Geometry, read_geometry, read_visible
from ..capture import lens, view3d, view_matrices
from ..capture.draw import compute_camera_view
from ..capture.pixels import add_bars, write_structure
from ..capture.scene_copy import require_selection
from ..capture.size import limit_capture_size
from ..capture.sources import find_source
from .draw import GuideKind, draw_guides, draw_mask_guide
from .mask import read_mask

FramedView = tuple[View, Framing]


def draw_guide_images(
    geometry: Geometry,
    view: View,
    canvas: tuple[int, int],
    guides: Sequence[Guide],
    mask_image: str = "",
) -> list[Pixels]:
    """The guides (h, w, 3) uint8, top row first, in the order asked for; one pass over the geometry.

    MASK is black where `geometry` has no targets. Raises `InputError` for a mask that cannot be read, and where nothing
    can be drawn.
    """
    kinds = [GuideKind(guide.value) for guide in guides if guide is not Guide.MASK]
    by_kind = draw_guides(geometry, view, canvas, kinds) if kinds else {}
    by_guide = {Guide(kind.value): pixels for kind, pixels in by_kind.items()}
    if Guide.MASK in guides:
        by_guide[Guide.MASK] = draw_mask_guide(geometry, view, canvas, read_mask(mask_image))
    return [by_guide[guide] for guide in guides]


def write_capture_guides(
    context: bpy.types.Context, settings: Settings, capture: Capture, folder: Path
) -> tuple[Reference, ...]:
    """The guides that are chosen, for what was captured just now, as files for the worker process.

    None for a picture that is not of the scene. Raises `InputError` for a capture without a plane (a panoramic camera),
    objects that the mask cannot lie on, and where nothing can be drawn.
    """
    if not settings.capture_guides or not find_source(settings.source).has_view:
        return ()
    if capture.view is None or capture.framing is None:
        raise InputError(
            "Guides cannot be drawn for this image: its camera is panoramic or has changed.",
            next_step="Choose a perspective or orthographic camera, or switch the guides off.",
        )
    pictures = draw_scene_guides(context, settings, (capture.view, capture.framing))
    return tuple(
        replace(write_structure(pixels, folder, GUIDE_LABELS[guide]), role=ReferenceRole.GUIDE)
        for guide, pixels in pictures.items()
    )


def draw_scene_guides(
    context: bpy.types.Context, settings: Settings, framed_view: FramedView, edge: int = 0
) -> dict[Guide, Pixels]:
    """The chosen guides (h, w, 3) uint8 of the scene as a view sees it; `edge` makes them smaller, for a preview."""
    view, framing = framed_view
    scale = min(1.0, edge / max(framing.canvas)) if edge else 1.0
    canvas = (max(8, round(framing.canvas[0] * scale)), max(8, round(framing.canvas[1] * scale)))
    geometry = _read_geometry(context, settings)
    guides = tuple(map(Guide, settings.capture_guides))
    pictures = draw_guide_images(geometry, view, canvas, guides, settings.mask_image)
    if scale == 1.0:
        region = _find_region(context, settings)
        pictures = [add_bars(pixels, framing, region) for pixels in pictures]
    return dict(zip(guides, pictures, strict=True))


def find_current_view(context: bpy.types.Context, settings: Settings) -> FramedView:
    """Where a capture by these settings would look from. Raises `InputError` for sources that are no view."""
    capture_options = limit_capture_size(settings)
    if not find_source(settings.source).has_view:
        raise InputError(
            "Only a view of the scene has guides.",
            next_step="Choose the source Camera, Viewport or Render.",
        )
    depsgraph, scene = context.evaluated_depsgraph_get(), context.scene
    if settings.source == Source.VIEWPORT:
        viewport = view3d.require_view(context)
        world, projection = view_matrices.compute_matrices(viewport, scene, depsgraph)
        framing = lens.fit_region(viewport.size, capture_options, _find_region(context, settings))
        return lens.freeze_view(world, projection, framing, "", scene.frame_current), framing
    camera = lens.require_camera(scene.camera)
    if not lens.is_flat(camera):
        raise InputError(
            f"{camera.name} is a panoramic camera, which has no guides.",
            next_step="Choose a perspective or orthographic camera, or switch the guides off.",
        )
    view, framing, _ = compute_camera_view(camera, depsgraph, scene, capture_options)
    return view, framing


def _find_region(context: bpy.types.Context, settings: Settings) -> Rectangle | None:
    if settings.source == Source.VIEWPORT:
        return lens.view_region(view3d.require_view(context).space, settings.use_region)
    return lens.render_region(context.scene.render, settings.use_region)


def _read_geometry(context: bpy.types.Context, settings: Settings) -> Geometry:
    depsgraph = context.evaluated_depsgraph_get()
    if Guide.MASK in settings.capture_guides:
        return read_geometry(depsgraph, _require_mask_objects(context), include_occluders=not settings.only_selected)
    names = None
    if settings.only_selected:
        names = {obj.name_full for obj in require_selection(context.view_layer)}
    return read_visible(depsgraph, names)


def _require_mask_objects(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The objects that a mask lies on: the selected meshes."""
    layer = context.view_layer
    objects = [o for o in layer.objects if o.type == "MESH" and o.select_get(view_layer=layer)]
    if not objects:
        raise InputError(
            "The guide Mask lies on the selected objects, and none is selected.",
            next_step="Select the objects whose UV map the mask was painted on.",
        )
    return objects
