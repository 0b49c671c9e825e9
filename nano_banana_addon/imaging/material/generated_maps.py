# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic that a model generated for a material: laid on its colour, beside its other maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...core.files import convert_disk_errors, write_together
from ...core.material.values import SEAM, SEAM_LIMITS, Map, MaterialSet
from ...core.text.grey_prompts import GREY_MAPS
from ...core.texture import LOWEST_CONFIDENCE
from ..arrays import Floats, Pixels
from ..formats.open_image import open_image
from ..sheets import grey_panels
from ..sheets.sheet_layout import SheetLayout, compose, lay_out
from .files import encode
from .periodic import remove_gradients
from .seam_figures import measure_seams, measure_step
from .validation import measure_valid

_MISPLACED = "The generated maps could not be laid on the colour: they lie as the model drew them."
_METAL = 0.08  # of 1: what is nearer to black or white is meant to be it
_SMOOTHEST = 0.05


def draw_sheet(colour: Path, canvases: dict[str, tuple[int, int]]) -> tuple[Pixels, SheetLayout]:
    """The sheet (height, width, 3), uint8, that is sent: the colour once for each panel; and its layout.

    `canvases` are sizes in pixels by their ratios. Raises `NanoBananaError` for a file that cannot be read.
    """
    with open_image(colour) as image:
        layout = _lay_out(image.size, canvases)
        tile = np.asarray(image.convert("RGB"))
    return compose([tile] * len(layout.boxes), layout), layout


def _lay_out(size: tuple[int, int], canvases: dict[str, tuple[int, int]]) -> SheetLayout:
    """The layout, which no record holds: it follows from the sizes of the colour and of the sheet."""
    return lay_out(len(GREY_MAPS), size, canvases, pairs=True)


def write_generated(
    base: MaterialSet, answer: Path, folder: Path, on_progress: Callable[[float], None] = lambda _: None
) -> MaterialSet:
    """Write a material with generated roughness and metallic into a folder; its other maps are those of `base`.

    Raises `InputError` for an answer that shows no maps, `NanoBananaError` for a file that cannot be read, and DISK.
    """
    colour, sheet = _read(Path(base.files[Map.COLOUR])), _read(answer)
    height, width = colour.shape[:2]
    layout = _lay_out((width, height), {"": (sheet.shape[1], sheet.shape[0])})
    cut = grey_panels.cut(sheet, layout.boxes)
    on_progress(0.1)
    found = grey_panels.register(cut, colour)
    on_progress(0.6)
    roughness, metallic = (_repeat(plane) if base.report.step <= SEAM_LIMITS[0] else plane for plane in found.planes)
    planes = {
        Map.ROUGHNESS: np.maximum(roughness, np.float32(_SMOOTHEST)),
        Map.METALLIC: np.clip((metallic - _METAL) / (1 - 2 * _METAL), 0, 1).astype(np.float32),
    }
    report = base.report
    if found.confidence < LOWEST_CONFIDENCE:
        report = replace(report, notes=(*report.notes, _MISPLACED))
    for plane in planes.values():
        figures = measure_seams(plane[..., None])
        report = replace(report, step=max(report.step, figures.step), novelty=max(report.novelty, figures.novelty))
        report = replace(report, novelty_90=max(report.novelty_90, figures.novelty_90))
    valid = measure_valid(colour.astype(np.float32) / np.float32(255), planes[Map.METALLIC], planes[Map.ROUGHNESS])
    on_progress(0.8)
    return replace(base, report=replace(report, valid=valid), files=_write(base, planes, folder))


def _repeat(plane: Floats) -> Floats:
    """A map (height, width) without the step over its edges that the colour does not have."""
    if measure_step(plane[..., None]) <= SEAM_LIMITS[0]:
        return plane
    return np.clip(remove_gradients(plane[..., None])[..., 0], 0, 1)


def _read(path: Path) -> Pixels:
    """An image file (height, width, 3), uint8."""
    with open_image(path) as image:
        return np.asarray(image.convert("RGB"))


def _write(base: MaterialSet, planes: dict[Map, Floats], folder: Path) -> dict[str, str]:
    targets = {key: (folder / f"{base.name}_{key}.png").absolute() for key in (*Map, SEAM) if key in base.files}
    next_step = "Free some space there, or choose another folder."
    with convert_disk_errors(f"The material cannot be written to {folder}", next_step):
        kept = {path: Path(base.files[key]).read_bytes() for key, path in targets.items() if key not in planes}
        made = {targets[key]: encode(plane, deep=False) for key, plane in planes.items()}
        write_together(kept | made)
    return {key: str(path) for key, path in targets.items()}
