# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides of a view as references: the first gives the structure and goes last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ....blender.bake.mesh import Geometry
from ....blender.capture.pixels import write_structure
from ....blender.guides import scene
from ....core.constants import ReferenceRole
from ....core.guides import GUIDE_LABELS, Guide
from ....core.request import Reference
from ....imaging.arrays import Pixels
from .planned_view import PlannedView


def draw_guides(
    geometry: Geometry, planned: PlannedView, guides: Sequence[Guide], mask_image: str = ""
) -> list[Pixels]:
    """The guides' pixels (h, w, 3) uint8, in the requested order; `mask_image` is for MASK."""
    return scene.draw_guide_images(planned.pose or geometry, planned.view, planned.canvas, guides, mask_image)


def write_guides(pictures: Sequence[Pixels], guides: Sequence[Guide], folder: Path) -> tuple[Reference, ...]:
    """References for the worker process: all but the first as guides, the first (h, w, 3) as the structure, last."""
    references = [
        write_reference(pixels, ReferenceRole.GUIDE, GUIDE_LABELS[guide], folder)
        for pixels, guide in zip(pictures, guides, strict=True)
    ]
    structure = replace(references[0], role=ReferenceRole.STRUCTURE)
    return (*references[1:], structure)


def write_reference(pixels: Pixels, role: ReferenceRole, label: str, folder: Path) -> Reference:
    """One image (h, w, 3) as a reference."""
    return replace(write_structure(pixels, folder, label), role=role)
