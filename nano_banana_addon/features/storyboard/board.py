# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene in which a storyboard lies, and the strips of its shots."""

from __future__ import annotations

from collections.abc import Iterable

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
    return max(_find_strips(scene, shot), key=lambda s: s.channel, default=None)


def _find_strips(scene: bpy.types.Scene, shot: Shot) -> list[bpy.types.Strip]:
    return [s for s in list_strips(scene) if _belongs(s, shot)]


def list_strips(scene: bpy.types.Scene) -> list[bpy.types.Strip]:
    """The strips that were made here for the shots of a scene."""
    board = strip.find_storyboard(scene)
    strips = board.sequence_editor.strips if board and board.sequence_editor else ()
    return [s for s in strips if ownership_tags.has_role(s, Role.IMAGE)]


def _belongs(strip: bpy.types.Strip, shot: Shot) -> bool:
    """By the id where both have one, else by the frame at which they begin."""
    id = ownership_tags.get_fact(strip, "shot", "")
    return id == shot.id if id and shot.id else compat.strip_span(strip)[0] == shot.start


def adopt(scene: bpy.types.Scene, shots: Iterable[Shot]) -> None:
    """Mark the strips of shots that had no id with the id that they have now."""
    for shot in shots:
        for found in _find_strips(scene, shot):
            ownership_tags.set_fact(found, "shot", shot.id)


def move_strips(scene: bpy.types.Scene, shots: Iterable[Shot]) -> None:
    """Let the strips of shots that have an id begin and end where these do."""
    strips = list_strips(scene)
    by_id = {shot.id: shot for shot in shots}
    for each in strips:
        shot = by_id.get(ownership_tags.get_fact(each, "shot", ""))
        if shot and compat.strip_span(each) != (shot.start, shot.end):
            strip.move(each, shot.start, shot.length)


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
