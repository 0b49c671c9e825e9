# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a material, made of one image."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from ...core.errors import InputError
from ...core.files import convert_disk_errors, put_in_place, write_part
from ...core.material.values import Map, MaterialChoices, MaterialReport, MaterialSet
from ..arrays import Floats, Pixels
from ..formats.open_image import open_image
from ..formats.plain_rgb import plain
from . import maps
from .light import remove_light
from .seam_figures import SeamFigures, measure_novelty, measure_seams, measure_step
from .seamless import LIMITS, make_seamless
from .validation import measure_valid

#: Pixels of a side.
_SMALLEST, _LARGEST = 64, 8192
_BACKGROUND = (128, 128, 128)
_UNEVEN = "This image does not repeat well: its edges may be seen."
_INVALID = "{:.0%} of the colours are darker or brighter than real surfaces are."
_FEW_INVALID = 0.1

Progress = Callable[[float], None]


def write_material(
    source: Path, folder: Path, name: str, choices: MaterialChoices, on_progress: Progress = lambda _: None
) -> MaterialSet:
    """Write the maps of a material that is made of an image file, `<name>_<map>.png`, all or none.

    `on_progress` is called with what is done, 0 ... 1, and may raise to cancel. Raises `InputError` for an image of
    which none can be made, `NanoBananaError` for a file that cannot be read, and DISK.
    """
    notes: list[str] = []
    original = _read(source, notes)
    on_progress(0.05)
    colour, figures, detail, repair = original, measure_seams(original) if not choices.seamless else None, 1.0, ""
    if choices.seamless:
        seamless = make_seamless(original, lambda part: on_progress(0.05 + 0.55 * part))
        colour, figures, detail, repair = seamless.image, seamless.figures, seamless.detail, seamless.repair
    assert figures
    on_progress(0.6)
    if choices.remove_light:
        colour = remove_light(colour)
    planes = _compute_maps(colour, choices, on_progress)
    on_progress(0.85)
    figures = _find_worst(figures, planes)
    valid = measure_valid(colour, planes[Map.METALLIC], planes[Map.ROUGHNESS])
    if choices.seamless and figures.exceed(*LIMITS) > 1:
        notes.append(_UNEVEN)
    if 1 - valid > _FEW_INVALID:
        notes.append(_INVALID.format(1 - valid))
    files = _write_all(folder, name, {Map.COLOUR: colour, **planes})
    report = MaterialReport(*figures, detail, repair, valid, tuple(notes))
    return MaterialSet(name, (colour.shape[1], colour.shape[0]), report, files)


def _read(source: Path, notes: list[str]) -> Floats:
    """The image (height, width, 3), sRGB 0 ... 1."""
    changes: list[str] = []
    with open_image(source) as picture:
        if min(picture.size) < _SMALLEST:
            raise InputError(
                f"The image has {picture.width} x {picture.height} pixels, too few for a material.",
                next_step=f"Use one of at least {_SMALLEST} x {_SMALLEST} pixels.",
            )
        if max(picture.size) > _LARGEST:
            raise InputError(
                f"The image has {picture.width} x {picture.height} pixels, too many for a material.",
                next_step=f"Use one of at most {_LARGEST} x {_LARGEST} pixels.",
            )
        pixels = np.asarray(plain(picture, _BACKGROUND, changes.append))
    if changes:
        notes.append(f"The image was converted: {', '.join(changes)}.")
    return pixels.astype(np.float32) / 255


def _compute_maps(colour: Floats, choices: MaterialChoices, on_progress: Progress) -> dict[Map, Floats]:
    height = maps.compute_height(colour)
    on_progress(0.65)
    normal = maps.compute_normal(height, choices.relief)
    planes = {Map.HEIGHT: height, Map.NORMAL: normal * 0.5 + 0.5}
    if choices.directx:
        planes[Map.NORMAL_DIRECTX] = normal * np.array((0.5, -0.5, 0.5), np.float32) + 0.5
    on_progress(0.7)
    planes[Map.ROUGHNESS] = maps.compute_roughness(colour, choices.roughness)
    planes[Map.METALLIC] = np.full(height.shape, choices.metallic, np.float32)
    on_progress(0.75)
    planes[Map.OCCLUSION] = maps.compute_occlusion(height, choices.relief)
    return planes


def _find_worst(colour: SeamFigures, planes: dict[Map, Floats]) -> SeamFigures:
    """The worst figures of the colour and of the maps that it became."""
    height = planes[Map.HEIGHT][..., None]
    steps = [measure_step(plane if plane.ndim == 3 else plane[..., None]) for plane in planes.values()]
    novelty, novelty_90 = measure_novelty(height)
    return SeamFigures(max(colour.step, *steps), max(colour.novelty, novelty), max(colour.novelty_90, novelty_90))


def _write_all(folder: Path, name: str, planes: dict[Map, Floats]) -> dict[str, str]:
    targets = {each: folder / f"{name}_{each.value}.png" for each in planes}
    parts: dict[Map, Path] = {}
    with convert_disk_errors(f"The material cannot be written to {folder}", "Choose another folder."):
        try:
            for each, plane in planes.items():
                encoded = _encode(plane, deep=each is Map.HEIGHT)
                parts[each] = write_part(folder, lambda file, content=encoded: file.write(content), private=False)
            for each in targets:
                put_in_place(parts.pop(each), targets[each])
        finally:
            for part in parts.values():
                part.unlink(missing_ok=True)
    return {each.value: str(path.absolute()) for each, path in targets.items()}


def _encode(plane: Floats, *, deep: bool) -> bytes:
    """A PNG file: 16 bits for what is `deep`, else 8."""
    most = 65535 if deep else 255
    whole = np.round(np.clip(plane, 0, 1) * most)
    pixels: Pixels | np.ndarray = whole.astype(np.uint16 if deep else np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
