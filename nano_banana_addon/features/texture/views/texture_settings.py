# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's choices for texturing as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import bpy

from ....core.guides import sort_guides
from ....core.texture import TEXTURE_NAMES, PaintMode, TextureSettings, ViewSet
from ....identity import SCENE_PROPERTY

_ENUMS: dict[str, Any] = {"views": ViewSet, "mode": PaintMode}


def texture_settings_of(scene: bpy.types.Scene) -> TextureSettings:
    """The choices that are saved in a scene."""
    return read_texture_choices(getattr(scene, SCENE_PROPERTY).texturing, TEXTURE_NAMES, TextureSettings())


def read_texture_choices(owner: Any, names: Sequence[str], base: TextureSettings) -> TextureSettings:
    """`base` with the named properties of a group or operator."""
    return with_choices(base, {name: getattr(owner, name) for name in names if hasattr(owner, name)})


def with_choices(base: TextureSettings, values: dict[str, Any]) -> TextureSettings:
    """A copy with some choices made otherwise; enums may be given by their names."""
    made = {name: _ENUMS[name](value) if name in _ENUMS else value for name, value in values.items()}
    if "guides" in made:
        made["guides"] = sort_guides(made["guides"])
    return replace(base, **made)
