# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that moved or grew on their own are followed; what is right already, or something else, is not touched."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nano_banana_addon.imaging.displacement.displacement import Displacement, bend
from nano_banana_addon.imaging.displacement.part_drift import PartDrift, follow_parts

EDGE = 512
Pixels = NDArray[np.uint8]
Move = Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
Y, X = np.mgrid[0:EDGE, 0:EDGE] + 0.5
SPOTS = np.stack([X, Y], axis=-1)


def draw_parts(growth: float = 1.0) -> NDArray[np.int64]:
    """A box with a disc before it, `growth` times as large, as numbers of parts; -1 beside them; four times as fine."""
    image = Image.new("I", (4 * EDGE, 4 * EDGE), -1)
    draw = ImageDraw.Draw(image)
    draw.polygon([(300, 500), (1200, 380), (1720, 560), (1700, 1300), (320, 1240)], fill=0)
    radius = 330 * growth
    draw.ellipse([1150 - radius, 1400 - radius, 1150 + radius, 1400 + radius], fill=1)
    return np.asarray(image).astype(np.int64)


def shrink(fine: NDArray[np.floating]) -> Pixels:
    mean = fine.reshape(EDGE, 4, EDGE, 4, -1).mean(axis=(1, 3))
    return np.round(mean).astype(np.uint8)


def paint(parts: NDArray[np.int64], seed: int = 3) -> Pixels:
    """Other colours than the guide's, with detail of their own, and noise."""
    draw = np.random.default_rng(seed)
    colours = np.array([[60, 90, 170], [200, 120, 40], [225, 225, 225]], np.float64)[parts]
    y, x = np.mgrid[0 : 4 * EDGE, 0 : 4 * EDGE] / 4
    detail = 22 * np.sin(x / 5.3 + 2 * np.sin(y / 23)) * np.sin(y / 7.1)
    return shrink(np.clip(colours + (detail * (parts >= 0))[..., None] + draw.normal(0, 6, colours.shape), 0, 255))


def move(picture: Pixels, how: Move) -> Pixels:
    """The image with its content moved: what lies at p comes from p + how(p)."""
    dx, dy = how(X, Y)
    columns, rows = (np.clip(np.rint(at - 0.5), 0, EDGE - 1).astype(int) for at in (X + dx, Y + dy))
    return picture[rows, columns]


def follow(picture: Pixels) -> PartDrift | None:
    parts = draw_parts()
    guide = shrink(np.array([[120.0], [170.0], [237.0]])[parts]).repeat(3, 2)
    silhouette = shrink((parts >= 0)[..., None] * 255.0)[..., 0]
    return follow_parts(picture, guide, silhouette, parts[2::4, 2::4])


def measure(found: PartDrift, content: NDArray[np.float64], part: int | None = None) -> float:
    """The median distance in pixels between where the content is and where it was found, on the object."""
    parts = draw_parts()[2::4, 2::4]
    off = found.displacement.evaluate(SPOTS) - content
    return float(np.median(np.hypot(*off[parts >= 0 if part is None else parts == part].T)))


def wave(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return 4 * np.sin((0.8 * x + 0.6 * y) / 26), 4 * np.sin((0.6 * x - 0.8 * y) / 22)


def test_an_image_that_lies_right_is_not_touched() -> None:
    assert follow(paint(draw_parts())) is None


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_plain_image_is_not_touched(value: int) -> None:
    assert follow(np.full((EDGE, EDGE, 3), value, np.uint8)) is None


def test_flat_bands_that_are_no_parts_are_not_followed() -> None:
    picture = paint(draw_parts())
    bands = np.array([[200, 60, 50], [240, 220, 100], [50, 90, 150]], np.uint8)[
        (Y / 37 + np.sin(X / 30)).astype(int) % 3
    ]
    assert follow(np.where(draw_parts()[2::4, 2::4, None] >= 0, bands, picture)) is None


@pytest.mark.parametrize("turned", ["upside down", "mirrored", "noise"])
def test_an_image_of_something_else_is_not_bent_to_fit(turned: str) -> None:
    picture = paint(draw_parts())
    others = {
        "upside down": picture[::-1],
        "mirrored": picture[:, ::-1],
        "noise": np.random.default_rng(1).integers(0, 255, picture.shape, np.uint8),
    }
    assert follow(np.ascontiguousarray(others[turned])) is None


def test_a_part_that_is_larger_is_followed() -> None:
    found = follow(paint(draw_parts(growth=1.06)))
    assert found is not None
    middle = np.array([1150, 1400]) / 4
    content = np.where((draw_parts()[2::4, 2::4] == 1)[..., None], 0.06 * (SPOTS - middle), 0.0)
    assert measure(found, content, part=1) <= 1.0
    assert measure(found, content, part=0) <= 0.5
    assert found.left_px < 0.5


def test_what_bends_is_followed_at_the_edges_and_never_folds() -> None:
    found = follow(move(paint(draw_parts()), wave))
    assert found is not None
    content = SPOTS.copy()
    for _ in range(30):
        content = SPOTS - np.stack(wave(content[..., 0], content[..., 1]), axis=-1)
    assert measure(found, content - SPOTS) < np.median(np.hypot(*(content - SPOTS)[draw_parts()[2::4, 2::4] >= 0].T))
    assert found.left_px < 0.7
    assert found.displacement.measure_fold() >= 0.3


def test_a_bend_beyond_what_a_model_does_is_left_alone() -> None:
    assert follow(move(paint(draw_parts()), lambda x, y: (14 * np.sin(y / 40), 14 * np.sin(x / 40)))) is None


def test_a_bent_image_is_bent_back_and_stays_sharp() -> None:
    y, x = np.mgrid[0:33, 0:33] * 16.0
    steps = np.stack([3.4 * np.sin(y / 60), 2.7 * np.cos(x / 70)], axis=-1)
    shift = Displacement(steps, 16.0)
    places = SPOTS - shift.evaluate(SPOTS)
    for _ in range(20):
        places = SPOTS - shift.evaluate(places)

    def texture(at: NDArray[np.float64]) -> NDArray[np.float64]:
        return 128 + 60 * np.sin(at[..., 0] * 1.2) * np.sin(at[..., 1] * 1.1 + 0.4)

    came = np.round(texture(places)).astype(np.uint8)[..., None].repeat(3, 2)
    got = bend(came, shift, np.eye(2, 3))[16:-16, 16:-16, 0].astype(float)
    true = texture(SPOTS)[16:-16, 16:-16]
    slopes = [np.abs(np.diff(plane, axis=1)).mean() for plane in (got, true)]
    assert slopes[0] >= 0.95 * slopes[1]
    assert np.sqrt(np.mean((got - true) ** 2)) < 6


@pytest.mark.parametrize("shape", [(64, 64), (40, 333), (16, 16)])
def test_small_images_harm_nothing(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(2).integers(0, 255, (*shape, 3), np.uint8)
    silhouette = np.zeros(shape, np.uint8)
    silhouette[4:-4, 4:-4] = 255
    assert follow_parts(picture, picture, silhouette, np.where(silhouette > 0, 0.0, -1.0)) is None
    assert follow_parts(picture, picture, np.zeros_like(silhouette), np.full(shape, -1.0)) is None
