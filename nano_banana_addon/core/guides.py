# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides: images of the shapes in a view, drawn beside its colours and sent along."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from .options import Item


class Guide(StrEnum):
    """An image of the geometry that is sent to the model."""

    CLAY = "CLAY"
    DEPTH = "DEPTH"
    NORMAL = "NORMAL"
    LINES = "LINES"
    IDENTITY = "IDENTITY"
    MASK = "MASK"  # an image that the artist painted on the UV map


GUIDE_LABELS: dict[Guide, str] = {
    Guide.CLAY: "plain clay under even light",
    Guide.DEPTH: "depth: near is white, far is dark",
    Guide.NORMAL: "normals: right is red, up is green, towards the camera is blue",
    Guide.LINES: "outlines and creases",
    Guide.IDENTITY: "parts: each object and material in a flat colour of its own",
    Guide.MASK: "mask: the white area is the one that the text calls the mask",
}


GUIDE_ITEMS = (
    Item(Guide.CLAY, "Clay", "Untextured clay under even light", 1),
    Item(Guide.DEPTH, "Depth", "Near is white, far is dark", 2),
    Item(Guide.NORMAL, "Normals", "Direction of the surface as colours", 4),
    Item(Guide.LINES, "Lines", "Outlines and creases", 8),
    Item(Guide.IDENTITY, "Object ID", "A flat colour for each object and material", 16),
    Item(Guide.MASK, "Mask", "An image painted on the UV map; white marks the area that the prompt calls the mask", 32),
)


def find_guide(label: str) -> Guide | None:
    """The guide that a reference's label names, such as "depth: near is white"; None for any other label."""
    words = label.lower().strip()
    return next((guide for guide, text in GUIDE_LABELS.items() if words == text or words == guide.lower()), None)


def sort_guides(names: Iterable[str]) -> tuple[Guide, ...]:
    """Guides by their names, each once, in the order in which they are drawn and sent."""
    selection = {Guide(name) for name in names}
    return tuple(guide for guide in Guide if guide in selection)
