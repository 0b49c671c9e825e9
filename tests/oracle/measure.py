"""The oracle: a scene is painted by views of the truth, baked, and compared with the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from nano_banana_addon.blender.bake import views as view_sets
from nano_banana_addon.blender.bake.bake import BakeResult, BakeSettings, bake_geometry
from nano_banana_addon.blender.bake.batches import surface_batch
from nano_banana_addon.blender.bake.mesh import Geometry, read_geometry
from nano_banana_addon.blender.bake.project import draw_positions
from nano_banana_addon.blender.bake.seam_pairs import find_seam_pairs
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.guides.draw import draw_silhouette
from nano_banana_addon.blender.host.gpu import initialise_gpu
from nano_banana_addon.core.scene.capture import View
from nano_banana_addon.features.texture.maps.align_image import align_image
from tests.oracle import painter
from tests.oracle.scenes import SCENES
from tests.oracle.truth import colour_at, to_display
from tests.support.metrics import psnr, seam_energy, ssim
from tests.support.views import box_points, zigzag

Truth = NDArray[np.uint8]
SUPER = 3  # samples across a texel, for the truth's mean over it


@dataclass(slots=True)
class Report:
    """One scene's numbers; per object the worst. Seam energies are mean jumps in 1/255; `seam_excess` is how far they
    are above 1.1 times the truth's own. `psnr_lit` is the PSNR up to one overall brightness."""

    scene: str
    psnr: float = math.inf
    psnr_lit: float = math.inf
    ssim: float = 1.0
    coverage: float = 1.0
    leak: float = 0.0
    white_error: float = 0.0
    seam: float = 0.0
    seam_of_truth: float = 0.0
    seam_excess: float = -math.inf
    as_cycles: float | None = None
    drifts: list[ViewDrift] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def residual(self) -> float:
        """The median over the views, in pixels."""
        return median(drift.residual for drift in self.drifts) if self.drifts else 0.0

    def cells(self) -> list[str]:
        """For the table; see `table.HEAD`."""
        registered = (
            [f"{self.residual:.2f}", f"{max(d.residual for d in self.drifts):.2f}"] if self.drifts else ["-", "-"]
        )
        return [
            f"{self.psnr:.1f}",
            f"{self.psnr_lit:.1f}",
            f"{self.ssim:.4f}",
            f"{self.coverage:.1%}",
            f"{self.leak:.3%}",
            f"{self.white_error:.0f}",
            f"{self.seam:.2f}",
            f"{self.seam_of_truth:.2f}",
            "-" if self.as_cycles is None else f"{self.as_cycles:.2%}",
            *registered,
            f"{sum(self.seconds.values()):.1f}",
        ]

    def line(self) -> str:
        return f"{self.scene}: {self}"


@dataclass(frozen=True, slots=True)
class ViewDrift:
    """How far a view was off (median distances over the object, pixels), what was told of it, and what remained."""

    moved: float
    told: float
    residual: float
    told_after: float
    confidence: float


@dataclass(slots=True)
class Trial:
    """A scene ready to be baked."""

    objects: list[bpy.types.Object]
    geometry: Geometry
    views: tuple[View, ...]
    canvas: tuple[int, int]
    pictures: list[NDArray[np.uint8]]

    def painted(self, pictures: Sequence[NDArray[np.uint8]] | None = None) -> list[PaintedView]:
        return [
            PaintedView(view, picture, view.camera)
            for view, picture in zip(self.views, pictures or self.pictures, strict=True)
        ]


def paint(scene: str, *, pixels: int = 1024, view_count: int = 8, orthographic: bool = False) -> Trial:
    """Build a scene and let the painter render the truth for each view of a zigzag ring."""
    initialise_gpu()
    objects = SCENES[scene]()
    geometry = read_geometry(bpy.context.evaluated_depsgraph_get(), objects)
    points = box_points(*geometry.bounds)
    lens = view_sets.Lens((pixels, pixels), orthographic)
    views = zigzag(points, lens, view_count, elevation=35.0)
    pictures = [painter.render_now(view, lens.canvas) for view in views]
    return Trial(objects, geometry, views, lens.canvas, pictures)


