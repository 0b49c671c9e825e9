# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way from geometry and painted views to maps."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, radians
from time import perf_counter

import numpy as np
from gpu.types import GPUBatch
from numpy.typing import NDArray

from ...core.errors import InputError
from ...core.texture import LARGEST_TEXTURE, SMALLEST_TEXTURE
from ...imaging.arrays import Floats, Mask, Pixels
from ..host.gpu import initialise_gpu
from ..host.progress_steps import ProgressListener, ProgressStep, run_all, scale_progress
from .batches import solid_batch
from .exposure_match import match_views_steps
from .finish import MapPart, finish_maps
from .mesh import FIRST_TILE, Geometry, Surface
from .project import STRIP_TEXELS, draw_surface_mask, draw_texels, project_view, project_views
from .textures import size_limit
from .tiles import Tiles
from .uv_checks import UvReport, check_uvs
from .view_pass import PaintedView, ViewPass, measure_density, prepare_view, split_bands
from .view_uniforms import Weighting

#: How much of the work is done when the views are read, matched; of one map when it is projected.
_PREPARE_END, _MATCH_END, _PROJECT_END = 0.25, 0.35, 0.5
#: Of all UDIM tiles of an object, which are finished together: some 20 bytes of memory each.
MAX_TEXELS = 4 * LARGEST_TEXTURE**2


@dataclass(frozen=True, slots=True)
class BakeSettings:
    """How views become maps.

    `size` (width, height) of each map in texels. Faces turned away more than `grazing_limit` degrees are not painted by
    a view; `both_sides`: those turned away altogether are, if nothing is in front of them. `sharpness`: how clearly the
    best view wins (exponent of cosine x density). `soft_border`: pixels over which a view fades in from a silhouette or
    its frame. `match_colours`: bring the views' exposure, tint and saturation together where they overlap, and leave
    out those that contradict the others. `finish`: fill what no view sees, reconcile seams, dilate islands by
    `dilation` texels. `bicubic`: sharper where a picture is enlarged. `heat_size`: edge of the small per-view weight
    pictures, 0 for none. `strip_texels`: how much is worked on at a time (60 bytes each).

    Views are mixed in display values: linear light was measured 0.1-0.2 dB worse, as pictures come in display values
    and have their smooth edges there.
    """

    size: tuple[int, int] = (2048, 2048)
    grazing_limit: float = 80.0
    sharpness: float = 12.0
    soft_border: float = 16.0
    match_colours: bool = True
    finish: bool = True
    dilation: int = 8
    bicubic: bool = True
    both_sides: bool = False
    heat_size: int = 256
    strip_texels: int = STRIP_TEXELS


@dataclass(frozen=True, slots=True, eq=False)
class BakedMap:
    """One object's map, or that of one of its UDIM tiles.

    `rgba` (h, w, 4) uint8, display values (sRGB), top row first; alpha 255 where a view painted, and after finishing
    wherever there is a surface or a dilated border. `texels` (h, w, 3 or 4) uint8 or uint16: what is written instead of
    `rgba`, where a view was added to an existing texture. `painted_mask` (h, w) bool: painted by a view.
    `coverage`: the part of the object's texels that is.
    `weights` (views, s, s) float32: each view's share at a small resolution, 0 ... 1.
    """

    name: str
    uv_map: str
    rgba: Pixels
    painted_mask: Mask
    coverage: float
    weights: Floats
    report: UvReport
    tile: int = FIRST_TILE
    texels: NDArray[np.uint8] | NDArray[np.uint16] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BakeResult:
    """Maps in the order of the targets; `seconds` by step: prepare, match, project, finish.

    `contradicting` are the numbers of views that were left out because they contradict the others.
    """

    maps: tuple[BakedMap, ...]
    contradicting: tuple[int, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict[str, float])


def bake_geometry(
    geometry: Geometry,
    views: Sequence[PaintedView],
    settings: BakeSettings | None = None,
    on_progress: ProgressListener | None = None,
) -> BakeResult:
    """Project the views onto each target's map. `on_progress(fraction, text)` is told of each step.

    Blocks, on the main thread. Raises `InputError` for no views, pictures of another shape than their view, sizes out
    of range, UVs that cannot be painted, and a machine or GPU that cannot draw.
    """
    return run_all(bake_geometry_steps(geometry, views, settings), on_progress)


