# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluated meshes as plain triangle arrays: what is painted, and what stands in the way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import bpy
import numpy as np
from numpy.typing import NDArray

from ...core.errors import InputError
from ...imaging.arrays import Doubles, Floats, Reals

#: Object types that become meshes when evaluated.
SURFACE_TYPES = frozenset({"MESH", "CURVE", "SURFACE", "META", "FONT"})
#: Above this the arrays and the GPU's copy of them pass some 2 GB.
TRIANGLE_LIMIT = 8_000_000
#: The UDIM tile of UVs between 0 and 1.
FIRST_TILE = 1001


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The triangles of one object, as Blender shows them (modifiers applied).

    `corners` (T, 3, 3) float32: positions, world units, less the geometry's `origin`; `normals` (T, 3, 3) float32: unit
    shading normals in world space; `flat_normals` (T, 3) those of the triangles; `uvs` (T, 3, 2) float32 or None;
    `vertices` (T, 3) int32: which corners are one point of the mesh; `materials` (T,) int32: material slots. `name` is
    the object's, `identity` differs for each object in one geometry, `uv_map` is the map's name. The last `copies`
    triangles are others once more, elsewhere in the map. An object is one surface for each UDIM `tile`, with its UVs.
    """

    name: str
    identity: int
    corners: Floats
    normals: Floats
    flat_normals: Floats
    uvs: Floats | None
    vertices: NDArray[np.int32]
    materials: NDArray[np.int32]
    uv_map: str = ""
    copies: int = 0
    tile: int = FIRST_TILE

    @property
    def triangle_count(self) -> int:
        """How many triangles there are."""
        return len(self.corners)

    @property
    def title(self) -> str:
        """The object's name, with the number of a further UDIM tile."""
        return self.name if self.tile == FIRST_TILE else f"{self.name} (tile {self.tile})"


@dataclass(frozen=True, eq=False)
class Geometry:
    """What is painted (`targets`) and what only hides (`occluders`). World position = array + `origin`."""

    targets: tuple[Surface, ...]
    occluders: tuple[Surface, ...]
    origin: tuple[float, float, float]

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """All of them, targets first."""
        return self.targets + self.occluders

    def group_targets(self) -> list[list[int]]:
        """The numbers of the targets by object: several where it has UDIM tiles."""
        groups: dict[int, list[int]] = {}
        for number, surface in enumerate(self.targets):
            groups.setdefault(surface.identity, []).append(number)
        return list(groups.values())

    def name_targets(self) -> str:
        """The objects' names, separated by commas."""
        return ", ".join(dict.fromkeys(surface.name for surface in self.targets))

    @cached_property
    def bounds(self) -> tuple[Doubles, Doubles]:
        """The targets' lowest and highest world coordinates (3,), (3,); found once, as each view asks for them."""
        points = [surface.corners.reshape(-1, 3) for surface in self.targets]
        low = np.min([p.min(axis=0) for p in points], axis=0) + np.array(self.origin)
        high = np.max([p.max(axis=0) for p in points], axis=0) + np.array(self.origin)
        return low, high

    def outline_points(self) -> Doubles:
        """Some 100 world points (n, 3) on the hull of the targets.

        Views fitted to them fit the targets to about 1 % (less than a view's margin), tighter than views fitted to a
        box.
        """
        turn = np.arange(100) * 2.399963  # the golden angle: directions spread evenly
        height = 1 - (np.arange(100) + 0.5) / 50
        flat = np.sqrt(1 - height**2)
        directions = np.stack([flat * np.cos(turn), flat * np.sin(turn), height]).astype(np.float32)
        points = [surface.corners.reshape(-1, 3) for surface in self.targets]
        extremes = [p[np.array([int(np.argmax(p @ d)) for d in directions.T])] for p in points]
        return np.unique(np.concatenate(extremes), axis=0).astype(np.float64) + np.array(self.origin)


