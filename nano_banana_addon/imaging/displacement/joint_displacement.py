# SPDX-License-Identifier: GPL-3.0-or-later
"""The displacements of several views at once: what their edges tell, and where they show the same surface.

Far from all edges one image does not say how far it has slid along a surface. Two images that show the surface say how
far they lie apart; all of that together is one least squares problem. It is solved, the images are laid anew, compared
more finely, and so on.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats, Pixels, Reals
from ..registration.outline import sample
from .contour import BentContour, measure_again, tell_again
from .displacement import Displacement
from .joint_solve import Evidence, Field, Pair, solve
from .overlap_flow import Flow, Reduced, measure_coarsely, measure_finely, prepare
from .overlaps import SeenDepth, find_overlaps

#: Pixels, for each round and in it: what lies farther off in the fit counts less. The first one compares coarsely.
_ROUNDS = ((6.0, 3.0), (4.0,), (2.0,), (2.0,), (2.0,), (2.0,))
_GRID = 4.0  # pixels between two places of a result
_FEWEST, _TRUSTED = 100.0, 0.3  # sum of trust that is needed in all; of one place that is judged
_GAIN = 0.6  # of the distance between views that may be left


@dataclass(frozen=True, slots=True, eq=False)
class LaidView:
    """An image (h, w, 3) as one map laid it on its guide, what the view sees, and how far the content still is off.

    Without `evidence` it lies right, and stays.
    """

    laid: Pixels
    depth: SeenDepth
    displacement: Displacement | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """What is left of aligning a view on its own: the image (h, w, 3) before it was bent, and how it lies.

    `matrix` (2, 3) maps its pixels to those of the guide it was registered to, which is `scale` times as large as the
    one that `laid` is in.
    """

    picture: Pixels
    matrix: Reals
    laid: LaidView
    scale: float


def follow_together_steps(views: Sequence[LaidView]) -> Generator[float, None, list[Displacement | None] | None]:
    """The displacements that fit edges and overlaps at once; None where the images do not show the same detail.

    Views without evidence stay, and hold the others. What is yielded is how much is done, 0 ... 1.
    """
    overlaps = find_overlaps([view.depth for view in views])
    overlaps = [each for each in overlaps if views[each.first].evidence or views[each.second].evidence]
    if not overlaps:
        return None
    fields = [Field(view.depth, view.evidence) for view in views]
    pairs = [Pair(overlap, fields) for overlap in overlaps]
    moves: list[Displacement | None] = [view.displacement for view in views]
    before, left, knots = None, 0.0, None
    for number, wide in enumerate(_ROUNDS):
        yield number / len(_ROUNDS)
        images, told = _lay_all(views, moves, coarse=number == 0)
        for field, evidence in zip(fields, told, strict=True):
            if evidence is not None:
                field.take(evidence)
        yield (number + 0.3) / len(_ROUNDS)
        flows = _compare(pairs, images, moves, coarse=number == 0)
        left, trust = _judge(flows)
        if trust < _FEWEST:
            return None
        before = left if before is None else before
        yield (number + 0.6) / len(_ROUNDS)
        knots = solve(fields, pairs, knots, wide)
        moves = [
            None if view.displacement is None else field.draw(own, _GRID)
            for view, field, own in zip(views, fields, knots, strict=True)
        ]
    return moves if left <= _GAIN * (before or 0.0) else None


def _compare(
    pairs: Sequence[Pair], images: Sequence[Reduced], moves: Sequence[Displacement | None], *, coarse: bool
) -> list[Flow]:
    """What the images, laid by `moves`, say of each pair, which takes it."""
    flows: list[Flow] = []
    for pair in pairs:
        measure = measure_coarsely if coarse else measure_finely
        flows.append(measure(pair.overlap, images[pair.overlap.first], images[pair.overlap.second]))
        pair.take(flows[-1], moves)
    return flows


def _judge(flows: Sequence[Flow]) -> tuple[float, float]:
    """How far views lie apart in the median, in pixels, and the sum of the trust."""
    trust = np.concatenate([flow.trust for flow in flows])
    apart = np.concatenate([np.hypot(*flow.moves.T) for flow in flows])[trust > _TRUSTED]
    return (float(np.median(apart)) if len(apart) else 0.0), float(trust.sum())


def _lay_all(
    views: Sequence[LaidView], moves: Sequence[Displacement | None], *, coarse: bool
) -> tuple[list[Reduced], list[Evidence | None]]:
    """The images in grey, their content moved back, reduced; and what their outlines tell, once that is little."""
    images: list[Reduced] = []
    contours: dict[int, BentContour] = {}
    for number, (view, move) in enumerate(zip(views, moves, strict=True)):
        bent = lay(view, move)
        images.append(prepare(bent.mean(axis=2, dtype=np.float32), coarse=coarse))
        if view.evidence is not None and move is not None and not coarse:
            contours[number] = measure_again(bent, view.evidence, move)
    told = dict(zip(contours, tell_again(list(contours.values())), strict=True))
    return images, [told.get(number) for number in range(len(views))]


def lay(view: LaidView, move: Displacement | None) -> Floats:
    """The image (h, w, 3), its content moved back by a displacement."""
    width, height = view.depth.size
    if move is None:
        return view.laid.astype(np.float32)
    across, down = (np.arange(length, dtype=np.float32) + np.float32(0.5) for length in (width, height))
    spots = move.draw((width, height))
    spots += np.stack(np.meshgrid(across, down), axis=-1)
    return sample(view.laid, spots).astype(np.float32)
