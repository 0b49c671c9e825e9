# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a material, made of one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...core.errors import InputError
from ...core.files import convert_disk_errors, write_together
from ...core.material.values import SEAM, SEAM_LIMITS, Map, MaterialChoices, MaterialReport, MaterialSet
from ..arrays import Floats
from ..formats.png import encode_texels
from ..formats.sniff import sniff
from ..formats.thumbnails import small_picture
from ..texture_fill.pull_push import pull_push
from . import maps
from .light import remove_light
from .periodic import THREADS
from .quiet_edges import find_quiet_edges
from .seam_figures import SeamFigures, measure_fixed_seams, measure_seams
from .seamless import Seamless, leave_seams, make_seamless
from .validation import is_uneven, measure_valid

#: Pixels of a side.
_SMALLEST, _LARGEST = 64, 8192
_SEAMS = "This image does not repeat well: its edges may be seen."
_UNEVEN = "This image does not repeat well: a horizon or one large thing in it shows again in every tile."
_STILL_SEEN = "The seam may still be seen."
_TRANSPARENT = "Transparent parts of the image continue what surrounds them."
_INVALID = "{share} of the colours are darker or brighter than real surfaces are."
_FEW_INVALID = 0.1
#: Maps without seams, or with those of another.
_PLAIN = frozenset({Map.METALLIC, Map.NORMAL_DIRECTX})

Progress = Callable[[float], None]


def write_material(
    source: Path, folder: Path, name: str, choices: MaterialChoices, on_progress: Progress = lambda _: None
) -> MaterialSet:
    """Write the maps of a material that is made of an image file, `<name>_<map>.png`, all or none.

    `on_progress` is called with what is done, 0 ... 1, and may raise to cancel. Raises `InputError` for an image of
    which none can be made, `NanoBananaError` for a file that cannot be read, and DISK.
    """
    if not name or Path(name).name != name:
        raise InputError(f'A material cannot be named "{name}".', next_step="Use a name without slashes.")
    notes: list[str] = []
    original = _read(source, notes)
    on_progress(0.05)
    found = _repair(original, choices, lambda part: on_progress(0.05 + 0.45 * part))
    on_progress(0.5)
    colour = _finish_colour(found.image, choices)
    planes = {Map.COLOUR: colour, **_compute_maps(colour, choices, on_progress)}
    on_progress(0.75)
    if found.unjoined is not None:
        edges = find_quiet_edges(list(_list_measured(planes).values()), SEAM_LIMITS)
        with ThreadPoolExecutor(THREADS) as pool:
            planes = dict(zip(planes, pool.map(edges.move, planes.values()), strict=True))
    colour = planes[Map.COLOUR]
    on_progress(0.8)
    unjoined = None if found.unjoined is None else (found.unjoined, replace(choices, seamless=False))
    figures, contents = _finish(planes, measure_fixed_seams if choices.closed else measure_seams, unjoined)
    on_progress(0.95)
    worst = _find_worst(list(figures.values()))
    seen = _find_worst([figures[Map.COLOUR], figures[Map.HEIGHT]])
    valid = measure_valid(colour, planes[Map.METALLIC], planes[Map.ROUGHNESS])
    if choices.closed and worst.exceed(*SEAM_LIMITS) > 1:
        notes.append(_STILL_SEEN)
    elif choices.seamless and (note := _judge_repetition(seen, original)):
        notes.append(note)
    if 1 - valid > _FEW_INVALID:
        notes.append(_INVALID.format(share=f"{1 - valid:.0%}"))
    files = _write_all(folder, name, contents)
    excess = float(max(worst.exceed(*SEAM_LIMITS), found.excess))
    report = MaterialReport(*worst, found.detail, found.repair, valid, tuple(notes), excess)
    return MaterialSet(name, (colour.shape[1], colour.shape[0]), report, files)


def _judge_repetition(figures: SeamFigures, original: Floats) -> str:
    """A sentence about what shows that an image repeats; empty where nothing does."""
    if is_uneven(original):
        return _UNEVEN
    return _SEAMS if figures.exceed(*SEAM_LIMITS) > 1 else ""


def _repair(original: Floats, choices: MaterialChoices, on_progress: Progress) -> Seamless:
    if choices.closed:
        return Seamless(original, "generated", 1.0)
    return make_seamless(original, on_progress) if choices.seamless else leave_seams(original)


def _finish_colour(image: Floats, choices: MaterialChoices) -> Floats:
    return remove_light(image, repeats=choices.seamless) if choices.remove_light else np.clip(image, 0, 1)


