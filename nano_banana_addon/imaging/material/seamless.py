# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an image seamless by the least change that hides its seams."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...core.material.values import SEAM_LIMITS
from ..arrays import Floats
from .cuts import Weights, choose_weights
from .maps import compute_height, compute_normal, compute_occlusion, compute_roughness
from .periodic import THREADS, measure_slopes, remove_gradients, shrink
from .periods import Fitted, fit_periods
from .quiet_edges import find_quiet_edges
from .seam_figures import measure_changes, measure_seams, measure_step
from .seams import Shifts, join_by_blend, join_by_cut

_DETAIL = (0.97, 1.08)
_CHANGED = (1.15, 1.25)  # novelties inside: a brick beside another than before is no seam, a broken one is
_BAND = 0.06  # of a side, in which the light at two edges is compared
_AIMS = (0, 1, 2)  # powers of the detail that a cut left, for what the next one aims at
_RELIEF = 0.05  # of the normals that are looked at
_TRIAL = 512  # pixels of the longer side: enough to choose
_HOPELESS = 1.5  # times a limit: nothing more needs to be known of such a repair


@dataclass(frozen=True, slots=True)
class Seamless:
    """An image that repeats, which repair made it so, and its detail in parts of the original's.

    With `unjoined` it may begin anywhere: the joins are inside, and that is the original with the seam at its edges.
    `excess`: the worst figure of its seams, also of those inside, in parts of its limit.
    """

    image: Floats
    repair: str
    detail: float
    unjoined: Floats | None = None
    excess: float = 0.0


#: Repairs of the whole image, from the least change on. Each of them may be enough.
_WHOLE: dict[str, Callable[[Floats], Floats]] = {"": lambda image: image, "gradient": remove_gradients}
#: Those of an image fitted to its periods. Their joins are inside, so that the edges may lie anywhere.
_JOINS = ("cut", "blend")


class _Trial(NamedTuple):
    """By how much, as factors, the worst figure of the seams is above its limit, and the detail beyond its own.

    `weights` are those of its cuts.
    """

    seams: float
    detail: float
    weights: Weights = (0.0, 0.0)

    @property
    def worst(self) -> float:
        """At most 1 for a repair that is enough."""
        return max(self.seams, self.detail)


class _Joined(NamedTuple):
    """An image that was joined inside, the weights of its cuts, and its detail in parts of the original's."""

    image: Floats
    weights: Weights
    detail: float


def make_seamless(image: Floats, on_progress: Callable[[float], None] = lambda _: None) -> Seamless:
    """An image (height, width, 3), sRGB 0 ... 1, that repeats both ways.

    The repairs are tried, from the least change to the largest, on a small copy first; the first that leaves
    nothing to be seen is used, or the best of them.
    """
    small = shrink(image, _TRIAL)
    fitted_small = fit_periods(small)
    names = (*_WHOLE, *(_JOINS[:1] if fitted_small.is_regular else _JOINS))  # what has shapes is not mixed
    trials: dict[str, _Trial] = {}
    fitting: Future[Fitted] | None = None
    with ThreadPoolExecutor(1) as pool:
        for number, name in enumerate(names):
            on_progress(0.7 * number / len(names))
            if name in _JOINS:  # then it will be needed at full size, too
                fitting = fitting or pool.submit(fit_periods, image)
                trials[name] = _try_join(name, small, fitted_small)
            else:
                trials[name] = _try_whole(name, small)
                if trials[name].worst <= 1:  # a fine step at the edges shows at full size only
                    trials[name] = trials[name]._replace(seams=_judge_steps(_WHOLE[name](image)))
            if trials[name].worst <= 1:
                break
    chosen = min(trials, key=lambda name: trials[name].worst)
    on_progress(0.7)
    if not fitting or chosen not in _JOINS:
        result = np.clip(_WHOLE[chosen](image), 0, 1)
        return Seamless(result, chosen, measure_detail(result, image), None, trials[chosen].seams)
    fitted = fitting.result()
    joined = _join(chosen, fitted, image, trials[chosen].weights)
    result = np.clip(joined.image, 0, 1, out=joined.image)
    return Seamless(result, chosen, joined.detail, fitted.image, trials[chosen].seams)


