# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of shots: made from markers, cameras or frames, updated without losing texts, and ordered."""

from __future__ import annotations

import uuid
from typing import Any

import bpy

from ...blender.host import list_edits
from ...core.errors import InputError
from ...core.storyboard.continuity import CONTINUITY_OPTIONS
from ...core.storyboard.shot import Shot
from . import board, shots

MAX_SHOTS = 2000
_SHOT_SECONDS = 2  # of a shot that is made from a camera
_TEXTS = ("camera", "length", "prompt", "action", "dialogue", "notes")


def update(scene: bpy.types.Scene, origin: str, step: int = 24) -> tuple[int, int]:
    """Make shots, or update those that came from the same markers or cameras; returns how many were added, updated.

    None is removed and no text is changed. Raises `InputError` if there is nothing to make shots from.
    """
    group = shots.get_group(scene)
    wanted = _find_wanted(scene, origin, step)
    if len(wanted) + len(group.shots) > MAX_SHOTS:
        raise InputError(
            f"That would be {len(wanted) + len(group.shots)} shots; a list holds {MAX_SHOTS}.",
            next_step="Choose fewer cameras, or a larger step.",
        )
    known = set[str]()
    added = 0
    for name, frame, camera in wanted:
        entry = _find_entry(group, name, frame, camera, known, keeps_frame=origin in ("SELECTED", "CAMERAS"))
        if entry is None:
            entry, added = _add_entry(group, name), added + 1
            entry.frame = frame
        elif origin == "MARKERS":
            entry.name, entry.frame = name, frame
        entry.camera = camera
        known.add(entry.shot_id)
    if origin == "MARKERS":
        _sort_by_frame(group)
    board.adopt(scene, shots.list_shots(scene))
    return added, len(wanted) - added


def _find_wanted(scene: bpy.types.Scene, origin: str, step: int) -> list[tuple[str, int, bpy.types.Object]]:
    """Name, frame and camera of each shot that an origin makes."""
    markers = sorted((m for m in scene.timeline_markers if m.camera), key=lambda m: m.frame)
    if origin == "MARKERS":
        if not markers:
            raise InputError(
                "No timeline marker is bound to a camera.",
                next_step="Select a camera and use Marker > Bind Camera to Markers for each shot.",
            )
        return [(marker.name, marker.frame, marker.camera) for marker in markers]
    if origin == "FRAMES":
        return _find_frames(scene, max(step, 1), [(m.frame, m.camera) for m in markers])
    cameras = sorted((o for o in scene.objects if o.type == "CAMERA"), key=lambda o: o.name)
    if origin == "SELECTED":
        cameras = [camera for camera in cameras if camera.select_get()]
    if not cameras:
        raise InputError(
            "No camera is selected." if origin == "SELECTED" else "No camera is in the scene.",
            next_step="Select cameras, or make shots of markers or frames.",
        )
    start = max((shot.end for shot in shots.list_shots(scene) if shot.id), default=scene.frame_start)
    length = max(1, round(_SHOT_SECONDS * scene.render.fps / scene.render.fps_base))
    return [(camera.name, start + length * number, camera) for number, camera in enumerate(cameras)]


def _find_frames(
    scene: bpy.types.Scene, step: int, bound: list[tuple[int, bpy.types.Object]]
) -> list[tuple[str, int, bpy.types.Object]]:
    frames = range(scene.frame_start, scene.frame_end + 1, step)
    if len(frames) > MAX_SHOTS:
        raise InputError(f"That would be {len(frames)} shots.", next_step="Choose a larger step.")
    wanted = [
        (f"Frame {frame}", frame, next((c for at, c in reversed(bound) if at <= frame), scene.camera))
        for frame in frames
    ]
    if any(camera is None for _, _, camera in wanted):
        raise InputError("The scene has no camera.", next_step="Add one and make it the active camera.")
    return wanted


