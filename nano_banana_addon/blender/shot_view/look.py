# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scene's camera sees at the present frame: a digest of it, and where its objects are in the frame.

An object counts as seen when its bounds reach into the canvas, also behind another. Shadows and reflections of objects
outside of it are not covered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

from ...core.settings import CaptureSettings, Source
from ...core.storyboard.cuts import Subject
from ..capture import lens
from .values import list_geometry, list_values, round_numbers, uses_animation

_DRAWN = frozenset(
    ("MESH", "CURVE", "SURFACE", "META", "FONT", "CURVES", "POINTCLOUD", "VOLUME", "GREASEPENCIL", "LIGHT")
)


@dataclass(frozen=True, slots=True)
class ShotView:
    """What a camera sees: a digest of all of it, and where its objects are, by the names of their topmost parents."""

    digest: str
    subjects: dict[str, Subject]


@dataclass(slots=True, eq=False)
class _Instances:
    """What is drawn: names of topmost parents, which are lights, transforms (n, 4, 4), corners of bounds (n, 8, 4)."""

    roots: list[str]
    is_light: NDArray[np.bool_]
    worlds: NDArray[np.float64]
    boxes: NDArray[np.float64]


class Look:
    """Looks through cameras, and remembers materials without animation from one look to the next."""

    def __init__(self) -> None:
        self._materials: dict[int, bytes] = {}

    def take(self, context: bpy.types.Context, settings: CaptureSettings) -> ShotView:
        """What the scene's camera sees now. Raises `InputError` without one."""
        scene, depsgraph = context.scene, context.evaluated_depsgraph_get()
        camera = lens.require_camera(scene.camera)
        world = lens.camera_world(camera, depsgraph)
        projection = lens.camera_projection(camera, depsgraph, scene.render)
        instances = _list_instances(depsgraph)
        seen = np.ones(len(instances.roots), bool)
        if lens.is_flat(camera):
            canvas = _find_canvas(scene, settings, world, projection)
            seen = _find_seen(_project(instances, canvas @ world.inverted()))
        lit = seen | instances.is_light
        dof = camera.data.evaluated_get(depsgraph).dof
        parts = [
            *(round_numbers(world), round_numbers(projection), settings.fit, settings.ratio, settings.source),
            *(dof.use_dof, round_numbers((dof.aperture_fstop, dof.focus_distance))),
            *list_values(scene.view_settings),
            scene.render.film_transparent,
            *(list_values(scene.world) if scene.world else ()),
            *sorted(self._hash_instances(depsgraph, settings, lit)),
        ]
        places = _project(instances, projection @ world.inverted())
        return ShotView(hash_parts(parts).hex(), _find_subjects(instances, places, seen & ~instances.is_light))

    def _hash_instances(
        self, depsgraph: bpy.types.Depsgraph, settings: CaptureSettings, chosen: NDArray[np.bool_]
    ) -> Iterator[bytes]:
        """A digest of each chosen one, without its name."""
        known: dict[tuple[int, int], bytes] = {}
        for each, is_chosen in zip(_iterate(depsgraph), chosen, strict=True):
            if is_chosen:
                item = each.object
                key = item.as_pointer(), item.data.as_pointer()
                if key not in known:
                    known[key] = self._hash_object(item, settings)
                yield hash_parts([known[key], round_numbers(each.matrix_world)])

    def _hash_object(self, item: bpy.types.Object, settings: CaptureSettings) -> bytes:
        geometry = list_values(item.data) if item.type == "LIGHT" else list_geometry(item)
        materials = [self._hash_material(slot.material) for slot in item.material_slots]
        is_hidden = settings.source == Source.RENDER and item.hide_render
        return hash_parts([*geometry, *materials, round_numbers(item.color), is_hidden])

    def _hash_material(self, material: bpy.types.Material | None) -> bytes:
        if material is None:
            return b""
        if uses_animation(material):
            return hash_parts(list_values(material))
        uid = material.original.session_uid
        if uid not in self._materials:
            self._materials[uid] = hash_parts(list_values(material))
        return self._materials[uid]


def hash_parts(parts: Iterable[object]) -> bytes:
    """SHA-256 of values; bytes as they are, others as they are written."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.digest()


def _find_canvas(scene: bpy.types.Scene, settings: CaptureSettings, world: Matrix, projection: Matrix) -> Matrix:
    """Camera space to the clip space of the canvas, which may show more than the frame."""
    region = lens.render_region(scene.render, settings.use_region)
    framing = lens.fit_region(lens.camera_frame(scene.render), settings, region)
    return Matrix(lens.freeze_view(world, projection, framing, "", 0).projection)


def _iterate(depsgraph: bpy.types.Depsgraph) -> Iterator[bpy.types.DepsgraphObjectInstance]:
    """All that is drawn. What the iterator gives lives for one step."""
    return (each for each in depsgraph.object_instances if each.show_self and each.object.type in _DRAWN)


def _list_instances(depsgraph: bpy.types.Depsgraph) -> _Instances:
    roots: list[str] = []
    is_light: list[bool] = []
    worlds: list[list[list[float]]] = []
    boxes: list[list[tuple[float, ...]]] = []
    for each in _iterate(depsgraph):
        owner = each.parent if each.is_instance else each.object
        roots.append(_find_root(owner.original))
        is_light.append(each.object.type == "LIGHT")
        worlds.append([list(row) for row in each.matrix_world])
        boxes.append([(*corner, 1.0) for corner in each.object.bound_box])
    count = len(roots)
    corners = np.array(boxes, np.float64).reshape(count, 8, 4)
    return _Instances(roots, np.array(is_light, bool), np.array(worlds, np.float64).reshape(count, 4, 4), corners)


def _find_root(item: bpy.types.Object) -> str:
    while item.parent:
        item = item.parent
    return str(item.name)


def _project(instances: _Instances, matrix: Matrix) -> NDArray[np.float64]:
    """The corners of the bounds of each in clip space, shape (n, 8, 4)."""
    return np.einsum("ij,njk,nck->nci", np.array(matrix, np.float64), instances.worlds, instances.boxes)


def _find_seen(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes, shape (n, 8, 4), reach into the view: not all corners lie beyond one of its planes."""
    w = corners[:, :, 3]
    beyond = [(sign * corners[:, :, axis] > w).all(axis=1) for axis in range(3) for sign in (1, -1)]
    return ~np.logical_or.reduce(beyond)


def _find_subjects(
    instances: _Instances, corners: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> dict[str, Subject]:
    """Where objects with all their parts are in the frame; those that reach behind the camera are left out.

    `corners` has the shape (n, 8, 4), `chosen` (n,).
    """
    boxes: dict[str, list[NDArray[np.float64]]] = {}
    for index in np.flatnonzero(chosen):
        boxes.setdefault(instances.roots[index], []).append(corners[index])
    subjects: dict[str, Subject] = {}
    for name, parts in boxes.items():
        points = np.concatenate(parts)
        if (points[:, 3] > 1e-6).all():
            flat = points[:, :2] / points[:, 3:] / 2 + 0.5
            (left, bottom), (right, top) = flat.min(axis=0), flat.max(axis=0)
            subjects[name] = Subject(float(left), float(bottom), float(right), float(top))
    return subjects
