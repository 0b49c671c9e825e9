# SPDX-License-Identifier: GPL-3.0-or-later
"""From the pictures of a texture to its maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import bpy

from ...core.errors import InputError, NanoBananaError
from ...core.request import TexturePart
from ...core.result import Generation, State
from ...core.texturing import PaintMode
from ..bake.bake import BakedMap, BakeSettings, bake
from ..bake.mesh import Geometry
from ..gpu_ready import wake_gpu
from . import targets
from .align import Aligned, Drift, aligned
from .layers import Layers
from .plan import part_of

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class TextureMaps:
    """The maps of the objects (in the same order), the drift of each view, and what is to be said."""

    objects: tuple[bpy.types.Object, ...]
    geometry: Geometry
    maps: tuple[BakedMap, ...]
    drifts: tuple[Drift, ...]
    generations: tuple[Generation, ...]
    notes: tuple[str, ...]


def baked(
    generations: Sequence[Generation], size: int = 0, on_progress: Progress | None = None
) -> TextureMaps:
    """Align and bake all views of a texture that are there; of several pictures of one view the last counts.

    `size` is the edge of the maps in texels (0: as it was asked for).

    Raises `InputError` when there is no picture, or none of the objects is left.
    """
    done = [g for g in generations if g.state is State.DONE and g.answer and g.answer.result]
    if not done:
        raise InputError(
            "None of the views was painted.",
            next_step="Change the prompt or the model, and try again.",
        )
    part = part_of(done[0].request)
    objects, poses, notes = targets.found_again(part.targets, done[0].request.blend_path)
    if not objects:
        raise InputError(" ".join(notes), next_step="The pictures stay in the history.")
    part = replace(part, texture_size=size or part.texture_size)
    geometry, odd = targets.read(objects, part.uv_map)
    geometry = targets.as_captured(geometry, objects, poses)
    used = _needed(done)
    views, broken = _aligned_views(geometry, used)
    tell = on_progress or (lambda _fraction, _text: None)
    maps = _maps(geometry, part, views, tell)
    drifts = tuple(view.drift for view in views)
    said = (*notes, *odd, *broken, *_too_far(drifts))
    return TextureMaps(tuple(objects), geometry, maps, drifts, tuple(used), said)


def _aligned_views(
    geometry: Geometry, done: Sequence[Generation]
) -> tuple[list[Aligned], list[str]]:
    """One picture for each view, in the views' order, and what could not be used."""
    wake_gpu()
    found: dict[int, Aligned] = {}
    notes: list[str] = []
    for generation in done:
        try:
            found |= {each.drift.index: each for each in aligned(geometry, generation)}
        except NanoBananaError as error:
            notes.append(f"{generation.request.shot}: {error.sentence()}")
    if not found:
        raise InputError(" ".join(notes) or "There is no view.", next_step="Paint the views again.")
    return [found[index] for index in sorted(found)], notes


def _needed(done: Sequence[Generation]) -> list[Generation]:
    """The pictures that are not wholly replaced by later ones."""
    latest: dict[int, Generation] = {}
    for generation in done:
        latest |= {shown.index: generation for shown in part_of(generation.request).shown}
    used = {generation.id for generation in latest.values()}
    return [generation for generation in done if generation.id in used]


def _maps(
    geometry: Geometry, part: TexturePart, views: Sequence[Aligned], tell: Progress
) -> tuple[BakedMap, ...]:
    settings = BakeSettings(size=(part.texture_size, part.texture_size))
    if part.mode != PaintMode.SEQUENTIAL.value:
        return bake(geometry, [view.painted for view in views], settings, tell).maps
    layers = Layers(geometry, settings)
    for view in views:
        layers.add(view.painted)
    return layers.finished()


def _too_far(drifts: Sequence[Drift]) -> list[str]:
    return [
        f"{drift.name} {drift.words()}: look at it, and choose Regenerate This View if it is wrong."
        for drift in drifts
        if drift.too_far
    ]