def _read(source: Path, notes: list[str]) -> Floats:
    """The image (height, width, 3), sRGB 0 ... 1. What is transparent continues its surroundings."""
    stored = sniff(source).upright
    pixels = np.asarray(small_picture(source, _LARGEST))
    height, width = pixels.shape[:2]
    if min(width, height) < _SMALLEST:
        raise InputError(
            f"The image has {stored[0]} x {stored[1]} pixels, too few for a material.",
            next_step=f"Use one of at least {_SMALLEST} x {_SMALLEST} pixels.",
        )
    if (width, height) != stored:
        notes.append(f"The image was scaled down from {stored[0]} x {stored[1]} pixels.")
    values = pixels * np.float32(1 / 255)
    colour, alpha = values[..., :3], values[..., 3:]
    if alpha.min(initial=1) == 1:
        return np.ascontiguousarray(colour, np.float32)
    if alpha.max() == 0:
        raise InputError("The image is wholly transparent.", next_step="Use one that shows something.")
    notes.append(_TRANSPARENT)
    sums = pull_push(np.dstack([colour * alpha, alpha]), 2)
    return np.clip(sums[..., :3] / np.maximum(sums[..., 3:], 1e-6), 0, 1).astype(np.float32)


def _compute_maps(colour: Floats, choices: MaterialChoices, on_progress: Progress) -> dict[Map, Floats]:
    """The maps beside the colour. All filters repeat; what does not is continued by its mirror image instead."""
    if choices.seamless:
        return _compute_seamless_maps(colour, choices, on_progress)
    margin = max(colour.shape[:2]) // 16
    mirrored = np.pad(colour, ((margin, margin), (margin, margin), (0, 0)), mode="symmetric")
    same_relief = replace(choices, relief=choices.relief * max(colour.shape) / max(mirrored.shape))
    planes = _compute_seamless_maps(mirrored, same_relief, on_progress)
    return {each: plane[margin:-margin, margin:-margin] for each, plane in planes.items()}


def _compute_seamless_maps(colour: Floats, choices: MaterialChoices, on_progress: Progress) -> dict[Map, Floats]:
    with ThreadPoolExecutor(THREADS) as pool:
        roughness = pool.submit(maps.compute_roughness, colour, choices.roughness)
        height = maps.compute_height(colour)
        on_progress(0.55)
        occlusion = pool.submit(maps.compute_occlusion, height, choices.relief)
        normal = maps.compute_normal(height, choices.relief)
        normal *= np.float32(0.5)
        normal += np.float32(0.5)
        planes = {Map.HEIGHT: height, Map.NORMAL: normal}
        if choices.directx:
            planes[Map.NORMAL_DIRECTX] = normal * np.array((1, -1, 1), np.float32) + np.array((0, 1, 0), np.float32)
        planes[Map.ROUGHNESS] = roughness.result()
        planes[Map.METALLIC] = np.full(height.shape, choices.metallic, np.float32)
        planes[Map.OCCLUSION] = occlusion.result()
    return planes


def _list_measured(planes: dict[Map, Floats]) -> dict[Map, Floats]:
    """The maps in which seams can show, as images (height, width, channels)."""
    return {
        each: plane if plane.ndim == 3 else plane[..., None] for each, plane in planes.items() if each not in _PLAIN
    }


def _finish(
    planes: dict[Map, Floats],
    measure: Callable[[Floats], SeamFigures],
    unjoined: tuple[Floats, MaterialChoices] | None,
) -> tuple[dict[Map, SeamFigures], dict[str, bytes]]:
    """What is seen of the seams of each map, and the maps as PNG files; so the colour that is not joined, if any."""
    measured = _list_measured(planes)
    with ThreadPoolExecutor(THREADS) as pool:
        contents = {each.value: pool.submit(encode, plane, deep=each is Map.HEIGHT) for each, plane in planes.items()}
        if unjoined:
            contents[SEAM] = pool.submit(lambda: encode(_finish_colour(*unjoined), deep=False))
        figures = pool.map(measure, measured.values())
        return dict(zip(measured, figures, strict=True)), {each: found.result() for each, found in contents.items()}


def _find_worst(figures: Sequence[SeamFigures]) -> SeamFigures:
    return SeamFigures(*map(max, zip(*figures, strict=True)))


def _write_all(folder: Path, name: str, contents: dict[str, bytes]) -> dict[str, str]:
    targets = {each: (folder / f"{name}_{each}.png").absolute() for each in contents}
    next_step = "Free some space there, or choose another folder."
    with convert_disk_errors(f"The material cannot be written to {folder}", next_step):
        write_together(dict(zip(targets.values(), contents.values(), strict=True)))
    return {each: str(path) for each, path in targets.items()}


def encode(plane: Floats, *, deep: bool) -> bytes:
    """A map (height, width) or (height, width, 3), 0 ... 1, as a PNG file: 16 bits for what is `deep`, else 8."""
    kind = np.uint16 if deep else np.uint8
    most = np.float32(np.iinfo(kind).max)
    whole = np.clip(plane, 0, 1)
    whole *= most
    whole += np.float32(0.5)
    return encode_texels(whole.astype(kind))