def read_geometry(
    depsgraph: bpy.types.Depsgraph,
    targets: Sequence[bpy.types.Object],
    *,
    uv_map: str = "",
    include_occluders: bool = True,
) -> Geometry:
    """Read the evaluated triangles of `targets` and, unless told otherwise, of all that can stand before them.

    `uv_map` "" means the one marked for rendering. Raises `InputError` with the reason for objects that cannot be
    painted: no surface, no UV map, too many triangles.
    """
    names = {target.name_full for target in targets}
    if not names:
        raise InputError("No object is chosen.", next_step="Select the objects to texture.")
    shapes = [target.evaluated_get(depsgraph) for target in targets]
    origin = _find_middle(shapes)
    target_surfaces = [
        _read_surface(shape, shape.matrix_world, index, origin, uv_map) for index, shape in enumerate(shapes)
    ]
    occluders: list[Surface] = []
    if include_occluders:
        instances = _iterate_visible(depsgraph, names)
        occluders = [
            _read_surface(shape, matrix, len(target_surfaces) + index, origin, None)
            for index, (shape, matrix) in enumerate(instances)
        ]
    geometry = Geometry(tuple(target_surfaces), tuple(s for s in occluders if s.triangle_count), origin)
    _refuse_too_many(geometry)
    return geometry


def read_visible(depsgraph: bpy.types.Depsgraph, only: Collection[str] | None = None) -> Geometry:
    """Everything visible in the scene as `occluders`, for guides.

    With full names of objects: only those and their instances. Raises `InputError` for too many triangles.
    """
    origin = (0.0, 0.0, 0.0)
    instances = _iterate_visible(depsgraph, set(), only)
    surfaces = [_read_surface(shape, matrix, index, origin, None) for index, (shape, matrix) in enumerate(instances)]
    geometry = Geometry((), tuple(surface for surface in surfaces if surface.triangle_count), origin)
    _refuse_too_many(geometry)
    return geometry


def _find_middle(targets: Sequence[bpy.types.Object]) -> tuple[float, float, float]:
    """A point near the targets: float32 positions far from the world's origin would lose their detail."""
    places = np.array([target.matrix_world.translation for target in targets], dtype=np.float64)
    x, y, z = (float(value) for value in places.mean(axis=0))
    return (x, y, z)


def _iterate_visible(
    depsgraph: bpy.types.Depsgraph, names: set[str], only: Collection[str] | None = None
) -> Iterator[tuple[bpy.types.Object, Doubles]]:
    """Evaluated objects, instances included, that hide what is behind them."""
    for instance in depsgraph.object_instances:
        shape = instance.object
        owner = instance.parent if instance.is_instance and instance.parent else shape
        if only is not None and owner.original.name_full not in only:
            continue
        if shape.type not in SURFACE_TYPES or not instance.show_self:
            continue
        if shape.display_type in {"WIRE", "BOUNDS"}:
            continue
        if instance.is_instance or shape.original.name_full not in names:
            yield shape, np.array(instance.matrix_world, dtype=np.float64)


def _refuse_too_many(geometry: Geometry) -> None:
    count = sum(surface.triangle_count for surface in geometry.surfaces)
    if count > TRIANGLE_LIMIT:
        raise InputError(
            f"There are {count:,} triangles; up to {TRIANGLE_LIMIT:,} can be textured.",
            next_step="Lower the subdivision, hide what is not needed, or texture the objects one after the other.",
        )


def _read_surface(
    shape: bpy.types.Object,
    matrix: object,
    identity: int,
    origin: tuple[float, float, float],
    uv_map: str | None,
) -> Surface:
    """The triangles of one evaluated object. `uv_map` None: UVs are not needed, nothing is refused."""
    name = shape.original.name
    if shape.type not in SURFACE_TYPES:
        raise InputError(f"{name} has no surface to texture.", next_step="Choose mesh objects.")
    mesh = shape.to_mesh()
    try:
        surface = _read_triangles(mesh, name, identity, uv_map)
    finally:
        shape.to_mesh_clear()
    return _place_surface(surface, np.array(matrix, dtype=np.float64), np.array(origin))


