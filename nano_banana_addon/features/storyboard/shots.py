# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of a scene as values: its list, or else its timeline markers that are bound to cameras."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ...blender.capture.sources import find_source
from ...core.errors import InputError
from ...core.options import DEFAULT
from ...core.settings import OPTIONS, Settings
from ...core.storyboard.continuity import CONTINUITY_OPTIONS, Continuity
from ...core.storyboard.shot import Shot
from ...core.storyboard.shot_options import OVERRIDABLE
from ...identity import SCENE_PROPERTY
from . import board


def get_group(scene: bpy.types.Scene) -> Any:
    """The property group of a scene's list of shots."""
    return getattr(scene, SCENE_PROPERTY).storyboard


def get_shots(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    """The shots in their order. Raises `InputError` if there is none, or one that cannot be generated."""
    shots = list_shots(scene)
    if not shots:
        raise InputError(
            "The list has no shots, and no timeline marker is bound to a camera.",
            next_step="Use Marker > Bind Camera to Markers for each shot, or make shots of cameras.",
        )
    for shot in shots:
        if not shot.camera:
            raise InputError(
                f"The camera of the shot {shorten(shot.name)} was deleted, or the shot has none.",
                next_step="Choose a camera for it, or remove the shot.",
            )
    return shots


def list_shots(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    """The shots of a scene in their order; none without a list and a marker with a camera. For draw()."""
    group = get_group(scene)
    if not group.shots:
        return _list_markers(scene)
    starts = sorted({entry.frame for entry in group.shots})
    following = dict(zip(starts, [*starts[1:], scene.frame_end + 1], strict=True))
    shared = read_continuity(group)
    return tuple(_read_entry(entry, following[entry.frame], shared) for entry in group.shots)


def find_active_shot(scene: bpy.types.Scene) -> Shot | None:
    """The active shot of the list, without reading the others. For draw()."""
    group = get_group(scene)
    return _read_alone(scene, group.shots[group.active_shot]) if group.active_shot < len(group.shots) else None


def find_shot(scene: bpy.types.Scene, id: str) -> Shot | None:
    """The shot of an id, without reading the others; None where the list has none."""
    entry = next((entry for entry in get_group(scene).shots if entry.shot_id == id), None)
    return _read_alone(scene, entry) if entry else None


def _read_alone(scene: bpy.types.Scene, entry: Any) -> Shot:
    group = get_group(scene)
    frames = [0] * len(group.shots)
    group.shots.foreach_get("frame", frames)
    following = min((frame for frame in frames if frame > entry.frame), default=scene.frame_end + 1)
    return _read_entry(entry, following, read_continuity(group))


def _list_markers(scene: bpy.types.Scene) -> tuple[Shot, ...]:
    markers = sorted((m for m in scene.timeline_markers if m.camera), key=lambda m: m.frame)
    ends = [m.frame for m in markers[1:]] + [scene.frame_end + 1]
    return tuple(
        Shot(marker.name, marker.frame, max(end - marker.frame, 1), marker.camera.name, lens=find_lens(marker.camera))
        for marker, end in zip(markers, ends, strict=False)
    )


def _read_entry(entry: Any, next_start: int, shared: Continuity) -> Shot:
    return Shot(
        entry.name,
        entry.frame,
        entry.length or max(next_start - entry.frame, 1),
        entry.camera.name if entry.camera else "",
        entry.shot_id,
        find_lens(entry.camera),
        *(entry.prompt.strip(), entry.action, entry.dialogue, entry.notes),
        {name: getattr(entry.settings, name) for name in list_overrides(entry)},
        Continuity(**{name: read_strength(entry, name, shared) for name in CONTINUITY_OPTIONS}),
    )


def read_continuity(group: Any) -> Continuity:
    """What a storyboard says for all of its shots."""
    return Continuity(**{name: getattr(group, name) for name in CONTINUITY_OPTIONS})


def read_strength(entry: Any, name: str, shared: Continuity) -> str:
    """What an entry of the list takes from the frame of this name: as it says, else as all."""
    own = getattr(entry.continuity, name)
    return str(getattr(shared, name) if own == DEFAULT else own)


def find_anchor(scene: bpy.types.Scene, shots: Sequence[Shot]) -> Shot | None:
    """The shot whose frame the others are sent with: the chosen one, else the first."""
    chosen = get_group(scene).anchor_shot
    return next((shot for shot in shots if chosen and shot.id == chosen), shots[0] if shots else None)


def list_overrides(entry: Any) -> list[str]:
    """The names of the settings that an entry of the list has of its own. For draw()."""
    return [name for name in OVERRIDABLE if entry.settings.is_property_set(name)]


def find_lens(camera: bpy.types.Object | None) -> float:
    """The focal length in millimetres; 0 for an orthographic camera or none. For draw()."""
    data = camera.data if camera and camera.type == "CAMERA" else None
    return float(data.lens) if data and data.type != "ORTHO" else 0.0


def shorten(name: str) -> str:
    """A name as it fits into a sentence."""
    return name if len(name) <= 40 else f"{name[:39]}…"


def has_shots(scene: bpy.types.Scene) -> bool:
    """Whether a scene has a list of shots, or a marker with a camera. For draw()."""
    return bool(get_group(scene).shots) or any(marker.camera for marker in scene.timeline_markers)


def find_blocker(scene: bpy.types.Scene) -> str:
    """Why a scene has no storyboard to generate, as a sentence; "" if it has. For draw()."""
    if source_scene := board.find_source_scene(scene):
        return f"This is the storyboard of {source_scene.name}."
    source = find_source(getattr(scene, SCENE_PROPERTY).source)
    if not source.follows_shots:
        return f"A storyboard cannot be made from the source {source.item.label}. Choose Camera or Render."
    if not has_shots(scene):
        return "Bind cameras to timeline markers first: Marker > Bind Camera to Markers. Or make shots of cameras."
    return ""


def choose_shots(scene: bpy.types.Scene, names: Sequence[str]) -> tuple[Shot, ...]:
    """The shots with these names or numbers (from 1), in their order. Raises `InputError` for one that is not there."""
    shots = get_shots(scene)
    chosen: set[int] = set()
    for name in names:
        found = [i for i, shot in enumerate(shots) if shot.name == name]
        if not found and name.isdecimal() and 1 <= int(name) <= len(shots):
            found = [int(name) - 1]
        if not found:
            listed = ", ".join(shorten(shot.name) for shot in shots[:8]) + (" …" if len(shots) > 8 else "")
            raise InputError(f"There is no shot {shorten(name)!r}.", next_step=f"Choose among {listed}.")
        chosen.update(found)
    return tuple(shots[i] for i in sorted(chosen))


def apply_overrides(settings: Settings, shot: Shot) -> Settings:
    """The settings of one shot: with its own prompt behind the scene's, and what it has otherwise."""
    rows = {
        name: "" if OPTIONS[name].optional and value == DEFAULT else value for name, value in shot.overrides.items()
    }
    prompt = "\n\n".join(text for text in (settings.prompt.strip(), shot.prompt) if text)
    return settings.replace_choices({**rows, "prompt": prompt}).drop_unsupported()


class SceneAtShot:
    """Sets the scene to a shot's frame and camera, and restores it."""

    def __init__(self, scene: bpy.types.Scene, shot: Shot) -> None:
        self._scene, self._shot = scene, shot
        self._before = (scene.frame_current, scene.frame_subframe, scene.camera)

    def __enter__(self) -> None:
        self._scene.frame_set(self._shot.start)
        self._scene.camera = bpy.data.objects[self._shot.camera]

    def __exit__(self, *_: object) -> None:
        frame, subframe, camera = self._before
        self._scene.frame_set(frame, subframe=subframe)
        self._scene.camera = camera
