# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether views are worth paying for: each must see the objects, and together they must not miss most of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....blender.bake.mesh import Geometry
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
    if seen < _NOTHING and planned[0].pose is None:
        raise InputError(
            f"The views see nothing of {names}.",
            next_step="Choose Show Views to place them around the selected objects. If that does not help, the normals"
            " point inwards: use Mesh > Normals > Recalculate Outside in Edit Mode.",
            remedy="SHOW_VIEWS",
        )
    blind = [each.name for each, row in zip(planned, seen_by, strict=True) if row.mean() < _NOTHING]
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
