# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene's texturing settings as values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ....core.texture import TEXTURE_OPTIONS, TextureSettings
from ....identity import SCENE_PROPERTY


def texture_settings_of(scene: bpy.types.Scene) -> TextureSettings:
    """The settings saved in a scene."""
    return read_texture_choices(getattr(scene, SCENE_PROPERTY).texturing, TEXTURE_OPTIONS, TextureSettings())


def read_texture_choices(owner: Any, names: Iterable[str], base: TextureSettings) -> TextureSettings:
    """`base` with the named properties of a group or operator."""
    return base.replace_choices({name: getattr(owner, name) for name in names if hasattr(owner, name)})
