# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an image seamless by the least change that hides its seams."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from .maps import compute_height, compute_normal, compute_occlusion, compute_roughness
from .periodic import THREADS, average, average_channels, derive, remove_gradients
from .periods import fit_periods
from .quiet_edges import find_quiet_edges
from .seam_figures import SeamFigures, measure_changes, measure_seams, measure_step
from .seams import join_by_blend, join_by_cut

#: What cannot be seen: a little more than what differs by chance inside.
LIMITS = (1.1, 1.1, 1.15)
_DETAIL = (0.97, 1.08)
_DARKEST = 0.05  # of 1
_RELIEF = 0.05  # of the normals that are looked at
_TRIAL = 512  # pixels of the longer side: enough to choose
_HOPELESS = 1.5  # times a limit: nothing more needs to be known of such a repair


@dataclass(frozen=True, slots=True)
class Seamless:
    """An image that repeats, which repair made it so, and its detail in parts of the original's.

    With `unjoined` it may begin anywhere: the joins are inside, and that is the original with the seam at its edges.
    `excess`: the worst figure of the repair in parts of its limit.
    """

    image: Floats
    repair: str
    detail: float
    unjoined: Floats | None = None
    excess: float = 0.0


Repair = Callable[[Floats], Floats]
#: The repairs whose joins are inside, so that the edges may lie anywhere.
_JOINS: dict[str, Repair] = {
    "cut": lambda image: join_by_cut(remove_gradients(image)),
    "blend": lambda image: join_by_blend(remove_gradients(image)),
}
#: From the least change on. Each of them may be enough.
_REPAIRS: dict[str, Repair] = {
    "": lambda image: image,
    "gradient": remove_gradients,
    "cut": lambda image: _JOINS["cut"](fit_periods(image)),
    "blend": lambda image: _JOINS["blend"](fit_periods(image)),
}


def make_seamless(image: Floats, on_progress: Callable[[float], None] = lambda _: None) -> Seamless:
    """An image (height, width, 3), sRGB 0 ... 1, that repeats both ways.

    The repairs are tried, from the least change to the largest, on a small copy first; the first that leaves
    nothing to be seen is used, or the best of them.
    """
    small = average(image, max(max(image.shape[:2]) / _TRIAL, 1))
    trials: dict[str, float] = {}
    for number, (name, repair) in enumerate(_REPAIRS.items()):
        on_progress(0.7 * number / len(_REPAIRS))
        trials[name] = _judge(repair(small), small, name)
        if trials[name] <= 1 and name not in _JOINS:  # a fine step at the edges shows at full size only
            trials[name] = _judge_steps(repair(image))
        if trials[name] <= 1:
            break
    chosen = min(trials, key=lambda name: trials[name])
    on_progress(0.7)
    unjoined = fit_periods(image) if chosen in _JOINS else None
    result = np.clip(_REPAIRS[chosen](image) if unjoined is None else _JOINS[chosen](unjoined), 0, 1)
    return Seamless(result, chosen, measure_detail(result, image), unjoined, trials[chosen])


def leave_seams(image: Floats) -> Seamless:
    """The same of an image (height, width, 3) that is not to repeat, unchanged."""
    return Seamless(image, "", 1.0)


def measure_detail(image: Floats, original: Floats) -> float:
    """The relative slopes of an image (height, width, 3) in parts of those of the original, whatever its light."""
    with ThreadPoolExecutor(THREADS) as pool:
        found, known = pool.map(_measure_slopes, (image, original))
    return found / known if known else 1.0


def _measure_slopes(image: Floats) -> float:
    grey = np.log(np.maximum(average_channels(image), _DARKEST))
    return float(sum(np.abs(derive(grey, axis)[4:-4, 4:-4]).mean() for axis in (0, 1)))


def _judge(tried: Floats, original: Floats, name: str) -> float:
    """By how much, as a factor, the worst figure of a repair is above its limit, on all maps that can show seams."""
    worst = _exceed_detail(measure_detail(tried, original))
    if name in _JOINS:  # its seams are inside
        changes = SeamFigures(0, *measure_changes(tried, remove_gradients(original)))
        return max(worst, changes.exceed(*LIMITS), find_quiet_edges(list_maps(tried), LIMITS).excess)
    worst = max(worst, measure_seams(tried).exceed(*LIMITS))
    if worst > _HOPELESS:
        return worst
    with ThreadPoolExecutor(THREADS) as pool:
        return max(worst, *(each.exceed(*LIMITS) for each in pool.map(measure_seams, list_maps(tried)[1:])))


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
        return max(pool.map(measure_step, list_maps(image))) / LIMITS[0]


def _exceed_detail(detail: float) -> float:
    return max(_DETAIL[0] / max(detail, 1e-6), detail / _DETAIL[1])
