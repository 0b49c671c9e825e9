# SPDX-License-Identifier: GPL-3.0-or-later
"""Views whose content moved by itself are aligned to each other, and a wrong one moves no other.

The scene is a slightly curved plate with detail, seen by three cameras side by side; each view's truth is exact.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nano_banana_addon.imaging.displacement.contour import measure_again, measure_contour, tell_again
from nano_banana_addon.imaging.displacement.displacement import Displacement
from nano_banana_addon.imaging.displacement.joint_displacement import (
    LaidView,
    follow_together_steps,
    lay,
)
from nano_banana_addon.imaging.displacement.joint_solve import Evidence
from nano_banana_addon.imaging.displacement.overlap_flow import measure_coarsely, measure_finely, prepare
from nano_banana_addon.imaging.displacement.overlaps import SeenDepth, find_overlaps
from nano_banana_addon.imaging.registration.outline import Outline, trace_outline
from nano_banana_addon.imaging.registration.outline_fit import LEFT_REACH

EDGE = 384
Places = NDArray[np.float64]
Y, X = np.mgrid[0:EDGE, 0:EDGE] + 0.5
PIXELS: Places = np.stack([X, Y], axis=-1).reshape(-1, 2)
NONE = Displacement(np.zeros((EDGE // 4 + 1, EDGE // 4 + 1, 2)), 4.0)


def relief(places: Places) -> Places:
    """The height of the plate over x and y (n, 2)."""
    return 0.15 * np.sin(places[:, 0] * 1.7) * np.cos(places[:, 1] * 1.3)


def texture(places: Places, seed: int = 5) -> Places:
    """Grey detail of all sizes over x and y (n, 2)."""
    draw = np.random.default_rng(seed)
    result = np.full(len(places), 128.0)
    for length, amount in ((0.6, 14), (0.25, 14), (0.12, 12), (0.06, 12), (0.035, 10)):
        for _ in range(4):
            angle, phase = draw.uniform(0, 2 * np.pi, 2)
            wave = np.array([np.cos(angle), np.sin(angle)]) * 2 * np.pi / length
            result += amount * np.sin(places @ wave + phase + 0.8 * np.sin(places @ wave[::-1] / 4))
    return result


class Camera:
    """An orthographic camera that looks down, leaned by `lean` (x per height)."""

    def __init__(self, lean: float) -> None:
        self.lean = lean
        turn = np.arctan(lean)
        self.world = np.eye(4)
        self.world[:3, 0], self.world[:3, 2] = (np.cos(turn), 0, -np.sin(turn)), (np.sin(turn), 0, np.cos(turn))
        self.world[:3, 3] = self.world[:3, 2] * 5
        self.projection = np.diag([1.0, 1.0, -0.2, 1.0])
        self.plate, self.distances = self.find()

    def find(self) -> tuple[Places, Places]:
        """Where on the plate each pixel looks (n, 2), and how far away that is."""
        flat = (PIXELS / EDGE * 2 - 1) * [1, -1]
        start = self.world[:3, 3] + flat[:, :1] * self.world[:3, 0] + flat[:, 1:] * self.world[:3, 1]
        away = np.full(len(flat), 5.0)
        for _ in range(12):
            spots = start - away[:, None] * self.world[:3, 2]
            away += (spots[:, 2] - relief(spots[:, :2])) / self.world[2, 2]
        return (start - away[:, None] * self.world[:3, 2])[:, :2], away

    def see(self) -> SeenDepth:
        hit = (np.abs(self.plate) < 0.8).all(axis=1)
        distances = np.where(hit, self.distances, 1e30).reshape(EDGE, EDGE).astype(np.float32)
        normals = np.zeros((EDGE, EDGE, 3), np.float32)
        normals[..., 2] = 1
        return SeenDepth(self.world, self.projection, distances, normals)

    def paint(self, moves: Places | None = None, seed: int = 5) -> NDArray[np.uint8]:
        """The image with its content moved: what belongs at p lies at p + moves(p)."""
        sources = PIXELS
        if moves is not None:
            for _ in range(12):
                sources = PIXELS - wave(sources, moves)
        spots = sources / EDGE * [2, -2] + [-1, 1]
        start = self.world[:3, 3] + spots[:, :1] * self.world[:3, 0] + spots[:, 1:] * self.world[:3, 1]
        away = np.full(len(spots), 5.0)
        for _ in range(12):
            at = start - away[:, None] * self.world[:3, 2]
            away += (at[:, 2] - relief(at[:, :2])) / self.world[2, 2]
        plate = (start - away[:, None] * self.world[:3, 2])[:, :2]
        grey = np.where((np.abs(plate) < 0.8).all(axis=1), texture(plate, seed), 60)
        image = np.clip(np.round(grey), 0, 255).astype(np.uint8).reshape(EDGE, EDGE)
        return np.repeat(image[..., None], 3, axis=2)


def wave(places: Places, moves: Places) -> Places:
    """A smooth displacement: an amplitude and a phase for x and y, 150 px long."""
    return moves[0] * np.sin(places @ np.array([[0.035, 0.014], [-0.013, 0.033]]) + moves[1])


def trace(camera: Camera) -> Outline:
    inside = (np.abs(camera.plate) < 0.8).all(axis=1).reshape(EDGE, EDGE)
    return trace_outline(np.where(inside, 255, 0).astype(np.uint8), LEFT_REACH)


def make_evidence(camera: Camera, moves: Places) -> Evidence:
    """What the plate's border tells, as far as its normals do."""
    outline = trace(camera)
    values = (wave(outline.places, moves) * outline.normals).sum(axis=1)
    return Evidence(outline.places, outline.normals, values, np.full(len(values), 0.3), outline)


