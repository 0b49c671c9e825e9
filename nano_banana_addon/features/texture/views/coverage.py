# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the objects some views see, and which views see most: measured before anything is billed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ....blender.bake import views as sets
from ....blender.bake.mesh import Geometry
from ....blender.bake.visibility import LONGER_EDGE, measure_view_quality
from ....core.errors import InputError
from ....core.scene.capture import View
from ....imaging.arrays import Mask, Reals
from .planned_view import PlannedView

#: As fine as the smallest usual image: at 384 px a tenth of Suzanne would seem unseen that is not (measured: 69 %
#: instead of 80 %, with 1024 px 80 %).
_MEASURE_EDGE = 1024
#: Views that are tried besides those from the front, the sides, the corners, above and below.
_CANDIDATE_COUNT = 24
#: Seen at all counts more than seen well: with the root of the quality, four to six views see 1-6 % more of the
#: oracle's scenes than with the quality itself.
_EXPONENT = 0.5
#: The first view gives the look to the others: from the front, unless another one sees more than twice as much. With
#: six views that costs up to 2 % of the oracle's scenes.
_FRONT_SHARE = 0.5
#: Where more is seen, faces are not looked at from behind; fewer that are turned inside out are not worth a word.
_NEARLY_ALL, _FEW_INVERTED = 0.97, 0.04
_RECALCULATE = "In Edit Mode choose Mesh > Normals > Recalculate Outside, or switch on Both Sides."
#: A view that adds less than this is not worth its price.
_MIN_GAIN = 0.01


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which texels of the targets each view sees (views, samples), and what is wrong with the faces."""

    seen: Mask
    notes: tuple[str, ...] = ()

    @property
    def part(self) -> float:
        """The share (0 ... 1) that the views see together."""
        return float(self.seen.any(axis=0).mean()) if self.seen.size else 0.0


def measure_coverage(
    geometry: Geometry, planned: Sequence[PlannedView], *, both_sides: bool = False, exact: bool = True
) -> Coverage:
    """What the views see, from both sides of the faces if that is wanted.

    Not `exact`: quicker, and up to a tenth too low. Raises as `bake` does, and `InputError` for faces that are all
    turned inside out.
    """
    if not planned:
        return Coverage(np.zeros((0, 0), np.bool_))
    edge = _MEASURE_EDGE if exact else LONGER_EDGE
    views, poses = [each.view for each in planned], [each.pose or geometry for each in planned]
    measure = partial(measure_view_quality, geometry, views, poses=poses, longer_edge=edge)
    coverage = Coverage(measure(both_sides=both_sides) > 0)
    if both_sides or coverage.part > _NEARLY_ALL:
        return coverage
    behind = measure(both_sides=True).max(axis=0) > 0
    inverted = float((behind & ~coverage.seen.any(axis=0)).sum() / max(1, behind.sum()))
    if inverted > 1 - _FEW_INVERTED:
        raise InputError("The faces are turned inside out: no view sees their front.", next_step=_RECALCULATE)
    if inverted < _FEW_INVERTED:
        return coverage
    return replace(coverage, notes=(f"{inverted:.0%} of what the views look at is turned inside out. {_RECALCULATE}",))


def select_best_views(
    geometry: Geometry, lens: sets.Lens, count: int, present_views: Sequence[View] = ()
) -> tuple[View, ...]:
    """At most `count` views, each of which sees most of what the previous and the `already` placed ones do not.

    Fewer, when another would add next to nothing. Raises `InputError` when no view sees anything.
    """
    if count < 1:
        return ()
    candidates = sets.candidate_views(geometry.outline_points(), lens, _CANDIDATE_COUNT)
    quality = measure_view_quality(geometry, candidates) ** _EXPONENT
    present_quality = measure_view_quality(geometry, present_views).max(axis=0) ** _EXPONENT if present_views else None
    selection = sets.select_views(quality, count, initial_quality=present_quality, least_gain=_MIN_GAIN)
    if present_quality is None and selection and _is_front_sufficient(quality, selection[0]):
        additional = sets.select_views(quality, count - 1, initial_quality=quality[0], least_gain=_MIN_GAIN)
        selection = [0, *additional]
    if not selection and present_quality is None:
        raise InputError(
            "No view sees any part of the surface.",
            next_step="Check that its normals point outwards and that its scale is not zero.",
        )
    return sets.number_views([candidates[index] for index in selection], "Best")


def _is_front_sufficient(quality: Reals, best: int) -> bool:
    front, most = quality[0].mean(), quality[best].mean()
    return bool(front >= _FRONT_SHARE * most)
