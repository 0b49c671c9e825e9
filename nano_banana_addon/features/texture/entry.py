# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into texturing for what is imported when the add-on is enabled: NumPy and the GPU come with first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy

from ...core.result import Generation
from ...core.settings import Settings
from ...core.texture import TextureSettings

if TYPE_CHECKING:
    from .apply_maps import TextureReport
    from .job import TextureResult
    from .plan import Plan


#: The UV map that is made for painting, where an object's own one shares its place among several parts.
PAINTED_MAP = "Nano Banana"


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """The part of the surface that some views see, how many they are, and what is odd about the UV maps."""

    part: float
    views: int
    notes: tuple[str, ...]


def prepare(context: bpy.types.Context, settings: Settings, texture: TextureSettings, **choices: Any) -> Plan:
    """See `plan.prepare`."""
    from .plan import prepare as made

    return made(context, settings, texture, **choices)


def start(plan: Plan, *, again: bool = False, kept: Sequence[Generation] = ()) -> None:
    """See `running.start`."""
    from .job import start as begin

    begin(plan, again=again, kept=kept)


def run(plan: Plan, on_change: Callable[[Generation], None], **choices: Any) -> TextureResult:
    """See `running.run`."""
    from .job import run as wait

    return wait(plan, on_change, **choices)


def show_views(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> CoverageReport:
    """Put a camera where each view of the chosen set is from, and tell what they see. Raises `InputError`."""
    from .views import coverage, targets, view_cameras, views

    view_cameras.hide(context.scene)
    geometry, notes = targets.read(targets.choose_objects(context), texture.uv_map)
    planned = views.plan_views(context, geometry, texture, settings)
    view_cameras.show(context.scene, [each.view for each in planned], planned[0].canvas)
    part = coverage.measure_seen_part(geometry, [each.view for each in planned])
    return CoverageReport(part, len(planned), notes)


def measure_coverage(context: bpy.types.Context, settings: Settings, texture: TextureSettings) -> CoverageReport:
    """What the views as they are now see. Raises `InputError`."""
    from .views import coverage, targets, views

    geometry, notes = targets.read(targets.choose_objects(context), texture.uv_map)
    planned = views.plan_views(context, geometry, texture, settings)
    part = coverage.measure_seen_part(geometry, [each.view for each in planned])
    return CoverageReport(part, len(planned), notes)


def hide_views(scene: bpy.types.Scene) -> None:
    """Take those cameras away."""
    from .views import view_cameras

    view_cameras.hide(scene)


def one_view(thing: bpy.types.Object | None, index: int) -> tuple[Plan, list[Generation]]:
    """See `again.one_view`."""
    from .rebake import one_view as chosen

    return chosen(thing, index)


def reproject(thing: bpy.types.Object | None, size: int, tell: Callable[[float, str], None]) -> TextureReport:
    """See `again.reproject`."""
    from .rebake import reproject as made

    return made(thing, size, tell)


def begin_reprojecting(thing: bpy.types.Object | None, size: int) -> None:
    """See `again.begin_reprojecting`."""
    from .rebake import begin_reprojecting as begin

    begin(thing, size)


def bake_result(generation: Generation, tell: Callable[[float, str], None]) -> TextureReport:
    """See `again.bake_result`."""
    from .rebake import bake_result as made

    return made(generation, tell)


def begin_baking(generation: Generation) -> None:
    """See `again.begin_baking`."""
    from .rebake import begin_baking as begin

    begin(generation)


def cancel_baking() -> None:
    """See `baking.cancel`."""
    from .bake_queue import cancel

    cancel()


def unwrap(objects: Sequence[bpy.types.Object]) -> tuple[str, ...]:
    """Give the meshes among the objects that have no UV map one; their names. Raises `InputError`."""
    from ...blender.deliver.material.unwrap import unwrap_missing

    return unwrap_missing(objects)


def unwrap_beside(objects: Sequence[bpy.types.Object]) -> tuple[str, ...]:
    """Give the meshes a UV map for painting beside their own; their names. Raises `InputError`."""
    from ...blender.deliver.material.unwrap import add_unwrapped_map as make

    return make(objects, PAINTED_MAP)
