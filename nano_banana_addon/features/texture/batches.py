# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a texture's pictures are asked for next, given those that are there. Holds values only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ...blender.bake.bake import BakeSettings
from ...blender.guides.draw import draw_maps
from ...blender.host import folders
from ...core.request import (
    GenerationRequest,
    Reference,
    ReferenceRole,
    TextureContext,
    structure_last,
)
from ...core.result import Generation, State
from ...core.texture import (
    KEY_COLOUR,
    PaintMode,
    compose_refine_prompt,
    compose_sequential_prompt,
    require_texture_context,
)
from .maps.align import align_views, cut, read_picture
from .maps.layers import Layers
from .plan import Plan
from .views import guide_references, targets

_ANCHOR = "the same object from another side, painted already: use the same surface and colours"


class BatchPlanner:
    """The pictures of a texture in the order in which they can be asked for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._left = list(plan.order.requests)
        self._begun: PaintedSoFar | None = None

    def next_batch(self, ended: Sequence[Generation]) -> list[GenerationRequest]:
        """The requests that can be sent now that these have ended; none when all is asked for.

        Raises `NanoBananaError` when the next view cannot be drawn.
        """
        if any(generation.state is State.CANCELLED for generation in ended):
            self._left.clear()
        if not self._left:
            return []
        return _NEXT[self.plan.texture.mode](self, filter_generated(ended))

    def _single(self, done: list[Generation]) -> list[GenerationRequest]:
        first = len(self._left) == len(self.plan.order.requests)
        if first and self.plan.texture.anchor and len(self._left) > 1:
            return [self._left.pop(0)]
        batch, self._left = self._left, []
        return [add_anchor(request, done) for request in batch] if self.plan.texture.anchor else batch

    def _sheet(self, done: list[Generation]) -> list[GenerationRequest]:
        if len(self._left) == len(self.plan.order.requests):
            return [self._left.pop(0)]
        batch, self._left = self._left, []
        return [add_draft(request, done[0]) for request in batch] if done else []

    def _sequential(self, done: list[Generation]) -> list[GenerationRequest]:
        request = self._left.pop(0)
        if not done:
            return [request]
        if self._begun is None:
            self._begun = PaintedSoFar(require_texture_context(request), request.blend_path)
        self._begun.take(done)
        shown = self._begun.show_current(request)
        return [add_anchor(shown, done) if self.plan.texture.anchor else shown]


_NEXT: dict[PaintMode, Callable[[BatchPlanner, list[Generation]], list[GenerationRequest]]] = {
    PaintMode.SINGLE: BatchPlanner._single,
    PaintMode.SHEET: BatchPlanner._sheet,
    PaintMode.SEQUENTIAL: BatchPlanner._sequential,
}


def filter_generated(ended: Sequence[Generation]) -> list[Generation]:
    """Those that came to a picture."""
    return [g for g in ended if g.state is State.DONE and g.answer and g.answer.result]


def add_anchor(request: GenerationRequest, done: Sequence[Generation]) -> GenerationRequest:
    """A view's request with the first view's picture as a style reference, if there is one."""
    answer = done[0].answer if done else None
    if answer is None or answer.result is None:
        return request
    anchor = Reference(ReferenceRole.STYLE, answer.result.path, _ANCHOR)
    return replace(request, references=structure_last((anchor, *request.references)))


def add_draft(request: GenerationRequest, sheet: Generation) -> GenerationRequest:
    """A view's request whose structure is its tile of a sheet; the guide that gave it becomes one more guide."""
    from PIL import Image

    index = require_texture_context(request).shown[0].index
    shown = next((each for each in require_texture_context(sheet.request).shown if each.index == index), None)
    if shown is None:
        return request
    tile = Image.fromarray(cut(read_picture(sheet), shown.box))
    size = require_texture_context(request).shown[0].size
    pixels = np.asarray(tile.resize(size, Image.Resampling.LANCZOS))
    return _with_structure(request, pixels, "the draft of this view", compose_refine_prompt(request.prompt))


class PaintedSoFar:
    """What is painted so far of a texture whose views are painted one after another; arrays only."""

    def __init__(self, part: TextureContext, blend_path: str) -> None:
        objects, poses, _ = targets.find_objects(part.targets, blend_path)
        geometry, _ = targets.read(objects, part.uv_map)
        self._geometry = targets.as_captured(geometry, objects, poses)
        size = (part.texture_size, part.texture_size)
        self._layers = Layers(self._geometry, BakeSettings(size=size))
        self._taken: set[str] = set()

    def take(self, done: Sequence[Generation]) -> None:
        """Paint the views that have come since the last time."""
        for generation in done:
            if generation.id not in self._taken:
                self._taken.add(generation.id)
                for view in align_views(self._geometry, generation):
                    self._layers.add(view.painted)

    def show_current(self, request: GenerationRequest) -> GenerationRequest:
        """A view's request that shows what is painted already, and the key colour where nothing is."""
        shown = require_texture_context(request).shown[0]
        maps = self._layers.current_maps()
        pixels = draw_maps(self._geometry, shown.view, shown.size, maps, KEY_COLOUR)
        return _with_structure(request, pixels, "what is painted already", compose_sequential_prompt(request.prompt))


def _with_structure(request: GenerationRequest, pixels: np.ndarray, label: str, prompt: str) -> GenerationRequest:
    guided = [
        replace(r, role=ReferenceRole.GUIDE) if r.role is ReferenceRole.STRUCTURE else r for r in request.references
    ]
    structure = guide_references.write_reference(
        pixels, ReferenceRole.STRUCTURE, label, folders.ensure_incoming_folder()
    )
    return replace(request, prompt=prompt, references=(*guided, structure))