def truth_maps(trial: Trial, size: int) -> list[NDArray[np.uint8]]:
    """What each object's map should hold, (h, w, 4): the mean of the truth over each texel's part of the surface."""
    maps = []
    for surface in trial.geometry.targets:
        shape, batch = trial.objects[surface.identity], surface_batch(surface)
        sums = np.zeros((size, size, 4), np.float32)
        rows = size // 4
        for part in range(4):
            strip = ((3 - part) * rows * SUPER, rows * SUPER)
            places = draw_positions(batch, (size * SUPER, size * SUPER), strip)
            local = _to_local(shape, places[..., :3] + np.array(trial.geometry.origin, np.float32))
            fine = np.dstack([colour_at(local), np.ones(places.shape[:2], np.float32)]) * places[..., 3:]
            sums[part * rows : (part + 1) * rows] = fine.reshape(rows, SUPER, size, SUPER, 4).sum(axis=(1, 3))
        mean = to_display(sums[..., :3] / np.maximum(sums[..., 3:], 1))
        alpha = (sums[..., 3:] > 0) * 255
        maps.append(np.dstack([np.round(np.clip(mean, 0, 1) * 255), alpha]).astype(np.uint8))
    return maps


def _to_local(shape: bpy.types.Object, places: NDArray[np.float32]) -> NDArray[np.float32]:
    inverse = np.array(shape.matrix_world.inverted())
    return (places @ inverse[:3, :3].T + inverse[:3, 3]).astype(np.float32)


def brightness(result: BakeResult, truths: Sequence[NDArray[np.uint8]]) -> float:
    """One overall factor in display values, the best for all maps together: how bright the whole should be cannot be
    known from pictures that are all too light or too dark."""
    seen = [
        (m.rgba[m.painted_mask][:, :3].astype(float), t[m.painted_mask][:, :3])
        for m, t in zip(result.maps, truths, strict=True)
    ]
    return sum((a * b).sum() for a, b in seen) / sum((a * a).sum() for a, _ in seen)


def compare(scene: str, trial: Trial, result: BakeResult, truths: Sequence[NDArray[np.uint8]]) -> Report:
    """PSNR, SSIM, coverage and seams of the worst object."""
    report = Report(scene, seconds=dict(result.seconds))
    factor = brightness(result, truths)
    for surface, baked, truth in zip(trial.geometry.targets, result.maps, truths, strict=True):
        colour, true = baked.rgba[..., :3], truth[..., :3]
        pairs = both_valid(find_seam_pairs([surface], truth.shape[1::-1]), truth[..., 3] > 0)
        energy, own = seam_energy(colour, *pairs), seam_energy(true, *pairs)
        if energy - 1.1 * own > report.seam_excess:
            report.seam, report.seam_of_truth, report.seam_excess = energy, own, energy - 1.1 * own
        lit = np.clip(np.round(colour * factor), 0, 255).astype(np.uint8)
        report.psnr = min(report.psnr, psnr(colour, true, baked.painted_mask))
        report.psnr_lit = min(report.psnr_lit, psnr(lit, true, baked.painted_mask))
        report.ssim = min(report.ssim, ssim(colour, true, baked.painted_mask))
        report.coverage = min(report.coverage, baked.coverage)
    return report


