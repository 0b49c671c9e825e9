# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene in which a storyboard lies, and the strips of its shots."""

from __future__ import annotations

import bpy

from ...blender.deliver import strip
from ...blender.deliver.datablocks import ownership_tags
from ...blender.deliver.datablocks.ownership_tags import Role
from ...blender.host import compat, editors
from ...core.errors import InputError
from ...core.result import Generation
from ...core.storyboard.shot import Shot
from ...session import session


def find_board(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The storyboard of a scene. For draw()."""
    return strip.find_storyboard(scene)


def find_source_scene(scene: bpy.types.Scene) -> bpy.types.Scene | None:
    """The scene that a storyboard is of; None for any other scene. For draw()."""
    return ownership_tags.get_fact(scene, "of") if strip.is_storyboard(scene) else None


def find_shot_strip(scene: bpy.types.Scene, shot: Shot) -> bpy.types.Strip | None:
    """The latest strip of a shot in the storyboard of a scene. For draw()."""
    board = strip.find_storyboard(scene)
    strips = board.sequence_editor.strips if board and board.sequence_editor else ()
    matches = [s for s in strips if ownership_tags.has_role(s, Role.IMAGE) and compat.strip_span(s)[0] == shot.start]
    return max(matches, key=lambda s: s.channel, default=None)


def find_frame(scene: bpy.types.Scene, shot: Shot) -> Generation | None:
    """The generation that a shot's strip shows."""
    found = find_shot_strip(scene, shot)
    image = ownership_tags.get_fact(found, "image") if found else None
    generation_id = ownership_tags.get_fact(image, "generation", "") if image else ""
    return session.current().store.get(generation_id) if generation_id else None


def open_board(context: bpy.types.Context) -> None:
    """Show the storyboard of the scene in a sequencer; from a storyboard return to its scene.

    Raises `InputError` if there is none.
    """
    if (source_scene := find_source_scene(context.scene)) and context.window:
        context.window.scene = source_scene
        return
    board = strip.find_storyboard(context.scene)
    if board is None:
        raise InputError("This scene has no storyboard yet.", next_step="Generate one first.")
    place = editors.open_sequencer(context)
    if place is not None:
        compat.show_in_sequencer(*place, board)
