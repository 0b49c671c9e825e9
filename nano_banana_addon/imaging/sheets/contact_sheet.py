# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets: several images with captions in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from math import ceil
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from ..formats.thumbnails import small_picture

_GROUND, _INK, _FAINT = (29, 29, 29), (235, 235, 235), (160, 160, 160)
_GAP = 24


@dataclass(frozen=True, slots=True)
class Tile:
    """One image of a sheet, in memory or in a file, with a caption and a fainter second line."""

    picture: Image.Image | Path
    caption: str = ""
    detail: str = ""


def contact_sheet(
    tiles: Sequence[Tile], *, columns: int = 0, edge: int = 640, title: str = "", font: Path | None = None
) -> Image.Image:
    """Arrange the images in rows, each in a cell whose longer side is `edge` pixels.

    `columns` 0 chooses a layout near 3:2; `font` is a TrueType file, for text that is not Latin alone. Raises
    `ValueError` for no tiles, as `small_picture` for files.
    """
    if not tiles:
        raise ValueError("a contact sheet needs at least one image")
    pictures = [_small(tile.picture, edge) for tile in tiles]
    across = columns or min(len(tiles), ceil((len(tiles) * 1.5) ** 0.5))
    rows = [pictures[start : start + across] for start in range(0, len(pictures), across)]
    column = max(p.width for p in pictures)
    caption = _caption_height(edge)
    top = _GAP + (caption + _GAP if title else 0)
    heights = [max(p.height for p in row) for row in rows]
    width = _GAP + across * (column + _GAP)
    sheet = Image.new("RGB", (width, top + sum(h + caption + _GAP for h in heights)), _GROUND)
    draw = ImageDraw.Draw(sheet)
    load_font = cache(partial(_load_font, font))
    if title:
        _line(draw, (_GAP, _GAP), title, width - 2 * _GAP, load_font(edge / 14), _INK)
    for index, (tile, picture) in enumerate(zip(tiles, pictures, strict=True)):
        row, place_in_row = divmod(index, across)
        x = _GAP + place_in_row * (column + _GAP)
        below = top + sum(h + caption + _GAP for h in heights[:row]) + heights[row]
        place = (x + (column - picture.width) // 2, below - picture.height)
        sheet.paste(picture, place, mask=picture if picture.mode == "RGBA" else None)
        _line(draw, (x, below + 6), tile.caption, column, load_font(edge / 24), _INK)
        _line(draw, (x, below + 6 + round(edge / 17)), tile.detail, column, load_font(edge / 30), _FAINT)
    return sheet


def _small(picture: Image.Image | Path, edge: int) -> Image.Image:
    if isinstance(picture, Path):
        return small_picture(picture, edge)
    copy = picture if picture.mode in ("RGB", "RGBA") else picture.convert("RGB")
    copy = copy.copy()
    copy.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    return copy


def _caption_height(edge: int) -> int:
    return round(edge / 17 + edge / 20) + 10


def _load_font(file: Path | None, height: float) -> Any:
    size = max(10.0, height)
    return ImageFont.truetype(file, size) if file else ImageFont.load_default(size)


def _line(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    width: int,
    font: Any,
    colour: tuple[int, int, int],
) -> None:
    flat = " ".join(text.split())
    shown = flat
    while shown and draw.textlength(shown, font=font) > width:
        shown = shown[:-2].rstrip("…") + "…" if len(shown) > 2 else ""
    draw.text(at, shown, font=font, fill=colour)
