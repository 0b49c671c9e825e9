# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices for materials of a scene as values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ...core.material_settings import MATERIAL_OPTIONS, MaterialSettings
from ...identity import SCENE_PROPERTY


def material_settings_of(scene: bpy.types.Scene) -> MaterialSettings:
    """The choices saved in a scene."""
    return read_material_choices(getattr(scene, SCENE_PROPERTY).material, MATERIAL_OPTIONS, MaterialSettings())


def read_material_choices(owner: Any, names: Iterable[str], base: MaterialSettings) -> MaterialSettings:
    """`base` with the named properties of a group or operator."""
    return base.replace_choices({name: getattr(owner, name) for name in names if hasattr(owner, name)})
