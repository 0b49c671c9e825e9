# SPDX-License-Identifier: GPL-3.0-or-later
"""The light on balls and boxes is found and removed; what is unlit, or cannot be told from light, stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nano_banana_addon.imaging.arrays import Doubles, Floats, Pixels, SeenSurface
from nano_banana_addon.imaging.srgb import to_srgb
from nano_banana_addon.imaging.unlit import LEAST_EVIDENCE, fit_light, remove_light
from tests.support.metrics import psnr

EDGE = 384
Lamp = Callable[[Floats], Floats]


def shine(ambient: float, *lamps: tuple[float, tuple[float, float, float]], softness: float = 0.0) -> Lamp:
    """Light from all sides, and from lamps: their strength, and where they stand in camera space."""

    def compute(normals: Floats) -> Floats:
        light = np.full(normals.shape[:-1], ambient, np.float32)
        for strength, place in lamps:
            towards = np.array(place, np.float32) / np.linalg.norm(place).astype(np.float32)
            light += strength * np.maximum((normals @ towards + softness) / (1 + softness), 0)
        return light

    return compute


LAMPS = {
    "soft": shine(0.35, (0.65, (-0.5, 0.6, 0.6)), softness=0.5),
    "hard": shine(0.2, (0.8, (-0.7, 0.5, 0.5))),
    "top": shine(0.3, (0.7, (0, 1, 0.1))),
    "two": shine(0.25, (0.5, (-0.8, 0.2, 0.5)), (0.3, (0.9, 0.3, 0.2))),
    "sky": shine(0.3, (0.7, (0, 1, 0.2)), softness=1.0),
}


def see_ball() -> SeenSurface:
    """A ball, whose upper and lower half are two parts."""
    y, x = np.mgrid[1.1 : -1.1 : EDGE * 1j, -1.1 : 1.1 : EDGE * 1j].astype(np.float32)
    inside = x * x + y * y < 1
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0))
    return SeenSurface(np.stack([x, y, z], axis=-1), np.where(inside, (y > 0.2).astype(np.float32), -1))


def see_boards(count: int) -> SeenSurface:
    """Flat boards beside each other, each a part, each turned otherwise."""
    board = np.arange(EDGE) * count // EDGE
    turn = (board - (count - 1) / 2) * 0.5
    row = np.stack([np.sin(turn), np.zeros(EDGE), np.cos(turn)], axis=-1).astype(np.float32)
    return SeenSurface(np.tile(row, (EDGE, 1, 1)), np.tile(board.astype(np.float32), (EDGE, 1)))


def colour(surface: SeenSurface) -> Floats:
    """Two parts of plain colour with stripes, and a grey behind them, in linear light."""
    plain = np.array([[0.5, 0.25, 0.15], [0.15, 0.3, 0.45], [0.6, 0.6, 0.5]], np.float32)
    colours = plain[surface.parts.astype(int) % 3]
    stripes = (np.indices(surface.parts.shape).sum(axis=0) // 23 % 4 == 0) & (surface.parts >= 0)
    return np.where(stripes[..., None], colours * np.float32(0.5), colours)


def show(linear: Floats) -> Pixels:
    return np.round(to_srgb(linear.clip(0, 1)) * 255).astype(np.uint8)


def improve(surface: SeenSurface, picture: Pixels, strength: float = 1.0, placement: Doubles | None = None) -> Pixels:
    return remove_light(picture, fit_light(picture, surface, placement).draw(surface), strength, placement)


def compare(surface: SeenSurface, picture: Pixels, true: Pixels) -> float:
    """The PSNR up to one overall brightness, where the surface is not seen at its very edge."""
    seen = (surface.parts >= 0) & (surface.normals[..., 2] > 0.2)
    own, other = picture[seen].astype(float), true[seen].astype(float)
    lit = np.clip(picture * ((own * other).sum() / (own * own).sum()), 0, 255).round().astype(np.uint8)
    return psnr(lit, true, seen)


@pytest.mark.parametrize("lamp", LAMPS)
def test_the_light_of_a_lamp_is_removed(lamp: str) -> None:
    surface = see_ball()
    true = colour(surface)
    picture = show(true * LAMPS[lamp](surface.normals)[..., None])
    before = compare(surface, picture, show(true))
    assert fit_light(picture, surface).evidence > 50 * max(1.0, fit_light(show(true), surface).evidence)
    assert compare(surface, improve(surface, picture), show(true)) > before + 9


def test_five_lights_are_twelve_decibels_in_the_mean() -> None:
    surface = see_ball()
    true = colour(surface)
    pictures = [show(true * lamp(surface.normals)[..., None]) for lamp in LAMPS.values()]
    gains = [compare(surface, improve(surface, p), show(true)) - compare(surface, p, show(true)) for p in pictures]
    assert np.mean(gains) > 12, gains


def test_half_the_strength_leaves_half_the_light() -> None:
    surface = see_ball()
    picture = show(colour(surface) * LAMPS["soft"](surface.normals)[..., None])
    levels = fit_light(picture, surface).draw(surface)
    whole, half = (remove_light(picture, levels, strength).astype(float) for strength in (1.0, 0.5))
    low, high = np.minimum(picture, whole), np.maximum(picture, whole)
    assert ((half >= low - 1) & (half <= high + 1)).all()
    assert np.abs(remove_light(picture, levels, 0.0).astype(int) - picture).max() <= 1


def test_an_unlit_image_shows_no_light() -> None:
    surface = see_ball()
    picture = show(colour(surface))
    assert fit_light(picture, surface).evidence < LEAST_EVIDENCE
    assert compare(surface, improve(surface, picture), picture) > 40


@pytest.mark.parametrize("count", [1, 5])
def test_flat_parts_tell_nothing_of_the_light(count: int) -> None:
    """Each could as well have that colour."""
    surface = see_boards(count)
    picture = show(colour(surface) * LAMPS["hard"](surface.normals)[..., None])
    assert fit_light(picture, surface).evidence == 0
    assert (improve(surface, picture) == picture).all()


@pytest.mark.parametrize("level", [0, 255])
def test_an_empty_image_stays(level: int) -> None:
    surface = see_ball()
    picture = np.full((EDGE, EDGE, 3), level, np.uint8)
    assert fit_light(picture, surface).evidence == 0
    assert (improve(surface, picture) == picture).all()


def test_a_view_that_sees_nothing_stays() -> None:
    surface = see_ball()
    nothing = SeenSurface(surface.normals, np.full_like(surface.parts, -1))
    picture = show(colour(surface))
    assert (improve(nothing, picture) == picture).all()


def test_the_light_lies_where_the_image_was_registered() -> None:
    """A picture of twice the size whose content is shifted and smaller; its alpha channel stays."""
    surface = see_ball()
    true = colour(surface)
    placement = np.array([[0.9, 0.0, 0.08], [0.0, 0.9, 0.01]])
    places = (np.arange(2 * EDGE) + 0.5) / (2 * EDGE)
    across, down = (np.clip(((places - offset) / 0.9 * EDGE).astype(int), 0, EDGE - 1) for offset in placement[:, 2])
    moved = tuple(show(each)[np.ix_(down, across)] for each in (true * LAMPS["top"](surface.normals)[..., None], true))
    seen = SeenSurface(surface.normals[np.ix_(down, across)], surface.parts[np.ix_(down, across)])
    opaque = np.dstack([moved[0], np.full(moved[0].shape[:2], 77, np.uint8)])
    result = improve(surface, opaque, 1.0, placement)
    assert (result[..., 3] == 77).all()
    assert compare(seen, result[..., :3], moved[1]) > compare(seen, moved[0], moved[1]) + 9


def test_what_is_behind_the_object_tells_nothing() -> None:
    surface = see_ball()
    picture = show(colour(surface) * LAMPS["soft"](surface.normals)[..., None])
    behind = picture.copy()
    behind[surface.parts < 0] = np.random.default_rng(1).integers(0, 255, (int((surface.parts < 0).sum()), 3))
    assert np.allclose(fit_light(behind, surface).factors, fit_light(picture, surface).factors, atol=1e-6)


def test_no_directions_are_guessed_far_beyond_what_is_seen() -> None:
    """A small part that faces otherwise than all else becomes no brighter or darker than what was measured."""
    surface = see_ball()
    narrow = np.where(np.hypot(*surface.normals[..., :2].transpose(2, 0, 1)) < 0.3, surface.parts, -1)
    picture = show(colour(surface) * LAMPS["hard"](surface.normals)[..., None])
    light = fit_light(picture, SeenSurface(surface.normals, narrow))
    levels = light.draw(surface)
    seen = light.draw(SeenSurface(surface.normals, narrow))[narrow >= 0]
    assert levels.min() >= seen.min() - 0.05
    assert levels.max() <= seen.max() + 0.05