CAMERAS = [Camera(lean) for lean in (-0.35, 0.0, 0.35)]
MOVES = [np.array([[4.0, -3.0], phases]) for phases in ([0.3, 1.0], [2.1, 4.0], [4.2, 5.5])]


@lru_cache
def paint(number: int, *, bent: bool, seed: int = 5) -> NDArray[np.uint8]:
    return CAMERAS[number].paint(MOVES[number] if bent else None, seed)


def bend_views(numbers: tuple[int, ...] = (0, 1, 2)) -> list[LaidView]:
    """The views; those of `numbers` are bent."""
    return [
        LaidView(paint(number, bent=True), camera.see(), NONE, make_evidence(camera, moves))
        if number in numbers
        else LaidView(paint(number, bent=False), camera.see(), None, None)
        for number, (camera, moves) in enumerate(zip(CAMERAS, MOVES, strict=True))
    ]


def measure(number: int, found: Displacement | None) -> float:
    """The median distance in pixels between a view's displacement and the truth, on the plate."""
    on = PIXELS[(np.abs(CAMERAS[number].plate) < 0.8).all(axis=1)]
    off = wave(on, MOVES[number])
    return float(np.median(np.hypot(*(off if found is None else found.evaluate(on) - off).T)))


def test_images_that_lie_on_each_other_do_not_differ() -> None:
    (overlap,) = find_overlaps([camera.see() for camera in CAMERAS[:2]])
    for coarse, compare in ((True, measure_coarsely), (False, measure_finely)):
        first, second = (prepare(paint(n, bent=False).mean(axis=2, dtype=np.float32), coarse=coarse) for n in (0, 1))
        flow = compare(overlap, first, second)
        assert np.mean(flow.trust > 0.5) > 0.8, coarse
        assert np.abs(np.median(flow.moves[flow.trust > 0.5], axis=0)).max() < (0.3 if coarse else 0.05), coarse


def test_a_small_shift_is_found_at_once_nearly_as_a_whole() -> None:
    (overlap,) = find_overlaps([camera.see() for camera in CAMERAS[:2]])
    straight, second = (paint(n, bent=False).mean(axis=2, dtype=np.float32) for n in (0, 1))
    moved = np.roll(straight, (1, -1), axis=(0, 1))
    flow = measure_finely(overlap, prepare(moved, coarse=False), prepare(second, coarse=False))
    assert np.abs(np.median(flow.moves[flow.trust > 0.5], axis=0) - [-1, 1]).max() < 0.35


