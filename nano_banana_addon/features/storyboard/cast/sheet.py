# SPDX-License-Identifier: GPL-3.0-or-later
"""A member's sheet: its objects from the front, three quarters, the side and the back in one image.

Drawn from the scene, which is free, or generated from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np
from PIL import Image

from ....blender.bake import views
from ....blender.capture import draw
from ....blender.capture.temporary import override_properties
from ....blender.deliver.datablocks import check_image
from ....blender.host import folders
from ....core import models
from ....core.constants import DeliveryKind
from ....core.errors import InputError
from ....core.scene.capture import View
from ....core.scene.fit import Fit
from ....core.settings import AUTO_RATIO, CaptureSettings, Settings, Source
from ....core.storyboard.cast import CastKind, compose_sheet_prompt
from ....imaging.arrays import Pixels, Points
from ....imaging.resample import resample_box
from ....imaging.sheets.sheet_layout import GROUND, compose, lay_out
from ...generation import request_builder
from ...texture.views import view_cameras
from . import in_view, members

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...generation.request_builder import Order

#: Degrees around the upright axis, -90 from the front: front, three-quarter, side, back.
_TURNS = (-90.0, -45.0, 0.0, 90.0)
_CANVAS = {"16:9": (2752, 1536)}
_SHAPES = (0.4, 1.6)  # the narrowest and the widest tile, width by height


def make_sheet(context: bpy.types.Context, settings: Settings) -> bpy.types.Image:
    """Draw the active member's objects, or the selected ones, into a sheet, and make that its first image.

    Raises `InputError` without objects. The scene and the selection stay as they are.
    """
    member = members.require_active(context.scene)
    objects = _choose_objects(context, member)
    points = _collect_points(context, objects)
    size = _choose_shape(points)
    layout = lay_out(len(_TURNS), size, _CANVAS)
    shots = [_fit_view(points, turn, layout.tile) for turn in _TURNS]
    with _select_only(context, objects):
        tiles = [_draw_view(context, settings, view, layout.tile) for view in shots]
    image = check_image.write_sheet(f"{member.name} Sheet", Image.fromarray(compose(tiles, layout)))
    image.pack()
    _set_first_image(member, image)
    return image


def prepare(context: bpy.types.Context, settings: Settings) -> Order:
    """The request that generates a sheet from the drawn one. Its result becomes the member's first image.

    Raises `InputError` as `make_sheet`, or with what to change.
    """
    image = make_sheet(context, settings)
    member = members.require_active(context.scene)
    settings = replace(
        settings,
        prompt=compose_sheet_prompt(members.describe(member), settings.prompt),
        **{"source": Source.IMAGE, "source_image": image.name, "aspect_ratio": AUTO_RATIO, "variants": 1},
        **{"capture_guides": (), "notes": False, "annotations": False},
        deliveries=(DeliveryKind.CAST,),
    )
    order = request_builder.prepare(context, settings)
    requests = tuple(replace(r, delivery=replace(r.delivery, member=member.member_id)) for r in order.requests)
    return replace(order, requests=requests)


def _choose_objects(context: bpy.types.Context, member: Any) -> list[bpy.types.Object]:
    if member.kind == CastKind.STYLE:
        raise InputError("A style has no objects.", next_step="Add its images instead.")
    layer = context.view_layer
    chosen = [o for o in in_view.list_objects(member) or context.selected_objects if o.name in layer.objects]
    if not any(in_view.find_corners(o, context.evaluated_depsgraph_get()) is not None for o in chosen):
        raise InputError(
            f"{members.shorten_name(member)} has no objects with faces in this scene.",
            next_step="Choose its object or collection, or select its objects.",
        )
    return chosen


def _collect_points(context: bpy.types.Context, objects: Sequence[bpy.types.Object]) -> Points:
    """The corners (n, 3) of the objects' boxes in the world."""
    found = (in_view.find_corners(item, context.evaluated_depsgraph_get()) for item in objects)
    return np.concatenate([corners[:, :3] for corners in found if corners is not None])


def _choose_shape(points: Points) -> tuple[int, int]:
    """The shape of a tile that holds all views in one scale."""
    across = [np.ptp(points @ np.array([-sin(radians(turn)), cos(radians(turn)), 0.0])) for turn in _TURNS]
    shape = float(np.clip(max(across) / max(float(np.ptp(points[:, 2])), 1e-9), *_SHAPES))
    return round(1000 * shape), 1000


def _fit_view(points: Points, turn: float, tile: tuple[int, int]) -> View:
    direction = (cos(radians(turn)), sin(radians(turn)), 0.0)
    return views.fit_view(direction, points, views.Lens(tile, orthographic=True), "Sheet")


def _draw_view(context: bpy.types.Context, settings: Settings, view: View, tile: tuple[int, int]) -> Pixels:
    """The selected objects in a view, (h, w, 3) uint8 of the tile's size, on the sheet's ground."""
    scene = context.scene
    camera = view_cameras.create_camera(view, tile)
    own = _build_capture_settings(settings)
    with ExitStack() as undo:
        undo.callback(bpy.data.cameras.remove, camera.data)  # its object with it
        scene.collection.objects.link(camera)
        width, height = tile
        size = {"resolution_x": width, "resolution_y": height, "resolution_percentage": 100}
        undo.enter_context(override_properties(scene.render, **size, pixel_aspect_x=1.0, pixel_aspect_y=1.0))
        undo.enter_context(override_properties(scene, camera=camera))
        captured = draw.capture_camera(context, own, folders.ensure_incoming_folder())
    framing = captured.framing
    box = (*framing.to_canvas(0.0, 0.0), *framing.to_canvas(1.0, 1.0))
    picture = resample_box(Image.fromarray(captured.pixels), box, tile)
    ground = Image.new("RGBA", tile, (GROUND, GROUND, GROUND, 255))
    return np.asarray(Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB"))


def _build_capture_settings(settings: CaptureSettings) -> CaptureSettings:
    size = models.find(settings.model_id).sizes[0]
    flags = {"only_selected": True, "transparent": True, "overlays": False, "use_region": False}
    return replace(
        settings, source=Source.CAMERA, image_size=size, aspect_ratio=AUTO_RATIO, fit=Fit.EXTEND.value, **flags
    )


@contextmanager
def _select_only(context: bpy.types.Context, objects: Sequence[bpy.types.Object]) -> Iterator[None]:
    """Only these objects are selected, and shown; restored at the end."""
    layer = context.view_layer
    before = {item: (item.select_get(view_layer=layer), item.hide_get(view_layer=layer)) for item in layer.objects}
    try:
        for item in layer.objects:
            if item in objects:
                item.hide_set(False, view_layer=layer)
            item.select_set(item in objects, view_layer=layer)
        yield
    finally:
        for item, (selected, hidden) in before.items():
            item.select_set(selected, view_layer=layer)
            item.hide_set(hidden, view_layer=layer)


def _set_first_image(member: Any, image: bpy.types.Image) -> None:
    place = next((n for n, entry in enumerate(member.images) if entry.image == image), None)
    if place is None:
        members.add_image(member, image=image)
        place = len(member.images) - 1
        member.images.move(place, 0)
        member.active_image = 0
