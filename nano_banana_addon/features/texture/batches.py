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
from .maps.align import align_views, crop, read_picture
from .maps.layers import Layers
from .plan import TexturePlan
from .views import guide_references, targets

_ANCHOR = "the same object from another side, painted already: use the same surface and colours"


class BatchPlanner:
    """The pictures of a texture in the order in which they can be asked for."""

    def __init__(self, plan: TexturePlan) -> None:
        self.plan = plan
        self._pending = list(plan.order.requests)
        self._painted: PaintedSoFar | None = None

    def next_batch(self, ended: Sequence[Generation]) -> list[GenerationRequest]:
        """The requests that can be sent now that these have ended; none when all is asked for.

        Raises `NanoBananaError` when the next view cannot be drawn.
        """
        if any(generation.state is State.CANCELLED for generation in ended):
            self._pending.clear()
        if not self._pending:
            return []
        return _NEXT[self.plan.texture.mode](self, filter_generated(ended))

    def _next_single(self, generated: list[Generation]) -> list[GenerationRequest]:
        is_first = len(self._pending) == len(self.plan.order.requests)
        if is_first and self.plan.texture.anchor and len(self._pending) > 1:
            return [self._pending.pop(0)]
        batch, self._pending = self._pending, []
        return [add_anchor(request, generated) for request in batch] if self.plan.texture.anchor else batch

    def _next_sheet(self, generated: list[Generation]) -> list[GenerationRequest]:
        if len(self._pending) == len(self.plan.order.requests):
            return [self._pending.pop(0)]
        batch, self._pending = self._pending, []
        return [add_draft(request, generated[0]) for request in batch] if generated else []

    def _next_sequential(self, generated: list[Generation]) -> list[GenerationRequest]:
        request = self._pending.pop(0)
        if not generated:
            return [request]
        if self._painted is None:
            self._painted = PaintedSoFar(require_texture_context(request), request.blend_path)
        self._painted.add_views(generated)
        painted_request = self._painted.add_current_maps(request)
        return [add_anchor(painted_request, generated) if self.plan.texture.anchor else painted_request]


_NEXT: dict[PaintMode, Callable[[BatchPlanner, list[Generation]], list[GenerationRequest]]] = {
    PaintMode.SINGLE: BatchPlanner._next_single,
    PaintMode.SHEET: BatchPlanner._next_sheet,
    PaintMode.SEQUENTIAL: BatchPlanner._next_sequential,
}


def filter_generated(ended: Sequence[Generation]) -> list[Generation]:
    """Those that came to a picture."""
    return [generation for generation in ended if generation.is_generated]


def add_anchor(request: GenerationRequest, generated: Sequence[Generation]) -> GenerationRequest:
    """A view's request with the first view's picture as a style reference, if there is one."""
    answer = generated[0].answer if generated else None
    if answer is None or answer.result is None:
        return request
    anchor = Reference(ReferenceRole.STYLE, answer.result.path, _ANCHOR)
    return replace(request, references=structure_last((anchor, *request.references)))


def add_draft(request: GenerationRequest, sheet: Generation) -> GenerationRequest:
    """A view's request whose structure is its tile of a sheet; the guide that gave it becomes one more guide."""
    from PIL import Image

    index = require_texture_context(request).shown[0].index
    view_tile = next(
        (candidate for candidate in require_texture_context(sheet.request).shown if candidate.index == index), None
    )
    if view_tile is None:
        return request
    tile = Image.fromarray(crop(read_picture(sheet), view_tile.box))
    size = require_texture_context(request).shown[0].size
    pixels = np.asarray(tile.resize(size, Image.Resampling.LANCZOS))
    return _replace_structure(request, pixels, "the draft of this view", compose_refine_prompt(request.prompt))


class PaintedSoFar:
    """What is painted so far of a texture whose views are painted one after another; arrays only."""

    def __init__(self, part: TextureContext, blend_path: str) -> None:
        objects, poses, _ = targets.find_objects(part.targets, blend_path)
        geometry, _ = targets.read(objects, part.uv_map)
        self._geometry = targets.restore_poses(geometry, objects, poses)
        size = (part.texture_size, part.texture_size)
        self._layers = Layers(self._geometry, BakeSettings(size=size))
        self._painted_ids: set[str] = set()

    def add_views(self, generated: Sequence[Generation]) -> None:
        """Paint the views that have come since the last time."""
        for generation in generated:
            if generation.id not in self._painted_ids:
                self._painted_ids.add(generation.id)
                for view in align_views(self._geometry, generation):
                    self._layers.add(view.painted_view)

    def add_current_maps(self, request: GenerationRequest) -> GenerationRequest:
        """A view's request that shows what is painted already, and the key colour where nothing is."""
        view_tile = require_texture_context(request).shown[0]
        maps = self._layers.current_maps()
        pixels = draw_maps(self._geometry, view_tile.view, view_tile.size, maps, KEY_COLOUR)
        return _replace_structure(request, pixels, "what is painted already", compose_sequential_prompt(request.prompt))


def _replace_structure(request: GenerationRequest, pixels: np.ndarray, label: str, prompt: str) -> GenerationRequest:
    other_references = [
        replace(reference, role=ReferenceRole.GUIDE) if reference.role is ReferenceRole.STRUCTURE else reference
        for reference in request.references
    ]
    structure = guide_references.write_reference(
        pixels, ReferenceRole.STRUCTURE, label, folders.ensure_incoming_folder()
    )
    return replace(request, prompt=prompt, references=(*other_references, structure))
