# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of the cast put into shots by hand, and the shot that the panel shows."""

from __future__ import annotations

from collections.abc import Sequence

import bpy

from ...core.storyboard.cast import Attendance
from ...core.storyboard.shot import Shot
from . import shots
from .cast import members


def find_current_shot(scene: bpy.types.Scene) -> Shot | None:
    """The active shot of the list; without a list the marker's at the scene's frame, or the first. For draw()."""
    if shots.get_group(scene).shots:
        return shots.find_active_shot(scene)
    listed = shots.list_shots(scene)
    begun = [shot for shot in listed if shot.start <= scene.frame_current]
    return begun[-1] if begun else next(iter(listed), None)


def assign(scene: bpy.types.Scene, names: Sequence[str]) -> None:
    """Put members, by their names, into every shot. Raises `InputError` for one that the cast lacks."""
    for member in [members.find_member(scene, name) for name in names]:
        for shot in shots.get_shots(scene):
            members.provide_entry(member, shot).attendance = Attendance.ALWAYS
