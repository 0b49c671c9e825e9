# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the notes and strokes of a scene lie in a captured image."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import bpy
from mathutils import Matrix, Vector

from ...core.scene.capture import Capture, SceneNote, View
from ...core.scene.fit import Fit
from ...core.settings import Settings, Source
from ...imaging.marks import Stroke
from ..capture.scene_copy import is_renderable
from ..capture.sources import find_source
from ..host import compat
from . import scene_notes

_TOLERANCE = 0.005  # of the distance: how far before a note its own surface may be hit
_MAX_HITS = 32  # objects that the image does not show, between the camera and a note
_RENDERS = (Source.RENDER, Source.LAST_RENDER)


class Projection:
    """A frozen view as a map of points of the world to parts of the canvas (x, y) from its top left corner."""

    def __init__(self, view: View) -> None:
        """No Blender data is kept."""
        self.matrix = Matrix(view.projection) @ Matrix(view.world).inverted_safe()
        self._inverse = self.matrix.inverted_safe()

    def project(self, point: Vector) -> tuple[float, float] | None:
        """Where a point lies, which may be beside the canvas; None for one behind the camera or out of its range."""
        clip = self.matrix @ point.to_4d()
        if clip.w <= 0 or not -clip.w <= clip.z <= clip.w:
            return None
        return (clip.x / clip.w + 1) / 2, (1 - clip.y / clip.w) / 2

    def find_start(self, place: tuple[float, float]) -> Vector:
        """Where the line of sight through a part of the canvas begins, at the near clipping plane."""
        start = self._inverse @ Vector((place[0] * 2 - 1, 1 - place[1] * 2, -1.0, 1.0))
        return start.to_3d() / start.w


def place_notes(
    context: bpy.types.Context, settings: Settings, capture: Capture, projection: Projection
) -> tuple[tuple[SceneNote, ...], tuple[str, ...]]:
    """The notes that the captured image shows, and a sentence about those that it does not."""
    depsgraph = context.evaluated_depsgraph_get()
    notes: list[SceneNote] = []
    reasons: list[str] = []
    for number, note in enumerate(scene_notes.list_notes(context.scene), start=1):
        group = scene_notes.get_group(note)
        if not group.enabled:
            continue
        point = scene_notes.find_place(note, depsgraph)
        place = projection.project(point)
        if reason := _find_obstacle(note, group.text, settings):
            reasons.append(f"{number} {reason}")
        elif place is None or not _is_inside(place, capture):
            reasons.append(f"{number} lies outside of the image")
        elif hidden_by := _find_occluder(context, settings, projection.find_start(place), point):
            reasons.append(f"{number} is hidden by {hidden_by.name}")
        else:
            notes.append(SceneNote(number, group.text.strip(), round(place[0], 4), round(place[1], 4)))
    count = len(notes) + len(reasons)
    told = f"{len(reasons)} of {count} notes {'was' if len(reasons) == 1 else 'were'} left out: {', '.join(reasons)}."
    return tuple(notes), (told,) if reasons else ()


def _find_obstacle(note: bpy.types.Object, text: str, settings: Settings) -> str:
    """Why a note cannot be sent whatever the camera sees, as the end of a sentence; "" if it can."""
    if not text.strip():
        return "has no text"
    if scene_notes.has_lost_object(note):
        return "has lost its object"
    if note.parent and not _is_shown(note.parent, settings):
        return f"is on {note.parent.name}, which the image does not show"
    return ""


def _is_inside(place: tuple[float, float], capture: Capture) -> bool:
    framing = capture.framing
    if framing and (framing.fit is Fit.PAD or capture.source == Source.LAST_RENDER):  # what lies beyond it are bars
        left, top, right, bottom = framing.window
        frame_place = left + place[0] * (right - left), top + place[1] * (bottom - top)
        if not all(0 <= share <= 1 for share in frame_place):
            return False
    return all(0 <= share <= 1 for share in place)


def _find_occluder(
    context: bpy.types.Context, settings: Settings, start: Vector, point: Vector
) -> bpy.types.Object | None:
    """The first object that the image shows on the way to a point."""
    way = point - start
    end, direction, gone = way.length * (1 - _TOLERANCE), way.normalized(), 0.0
    depsgraph = context.evaluated_depsgraph_get()
    for _ in range(_MAX_HITS):
        origin = start + direction * gone
        is_hit, hit, _, _, item, _ = context.scene.ray_cast(depsgraph, origin, direction, distance=max(end - gone, 0.0))
        if not is_hit or (hit - start).length >= end:
            return None
        if _is_shown(item.original, settings):
            return item.original
        gone = (hit - start).length + way.length * 1e-5
    return None


def _is_shown(item: bpy.types.Object, settings: Settings) -> bool:
    """Whether the captured image shows an object that lies in the scene or in an instance."""
    source = find_source(settings.source)
    in_scene = item.name in bpy.context.view_layer.objects
    if settings.only_selected and source.filters_objects and in_scene and not item.select_get():
        return False
    if settings.source in _RENDERS:
        return is_renderable(item)
    return item.display_type not in ("WIRE", "BOUNDS") and (not in_scene or item.visible_get())


def read_strokes(scene: bpy.types.Scene, projection: Projection) -> tuple[tuple[Stroke, ...], tuple[str, ...]]:
    """The strokes of the Annotate tool in parts of the canvas, and a sentence about those that have no place in space.

    Each layer shows its frame at or before the scene's; what lies behind the camera is cut off.
    """
    strokes: list[Stroke] = []
    flat = 0
    annotation = compat.get_annotation(scene)
    for layer in annotation.layers if annotation else ():
        frames = [frame for frame in layer.frames if frame.frame_number <= scene.frame_current]
        if layer.annotation_hide or not frames:
            continue
        colour = tuple(round(channel * 255) for channel in layer.color)
        for stroke in max(frames, key=lambda frame: frame.frame_number).strokes:
            if getattr(stroke, "display_mode", "3DSPACE") == "3DSPACE":
                places = [projection.project(point.co) for point in stroke.points]
                strokes += [Stroke(line, layer.thickness, colour) for line in _split(places)]
            else:
                flat += 1
    told = f"{flat} annotation strokes were left out: they lie on the screen. Draw them with the placement Surface."
    return tuple(strokes), (told,) if flat else ()


def _split(places: list[tuple[float, float] | None]) -> Iterator[tuple[tuple[float, float], ...]]:
    """A line without the points that have no place, as the lines between them; a single point stays one."""
    if len(places) == 1 and places[0]:
        yield (places[0],)
    line: list[tuple[float, float]] = []
    for here, after in pairwise(places):
        if here and after:
            line = line or [here]
            line.append(after)
        elif line:
            yield tuple(line)
            line = []
    if line:
        yield tuple(line)