def _find_entry(
    group: Any, name: str, frame: int, camera: bpy.types.Object, known: set[str], *, keeps_frame: bool
) -> Any | None:
    """The entry that was made from the same before: by camera and frame, by camera and name, by name."""
    entries = [entry for entry in group.shots if entry.shot_id not in known]
    by_camera = [entry for entry in entries if entry.camera == camera]
    if keeps_frame:
        return next(iter(by_camera), None)
    rules = (
        (entry for entry in by_camera if entry.frame == frame),
        (entry for entry in by_camera if entry.name == name),
        (entry for entry in entries if entry.name == name and name),
    )
    return next((entry for rule in rules for entry in rule), None)


def _sort_by_frame(group: Any) -> None:
    for position in range(1, len(group.shots)):
        place = position
        while place and group.shots[place - 1].frame > group.shots[place].frame:
            group.shots.move(place, place - 1)
            place -= 1


def add(scene: bpy.types.Scene) -> Any:
    """Add a shot of the scene's camera at the current frame behind the active one. Raises `InputError`."""
    if scene.camera is None:
        raise InputError("The scene has no camera.", next_step="Add one and make it the active camera.")
    group = shots.get_group(scene)
    _list_markers_first(scene, group)
    entry = _add_entry(group, scene.camera.name)
    entry.camera, entry.frame = scene.camera, scene.frame_current
    return _move_behind_active(group)


def duplicate(scene: bpy.types.Scene) -> Any:
    """Add a copy of the active shot behind it, with the same texts and no image. Raises `InputError`."""
    group, active = shots.get_group(scene), find_active(scene)
    entry = _add_entry(group, active.name)
    active = group.shots[group.active_shot]  # adding moves the others in memory
    for name in _TEXTS:
        setattr(entry, name, getattr(active, name))
    for name in shots.list_overrides(active):
        setattr(entry.settings, name, getattr(active.settings, name))
    for name in CONTINUITY_OPTIONS:
        setattr(entry.continuity, name, getattr(active.continuity, name))
    entry.frame = active.frame + active.length if active.length else active.frame + 1
    return _move_behind_active(group)


def remove(scene: bpy.types.Scene) -> None:
    """Remove the active shot; its strips stay in the storyboard. Raises `InputError`."""
    find_active(scene)
    list_edits.remove_active(shots.get_group(scene), "shots", "active_shot")


def move(scene: bpy.types.Scene, step: int) -> None:
    """Move the active shot up (-1) or down (1) in the order."""
    list_edits.move_active(shots.get_group(scene), "shots", "active_shot", step)


def find_active(scene: bpy.types.Scene) -> Any:
    """The active entry of the list. Raises `InputError` where there is none."""
    group = shots.get_group(scene)
    if not group.active_shot < len(group.shots):
        raise InputError("No shot is active.", next_step="Choose one in the list.")
    return group.shots[group.active_shot]


def jump(scene: bpy.types.Scene) -> None:
    """Set the scene's camera and frame to those of the active shot. Raises `InputError` for a camera that is gone."""
    entry = find_active(scene)
    if entry.camera is None:
        raise InputError("The camera of this shot was deleted.", next_step="Choose another one.")
    scene.frame_set(entry.frame)
    scene.camera = entry.camera


def _list_markers_first(scene: bpy.types.Scene, group: Any) -> None:
    """The first entry would hide the shots of the markers: they come along."""
    if not group.shots and shots.list_shots(scene):
        update(scene, "MARKERS")


def _add_entry(group: Any, name: str) -> Any:
    if len(group.shots) >= MAX_SHOTS:
        raise InputError(f"The list has {MAX_SHOTS} shots.", next_step="Remove some first.")
    entry = group.shots.add()
    entry.name, entry.shot_id = name, uuid.uuid4().hex[:12]
    return entry


def _move_behind_active(group: Any) -> Any:
    place = min(group.active_shot + 1, len(group.shots) - 1)
    group.shots.move(len(group.shots) - 1, place)
    group.active_shot = place
    return group.shots[place]


def find_shot(scene: bpy.types.Scene) -> Shot | None:
    """The active shot as a value; None where the list is empty. For draw()."""
    group = shots.get_group(scene)
    listed = shots.list_shots(scene) if group.shots else ()
    return listed[group.active_shot] if group.active_shot < len(listed) else None


def move_strips(scene: bpy.types.Scene) -> None:
    """Let the strips of the shots follow a changed frame or length."""
    board.move_strips(scene, shots.list_shots(scene))
