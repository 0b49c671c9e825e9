# SPDX-License-Identifier: GPL-3.0-or-later
"""One exposure, tint and saturation for all views, and no darker corners, from the texels that two of them see."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from gpu.types import GPUBatch

from ...imaging.arrays import Doubles, Floats
from ...imaging.colour_match import ColourMatch, Overlap, apply_match, match_colours
from ...imaging.srgb import to_linear
from ...imaging.view_agreement import find_contradicting, match_mixes
from ..host.progress_steps import ProgressStep
from .mesh import Geometry
from .project import Texels, draw_positions, draw_texels, project_view
from .textures import pack_pixels
from .view_pass import ViewPass
from .view_uniforms import Weighting

#: Texels of the small map in which views are compared.
COMPARE_EDGE = 256
#: A smaller one (linear light, at the corners) cannot be told from chance, and is not worth the time.
MIN_FALLOFF = 0.02
#: The same of gains and offsets, if all views are within: what differs is then detail that views see unlike.
_MIN_GAIN, _MIN_OFFSET = 0.02, 0.005
_TEXT = "Comparing the colours of the views"


@dataclass(frozen=True, slots=True)
class _Corrections:
    """What is changed in each view, those that contradict the others, and those that agree."""

    match: ColourMatch
    mixes: Doubles
    contradicting: tuple[int, ...]
    agreeing: frozenset[int]


def match_views_steps(
    poses: Mapping[Geometry | None, Sequence[GPUBatch]], passes: list[ViewPass], weighting: Weighting
) -> Generator[ProgressStep, None, tuple[int, ...]]:
    """In steps, compare the views where they overlap, and correct those that agree: exposure, tint and saturation.

    `poses` gives the targets by the pose in which views saw them (None: the one that is baked).
    A view that overlaps with none stays as it is, and so does one that is doubtful or contradicts the others, whose
    numbers are returned. Each corrected view takes the place of the old one at once: an image may take 64 MB.
    """
    soft = replace(weighting, sharpness=2.0, samples=8, bicubic=False)
    drawn = {pose: _draw_targets(batches) for pose, batches in poses.items()}
    samples: list[Floats] = []
    for index, view_pass in enumerate(passes):
        yield index / len(passes) / 2, _TEXT
        samples.append(_sample_view(*drawn[view_pass.painted_view.pose], view_pass, soft))
    found = _find_corrections(passes, samples)
    for index in sorted(found.agreeing):
        yield (1 + index / len(passes)) / 2, _TEXT
        gains, offsets = found.match.gains[index], found.match.offsets[index]
        passes[index] = _correct_view(passes[index], gains, offsets, found.match.falloff, found.mixes[index])
    return found.contradicting


def _find_corrections(passes: Sequence[ViewPass], samples: Sequence[Floats]) -> _Corrections:
    overlaps = [
        overlap
        for first, second in combinations(range(len(passes)), 2)
        if (overlap := _find_overlap(first, second, samples)) is not None
    ]
    fixed = [index for index, each in enumerate(passes) if each.painted_view.forced]
    taken = {index for index, each in enumerate(passes) if each.painted_view.weight >= 1}
    contradicting: list[int] = []
    while True:
        used = [o for o in overlaps if {o.first, o.second} <= taken]
        # One large overlap must not make a wrong view of one that is right elsewhere.
        even = [replace(overlap, weights=overlap.weights / np.sqrt(overlap.weights.sum())) for overlap in used]
        match = match_colours(len(passes), even)
        wrong = find_contradicting([_apply(match, overlap) for overlap in even], fixed)
        if wrong is None:
            break
        contradicting.append(wrong)
        taken.discard(wrong)
    match = match_colours(len(passes), used)
    matched = [_apply(match, overlap) for overlap in used]
    mixes = match_mixes(len(passes), matched)
    falloff = match.falloff if abs(match.falloff) >= MIN_FALLOFF else 0.0
    match = replace(match, falloff=falloff)
    if not falloff and np.abs(match.gains - 1).max() < _MIN_GAIN and np.abs(match.offsets).max() < _MIN_OFFSET:
        match = ColourMatch(np.ones_like(match.gains), np.zeros_like(match.offsets))
    return _Corrections(match, mixes, tuple(sorted(contradicting)), frozenset(taken))


def _draw_targets(targets: Sequence[GPUBatch]) -> tuple[list[Texels], Floats]:
    """The compared texels of each target, and the places of all, (n, 4)."""
    size = (COMPARE_EDGE, COMPARE_EDGE)
    places = np.concatenate([draw_positions(batch, size).reshape(-1, 4) for batch in targets])
    return [draw_texels(batch, size) for batch in targets], places


def _apply(match: ColourMatch, overlap: Overlap) -> Overlap:
    """The same points with the corrected colours, in linear light."""
    radii = np.zeros((len(overlap.weights), 2)) if overlap.radii is None else overlap.radii
    first, second = (
        (colours * match.gains[view] + match.offsets[view]) * (1 + match.falloff * radii[:, side : side + 1])
        for side, (view, colours) in enumerate(
            ((overlap.first, overlap.colours_first), (overlap.second, overlap.colours_second))
        )
    )
    return replace(overlap, colours_first=first.clip(0, 1), colours_second=second.clip(0, 1))


def _sample_view(texels: Sequence[Texels], places: Floats, view_pass: ViewPass, weighting: Weighting) -> Floats:
    """One view at the compared texels of all targets, (n, 5): linear colour, weight, squared distance to centre."""
    sums = np.concatenate(
        [project_view(target_texels, view_pass, weighting).reshape(-1, 4) for target_texels in texels]
    )
    weight = sums[:, 3:]
    colours = to_linear(sums[:, :3] / np.maximum(weight, 1e-30))
    return np.hstack([colours, weight, _compute_radii(places, view_pass)])


def _compute_radii(places: Floats, view_pass: ViewPass) -> Floats:
    """(n, 1): squared distances of places (n, 4) from the centre of the view's picture, 1 at its corners."""
    clip = places.astype(np.float64) @ view_pass.matrices.clip.T
    spots = clip[:, :2] / np.where(np.abs(clip[:, 3:]) > 1e-9, clip[:, 3:], 1.0)
    height, width = view_pass.painted_view.picture.shape[:2]
    squares = spots**2 @ np.array([width, height], np.float64) ** 2
    return (squares / (width**2 + height**2)).astype(np.float32)[:, None]


def _find_overlap(first: int, second: int, samples: Sequence[Floats]) -> Overlap | None:
    a, b = samples[first], samples[second]
    shared = (a[:, 3] > 0) & (b[:, 3] > 0)
    if not shared.any():
        return None
    a, b = a[shared], b[shared]
    radii = np.stack([a[:, 4], b[:, 4]], axis=1)
    return Overlap(first, second, a[:, :3], b[:, :3], np.minimum(a[:, 3], b[:, 3]), radii)


def _correct_view(view_pass: ViewPass, gains: Floats, offsets: Floats, falloff: float, mix: Doubles) -> ViewPass:
    view_pass = replace(view_pass, placement=replace(view_pass.placement, mix=mix))
    if not falloff and np.abs(gains - 1).max() < 1e-3 and np.abs(offsets).max() < 1e-3:
        return view_pass
    painted_view = view_pass.painted_view
    picture = painted_view.picture.copy()
    picture[..., :3] = apply_match(picture[..., :3], gains, offsets, falloff)
    return replace(view_pass, picture=pack_pixels(picture, painted_view.mask))  # the image itself is not read again
