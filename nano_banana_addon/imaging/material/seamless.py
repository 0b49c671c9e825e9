# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an image seamless by the least change that hides its seams."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..arrays import Floats
from .maps import compute_height, compute_normal, compute_roughness
from .periodic import average, average_channels, derive, remove_gradients
from .periods import fit_periods
from .seam_figures import SeamFigures, find_quiet_edges, measure_changes, measure_seams, measure_step
from .seams import join_by_blend, join_by_cut

#: What cannot be seen: a little more than what differs by chance inside.
LIMITS = (1.1, 1.1, 1.15)
_DETAIL = (0.97, 1.08)
_DARKEST = 0.05  # of 1
_RELIEF = 0.05  # of the normals that are looked at
_TRIAL = 512  # pixels of the longer side: enough to choose

#: The repairs whose joins are inside, so that the edges may lie anywhere.
_JOINS = ("cut", "blend")


@dataclass(frozen=True, slots=True)
class Seamless:
    """An image that repeats, which repair made it so, and what is left of its seams."""

    image: Floats
    repair: str
    figures: SeamFigures
    detail: float


Repair = Callable[[Floats], Floats]
#: From the least change on. Each of them may be enough.
_REPAIRS: dict[str, Repair] = {
    "": lambda image: image,
    "gradient": remove_gradients,
    "cut": lambda image: join_by_cut(remove_gradients(fit_periods(image))),
    "blend": lambda image: join_by_blend(remove_gradients(fit_periods(image))),
}


def make_seamless(image: Floats, on_progress: Callable[[float], None] = lambda _: None) -> Seamless:
    """An image (height, width, 3), sRGB 0 ... 1, that repeats both ways.

    The repairs are tried, from the least change to the largest, on a small copy first; the first that leaves
    nothing to be seen is used, or the best of them.
    """
    small = average(image, max(max(image.shape[:2]) / _TRIAL, 1))
    trials: dict[str, float] = {}
    for number, (name, repair) in enumerate(_REPAIRS.items()):
        on_progress(0.6 * number / len(_REPAIRS))
        trials[name] = _judge(repair(small), small, name)
        if trials[name] <= 1 and name not in _JOINS:  # a fine step at the edges shows at full size only
            trials[name] = _judge(repair(image), image, name)
        if trials[name] <= 1:
            break
    chosen = min(trials, key=lambda name: trials[name])
    on_progress(0.6)
    result = np.clip(_REPAIRS[chosen](image), 0, 1)
    if chosen in _JOINS:
        result = _move_edges(result)
    figures = measure_seams(result)
    return Seamless(result, chosen, figures, measure_detail(result, image))


def leave_seams(image: Floats) -> Seamless:
    """The same of an image (height, width, 3) that is not to repeat, unchanged."""
    return Seamless(image, "", measure_seams(image), 1.0)


def measure_detail(image: Floats, original: Floats) -> float:
    """The relative slopes of an image (height, width, 3) in parts of those of the original, whatever its light."""
    slopes = [
        sum(np.abs(derive(grey, axis)[4:-4, 4:-4]).mean() for axis in (0, 1))
        for grey in (np.log(np.maximum(average_channels(each), _DARKEST)) for each in (image, original))
    ]
    return float(slopes[0] / slopes[1]) if slopes[1] else 1.0


def _judge(tried: Floats, original: Floats, name: str) -> float:
    """By how much, as a factor, the worst figure of a repair is above its limit."""
    if name not in _JOINS:  # its seams are at its edges
        seams = measure_seams(tried).exceed(*LIMITS)
        seams = max(seams, *(measure_step(each) / LIMITS[0] for each in _sharpen(tried)))
        return max(seams, _exceed_detail(measure_detail(tried, original)))
    seams = measure_seams(_move_edges(tried)).exceed(*LIMITS)
    changes = measure_changes(tried, remove_gradients(original))
    return max(seams, changes[0] / LIMITS[1], changes[1] / LIMITS[2], _exceed_detail(measure_detail(tried, original)))


def _move_edges(image: Floats) -> Floats:
    """A seamless image that begins where its edges show least."""
    row, column = find_quiet_edges([image, *_sharpen(image)])
    return np.roll(image, (-row, -column), axis=(0, 1))


def _sharpen(image: Floats) -> list[Floats]:
    """The maps that show a seam more than the colour does: normals and roughness."""
    with ThreadPoolExecutor(1) as pool:
        roughness = pool.submit(compute_roughness, image, 0.5)
        normal = compute_normal(compute_height(image), _RELIEF)
        return [normal, roughness.result()[..., None]]


def _exceed_detail(detail: float) -> float:
    return max(_DETAIL[0] / max(detail, 1e-6), detail / _DETAIL[1])
