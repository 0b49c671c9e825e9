# SPDX-License-Identifier: GPL-3.0-or-later
"""Grey maps that a model generated side by side lie on the colour they belong to, whatever it moved."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.core import serial
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.material.values import Map
from nano_banana_addon.core.scene.capture import MapPanel
from nano_banana_addon.core.text.grey_prompts import GREY_MAPS
from nano_banana_addon.core.texture import LOWEST_CONFIDENCE
from nano_banana_addon.imaging.registration.alignment import align
from nano_banana_addon.imaging.registration.registration import warp
from nano_banana_addon.imaging.sheets.grey_panels import cut, register
from nano_banana_addon.imaging.sheets.sheet_layout import compose, lay_out

from .material.surfaces import draw_surface

CANVAS = {"16:9": (1376, 768)}
NAMES = ["regular-bricks-1", "large-pebbles-1", "directional-planks-1", "stochastic-rust-1"]


def draw_maps(colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Roughness and metalness as a model would see them in a colour: other contrasts, the same edges."""
    grey = colour.astype(np.float32).mean(axis=2)
    rough = np.clip(230 - 0.7 * grey, 0, 255).astype(np.uint8)
    return rough, np.where(grey > np.median(grey), 40, 0).astype(np.uint8)


def draw_sheet(maps, shape):
    layout = lay_out(2, shape, CANVAS, pairs=True)
    small = [np.asarray(Image.fromarray(each).resize(layout.tile, Image.Resampling.LANCZOS)) for each in maps]
    return compose([np.repeat(each[..., None], 3, axis=2) for each in small], layout), layout.boxes


def disturb(sheet, seed):
    """Shifted by up to 9 pixels, scaled by up to 2 %, too light or dark, darker at the corners, noisy."""
    random = np.random.default_rng(seed)
    height, width = sheet.shape[:2]
    scale, shift = 1 + random.uniform(-0.02, 0.02), random.uniform(-9, 9, 2)
    middle = np.array([width / 2, height / 2])
    matrix = np.column_stack([np.eye(2) * scale, shift + middle * (1 - scale)])
    moved = warp(sheet, matrix, (width, height)).astype(np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    moved *= (1 - 0.04 * (x**2 + y**2))[..., None] * (1 + random.uniform(-0.08, 0.08))
    return np.clip(moved + random.normal(0, 2, moved.shape), 0, 255).astype(np.uint8)


def measure_offset(plane: np.ndarray, truth: np.ndarray) -> float:
    """The mean distance of the corners, in pixels, by which a plane 0 ... 1 is off its place."""
    shown = np.repeat((plane * 255).astype(np.uint8)[..., None], 3, axis=2)
    fixed = np.repeat(truth[..., None], 3, axis=2)
    matrix = align(shown, fixed, np.ones(truth.shape, bool)).matrix
    height, width = truth.shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
    return float(np.hypot(*(corners @ matrix[:, :2].T + matrix[:, 2] - corners).T).mean())


@pytest.mark.parametrize("name", NAMES)
def test_maps_lie_on_their_colour_though_the_model_moved_them(name):
    colour = draw_surface(name, 512)
    maps = draw_maps(colour)
    sheet, boxes = draw_sheet(maps, (512, 512))
    moved = disturb(sheet, 1)
    left_alone = np.asarray(Image.fromarray(cut(moved, boxes)[0].pixels).resize((512, 512))) / 255
    found = register(cut(moved, boxes), colour)
    assert found.confidence >= LOWEST_CONFIDENCE
    assert measure_offset(found.planes[0], maps[0]) <= 0.5 < measure_offset(left_alone, maps[0])
    assert measure_offset(found.planes[1], maps[1]) <= 0.5
    assert [plane.shape for plane in found.planes] == [(512, 512)] * 2


def test_nothing_of_the_ground_between_the_panels_is_left_at_the_edges():
    colour = draw_surface("regular-bricks-1", 512)
    maps = draw_maps(colour)
    sheet, boxes = draw_sheet((np.maximum(maps[0], 150), maps[1]), (512, 512))
    sheet[(sheet == 96).all(axis=2)] = 0
    plane = register(cut(disturb(sheet, 4), boxes), colour).planes[0]
    assert plane[:, :4].min() > 0.4
    assert plane[:, -4:].min() > 0.4


def test_a_panel_without_edges_moves_with_the_other_and_stays_even():
    colour = draw_surface("large-pebbles-1", 512)
    sheet, boxes = draw_sheet((draw_maps(colour)[0], np.zeros((512, 512), np.uint8)), (512, 512))
    rough, metallic = register(cut(disturb(sheet, 3), boxes), colour).planes
    assert measure_offset(rough, draw_maps(colour)[0]) <= 0.5
    assert metallic.max() < 0.1


def test_enlarged_maps_get_the_finest_detail_of_the_colour():
    colour = draw_surface("stochastic-grass-1", 1024)
    rough = draw_maps(colour)[0]
    sheet, boxes = draw_sheet((rough, rough), (1024, 1024))
    panels = cut(sheet, boxes)
    enlarged = np.asarray(Image.fromarray(panels[0].pixels).resize((1024, 1024), Image.Resampling.BICUBIC))
    plane = register(panels, colour).planes[0]
    before, after = (np.square(each.astype(np.float32) - rough).mean() ** 0.5 for each in (enlarged, plane * 255))
    assert after < 0.5 * before


def test_another_image_than_asked_for_is_told_apart():
    sheet, boxes = draw_sheet(draw_maps(draw_surface("large-pebbles-1", 512)), (512, 512))
    assert register(cut(sheet, boxes), draw_surface("regular-bricks-1", 512)).confidence < LOWEST_CONFIDENCE
    coloured = np.zeros((64, 128, 3), np.uint8) + np.array((200, 90, 20), np.uint8)
    with pytest.raises(InputError, match="colours"):
        cut(coloured, boxes)


@pytest.mark.parametrize("size", [(7, 4), (1, 1), (300, 5)])
def test_an_answer_of_any_size_gives_maps_of_the_colours_size(size):
    colour = draw_surface("stochastic-grass-1", 96)
    boxes = lay_out(2, (96, 96), CANVAS, pairs=True).boxes
    sheet = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 1), np.uint8).repeat(3, 2)
    planes = register(cut(sheet, boxes), colour).planes
    assert [plane.shape for plane in planes] == [(96, 96)] * 2
    assert all(np.isfinite(plane).all() for plane in planes)


def test_answers_of_earlier_versions_are_cut_where_their_panels_are():
    # No record holds the layout of a material's sheet.
    boxes = lay_out(2, (1024, 1024), CANVAS, pairs=True).boxes
    assert [[round(share * side) for share, side in zip(box, (1376, 768) * 2, strict=True)] for box in boxes] == [
        [12, 52, 677, 717],
        [700, 52, 1365, 717],
    ]
    # That of views has its boxes, which were laid out otherwise.
    record = {"index": 3, "map": "metal", "box": [0.5145348837209303, 0.07, 0.9883720930232558, 0.93]}
    panel = serial.from_plain(MapPanel, record)
    assert Map(panel.map) in GREY_MAPS
    sheet = np.full((768, 1376, 3), 96, np.uint8)
    sheet[round(0.07 * 768) : round(0.93 * 768), 708:1360] = 200
    assert (cut(sheet, [panel.box])[0].pixels == 200).all()
