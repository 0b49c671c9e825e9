# SPDX-License-Identifier: GPL-3.0-or-later
"""The icons of the styles, from the images that ship with the add-on."""

from __future__ import annotations

from pathlib import Path

from ...session import thumbnails

_FOLDER = Path(__file__).parent / "thumbnails"


def get_path(style: str) -> Path:
    """The image of a style."""
    return _FOLDER / f"{style.lower()}.png"


def find_icon(style: str) -> int:
    """The icon of a style, read when it is first drawn; 0 for no style. For draw()."""
    return thumbnails.load(str(get_path(style)))


def find_shown_icon(style: str) -> int:
    """The icon of a style if it was read already, else 0: a panel that is drawn always reads no file. For draw()."""
    return thumbnails.find_icon(str(get_path(style)))
