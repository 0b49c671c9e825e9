# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a texture as they were when its images were captured."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import bpy

from ....blender.bake.mesh import Geometry
from ....blender.capture.scene_copy import evaluate_frame
from ....blender.deliver.recipients import resolve_scene
from ....blender.host.progress_steps import ProgressStep
from ....core.errors import InputError
from ....core.result import Generation
from ....core.scene.capture import DataBlockRef, ObjectPose
from ....core.texture import require_texture_context
from . import keyframes, targets
from .keyframes import Pose

_KEPT = "The images remain in the history."


@dataclass(frozen=True, slots=True, eq=False)
class CapturedObjects:
    """The geometry, without references to the objects, their transforms in the same order, and notes.

    `poses` gives, by the ids of images, the geometry as each keyframe saw it.
    """

    geometry: Geometry
    targets: list[ObjectPose]
    notes: list[str]
    poses: dict[str, Geometry]


def read_steps(generations: Sequence[Generation]) -> Generator[ProgressStep, None, CapturedObjects]:
    """In steps, the objects of a texture's images. Raises `InputError` when none is left."""
    first = generations[0]
    part = require_texture_context(first.request)
    if part.keyframes:
        return (yield from _read_keyframes(generations, part.uv_map))
    yield 0.0, "Reading the objects"
    objects, poses, notes = targets.find_objects(part.targets, first.request.blend_path)
    if not objects:
        raise InputError(" ".join(notes), next_step=_KEPT)
    geometry, uv_notes = targets.read(objects, part.uv_map)
    return CapturedObjects(targets.restore_poses(geometry, objects, poses), poses, [*notes, *uv_notes], {})


def _read_keyframes(generations: Sequence[Generation], uv_map: str) -> Generator[ProgressStep, None, CapturedObjects]:
    """The animation is played again, in a copy of the scene; what moved since stands where it stood."""
    notes: dict[str, None] = {}
    poses: dict[str, Pose] = {}
    for number, generation in enumerate(generations):
        yield number / len(generations), f"Reading {generation.request.shot}"
        part = require_texture_context(generation.request)
        objects, recorded, missing = targets.find_objects(part.targets, generation.request.blend_path)
        notes |= dict.fromkeys(missing)
        if objects:
            scene = resolve_scene(generation.request, bpy.context)
            with evaluate_frame(scene, part.shown[0].view.frame_number) as evaluated:
                _show(objects, evaluated.view_layer)
                poses[generation.id] = keyframes.read_pose(evaluated, objects, uv_map, recorded)
            notes |= dict.fromkeys(poses[generation.id].notes)
    if not poses:
        raise InputError(" ".join(notes), next_step=_KEPT)
    geometry, seen = keyframes.join_poses(list(poses.values()))
    known: dict[DataBlockRef, ObjectPose] = {}
    for target in (each for pose in poses.values() for each in pose.targets):
        known.setdefault(target.object, target)
    return CapturedObjects(geometry, list(known.values()), list(notes), dict(zip(poses, seen, strict=True)))


def _show(objects: Sequence[bpy.types.Object], layer: bpy.types.ViewLayer) -> None:
    """Let a temporary view layer evaluate objects that were hidden meanwhile."""
    for obj in objects:
        if obj.name in layer.objects:
            obj.hide_set(False, view_layer=layer)
    layer.update()
