# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets of grey maps for the views of a texture: how many views go on one, their requests, and what is drawn.

A sheet shows views that are generated already, each twice; it comes back with their roughness and their metallic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, product

from ....blender.host import folders
from ....core import cost, models
from ....core.constants import ReferenceRole
from ....core.cost import Payment
from ....core.errors import InputError
from ....core.request import GenerationRequest, Need
from ....core.scene.capture import Capture, MapPanel, ViewTile
from ....core.text.grey_prompts import GREY_MAPS, compose_grey_prompt
from ....core.texture import require_texture_context
from ....imaging.arrays import Pixels
from ...generation.prompt_text import WORDS
from .guide_references import write_reference

SHOT = "Roughness and Metallic"
_VIEWS = "the views that they belong to"
#: Views on one sheet. A panel must have this part of its view's edge: materials change in larger areas than colours.
_MOST_VIEWS, _LEAST_SHARE = 4, 0.3


@dataclass(frozen=True, slots=True)
class Service:
    """What decides about the price of an image: fields of a request."""

    provider: str
    model: str
    image_size: str
    service_tier: str
    quality: str

    @classmethod
    def of(cls, request: GenerationRequest) -> Service:
        """That of a request."""
        values = (request.provider, request.model, request.image_size, request.service_tier, request.quality)
        return cls(*values)

    def price_sheet(self, size: str) -> float:
        """US dollars of a sheet of an image size."""
        prompt = compose_grey_prompt(_MOST_VIEWS)
        need = Need("@0", ReferenceRole.STRUCTURE, drawn=True)
        request = GenerationRequest(prompt, provider=self.provider, model=self.model, image_size=size, needs=(need,))
        return cost.estimate(replace(request, service_tier=self.service_tier, quality=self.quality))


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """Into how many sheets some views go, and a sheet's image size."""

    count: int
    size: str


@lru_cache(maxsize=64)
def choose_sheets(service: Service, views: int) -> SheetChoice:
    """The cheapest way whose panels are sharp enough; of those that cost the same, the sharpest.

    Views count as squares of the request's size, so that the price is the same before they are known.
    """
    from ....imaging.sheets.sheet_layout import lay_out

    model = models.find(service.model)
    edge = min(model.find_pixel_size("1:1" if model.has_ratio("1:1") else model.ratios[0], service.image_size))
    tried: list[tuple[bool, float, float, SheetChoice]] = []
    for each in range(1, min(_MOST_VIEWS, views) + 1):
        for size in model.sizes:
            share = min(lay_out(2 * each, (edge, edge), model.list_canvases(size), pairs=True).tile) / edge
            choice = SheetChoice(-(-views // each), size)
            price = round(choice.count * service.price_sheet(size), 6)
            tried.append((share < _LEAST_SHARE, price, -share, choice))
    if all(blurred for blurred, _, _, _ in tried):
        return min(tried, key=lambda entry: (entry[2], entry[1]))[3]
    return min(tried, key=lambda entry: entry[:3])[3]


def estimate_sheets(service: Service, views: int) -> Payment:
    """The sheets of some views: how many, and their price."""
    if not views:
        return Payment(0, 0.0)
    choice = choose_sheets(service, views)
    return Payment(choice.count, choice.count * service.price_sheet(choice.size))


def build_requests(request: GenerationRequest, tiles: Mapping[int, ViewTile]) -> tuple[GenerationRequest, ...]:
    """The requests for the grey maps of some views, by their numbers: each needs the views on its sheet.

    `request` is one of the texture's, whose settings and place are taken. Needs are named "@n" by the view's number.
    """
    words = request.choices.get(WORDS, "")
    words = "" if "{" in words else words  # fields that were filled since
    shapes: dict[float, list[int]] = {}
    for index, tile in sorted(tiles.items()):
        shapes.setdefault(round(tile.size[0] / tile.size[1], 2), []).append(index)
    choice = choose_sheets(Service.of(request), len(tiles))
    most = -(-len(tiles) // choice.count)
    groups = [part for indices in shapes.values() for part in _split_evenly(indices, most)]
    chosen = [[tiles[index] for index in group] for group in groups]
    return tuple(_build_request(request, choice.size, group, words) for group in chosen)


def _split_evenly(indices: Sequence[int], most: int) -> list[Sequence[int]]:
    parts = -(-len(indices) // most)
    ends = [round(len(indices) * number / parts) for number in range(parts + 1)]
    return [indices[first:last] for first, last in pairwise(ends)]


def _build_request(request: GenerationRequest, size: str, tiles: Sequence[ViewTile], words: str) -> GenerationRequest:
    from ....imaging.sheets.sheet_layout import lay_out

    canvases = models.find(request.model).list_canvases(size)
    layout = lay_out(2 * len(tiles), tiles[0].size, canvases, pairs=True)
    panels = tuple(
        MapPanel(tile.index, kind.value, box)
        for (tile, kind), box in zip(product(tiles, GREY_MAPS), layout.boxes, strict=True)
    )
    part = require_texture_context(request)
    return replace(
        request,
        prompt=compose_grey_prompt(len(tiles), words),
        image_size=size,
        aspect_ratio=layout.ratio,
        references=(),
        capture=Capture("VIEW", objects=request.delivery.objects),
        shot=SHOT,
        together=False,
        needs=tuple(Need(f"@{tile.index}", ReferenceRole.STRUCTURE, _VIEWS, drawn=True) for tile in tiles),
        texture=replace(part, shown=(), panels=panels, earlier=(), base=None, pbr=True),
    )


def list_views(request: GenerationRequest) -> list[int]:
    """The numbers of the views on a sheet, in the order of its pairs."""
    return list(dict.fromkeys(panel.index for panel in require_texture_context(request).panels))


def draw_sheet(request: GenerationRequest, views: Mapping[int, Pixels]) -> GenerationRequest:
    """A sheet's request with the image that shows the views (h, w, 3), by their numbers, without those that it lacks.

    Raises `InputError` when all are.
    """
    from ....imaging.sheets.sheet_layout import compose_boxes

    part = require_texture_context(request)
    panels = tuple(panel for panel in part.panels if panel.index in views)
    if not panels:
        raise InputError(
            "None of the views of this sheet was generated.", next_step="Generate the views again, then their maps."
        )
    canvas = models.find(request.model).find_pixel_size(request.aspect_ratio, request.image_size)
    sheet = compose_boxes(canvas, [(views[panel.index], panel.box) for panel in panels])
    structure = write_reference(sheet, ReferenceRole.STRUCTURE, "", folders.ensure_incoming_folder())
    return replace(request, references=(structure,), needs=(), texture=replace(part, panels=panels))