def leave_seams(image: Floats) -> Seamless:
    """The same of an image (height, width, 3) that is not to repeat, unchanged."""
    return Seamless(image, "", 1.0)


def measure_detail(image: Floats, original: Floats) -> float:
    """The relative slopes of an image (height, width, 3) in parts of those of the original, whatever its light."""
    with ThreadPoolExecutor(THREADS) as pool:
        return _divide(*pool.map(measure_slopes, (image, original)))


def _divide(found: float, known: float) -> float:
    return found / known if known else 1.0


def _join(name: str, fitted: Fitted, original: Floats, weights: Weights | None = None) -> _Joined:
    """A fitted image joined inside. The weights of its cuts are chosen if none are given.

    It is cut again, with other aims, while that left too much or too little of the detail.
    """
    with ThreadPoolExecutor(1) as pool:
        slopes = pool.submit(measure_slopes, original)
        even = remove_gradients(fitted.image, _BAND)
        if name == "blend":
            blended = join_by_blend(even, fitted.shifts)
            return _Joined(blended, (0.0, 0.0), _divide(measure_slopes(blended), slopes.result()))
        weights = choose_weights(even, fitted.shifts) if weights is None else weights
        best = _cut(even, fitted.shifts, weights, slopes.result())
    detail, tried = best.detail, {weights}
    for power in _AIMS:
        if _exceed_detail(best.detail) <= 1:
            break
        others = choose_weights(even, fitted.shifts, max(detail, 0.5) ** -power)
        if others not in tried:
            again = _cut(even, fitted.shifts, others, slopes.result())
            best, tried = min(best, again, key=lambda each: _exceed_detail(each.detail)), tried | {others}
    return best


def _cut(image: Floats, shifts: Shifts, weights: Weights, slopes: float) -> _Joined:
    """An image joined by a cut; `slopes` are those of the original."""
    joined = join_by_cut(image, shifts, weights)
    return _Joined(joined, weights, _divide(measure_slopes(joined), slopes))


def _try_join(name: str, original: Floats, fitted: Fitted) -> _Trial:
    """What a repair leaves to be seen whose seams are inside."""
    tried = _join(name, fitted, original)
    changed = measure_changes(tried.image, remove_gradients(fitted.image, _BAND), fitted.shifts)
    edges = find_quiet_edges(list_maps(tried.image), SEAM_LIMITS)
    worst = max(changed[0] / _CHANGED[0], changed[1] / _CHANGED[1], edges.excess)
    return _Trial(worst, _exceed_detail(tried.detail), tried.weights)


def _try_whole(name: str, original: Floats) -> _Trial:
    """What another repair leaves to be seen, on all maps that can show seams."""
    tried = _WHOLE[name](original)
    detail = _exceed_detail(measure_detail(tried, original))
    worst = measure_seams(tried).exceed(*SEAM_LIMITS)
    if max(worst, detail) > _HOPELESS:
        return _Trial(worst, detail)
    with ThreadPoolExecutor(THREADS) as pool:
        others = pool.map(measure_seams, list_maps(tried)[1:])
        return _Trial(max(worst, *(each.exceed(*SEAM_LIMITS) for each in others)), detail)


def list_maps(image: Floats) -> list[Floats]:
    """The colour (height, width, 3) and the maps in which seams can show, as images (height, width, channels)."""
    with ThreadPoolExecutor(THREADS) as pool:
        roughness = pool.submit(compute_roughness, image, 0.5)
        height = compute_height(image)
        occlusion = pool.submit(compute_occlusion, height, _RELIEF)
        normal = compute_normal(height, _RELIEF) * 0.5 + 0.5
        return [image, height[..., None], normal, roughness.result()[..., None], occlusion.result()[..., None]]


def _judge_steps(image: Floats) -> float:
    with ThreadPoolExecutor(THREADS) as pool:
        return max(pool.map(measure_step, list_maps(image))) / SEAM_LIMITS[0]


def _exceed_detail(detail: float) -> float:
    return max(_DETAIL[0] / max(detail, 1e-6), detail / _DETAIL[1])