def test_along_a_stripe_nothing_is_told() -> None:
    (overlap,) = find_overlaps([camera.see() for camera in CAMERAS[:2]])
    images = [(128 + 60 * np.sin(each.plate[:, 1] * 40)).reshape(EDGE, EDGE).astype(np.float32) for each in CAMERAS[:2]]
    flow = measure_finely(overlap, *(prepare(image, coarse=False) for image in images))
    trusted = flow.precision[flow.trust > 0.5]
    assert len(trusted) > 0.5 * len(flow.trust)
    assert np.median(trusted[:, 1, 1] / trusted[:, 0, 0]) > 3


def follow_together(views: list[LaidView]) -> list[Displacement | None] | None:
    """The result of all steps."""
    steps = follow_together_steps(views)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_bent_views_are_laid_in_place_by_each_other() -> None:
    found = follow_together(bend_views())
    assert found is not None
    before, after = [measure(n, None) for n in range(3)], [measure(n, move) for n, move in enumerate(found)]
    assert min(before) > 3
    assert max(after) < 0.8
    assert all(move is not None and move.measure_fold() > 0.5 for move in found)


def test_an_outline_that_is_measured_again_where_it_was_moved_tells_more_exactly() -> None:
    """Across its normal an outline that turns lies elsewhere than its places moved."""
    grid = np.stack(np.meshgrid(np.arange(EDGE // 4 + 1), np.arange(EDGE // 4 + 1)), axis=-1) * 4.0
    for number, camera in enumerate(CAMERAS):
        truth = Displacement(wave(grid.reshape(-1, 2), MOVES[number]).reshape(grid.shape), 4.0)
        laid, outline = paint(number, bent=True), trace(camera)
        silhouette = np.where(camera.see().distances < 1e20, 255, 0).astype(np.uint8)
        contour = measure_contour(laid, silhouette, np.where(silhouette, 0, -1))
        assert contour is not None
        told = Evidence(contour.places, contour.normals, contour.distances, contour.weights, outline)
        (again,) = tell_again([measure_again(lay(LaidView(laid, camera.see(), truth, told), truth), told, truth)])
        off = [measure_error(each, MOVES[number]) for each in (told, again)]
        assert off[1] < 0.5 * off[0], off


def measure_error(told: Evidence, moves: Places) -> float:
    """The median distance in pixels between what edges tell and the truth, where they are clear."""
    off = np.abs(told.values - (wave(told.places, moves) * told.normals).sum(axis=1))
    return float(np.median(off[told.weights > 0.5 * told.weights.max()]))


def test_views_that_lie_right_stay_and_hold_the_others() -> None:
    found = follow_together(bend_views((1,)))
    assert found is not None
    assert found[0] is None
    assert found[2] is None
    assert measure(1, found[1]) < 0.4


def test_a_view_of_something_else_moves_no_other() -> None:
    views = bend_views()
    views[2] = LaidView(paint(2, bent=True, seed=8), views[2].depth, NONE, views[2].evidence)
    right, found = follow_together(bend_views()[:2]), follow_together(views)
    assert right is not None
    assert found is not None
    for number in (0, 1):
        assert measure(number, found[number]) < measure(number, right[number]) + 0.3


def test_views_that_share_nothing_are_left() -> None:
    views = bend_views()
    empty = views[0].depth.distances.copy()
    empty[:] = 1e30
    blind = SeenDepth(views[0].depth.world, views[0].depth.projection, empty, views[0].depth.normals)
    assert find_overlaps([blind, views[1].depth]) == []
    assert follow_together([LaidView(views[0].laid, blind, None, None), views[1]]) is None


def test_plain_images_are_left() -> None:
    plain = np.full((EDGE, EDGE, 3), 128, np.uint8)
    views = [LaidView(plain, view.depth, NONE, view.evidence) for view in bend_views()]
    assert follow_together(views) is None


def test_it_tells_how_much_is_done_and_can_be_given_up() -> None:
    steps = follow_together_steps(bend_views((0, 1)))
    shares = [next(steps) for _ in range(4)]
    steps.close()
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] < 1