def _read_triangles(mesh: bpy.types.Mesh, name: str, identity: int, uv_map: str | None) -> Surface:
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    if uv_map is not None and not count:
        raise InputError(f"{name} has no faces.", next_step="Choose an object with faces.")
    loops = _read_column(mesh.loop_triangles, "loops", (count, 3), np.int32)
    polygon = _read_column(mesh.loop_triangles, "polygon_index", (count,), np.int32)
    vertex = _read_column(mesh.loops, "vertex_index", (len(mesh.loops),), np.int32)
    position = _read_column(mesh.vertices, "co", (len(mesh.vertices), 3), np.float32)
    if uv_map is not None and not np.isfinite(position).all():
        raise InputError(
            f"{name} has vertices whose coordinates are not numbers.",
            next_step="Delete them (in Edit Mode they have no place), or undo what moved them.",
        )
    normal = _read_column(mesh.corner_normals, "vector", (len(mesh.loops), 3), np.float32)
    material = _read_column(mesh.polygons, "material_index", (len(mesh.polygons),), np.int32)
    uvs, uv_name = (None, "") if uv_map is None else _read_uvs(mesh, name, uv_map)
    return Surface(
        name=name,
        identity=identity,
        corners=position[vertex[loops]],
        normals=normal[loops],
        flat_normals=np.zeros((count, 3), np.float32),
        uvs=None if uvs is None else uvs[loops],
        vertices=vertex[loops],
        materials=material[polygon],
        uv_map=uv_name,
    )


def _read_column(
    collection: object, attribute: str, shape: tuple[int, ...], kind: type[np.generic]
) -> NDArray[np.generic]:
    values = np.empty(int(np.prod(shape)), dtype=kind)
    collection.foreach_get(attribute, values)  # type: ignore[attr-defined]
    return values.reshape(shape)


def _read_uvs(mesh: bpy.types.Mesh, name: str, uv_map: str) -> tuple[Floats, str]:
    layers = mesh.uv_layers
    if not len(layers):
        raise InputError(
            f"{name} has no UV map.",
            next_step="Unwrap it first (UV > Smart UV Project).",
            remedy="UNWRAP",
        )
    if uv_map and uv_map not in layers:
        available = ", ".join(layer.name for layer in layers)
        raise InputError(
            f"{name} has no UV map named {uv_map}; it has {available}.",
            next_step="Choose another one under UV Map, or none: then the one that is active for rendering is used.",
        )
    layer = layers[uv_map] if uv_map else next((uv_layer for uv_layer in layers if uv_layer.active_render), layers[0])
    return _read_column(layer.uv, "vector", (len(mesh.loops), 2), np.float32), layer.name


def _place_surface(surface: Surface, matrix: Doubles, origin: Doubles) -> Surface:
    """In world space less the origin, wound so that the normals point outwards also when mirrored."""
    linear = matrix[:3, :3]
    corners = surface.corners @ linear.T.astype(np.float32) + (matrix[:3, 3] - origin).astype(np.float32)
    normals = surface.normals @ _compute_normal_matrix(linear)
    uvs, vertices = surface.uvs, surface.vertices
    if np.linalg.det(linear) < 0:
        corners, normals = corners[:, ::-1], normals[:, ::-1]
        uvs, vertices = None if uvs is None else uvs[:, ::-1], vertices[:, ::-1]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return replace(
        surface,
        corners=np.ascontiguousarray(corners, np.float32),
        normals=normalise(normals),
        flat_normals=normalise(flat),
        uvs=None if uvs is None else np.ascontiguousarray(uvs),
        vertices=np.ascontiguousarray(vertices),
    )


def _compute_normal_matrix(linear: Doubles) -> Floats:
    """The factor behind a row of normals; the pseudo-inverse, as a scale of zero flattens but must not fail."""
    return np.linalg.pinv(linear).astype(np.float32)


def normalise(vectors: Reals) -> Floats:
    """Vectors of shape (..., 3) at length 1, float32; those without length become zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(length, 1e-20), np.float32)
