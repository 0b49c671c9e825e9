# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the store: the preference, else the environment, else the platform's data folder."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...storage.files.layout import default_home
from .preferences import preferences


def home() -> Path:
    """The folder of the store, outside Blender's own folders (uninstalling erases those)."""
    chosen = preferences()
    override = str(chosen.store_folder).strip() if chosen else ""
    return Path(bpy.path.abspath(override)) if override else default_home()


def incoming() -> Path:
    """Where captures wait for the courier; made when it is missing."""
    folder = home() / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
