"""The oracle's scenes: each empties the file and returns the objects to paint."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy
import numpy as np

from tests.oracle.truth import material


def empty_file() -> None:
    """Nothing in the file but a scene."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def _finish(objects: Sequence[bpy.types.Object], *, unwrap: bool) -> list[bpy.types.Object]:
    truth = material()
    for shape in objects:
        shape.data.materials.clear()
        shape.data.materials.append(truth)
        shape.data.shade_smooth()
        if unwrap:
            _unwrap(shape)
    bpy.context.view_layer.update()
    return list(objects)


def _unwrap(shape: bpy.types.Object) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    shape.select_set(True)
    bpy.context.view_layer.objects.active = shape
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=1.15, island_margin=0.01)
    bpy.ops.object.mode_set(mode="OBJECT")


def _subdivide(shape: bpy.types.Object, levels: int) -> None:
    modifier = shape.modifiers.new("Subdivision", "SUBSURF")
    modifier.levels = modifier.render_levels = levels


def sphere() -> list[bpy.types.Object]:
    """A UV sphere with its own map."""
    empty_file()
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=48)
    return _finish([bpy.context.object], unwrap=False)


def suzanne(levels: int = 2) -> list[bpy.types.Object]:
    """The monkey, subdivided by a modifier, unwrapped by angle."""
    empty_file()
    bpy.ops.mesh.primitive_monkey_add()
    shape = bpy.context.object
    made = _finish([shape], unwrap=True)
    _subdivide(shape, levels)
    return made


def tori() -> list[bpy.types.Object]:
    """Two rings through each other: each hides parts of the other, and of itself."""
    empty_file()
    bpy.ops.mesh.primitive_torus_add(major_radius=0.8, minor_radius=0.22, major_segments=96, minor_segments=32)
    first = bpy.context.object
    bpy.ops.mesh.primitive_torus_add(
        major_radius=0.8,
        minor_radius=0.22,
        major_segments=96,
        minor_segments=32,
        location=(0.8, 0, 0),
        rotation=(1.5708, 0, 0),
    )
    return _finish([first, bpy.context.object], unwrap=False)


def cup() -> list[bpy.types.Object]:
    """A thin wall: outside and inside lie 0.03 apart."""
    empty_file()
    bpy.ops.mesh.primitive_cylinder_add(vertices=96, radius=0.7, depth=1.4, end_fill_type="NGON")
    shape = bpy.context.object
    mesh = shape.data
    keep = [polygon.index for polygon in mesh.polygons if polygon.normal.z < 0.9]
    corners = [list(mesh.polygons[index].vertices) for index in keep]
    cut = bpy.data.meshes.new("Cup")
    cut.from_pydata([vertex.co[:] for vertex in mesh.vertices], [], corners)
    shape.data = cut
    solid = shape.modifiers.new("Wall", "SOLIDIFY")
    solid.thickness = 0.03
    bpy.ops.object.modifier_apply(modifier=solid.name)
    made = _finish([shape], unwrap=True)
    shape.data.shade_flat()
    return made


def scan(edge: int = 145) -> list[bpy.types.Object]:
    """A bumpy stone of 12 edge^2 triangles (252,300), as from a scan: a cube pushed onto a noisy sphere."""
    empty_file()
    places, faces, uvs = _cube_sphere(edge)
    mesh = bpy.data.meshes.new("Scan")
    mesh.vertices.add(len(places))
    mesh.vertices.foreach_set("co", places.reshape(-1))
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.reshape(-1))
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 4, dtype=np.int32))
    mesh.update(calc_edges=True)
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", uvs.reshape(-1))
    shape = bpy.data.objects.new("Scan", mesh)
    bpy.context.scene.collection.objects.link(shape)
    return _finish([shape], unwrap=False)


