# SPDX-License-Identifier: GPL-3.0-or-later
"""The scene in which a storyboard lies, and the strips of its shots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

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
    return find_latest(scene, [shot]).get(shot.key)


def find_latest(scene: bpy.types.Scene, shots: Iterable[Shot]) -> dict[str, bpy.types.Strip]:
    """The latest strip of each shot that has one, by the key of the shot.

    A strip is known by the id of its shot where both have one, else by the frame at which it begins.
    """
    by_id: dict[str, bpy.types.Strip] = {}
    without_id: dict[int, bpy.types.Strip] = {}
    by_start: dict[int, bpy.types.Strip] = {}
    for each in sorted(list_strips(scene), key=lambda s: s.channel):
        id, start = get_shot_id(each), compat.strip_span(each)[0]
        by_start[start] = each
        if id:
            by_id[id] = each
        else:
            without_id[start] = each
    found: dict[str, bpy.types.Strip] = {}
    for shot in shots:
        choices = [by_id.get(shot.id), without_id.get(shot.start)] if shot.id else [by_start.get(shot.start)]
        if strips := [each for each in choices if each is not None]:
            found[shot.key] = max(strips, key=lambda s: s.channel)
    return found


def list_strips(scene: bpy.types.Scene) -> list[bpy.types.Strip]:
    """The strips that were made here for the shots of a scene."""
    board = strip.find_storyboard(scene)
    strips = board.sequence_editor.strips if board and board.sequence_editor else ()
    return [s for s in strips if ownership_tags.has_role(s, Role.IMAGE)]


def get_shot_id(strip: bpy.types.Strip) -> str:
    """The id of the shot that a strip is of; "" for one of a timeline marker."""
    return str(ownership_tags.get_fact(strip, "shot", ""))


def get_seen(strip: bpy.types.Strip) -> str:
    """The digest of what the camera saw when the image of a strip was captured; "" where none was taken."""
    return str(ownership_tags.get_fact(strip, "seen", ""))


def adopt(scene: bpy.types.Scene, shots: Iterable[Shot]) -> None:
    """Mark the strips of shots that had no id with the id that they have now."""
    ids = {shot.start: shot.id for shot in shots}
    for each in list_strips(scene):
        start = compat.strip_span(each)[0]
        if not get_shot_id(each) and start in ids:
            ownership_tags.set_fact(each, "shot", ids[start])


def move_strips(scene: bpy.types.Scene, shots: Iterable[Shot]) -> None:
    """Let the strips of shots that have an id begin and end where these do."""
    by_id = {shot.id: shot for shot in shots}
    for each in list_strips(scene):
        shot = by_id.get(get_shot_id(each))
        if shot and compat.strip_span(each) != (shot.start, shot.end):
            strip.move(each, shot.start, shot.length)


def find_frames(scene: bpy.types.Scene, shots: Iterable[Shot]) -> dict[str, Generation]:
    """The generations that the strips of shots show, by the keys of the shots; none where the image file is gone."""
    found = find_generations(find_latest(scene, shots))
    return {key: g for key, g in found.items() if g.picture and Path(g.picture.path).is_file()}


def find_generations(strips: Mapping[str, bpy.types.Strip]) -> dict[str, Generation]:
    """The generations that strips show, as far as the history has them, by the keys of the strips."""
    ids = {key: find_image_id(strip) for key, strip in strips.items()}
    generations = {g.id: g for g in session.current().store.many(filter(None, ids.values()))}
    return {key: generations[id] for key, id in ids.items() if id in generations}


def find_image_id(strip: bpy.types.Strip) -> str:
    """The id of the generation whose image a strip shows; "" for one that is not of the history."""
    image = ownership_tags.get_fact(strip, "image")
    return str(ownership_tags.get_fact(image, "generation", "")) if image else ""


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
