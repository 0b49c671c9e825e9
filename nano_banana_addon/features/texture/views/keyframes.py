# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of the animation as views: the scene's camera there, and the objects in their poses.

What moves or deforms is projected onto as it is at the frame of each image; its map follows it to all other frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import bpy
import numpy as np

from ....blender.bake.mesh import Geometry, Surface
from ....blender.capture import lens
from ....blender.capture.scene_copy import EvaluatedScene, evaluate_frame
from ....core.errors import InputError
from ....core.scene.capture import DataBlockRef, ObjectPose
from ....core.settings import Settings
from ....core.storyboard.keyframes import parse_keyframes
from ....core.texture import TextureSettings
from ....imaging.arrays import Doubles
from . import targets
from .planned_view import PlannedView
from .views import plan_camera

#: Of a surface's extent: what moves less is the same.
_SAME = 1e-5

#: An object's surface, or its part in one UDIM tile.
_Part = tuple[DataBlockRef, int]


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """The surfaces of the objects that are visible at one frame, their transforms in the same order, and notes."""

    geometry: Geometry
    targets: tuple[ObjectPose, ...]
    notes: tuple[str, ...]


def plan_keyframes(
    context: bpy.types.Context, objects: Sequence[bpy.types.Object], texture: TextureSettings, settings: Settings
) -> tuple[Geometry, list[PlannedView], tuple[str, ...]]:
    """The geometry that is baked, a view with its pose for each keyframe, and notes.

    Raises `InputError` for keyframes that are none, or show nothing that the others do not.
    """
    scene = context.scene
    planned: list[PlannedView] = []
    poses: list[Pose] = []
    for frame in parse_keyframes(texture.keyframes, scene.frame_start, scene.frame_end):
        with evaluate_frame(scene, frame) as evaluated:
            view = plan_frame_camera(evaluated, settings)
            pose = read_pose(evaluated, find_visible(evaluated, objects), texture.used_uv_map)
        name = f"Frame {frame}"
        planned.append(replace(view, name=name, view=replace(view.view, camera=name), targets=pose.targets))
        poses.append(pose)
    geometry, seen = join_poses(poses)
    shown = {surface.name for surface in geometry.targets}
    if hidden := [obj.name for obj in objects if obj.name not in shown]:
        raise InputError(
            f"{', '.join(hidden)}: hidden at every keyframe.",
            next_step="Add a keyframe at which it is visible, or deselect it.",
        )
    planned = [replace(view, pose=pose) for view, pose in zip(planned, seen, strict=True)]
    _refuse_repetition(planned)
    return geometry, planned, tuple(dict.fromkeys(note for pose in poses for note in pose.notes))


def plan_frame_camera(evaluated: EvaluatedScene, settings: Settings) -> PlannedView:
    """What the scene's camera shows at a frame. Raises `InputError` for none, and for a panoramic one."""
    scene = evaluated.scene
    if scene.camera is None:
        raise InputError(
            f"The scene has no camera at frame {scene.frame_current}.", next_step="Add one and make it the active one."
        )
    return plan_camera(scene, evaluated.depsgraph, lens.require_camera(scene.camera), settings)


def find_visible(evaluated: EvaluatedScene, objects: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those of the objects that are shown at the frame, in the 3D view and in renders."""
    shown = {i.object.original for i in evaluated.depsgraph.object_instances if not i.object.hide_render}
    return [obj for obj in objects if obj in shown]


def read_pose(
    evaluated: EvaluatedScene,
    objects: Sequence[bpy.types.Object],
    uv_map: str,
    recorded: Sequence[ObjectPose] = (),
) -> Pose:
    """The objects at a frame; with transforms that were `recorded` there, as they were then.

    Raises `InputError` for none, and as `targets.read` does.
    """
    frame, depsgraph = evaluated.scene.frame_current, evaluated.depsgraph
    if not objects:
        raise InputError(
            f"At frame {frame} all of the objects are hidden.", next_step="Choose another keyframe, or other objects."
        )
    geometry, notes = targets.read(objects, uv_map, depsgraph)
    shapes = [obj.evaluated_get(depsgraph) for obj in objects]
    if recorded:
        geometry = targets.restore_poses(geometry, shapes, recorded)
    return Pose(geometry, tuple(recorded) or targets.record_poses(objects, depsgraph), notes)


def join_poses(poses: Sequence[Pose]) -> tuple[Geometry, list[Geometry]]:
    """The geometry that is baked, each object as it is first visible and in that order, and that of each pose.

    All have the same origin and targets; what did not move is the same surface, what is hidden has no extent.
    """
    origin = poses[0].geometry.origin
    surfaces = [_list_surfaces(pose, np.array(origin)) for pose in poses]
    numbers: dict[DataBlockRef, int] = {}
    first: dict[_Part, Surface] = {}
    for part, surface in (item for each in surfaces for item in each.items()):
        number = numbers.setdefault(part[0], len(numbers))
        first.setdefault(part, replace(surface, identity=number))
    seen = [tuple(_pose_surface(base, each.get(part)) for part, base in first.items()) for each in surfaces]
    shared = {each: Geometry(each, (), origin) for each in (tuple(first.values()), *seen)}
    return shared[tuple(first.values())], [shared[each] for each in seen]


def _list_surfaces(pose: Pose, origin: Doubles) -> dict[_Part, Surface]:
    move = (np.array(pose.geometry.origin) - origin).astype(np.float32)
    return {
        (pose.targets[surface.identity].object, surface.tile): replace(surface, corners=surface.corners + move)
        for surface in pose.geometry.targets
    }


def _pose_surface(base: Surface, seen: Surface | None) -> Surface:
    if seen is None:  # no triangle of it covers a pixel, or faces a view
        nothing = np.zeros_like(base.corners)
        return replace(base, corners=nothing, normals=nothing, flat_normals=nothing[:, 0])
    return base if _is_same(base, seen) else replace(seen, identity=base.identity)


def _is_same(first: Surface, second: Surface) -> bool:
    limit = _SAME * float(np.ptp(first.corners, axis=(0, 1)).max())
    return first.corners.shape == second.corners.shape and np.allclose(
        first.corners, second.corners, rtol=0, atol=limit
    )


def _refuse_repetition(planned: Sequence[PlannedView]) -> None:
    for first, second in pairwise(planned):
        is_same_view = all(
            np.allclose(getattr(first.view, name), getattr(second.view, name), atol=1e-6)
            for name in ("world", "projection")
        )
        surfaces = [each.pose.targets if each.pose else () for each in (first, second)]
        if is_same_view and all(map(_is_same, *surfaces)):
            raise InputError(
                f"Between {first.name.lower()} and {second.name.lower()} neither the camera nor an object moves: both"
                " would show the same.",
                next_step="Remove one of them, or animate the camera.",
            )
