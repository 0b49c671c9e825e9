# SPDX-License-Identifier: GPL-3.0-or-later
"""The add-on's preferences, or None where Blender keeps none (enabled with `--addons`)."""

from __future__ import annotations

from typing import Any

import bpy

from .package import ROOT_PACKAGE


def get_preferences() -> Any | None:
    """The `AddonPreferences` of this extension."""
    addon = bpy.context.preferences.addons.get(ROOT_PACKAGE)
    return addon.preferences if addon else None
