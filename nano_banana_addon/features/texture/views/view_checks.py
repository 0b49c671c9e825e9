# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether views are worth paying for: each must see the objects, and together they must not miss most of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....blender.bake.mesh import Geometry
from ....blender.bake.uv_checks import check_uvs
from ....blender.bake.visibility import measure_view_quality
from ....core.errors import InputError
from ....core.scene.capture import View
from ....imaging.arrays import Mask
from .planned_view import PlannedView

#: Below this share of the surface, views are compared with new ones: there may be no better ones for an object with
#: hidden sides, but those that see less than half as much were placed for something else.
_LOW, _BETTER = 0.4, 2.0
#: A view that sees less of the surface is of no use.
_NOTHING = 0.001
#: Where so much of the UV map is shared, that is why a view counts as blind: a texel belongs to one of the parts.
_STACKED = 0.5
_MOVE = "Move or disable what sees nothing, or choose Show Views to place views around the objects."
_OTHER_FRAMES = "Choose keyframes at which the camera looks at them, or select what it looks at."


def check_views(
    geometry: Geometry,
    planned: Sequence[PlannedView],
    seen_by: Mask,
    place_anew: Callable[[], Sequence[View]] | None,
    *,
    both_sides: bool = False,
) -> None:
    """Raise `InputError` for views that would be paid for nothing.

    `seen_by` (views, samples) tells what each sees (`coverage.Coverage.seen`). `place_anew` gives as many views of the
    objects; None for views that were not placed by Show Views.
    """
    seen, names = float(seen_by.any(axis=0).mean()), geometry.name_targets()
    blind = [each.name for each, row in zip(planned, seen_by, strict=True) if row.mean() < _NOTHING]
    if blind:
        _refuse_stacked_parts(geometry)
    if seen < _NOTHING and planned[0].pose is None:
        raise InputError(
            f"The views see nothing of {names}.",
            next_step="Choose Show Views to place them around the selected objects. If that does not help, the normals"
            " point inwards: use Mesh > Normals > Recalculate Outside in Edit Mode.",
            remedy="SHOW_VIEWS",
        )
    if blind:
        is_keyframe = planned[0].pose is not None
        raise InputError(
            f"{', '.join(blind)} would see nothing of {names}, and be paid for.",
            next_step=_OTHER_FRAMES if is_keyframe else _MOVE,
            remedy="" if is_keyframe else "SHOW_VIEWS",
        )
    if seen >= _LOW or place_anew is None:
        return
    possible = float((measure_view_quality(geometry, place_anew(), both_sides=both_sides) > 0).any(axis=0).mean())
    if possible > _BETTER * seen:
        raise InputError(
            f"The views see only {seen:.0%} of the surface of {names}; placed around it they would see {possible:.0%}.",
            next_step="Choose Show Views to place them anew.",
            remedy="SHOW_VIEWS",
        )


def _refuse_stacked_parts(geometry: Geometry) -> None:
    for surface in geometry.targets:
        shared = check_uvs(surface).overlap
        if shared > _STACKED:
            raise InputError(
                f"{shared:.0%} of the UV map of {surface.title} is used by several parts (mirrored or stacked islands);"
                " views of all but one of them would be paid for nothing.",
                next_step="Choose New UV Map for Texturing.",
                remedy="NEW_UV_MAP",
            )
