# SPDX-License-Identifier: GPL-3.0-or-later
"""A masked edit of a 2K crop: what it takes, and what shows at the border, beside a plain paste of the answer and
OpenCV's seamlessClone of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy import typing as npt

from .support.rows import ROUNDS, Row, compare, limit, measure_in_turns

SIDE = 2048  # pixels of the crop
SECONDS = 2.0
DRIFT_MEAN, DRIFT_HIGH = 0.6, 1.5  # of 255, at the border
_SHIFT, _ZOOM, _GAIN = (9.0, -7.0), 1.015, (1.06, 0.97, 0.95)

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """An image, its mask, what is meant, and what came back: shifted, zoomed, recoloured, with vignette and noise."""

    image: Pixels
    mask: Pixels
    meant: Pixels
    answer: Pixels
    distance: npt.NDArray[np.float32]  # 1 at the border of the mask


def measure(_arguments: list[str]) -> list[Row]:
    """The rows."""
    case = _make_case()
    results: dict[str, Pixels] = {}
    makers = {"ours": _lay_in, "plain": _paste, "clone": _clone}

    def run(name: str) -> float:
        start = time.perf_counter()
        results[name] = makers[name](case)
        return time.perf_counter() - start

    seconds = measure_in_turns({name: lambda name=name: run(name) for name in makers}, ROUNDS)
    outside = case.mask == 0
    changed = [float((results[name][outside] != case.image[outside]).any(axis=-1).sum()) for name in makers]
    drifts = {name: _measure_drift(case, results[name]) for name in makers}
    rows = [
        compare(
            "2K crop laid in",
            "s",
            seconds["ours"],
            seconds["clone"],
            "OpenCV's seamlessClone",
            SECONDS,
            is_absolute=True,
        ),
        limit("pixels outside of the mask that differ", "", [changed[0]], 0.0, note=f"seamlessClone {changed[2]:.0f}"),
    ]
    for part, (name, hold) in enumerate((("mean", DRIFT_MEAN), ("95 %", DRIFT_HIGH))):
        beside = ", ".join(
            f"{label} {drifts[key][part]:.2f}"
            for key, label in (("plain", "pasted as it came"), ("clone", "seamlessClone"))
        )
        rows.append(limit(f"border drift, {name}", "/255", [drifts["ours"][part]], hold, note=beside))
    return rows


def _make_case() -> Case:
    """Smooth shapes with grain; a disc changes in the middle of an ellipse that is marked."""
    from PIL import Image

    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    coarse = Image.fromarray(rng.integers(50, 200, (40, 40, 3), dtype=np.uint8)).resize(
        (SIDE, SIDE), Image.Resampling.BICUBIC
    )
    image = np.clip(np.asarray(coarse) + rng.normal(0, 4, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    distance = np.hypot((x - 0.5) / 0.22, (y - 0.48) / 0.17)
    mask = ((distance < 1) * 255).astype(np.uint8)
    share = np.clip((0.6 - distance) / 0.1, 0, 1)[..., None]
    meant = (image * (1 - share) + np.array([190, 60, 40]) * share + 0.5).astype(np.uint8)
    shifted = Image.fromarray(meant).transform(
        (SIDE, SIDE),
        Image.Transform.AFFINE,
        (1 / _ZOOM, 0, -_SHIFT[0] / _ZOOM, 0, 1 / _ZOOM, -_SHIFT[1] / _ZOOM),
        Image.Resampling.BICUBIC,
    )
    vignette = 1 - 0.24 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)
    values = np.asarray(shifted) * np.array(_GAIN) * vignette[..., None] + rng.normal(0, 3, image.shape)
    return Case(image, mask, meant, values.clip(0, 255).astype(np.uint8), distance)


def _lay_in(case: Case) -> Pixels:
    from nano_banana_addon.imaging.edit.composite import lay_in
    from nano_banana_addon.imaging.edit.crop import Crop

    return lay_in(case.image, case.mask, Crop((0, 0, SIDE, SIDE), (SIDE, SIDE)), case.answer).pixels


def _paste(case: Case) -> Pixels:
    return np.where((case.mask > 0)[..., None], case.answer, case.image)


def _clone(case: Case) -> Pixels:
    import cv2

    rows, columns = np.flatnonzero(case.mask.any(axis=1)), np.flatnonzero(case.mask.any(axis=0))
    centre = (int(columns[0] + columns[-1] + 1) // 2, int(rows[0] + rows[-1] + 1) // 2)
    return np.asarray(
        cv2.seamlessClone(case.answer.copy(), case.image.copy(), case.mask.copy(), centre, cv2.NORMAL_CLONE)
    )


def _measure_drift(case: Case, result: Pixels) -> tuple[float, float]:
    """How far the brightness is off what is meant, averaged over 17 x 17 pixels, inside near the border: mean, 95 %."""
    ring = (case.distance > 0.7) & (case.distance < 1)
    difference = result.astype(np.float32) - case.meant
    sums = np.pad(difference, ((9, 8), (9, 8), (0, 0)), mode="edge").cumsum(axis=0).cumsum(axis=1)
    local = (sums[17:, 17:] - sums[:-17, 17:] - sums[17:, :-17] + sums[:-17, :-17]) / 17**2
    drift = np.abs(local[ring])
    return float(drift.mean()), float(np.percentile(drift, 95))
