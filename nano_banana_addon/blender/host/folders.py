# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the store: the preference, else the environment, else the platform's data folder."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...storage.files.layout import default_home
from .preferences import get_preferences


def home() -> Path:
    """The folder of the store, outside Blender's own folders (uninstalling erases those)."""
    prefs = get_preferences()
    override = str(prefs.store_folder).strip() if prefs else ""
    return Path(bpy.path.abspath(override)) if override else default_home()


def ensure_incoming_folder() -> Path:
    """Where captures wait for the worker process; made when it is missing."""
    folder = home() / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