def bake_geometry_steps(
    geometry: Geometry, views: Sequence[PaintedView], settings: BakeSettings | None = None
) -> Generator[ProgressStep, None, BakeResult]:
    """The same in steps: up to two seconds each for 4096 x 4096 texels, four for 8192 (two cores, software OpenGL).

    Between them it holds arrays and textures of the GPU, nothing of Blender's data. Raises as `bake` does.
    """
    bake_settings = settings or BakeSettings()
    _check_input(views, bake_settings)
    check_tiles(geometry, bake_settings.size)
    initialise_gpu()
    if max(bake_settings.size) > size_limit():
        raise InputError(f"This GPU takes maps up to {size_limit()} px.", next_step="Choose a smaller size.")
    return (yield from _BakeJob(geometry, bake_settings).steps(views))


def check_tiles(geometry: Geometry, size: tuple[int, int]) -> None:
    """Raise `InputError` for an object whose UDIM tiles are too many to be baked together at this size."""
    for numbers in geometry.group_targets():
        if len(numbers) * size[0] * size[1] > MAX_TEXELS:
            edge = int((MAX_TEXELS / len(numbers)) ** 0.5) // 256 * 256
            raise InputError(
                f"{geometry.targets[numbers[0]].name} has {len(numbers)} UDIM tiles: too much for {max(size)} px each.",
                next_step=f"Choose a texture size of {edge} px or less.",
            )


def _check_input(views: Sequence[PaintedView], settings: BakeSettings) -> None:
    if not views:
        raise InputError("There is no view to project.", next_step="Generate or choose at least one view.")
    if not all(SMALLEST_TEXTURE <= edge <= LARGEST_TEXTURE for edge in settings.size):
        raise InputError(
            f"A map's edges go from {SMALLEST_TEXTURE} to {LARGEST_TEXTURE} px.", next_step="Choose another size."
        )
    for view in views:
        view.check()