def _cube_sphere(edge: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (n, 3), quads (m, 4), and UVs (m, 4, 2): the six sides in a 3 x 2 atlas. Sides share no vertices."""
    steps = np.linspace(-1, 1, edge + 1)
    a, b = np.meshgrid(np.tan(steps * np.pi / 4), np.tan(steps * np.pi / 4), indexing="ij")
    one = np.ones_like(a)
    sides = [(one, a, b), (-one, b, a), (b, one, a), (a, -one, b), (a, b, one), (b, a, -one)]
    i, j = np.meshgrid(np.arange(edge), np.arange(edge), indexing="ij")
    corner = (i * (edge + 1) + j).reshape(-1)
    quad = np.stack([corner, corner + edge + 1, corner + edge + 2, corner + 1], axis=1)
    places, faces, uvs = [], [], []
    for side, (x, y, z) in enumerate(sides):
        places.append(np.stack([x, y, z], axis=-1).reshape(-1, 3))
        faces.append(quad + side * (edge + 1) ** 2)
        flat = np.stack([quad // (edge + 1), quad % (edge + 1)], axis=-1) / edge
        uvs.append((flat * 0.96 + 0.02 + [side % 3, side // 3]) / [3, 2])
    return (
        _bumped(np.concatenate(places)),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(uvs).astype(np.float32),
    )


def _bumped(places: np.ndarray) -> np.ndarray:
    ball = places / np.linalg.norm(places, axis=1, keepdims=True)
    draw = np.random.default_rng(5)
    height = np.ones(len(ball))
    for octave in range(5):
        waves = draw.normal(size=(3, 6)) * 1.7 * 1.8**octave
        height += 0.05 / 2**octave * np.sin(ball @ waves + draw.uniform(0, 6.28, 6)).mean(axis=1) * 2
    return (ball * height[:, None]).astype(np.float32)


def bottle() -> list[bpy.types.Object]:
    """A body of rotation with a cap: its outline is the same from all sides."""
    empty_file()
    radius = [0.0, 0.42, 0.46, 0.46, 0.45, 0.40, 0.24, 0.15, 0.15, 0.2, 0.2, 0.0]
    height = [-1.2, -1.2, -1.14, -0.5, 0.1, 0.35, 0.6, 0.72, 0.8, 0.82, 1.08, 1.1]
    count = 96
    turn = np.arange(count) * 2 * np.pi / count
    places = [(0.0, 0.0, height[0])]
    for r, z in zip(radius[1:-1], height[1:-1], strict=True):
        places += [(r * np.cos(t), r * np.sin(t), z) for t in turn]
    places.append((0.0, 0.0, height[-1]))
    last, rings = len(places) - 1, len(radius) - 2
    faces: list[tuple[int, ...]] = []
    for i in range(count):
        j = (i + 1) % count
        faces.append((0, 1 + j, 1 + i))
        faces += [
            (1 + k * count + i, 1 + k * count + j, 1 + (k + 1) * count + j, 1 + (k + 1) * count + i)
            for k in range(rings - 1)
        ]
        faces.append((last, 1 + (rings - 1) * count + i, 1 + (rings - 1) * count + j))
    return _finish([_object("Bottle", places, faces)], unwrap=True)


def truck() -> list[bpy.types.Object]:
    """A large body, and two pairs of small wheels: three objects."""
    empty_file()
    bpy.ops.mesh.primitive_cube_add(size=1)
    body = bpy.context.object
    body.scale = (1.0, 2.2, 0.8)
    cut = body.modifiers.new("Edges", "BEVEL")
    cut.width, cut.segments = 0.12, 4
    bpy.ops.object.transform_apply(scale=True)
    bpy.ops.object.modifier_apply(modifier=cut.name)
    wheels = []
    for place in (-0.7, 0.7):
        bpy.ops.mesh.primitive_cylinder_add(
            vertices=48, radius=0.26, depth=1.16, location=(0, place, -0.45), rotation=(0, np.pi / 2, 0)
        )
        wheels.append(bpy.context.object)
    made = _finish([body, *wheels], unwrap=True)
    for shape in made:
        shape.data.shade_flat()
    return made


def figure() -> list[bpy.types.Object]:
    """A person of balls that flow together, the same on its left and right."""
    empty_file()
    data = bpy.data.metaballs.new("Figure")
    data.resolution, data.threshold = 0.05, 0.4
    parts = [((0, 0, 0.95), 0.42), ((0, -0.22, 0.9), 0.16), ((0, 0, 0.35), 0.42), ((0, -0.05, -0.05), 0.46)]
    for side in (-1, 1):
        parts += [((side * (0.3 + 0.13 * k), 0, 0.42 - 0.1 * k), 0.22 - 0.01 * k) for k in range(5)]
        parts += [((side * 0.2, 0, -0.4 - 0.15 * k), 0.25) for k in range(5)]
        parts.append(((side * 0.22, -0.16, -1.03), 0.22))
    for place, radius in parts:
        ball = data.elements.new()
        ball.co, ball.radius = place, radius
    source = bpy.data.objects.new("Figure", data)
    bpy.context.scene.collection.objects.link(source)
    bpy.context.view_layer.update()
    mesh = bpy.data.meshes.new_from_object(source.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    bpy.data.objects.remove(source)
    shape = bpy.data.objects.new("Figure", mesh)
    bpy.context.scene.collection.objects.link(shape)
    return _finish([shape], unwrap=True)


def _object(
    name: str, places: Sequence[tuple[float, float, float]], faces: Sequence[tuple[int, ...]]
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(places, [], faces)
    shape = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(shape)
    return shape


#: Scenes for fine detail, lettering, and views that are wrong.
DETAIL_SCENES: dict[str, Callable[[], list[bpy.types.Object]]] = {
    "suzanne": suzanne,
    "bottle": bottle,
    "truck": truck,
    "figure": figure,
    "tori": tori,
}

SCENES: dict[str, Callable[[], list[bpy.types.Object]]] = {
    "sphere": sphere,
    "suzanne": suzanne,
    "tori": tori,
    "cup": cup,
    "scan": scan,
}
