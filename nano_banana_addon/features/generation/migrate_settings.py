# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings saved by an older version, migrated when a file is loaded, with a notice."""

from __future__ import annotations

import bpy

from ...core import models
from ...core.settings import CUSTOM_MODEL
from ...identity import SCENE_PROPERTY
from ...session import panel_state

#: Raised when stored choices get another meaning.
SCHEMA = 1


def migrate_all() -> None:
    """Migrate all scenes of the open file, and show what was changed."""
    notes = [note for scene in bpy.data.scenes if not scene.library for note in migrate(scene)]
    if notes:
        panel_state.show_notice("MIGRATED", " ".join(dict.fromkeys(notes)), "Check Model and save the file.")


def migrate(scene: bpy.types.Scene) -> list[str]:
    """Migrate one scene's settings; returns what was changed, in sentences."""
    group = getattr(scene, SCENE_PROPERTY)
    notes: list[str] = []
    old = group.custom_model.strip()
    if (successor := models.find_successor(old)) != old:
        _replace_model(group, successor)
        notes.append(f"The model {old} is retired; {models.find(successor).label} replaces it.")
    if not group.model:  # the number of a model that the catalogue no longer has
        group.model = models.DEFAULT_MODEL
        label = models.find(models.DEFAULT_MODEL).label
        notes.append(f"This version does not know the model of this file; {label} replaces it.")
    if group.schema != SCHEMA:
        group.schema = SCHEMA
    return notes


def _replace_model(group: bpy.types.PropertyGroup, successor: str) -> None:
    is_known = successor in models.MODELS
    group.custom_model = "" if is_known else successor
    if is_known and group.model == CUSTOM_MODEL:
        group.model = successor