class _BakeJob:
    """One bake in progress."""

    def __init__(self, geometry: Geometry, settings: BakeSettings) -> None:
        self.geometry = geometry
        self.settings = settings
        self.seconds: dict[str, float] = {}
        self._tiles: dict[Surface, Tiles] = {}
        self.contradicting: tuple[int, ...] = ()
        self._since = perf_counter()

    def steps(self, views: Sequence[PaintedView]) -> Generator[ProgressStep, None, BakeResult]:
        reports = [check_uvs(surface) for surface in self.geometry.targets]
        passes = yield from scale_progress(self._prepare_passes(views), 0.0, _PREPARE_END)
        self._record_lap("prepare")
        if self.settings.match_colours and len(views) > 1:
            poses = {each.pose: [self._tiles_of(s).whole_batch() for s in self._see(each).targets] for each in views}
            matching = match_views_steps(poses, passes, self.build_weighting(passes))
            self.contradicting = yield from scale_progress(matching, _PREPARE_END, _MATCH_END)
        if len(passes) > 1:
            yield _MATCH_END, "Separating the detail of the views"
            passes = split_bands(passes)
        self._record_lap("match")
        share = (1.0 - _MATCH_END) / len(reports)
        maps: list[BakedMap] = []
        for numbers in self.geometry.group_targets():
            first = _MATCH_END + share * len(maps)
            object_steps = self._bake_object(numbers, passes, reports)
            maps += yield from scale_progress(object_steps, first, first + share * len(numbers))
        return BakeResult(tuple(maps), self.contradicting, self.seconds)

    def build_weighting(self, passes: Sequence[ViewPass]) -> Weighting:
        """The weighting for these views; the densest of them gives the unit of density."""
        densities = [measure_density(view_pass, self._see(view_pass.painted_view)) for view_pass in passes]
        return Weighting(
            least_cosine=cos(radians(self.settings.grazing_limit)),
            sharpness=self.settings.sharpness,
            density=max(densities),
            soft_border=self.settings.soft_border,
            bicubic=self.settings.bicubic,
            both_sides=self.settings.both_sides,
        )

    def _prepare_passes(self, views: Sequence[PaintedView]) -> Generator[ProgressStep, None, list[ViewPass]]:
        batches: dict[Surface, GPUBatch] = {}
        passes: list[ViewPass] = []
        for index, view in enumerate(views):
            yield index / len(views), f"Looking through view {index + 1} of {len(views)}"
            seen = self._see(view)
            batches = {surface: batches.get(surface) or solid_batch(surface) for surface in seen.surfaces}
            passes.append(prepare_view(view, list(batches.values()), seen.origin, self.settings.soft_border))
        return passes

    def _see(self, view: PaintedView) -> Geometry:
        """The geometry as a view saw it."""
        return view.pose or self.geometry

    def _tiles_of(self, surface: Surface) -> Tiles:
        if surface not in self._tiles:
            self._tiles[surface] = Tiles(surface, self.settings.size)
        return self._tiles[surface]

    def _bake_object(
        self, numbers: Sequence[int], passes: Sequence[ViewPass], reports: Sequence[UvReport]
    ) -> Generator[ProgressStep, None, list[BakedMap]]:
        parts: list[MapPart] = []
        weights: list[Floats] = []
        for index, number in enumerate(numbers):
            ends = (_PROJECT_END * index / len(numbers), _PROJECT_END * (index + 1) / len(numbers))
            part, view_weights = yield from scale_progress(self._project_map(number, passes), *ends)
            parts.append(part)
            weights.append(view_weights)
        self._record_lap("project")
        painted_masks = [part.rgba[..., 3] > 0 for part in parts]
        texel_count = sum(int(part.surface_mask.sum()) for part in parts)
        coverage = sum(int(mask.sum()) for mask in painted_masks) / max(1, texel_count)
        if self.settings.finish:
            yield from scale_progress(finish_maps(parts, self.settings.dilation), _PROJECT_END, 1.0)
        self._record_lap("finish")
        return [
            BakedMap(s.name, s.uv_map, part.rgba, mask, coverage, view_weights, reports[number], s.tile)
            for number, part, mask, view_weights in zip(numbers, parts, painted_masks, weights, strict=True)
            for s in (part.surface,)
        ]

    def _project_map(
        self, number: int, passes: Sequence[ViewPass]
    ) -> Generator[ProgressStep, None, tuple[MapPart, Floats]]:
        """The map of one surface before it is finished, and each view's share."""
        surface = self.geometry.targets[number]
        batch, weighting = self._tiles_of(surface).whole_batch(), self.build_weighting(passes)
        poses: dict[Tiles, list[ViewPass]] = {}
        for view_pass in (each for index, each in enumerate(passes) if index not in self.contradicting):
            tiles = self._tiles_of(self._see(view_pass.painted_view).targets[number])
            poses.setdefault(tiles, []).append(view_pass)
        rgba = yield from project_views(poses, weighting, self.settings.strip_texels)
        weights = draw_weights(poses, passes, weighting, self.settings.heat_size)
        return MapPart(surface, batch, rgba, draw_surface_mask(batch, self.settings.size)), weights

    def _record_lap(self, step: str) -> None:
        now = perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._since
        self._since = now


def draw_weights(
    poses: Mapping[Tiles, Sequence[ViewPass]], passes: Sequence[ViewPass], weighting: Weighting, edge: int
) -> Floats:
    """Each view's share (views, edge, edge), 0 ... 1, summing to 1 where any view sees; empty for edge 0.

    Views that are not among the `poses` have none.
    """
    weights = np.zeros((len(passes), edge, edge), np.float32)
    for tiles, used in poses.items() if edge else ():
        texels = draw_texels(tiles.whole_batch(), (edge, edge))
        for view_pass in used:
            weights[passes.index(view_pass)] = project_view(texels, view_pass, weighting)[..., 3]
    return weights / np.maximum(weights.sum(axis=0), 1e-38)
