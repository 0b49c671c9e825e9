# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of the seams of twenty surfaces, on each map as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .rows import Row, limit

if TYPE_CHECKING:
    from nano_banana_addon.imaging.material.seam_figures import SeamFigures

LIMITS = (1.1, 1.1, 1.15)  # step, novelty: median, 90 %
_MAPS = ("diff", "disp", "nor_gl", "rough", "ao")


def measure(folder: Path, sides: Sequence[int]) -> list[Row]:
    """A row for each surface and side: the worst figure in parts of its limit; its note has all of them."""
    from tests.unit.imaging.material.surfaces import NAMES

    return [_measure_one(folder, name, side) for side in sides for name in NAMES]


def _measure_one(folder: Path, name: str, side: int) -> Row:
    from nano_banana_addon.core.material.values import MaterialChoices
    from nano_banana_addon.imaging.material.files import write_material
    from nano_banana_addon.imaging.material.seam_figures import measure_seams
    from tests.unit.imaging.material.surfaces import draw_surface

    source = folder / "surface.png"
    Image.fromarray(draw_surface(name, side)).save(source, compress_level=1)
    made = write_material(source, folder, "surface", MaterialChoices(), lambda _: None)
    found = {each: measure_seams(_read(made.files[each])) for each in _MAPS}
    worst = max(figures.exceed(*LIMITS) for figures in found.values())
    note = f"{made.report.repair or 'none'}, detail {made.report.detail:.2f}; {_describe(found)}"
    return limit(f"{name} at {side}", "", [worst], 1.0, note=note)


def _read(path: str) -> np.ndarray:
    with Image.open(path) as image:
        values = np.asarray(image)
    plane = values.astype(np.float32) / np.iinfo(values.dtype).max
    return plane if plane.ndim == 3 else plane[..., None]


def _describe(found: dict[str, SeamFigures]) -> str:
    return ", ".join(f"{name} " + "/".join(f"{figure:.2f}" for figure in figures) for name, figures in found.items())
