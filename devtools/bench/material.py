# SPDX-License-Identifier: GPL-3.0-or-later
"""A material of one image at 2K and 4K, beside a linear cross-fade with normals by the Sobel filter."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from .support import material_surfaces
from .support.rows import Row, compare, limit

HOLDS = {2048: 6.0, 4096: 25.0}  # seconds
STEP, NOVELTY_90 = 1.1, 1.15
_FADE = 0.1  # of a side
_BESIDE = "linear cross-fade, normals by Sobel"


def measure(argv: list[str]) -> list[Row]:
    """Seconds at each size, and what is seen of the seams; with `--surfaces` the seams of many images alone."""
    parser = argparse.ArgumentParser(prog="bench material", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--surfaces", type=int, nargs="*", default=[], metavar="SIDE", help="seams of 20 images")
    options = parser.parse_args(argv)
    rounds = options.rounds
    with tempfile.TemporaryDirectory() as folder:
        if options.surfaces:
            return material_surfaces.measure(Path(folder), options.surfaces)
        return [row for side, hold in HOLDS.items() for row in _measure_side(Path(folder), side, hold, rounds)]


def _measure_side(folder: Path, side: int, hold: float, rounds: int) -> list[Row]:
    from nano_banana_addon.core.material.values import MaterialChoices
    from nano_banana_addon.imaging.material.files import write_material
    from nano_banana_addon.imaging.material.seam_figures import measure_seams

    source = folder / f"{side}.png"
    _draw_cobbles(side).save(source, compress_level=1)
    ours: list[float] = []
    beside: list[float] = []
    report, faded = None, None
    for _ in range(rounds):
        start = time.perf_counter()
        report = write_material(source, folder, "ours", MaterialChoices(), lambda _: None).report
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        faded = _cross_fade(source, folder)
        beside.append(time.perf_counter() - start)
    if report is None or faded is None:
        return []
    seams, name = measure_seams(faded), f"material at {side}"
    return [
        compare(name, "s", ours, beside, _BESIDE, hold, is_absolute=True),
        limit(f"{name}: step, worst map", "", [report.step], STEP, note=f"cross-fade's colour {seams.step:.2f}"),
        limit(
            f"{name}: novelty, 90 %, worst map",
            "",
            [report.novelty_90],
            NOVELTY_90,
            note=f"cross-fade's colour {seams.novelty_90:.2f}",
        ),
    ]


def _draw_cobbles(side: int) -> Image.Image:
    """Stones of a grid that is bent, with grain, under light from one side."""
    random = np.random.default_rng(5)
    grid = Image.fromarray(random.normal(0, 1, (12, 12)).astype(np.float32))
    bent = np.asarray(grid.resize((side, side), Image.Resampling.BICUBIC))
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    stones = np.abs(np.sin(20.3 * x + bent * 0.4) * np.sin(17.7 * y + bent * 0.3)) ** 0.3
    grey = (60 + 120 * stones + random.normal(0, 6, (side, side))) * (1 + 0.3 * (x - 0.5))
    return Image.fromarray((grey[..., None] * np.array((1, 0.92, 0.8))).clip(0, 255).astype(np.uint8))


def _cross_fade(source: Path, folder: Path) -> np.ndarray:
    """What a short script does: the colour (side, side, 3), 0 ... 1; both maps are written."""
    image = np.asarray(Image.open(source)).astype(np.float32) / 255
    for axis in (0, 1):
        moved = np.roll(image, image.shape[axis] // 2, axis)
        place = np.arange(image.shape[axis]) / image.shape[axis]
        share = np.clip(np.minimum(place, 1 - place) / _FADE - 0.5, 0, 1).astype(np.float32)
        share = share[:, None, None] if axis == 0 else share[None, :, None]
        image = image * share + moved * (1 - share)
    grey = image.mean(axis=2)
    slopes = [_sobel(grey, axis) for axis in (1, 0)]
    normal = np.stack([-slopes[0], slopes[1], np.full_like(grey, 0.1)], axis=-1)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    for name, values in (("diff", image), ("nor", normal * 0.5 + 0.5)):
        whole = (values * 255 + 0.5).astype(np.uint8)
        Image.fromarray(whole).save(folder / f"beside_{name}.png", compress_level=1)
    return image


def _sobel(grey: np.ndarray, axis: int) -> np.ndarray:
    smooth = np.roll(grey, 1, 1 - axis) + 2 * grey + np.roll(grey, -1, 1 - axis)
    return (np.roll(smooth, -1, axis) - np.roll(smooth, 1, axis)) / 8