def both_valid(
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pairs whose two texels are in `valid`."""
    first, second = pairs
    inside = valid[tuple(first.T)] & valid[tuple(second.T)]
    return first[inside], second[inside]


def leak(trial: Trial, result: BakeResult, samples: int = 20_000) -> float:
    """The part of seen texels that some view coloured without seeing them, by casting rays (an implementation of
    visibility that has nothing in common with the depth test)."""
    tree = _tree(trial.geometry)
    low, high = trial.geometry.bounds
    skin = float(np.linalg.norm(high - low)) * 1e-4
    draw = np.random.default_rng(1)
    wrong = asked = 0
    for surface, baked in zip(trial.geometry.targets, result.maps, strict=True):
        edge = baked.weights.shape[1]
        places = draw_positions(surface_batch(surface), (edge, edge))
        for view, weights in zip(trial.views, baked.weights, strict=True):
            rows, columns = np.nonzero((weights > 0.01) & (places[..., 3] > 0))
            pick = draw.permutation(len(rows))[: samples // len(trial.views)]
            asked += len(pick)
            for row, column in zip(rows[pick], columns[pick], strict=True):
                wrong += _hidden(tree, view, trial.geometry.origin, places[row, column, :3], skin)
    return wrong / max(asked, 1)


def _tree(geometry: Geometry) -> BVHTree:
    corners = np.concatenate([surface.corners for surface in geometry.surfaces]).reshape(-1, 3)
    return BVHTree.FromPolygons(corners.tolist(), np.arange(len(corners)).reshape(-1, 3).tolist())


def _hidden(tree: BVHTree, view: View, origin: Sequence[float], place: NDArray[np.float32], skin: float) -> bool:
    world = np.array(view.world)
    point = Vector(place.tolist())
    if view.orthographic:
        towards, reach = Vector(world[:3, 2]).normalized(), 1e6
    else:
        line = Vector(world[:3, 3] - np.array(origin)) - point
        towards, reach = line.normalized(), line.length
    return tree.ray_cast(point + towards * skin, towards, reach - skin)[0] is not None


def white_error(trial: Trial, settings: BakeSettings) -> float:
    """White views in: how far from white any seen texel is, in 1/255."""
    white = [np.full_like(picture, 255) for picture in trial.pictures]
    result = bake_geometry(trial.geometry, trial.painted(white), replace(settings, finish=False))
    return float(max(255 - baked.rgba[baked.painted_mask][:, :3].min() for baked in result.maps))


def run(scene: str, settings: BakeSettings, *, pixels: int = 1024, view_count: int = 8) -> tuple[Trial, Report]:
    """Everything undisturbed about one scene."""
    trial = paint(scene, pixels=pixels, view_count=view_count)
    return trial, undisturbed(scene, trial, truth_maps(trial, settings.size[0]), settings)


def undisturbed(scene: str, trial: Trial, truths: Sequence[NDArray[np.uint8]], settings: BakeSettings) -> Report:
    """The truth as it was painted, baked."""
    result = bake_geometry(trial.geometry, trial.painted(), settings)
    report = compare(scene, trial, result, truths)
    report.leak = leak(trial, result)
    report.white_error = white_error(trial, settings)
    return report


def disturbed(
    scene: str,
    trial: Trial,
    truths: Sequence[NDArray[np.uint8]],
    settings: BakeSettings,
    how: painter.Disturbance | None = None,
) -> Report:
    """The truth disturbed, laid onto guides, and baked."""
    settled: list[PaintedView] = []
    drifts: list[ViewDrift] = []
    spent = 0.0
    for seed, (view, picture) in enumerate(zip(trial.views, trial.pictures, strict=True)):
        came, moved = painter.disturb_known(picture, how or painter.Disturbance(), seed)
        start = perf_counter()
        laid = align_image(trial.geometry, view, trial.canvas, came)
        spent += perf_counter() - start
        settled.append(laid.paint(view, view.camera))
        inside = draw_silhouette(trial.geometry, view, trial.canvas) > 127
        was, is_now = distance(moved[:2], inside), distance(laid.matrix @ moved, inside)
        drifts.append(ViewDrift(was, laid.before, is_now, laid.after, laid.confidence))
    result = bake_geometry(trial.geometry, settled, settings)
    report = compare(scene, trial, result, truths)
    report.leak = leak(trial, result)
    report.drifts = drifts
    report.seconds["register"] = spent
    return report


def distance(matrix: NDArray[np.float64], inside: NDArray[np.bool_]) -> float:
    """The median distance that `matrix` (2, 3) moves the pixels `inside` (h, w) the object."""
    rows, columns = np.nonzero(inside)
    points = np.stack([columns + 0.5, rows + 0.5, np.ones(len(rows))])
    return float(np.median(np.linalg.norm((matrix @ points) - points[:2], axis=0)))
