# SPDX-License-Identifier: GPL-3.0-or-later
"""Guides: pictures of the shapes in a view, drawn beside its colours and sent along."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Guide(StrEnum):
    """A picture of the shape that the model is shown."""

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


def sort_guides(names: Iterable[str]) -> tuple[Guide, ...]:
    """Guides by their names, each once, in the order in which they are drawn and sent."""
    wanted = {Guide(name) for name in names}
    return tuple(guide for guide in Guide if guide in wanted)
