# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of views around an object, as plain values: no Blender, nothing in the scene changes.

Each view is fitted to points of the object (its bounding box's corners, or its vertices): as near as it can be with all
of them inside the canvas. Directions point from the object to the camera, z up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import asin, atan, cos, degrees, pi, radians, sin, sqrt, tan

import numpy as np

from ...core.errors import InputError
from ...core.scene.capture import MatrixRows, View
from ...imaging.arrays import Doubles, Points, Reals

GOLDEN_ANGLE = pi * (3 - sqrt(5))


@dataclass(frozen=True, slots=True)
class Lens:
    """How the views look.

    `angle` is the vertical angle of view (degrees) of a perspective; `margin` the part of the canvas's half that stays
    free; `canvas` (width, height) in pixels of square shape.
    """

    canvas: tuple[int, int]
    orthographic: bool = False
    angle: float = 30.0
    margin: float = 0.06


@dataclass(frozen=True, slots=True)
class CameraParameters:
    """The parameters of a Blender camera that shows a view, with `sensor_fit` VERTICAL.

    `angle_y` in radians or `ortho_scale` (the canvas's height) in units, shifts as Blender's properties take them, clip
    distances.
    """

    orthographic: bool
    angle_y: float
    ortho_scale: float
    shift_x: float
    shift_y: float
    clip_start: float
    clip_end: float


def fit_view(direction: Sequence[float], points: Points, lens: Lens, name: str = "") -> View:
    """The view along `-direction` that holds all `points` (n, 3). Raises `InputError` for points without extent."""
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    reach = float(np.linalg.norm(points - centre, axis=1).max())
    if not np.isfinite(reach) or reach <= 0:
        raise InputError("The object has no size.", next_step="Choose an object with faces.")
    axes = _axes(np.array(direction, dtype=np.float64))
    coordinates = (points - centre) @ axes.T  # across, up, towards the camera
    half = 1 - lens.margin
    aspect = lens.canvas[0] / lens.canvas[1]
    if lens.orthographic:
        height = max(np.abs(coordinates[:, 1]).max(), np.abs(coordinates[:, 0]).max() / aspect) / half
        distance = 2 * reach
        projection = _orthographic(float(height), aspect, reach * 0.5, reach * 3.5)
    else:
        slope = tan(radians(lens.angle) / 2)
        need_up = coordinates[:, 2] + np.abs(coordinates[:, 1]) / (slope * half)
        need_across = coordinates[:, 2] + np.abs(coordinates[:, 0]) / (slope * aspect * half)
        distance = float(max(need_up.max(), need_across.max(), coordinates[:, 2].max() + reach * 0.02))
        nearest = distance - float(coordinates[:, 2].max())
        projection = _perspective(slope, aspect, max(nearest * 0.5, reach * 1e-3), distance + 2 * reach)
    return View(_world(axes, centre + axes[2] * distance), projection, lens.orthographic, name)


def ring(points: Points, lens: Lens, count: int = 6, elevation: float = 15.0, start: float = -90.0) -> tuple[View, ...]:
    """`count` views of points (n, 3) around the upright axis, the first from `start` degrees.

    -90 is from the front, Blender's -Y.
    """
    _check_count(count)
    turns = [start + 360.0 * index / count for index in range(count)]
    return _fit_numbered_views(points, lens, [_direction(turn, elevation) for turn in turns], "Ring")


def ring_with_caps(
    points: Points, lens: Lens, count: int = 6, elevation: float = 10.0, tilt: float = 80.0
) -> tuple[View, ...]:
    """A ring around points (n, 3), one view from above and one from below, both tilted a little to the front."""
    caps = _fit_numbered_views(points, lens, [_direction(-90.0, tilt), _direction(-90.0, -tilt)], "Cap")
    return ring(points, lens, count, elevation) + caps


def hemisphere(points: Points, lens: Lens, count: int = 9, lowest: float = 0.0) -> tuple[View, ...]:
    """`count` views of points (n, 3), spread evenly from `lowest` degrees of elevation to the zenith.

    They lie on a spiral by the golden angle; `lowest` -90 gives the whole sphere.
    """
    _check_count(count)
    bottom = sin(radians(lowest))
    directions: list[tuple[float, float, float]] = []
    for index in range(count):
        height = bottom + (1 - bottom) * (index + 0.5) / count
        directions.append(_direction(-90.0 + degrees(index * GOLDEN_ANGLE), degrees(asin(height))))
    return _fit_numbered_views(points, lens, directions, "Dome")


def candidate_views(points: Points, lens: Lens, spread: int = 24) -> tuple[View, ...]:
    """Candidate views of points (n, 3): the front first, then the other sides and corners at three heights.

    Then above and below; `spread` more follow, evenly distributed.
    """
    heights = (10.0, -30.0, 45.0)
    directions = [_direction(-90.0 + 45.0 * turn, height) for height in heights for turn in range(8)]
    directions += [_direction(-90.0, 80.0), _direction(-90.0, -80.0)]
    plain = _fit_numbered_views(points, lens, directions, "Side")
    return plain + (hemisphere(points, lens, spread, lowest=-80.0) if spread else ())


def select_views(
    quality: Reals,
    count: int,
    *,
    initial_quality: Reals | None = None,
    least_gain: float = 0.002,
) -> list[int]:
    """Which candidates to take, best first: each adds most to what the ones before see.

    `quality` (views, samples) is 0 where a view does not see a sample of the surface, up to 1 where it sees it from the
    front; `initial_quality` (samples,) what is there by now. Stops at `count`, or when the best candidate adds less
    than `least_gain` of the samples.
    """
    best = np.zeros(quality.shape[1]) if initial_quality is None else np.array(initial_quality, dtype=np.float64)
    selection: list[int] = []
    while len(selection) < min(count, len(quality)):
        gains = np.maximum(quality - best, 0).mean(axis=1)
        index = int(np.argmax(gains))
        if gains[index] < least_gain:
            break
        selection.append(index)
        best = np.maximum(best, quality[index])
    return selection


def number_views(views: Sequence[View], word: str) -> tuple[View, ...]:
    """The views with names of their own: a word and their number, from 1."""
    return tuple(replace(view, camera=f"{word} {index + 1}") for index, view in enumerate(views))


def camera_parameters(view: View, canvas: tuple[int, int]) -> CameraParameters:
    """A Blender camera's settings for a view. Raises nothing; skewed projections lose their skew."""
    p = np.array(view.projection, dtype=np.float64)
    aspect = canvas[0] / canvas[1]
    if view.orthographic:
        near, far = (p[2, 3] + 1) / p[2, 2], (p[2, 3] - 1) / p[2, 2]
        shifts = (-p[0, 3] * aspect / 2, -p[1, 3] / 2)
    else:
        near, far = p[2, 3] / (p[2, 2] - 1), p[2, 3] / (p[2, 2] + 1)
        shifts = (p[0, 2] * aspect / 2, p[1, 2] / 2)
    return CameraParameters(
        orthographic=view.orthographic,
        angle_y=2 * atan(1 / p[1, 1]),
        ortho_scale=2 / float(p[1, 1]),
        shift_x=float(shifts[0]),
        shift_y=float(shifts[1]),
        clip_start=float(abs(near)),
        clip_end=float(abs(far)),
    )


def _check_count(count: int) -> None:
    if count < 1:
        raise InputError("A set of views needs at least one view.", next_step="Raise the number of views.")


def _fit_numbered_views(
    points: Points, lens: Lens, directions: Sequence[tuple[float, float, float]], word: str
) -> tuple[View, ...]:
    return number_views([fit_view(direction, points, lens) for direction in directions], word)


def _direction(turn: float, elevation: float) -> tuple[float, float, float]:
    flat = cos(radians(elevation))
    return (flat * cos(radians(turn)), flat * sin(radians(turn)), sin(radians(elevation)))


def _axes(direction: Doubles) -> Doubles:
    """Rows: right, up, back of a camera that looks along `-direction` with its top upwards."""
    length = np.linalg.norm(direction)
    if length < 1e-9:
        raise InputError("A view needs a direction.")
    back = direction / length
    upright = np.array([0.0, 0.0, 1.0]) if abs(back[2]) < 0.9999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(upright, back)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back])


def _world(axes: Doubles, place: Doubles) -> MatrixRows:
    rows = np.column_stack([axes.T, place])
    return _matrix(np.vstack([rows, [0.0, 0.0, 0.0, 1.0]]))


def _matrix(values: Doubles) -> MatrixRows:
    a, b, c, d = ((float(r[0]), float(r[1]), float(r[2]), float(r[3])) for r in values)
    return (a, b, c, d)


def _perspective(slope: float, aspect: float, near: float, far: float) -> MatrixRows:
    depth = (far + near) / (near - far), 2 * far * near / (near - far)
    return (
        (1 / (slope * aspect), 0.0, 0.0, 0.0),
        (0.0, 1 / slope, 0.0, 0.0),
        (0.0, 0.0, depth[0], depth[1]),
        (0.0, 0.0, -1.0, 0.0),
    )


def _orthographic(half_height: float, aspect: float, near: float, far: float) -> MatrixRows:
    return (
        (1 / (half_height * aspect), 0.0, 0.0, 0.0),
        (0.0, 1 / half_height, 0.0, 0.0),
        (0.0, 0.0, -2 / (far - near), -(far + near) / (far - near)),
        (0.0, 0.0, 0.0, 1.0),
    )
