# SPDX-License-Identifier: GPL-3.0-or-later
"""`dev.py demo edit`: each mode on one image, by a stand-in that shifts, zooms, recolours and shades what it returns.

A row for each: the image, the mask, the answer as it came, the result, and sixteen times what differs outside.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from PIL import Image, ImageDraw

from devtools.demo.main import enable, find_module
from devtools.demo.progress_line import ProgressLine

_SOURCE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "demo.jpg"
_PART = (0.342, 0.097, 0.652, 0.335)  # the still life in it
_SIZE = (1376, 768)
#: Mode, what is asked for, the box of the area in parts of the image (None: a border).
_ROWS: tuple[tuple[str, str, tuple[float, float, float, float] | None], ...] = (
    ("CHANGE", "a red ball", (0.40, 0.10, 0.62, 0.48)),
    ("REMOVE", "", (0.79, 0.50, 0.94, 0.80)),
    ("FILL", "", (0.02, 0.72, 0.28, 0.98)),
    ("EXTEND", "", None),
)
_SHIFT, _ZOOM, _GAIN = (9, -7), 1.012, (1.06, 0.97, 0.95)


def main(out: Path, *, live: bool) -> int:
    """Run the demo; returns the exit status."""
    line = ProgressLine(len(_ROWS))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    enable()
    source = out / "before.png"
    sheet = Image.open(_SOURCE)
    part = tuple(side * share for side, share in zip((*sheet.size, *sheet.size), _PART, strict=True))
    sheet.crop(part).resize(_SIZE, Image.Resampling.LANCZOS).save(source)
    tiles: list[Any] = []
    try:
        with _Service(live=live):
            for mode, words, box in _ROWS:
                line.begin(mode.title())
                tiles += _make_row(source, mode, words, box)
                line.end()
    except find_module("core.errors").NanoBananaError as error:
        sys.stderr.write(f"\n{error.to_sentence()}\n")
        return 1
    sheets, xmp = find_module("imaging.sheets.contact_sheet"), find_module("imaging.formats.xmp")
    title = "Nano Banana: masked edits by a model that shifts, zooms and recolours"
    target = out / "edit-sheet.png"
    sheet = sheets.contact_sheet(tiles, columns=5, edge=480, title=title)
    xmp.write_derived(sheet, target, xmp.packet(xmp.Origin.PREVIEW))
    sys.stderr.write(f"\nThe demo took {line.elapsed():.0f} s and wrote {target}\n")
    return 0


class _Service:
    """The real service, or the server with the stand-in as its painter."""

    def __init__(self, *, live: bool) -> None:
        from devtools.simulator.server import Simulator

        self._server = None if live else Simulator(painter=repaint, keys=None)

    def __enter__(self) -> None:
        preferences = find_module("blender.host.preferences").get_preferences()
        preferences.provider = "google"
        if self._server:
            self._server.start()
            os.environ.setdefault("GEMINI_API_KEY", "of-the-demo")
            preferences.base_url = self._server.base_url

    def __exit__(self, *_: object) -> None:
        if self._server:
            find_module("blender.host.preferences").get_preferences().base_url = ""
            self._server.stop()


def _make_row(source: Path, mode: str, words: str, box: tuple[float, ...] | None) -> list[Any]:
    edits, areas = find_module("features.edit.masked_edit"), find_module("features.edit.areas")
    generating, sheets = find_module("features.generation.request_builder"), find_module("imaging.sheets.contact_sheet")
    settings = find_module("features.generation.scene_settings").settings_of(bpy.context.scene)
    settings = settings.replace_choices(
        {"prompt": words, "edit_mode": mode, "image_size": "1K", "aspect_ratio": "21:9" if box is None else "AUTO"}
    )
    draft = edits.read(bpy.context, settings, source, areas.draw_box(box) if box else None)
    done = generating.wait_and_deliver(generating.submit(edits.cut(draft)))[0]
    if done.picture is None:
        errors = find_module("core.errors")
        refusal = done.answer.refusal if done.answer else None
        raise errors.NanoBananaError(errors.ErrorKind.REFUSED, refusal.message if refusal else "There is no image.")
    region, answer = done.request.region, next(p for p in done.answer.pictures if p is not done.picture)
    before, mask, after = (_read(path) for path in (region.image, region.mask, done.picture.path))
    difference = np.abs(after.astype(int) - before) * 16
    outside = np.where(mask > 0, 0, difference.clip(0, 255)).astype(np.uint8)
    return [
        sheets.Tile(Image.fromarray(before), f"{mode.title()}: before", words or "without words"),
        sheets.Tile(Image.fromarray(mask), "Mask"),
        sheets.Tile(Path(answer.path), "The answer as it came", f"{answer.width} x {answer.height}"),
        sheets.Tile(Image.fromarray(after), "The result", f"{after.shape[1]} x {after.shape[0]}"),
        sheets.Tile(Image.fromarray(outside), "Outside, difference x 16", f"at most {int(outside.max()) // 16} of 255"),
    ]


def _read(path: str) -> Any:
    return np.asarray(Image.open(path).convert("RGB"))


def repaint(job: Any) -> Image.Image:
    """What a model makes of a crop: the area filled from around it, a ball if one is asked for, all of it disturbed."""
    pictures = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int) for data in job.images]
    sent = pictures[-1]
    empty = np.abs(sent - (255, 0, 255)).max(axis=2) < 40
    inside = empty if empty.any() else _find_outlined(pictures[-2], sent)
    painted = Image.fromarray(_fill(sent, inside))
    if "red ball" in job.prompt:
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        x, y, radius = (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2, len(rows) * 0.3
        ImageDraw.Draw(painted).ellipse((x - radius, y - radius, x + radius, y + radius), fill=(190, 40, 30))
    return _disturb(painted).resize((job.width, job.height))


def _find_outlined(marked: Any, sent: Any) -> Any:
    line = Image.fromarray(((np.abs(marked - sent).max(axis=2) > 50) * 255).astype(np.uint8)).copy()
    ImageDraw.floodfill(line, (0, 0), 128)
    return np.asarray(line) != 128


def _fill(sent: Any, inside: Any) -> Any:
    from nano_banana_addon.imaging.texture_fill.pull_push import pull_push

    wide = _grow(inside)
    known = (~wide).astype(np.float32)[..., None]
    filled = pull_push(np.concatenate([sent * known, known], axis=2), 2)
    smooth = filled[..., :3] / np.maximum(filled[..., 3:], 1e-6)
    return np.where(wide[..., None], smooth, sent).clip(0, 255).astype(np.uint8)


def _grow(inside: Any) -> Any:
    from nano_banana_addon.imaging.edit.files import grow

    return grow(inside.astype(np.uint8), 4) > 0


def _disturb(painted: Image.Image) -> Image.Image:
    width, height = painted.size
    centre = [side * (1 - 1 / _ZOOM) / 2 - shift for side, shift in zip(painted.size, _SHIFT, strict=True)]
    data = (1 / _ZOOM, 0, centre[0], 0, 1 / _ZOOM, centre[1])
    padded = painted.transform(painted.size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    y, x = np.mgrid[0:height, 0:width]
    shade = 1 - 0.24 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
    noise = np.random.default_rng(5).normal(0, 2, (height, width, 3))
    return Image.fromarray(
        (np.asarray(padded) * np.array(_GAIN) * shade[..., None] + noise).clip(0, 255).astype(np.uint8)
    )
