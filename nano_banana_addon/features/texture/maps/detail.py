# SPDX-License-Identifier: GPL-3.0-or-later
"""Views whose parts were generated again for their detail: enlarged before they are baked, in a thread."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ....blender.bake.textures import size_limit
from ....blender.host.progress_steps import ProgressStep, run_in_thread, scale_progress
from ....core.errors import InputError, NanoBananaError
from ....core.result import Generation
from ....core.scene.capture import DetailTile
from ....core.texture import MAX_DETAIL_TILES, require_texture_context
from ....imaging.arrays import Pixels
from .align import AlignedView, Drift, read_picture

if TYPE_CHECKING:
    from ....imaging.detail.enlargement import Enlargement

#: Of the enlarged images of all views together: seven bytes each, four of them on the GPU's side.
_MOST_PIXELS = 3 * 2**25
#: Parts of a view's width or height: so far a tile may reach beyond it, and so wide it is.
_FARTHEST, _LEAST_WIDTH = 3.0, 0.05


@dataclass(frozen=True, slots=True)
class _Tile:
    """A tile that was asked for, with its image if there is one."""

    generation: Generation
    detail: DetailTile


def find_detail(generation: Generation) -> DetailTile | None:
    """What part of a view an image shows; None for an image of whole views."""
    shown = require_texture_context(generation.request).shown
    return shown[0].detail if shown else None  # a sheet of grey maps shows no view


def split_details(generations: Iterable[Generation]) -> tuple[list[Generation], list[Generation]]:
    """The images of whole views, and those of their parts."""
    views: list[Generation] = []
    details: list[Generation] = []
    for generation in generations:
        (details if find_detail(generation) else views).append(generation)
    return views, details


def list_forced(details: Iterable[Generation]) -> Iterator[str]:
    """The keys of the drifts of views that were used in spite of everything when their parts were asked for."""
    for generation in details:
        shown = require_texture_context(generation.request).shown[0]
        if shown.detail and shown.detail.forced:
            yield f"{shown.detail.draft}:{shown.index}"


def check_details(details: Sequence[Generation]) -> None:
    """Raise `InputError` when parts of views were asked for, and none was generated."""
    if details and not any(generation.is_generated for generation in details):
        raise InputError(
            "None of the tiles was generated, so there is no detail to add. The texture has not changed.",
            next_step="Change the prompt or the model, and choose Add Detail again.",
        )


def enlarge_steps(
    views: Sequence[AlignedView], details: Sequence[Generation], edge: int
) -> Generator[ProgressStep, None, tuple[list[AlignedView], list[str]]]:
    """In steps, the views with the detail of their tiles, for maps of `edge` texels, and notes.

    Views without tiles stay. Where a tile is missing, or shows something else, the view's own image is used.
    """
    asked = _list_latest(details)
    enlarged = list(views)
    wanted = [number for number, view in enumerate(views) if view.drift.key in asked]
    with ThreadPoolExecutor(1) as pool:
        for done, number in enumerate(wanted):
            view = views[number]
            steps = _enlarge_steps(pool, view, asked[view.drift.key], min(edge, size_limit()), len(wanted))
            ends = (done / len(wanted), (done + 1) / len(wanted))
            enlarged[number] = yield from scale_progress(steps, *ends)
    return enlarged, [describe_missing(view.drift) for view in enlarged if view.drift.tiles_used < view.drift.tiles]


def describe_missing(drift: Drift) -> str:
    """That a view has less detail than was asked for."""
    missing = drift.tiles - drift.tiles_used
    return (
        f"{drift.name} has no added detail in {missing} of {drift.tiles} tiles, which were not generated, or show"
        " something else: its image is used there. Choose Add Detail again to generate what is missing."
    )


def _list_latest(details: Iterable[Generation]) -> dict[str, list[_Tile]]:
    """The tiles of each view by its drift's key: the last of each number, all of the latest division."""
    found: dict[str, dict[int, _Tile]] = {}
    for generation in details:
        shown = require_texture_context(generation.request).shown[0]
        detail = shown.detail
        if detail is None or not _is_sound(detail):
            continue
        tiles = found.setdefault(f"{detail.draft}:{shown.index}", {})
        if any(tile.detail.per_side != detail.per_side for tile in tiles.values()):
            tiles.clear()
        if generation.is_generated or detail.number not in tiles:
            tiles[detail.number] = _Tile(generation, detail)
    return {key: [tiles[number] for number in sorted(tiles)] for key, tiles in found.items()}


def _is_sound(detail: DetailTile) -> bool:
    """Whether its numbers can be those of a tile: an imported history may hold any."""
    left, top, right, bottom = detail.box
    is_near = all(-_FARTHEST <= edge <= 1 + _FARTHEST for edge in detail.box)
    is_wide = right - left >= _LEAST_WIDTH and bottom - top >= _LEAST_WIDTH
    is_numbered = 1 <= detail.per_side <= MAX_DETAIL_TILES and 0 <= detail.number < detail.per_side**2
    return is_near and is_wide and is_numbered


def _enlarge_steps(
    pool: ThreadPoolExecutor, view: AlignedView, tiles: Sequence[_Tile], edge: int, view_count: int
) -> Generator[ProgressStep, None, AlignedView]:
    from ....imaging.detail.enlargement import Enlargement  # Pillow: not while the add-on is being enabled

    picture, name, count = view.painted_view.picture, view.drift.name, tiles[0].detail.count
    tiles = [tile for tile in tiles if tile.generation.is_generated]
    if not tiles:
        return replace(view, drift=replace(view.drift, tiles=count))
    scale = _choose_scale(tiles, picture, edge, view_count)
    work = partial(Enlargement, picture, tiles[0].detail.per_side, scale)
    enlargement = yield from run_in_thread(pool, work, (0.0, f"Enlarging {name}"))
    used = 0
    for done, tile in enumerate(tiles):
        step = (done / len(tiles), f"Adding detail to {name}: tile {done + 1} of {len(tiles)}")
        used += yield from run_in_thread(pool, partial(_add_tile, enlargement, tile), step)
    drift = replace(view.drift, tiles=count, tiles_used=used)
    enlarged = replace(view.painted_view, picture=enlargement.pixels) if used else view.painted_view
    return AlignedView(enlarged, drift)


def _add_tile(enlargement: Enlargement, tile: _Tile) -> bool:
    """Whether a tile could be added; one that cannot be read could not."""
    try:
        answer = read_picture(tile.generation)
    except NanoBananaError:
        return False
    return enlargement.add(tile.detail.number, tile.detail.box, answer)


def _choose_scale(tiles: Sequence[_Tile], picture: Pixels, edge: int, view_count: int) -> float:
    """As large as the tiles were generated, but not larger than the maps or the memory for all views can hold."""
    height, width = picture.shape[:2]
    found = [(tile.generation.picture, tile.detail.box) for tile in tiles]
    finest = max(result.width / ((box[2] - box[0]) * width) for result, box in found if result is not None)
    room = (_MOST_PIXELS / view_count / (width * height)) ** 0.5
    return max(1.0, min(finest, edge / max(width, height), room))
