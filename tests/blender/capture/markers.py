"""Small spheres at known places, and where they are found in a picture."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector
from PIL import Image

from nano_banana_addon.blender.capture.result import CaptureResult
from nano_banana_addon.blender.host import compat

PLACES = (
    (0.0, 0.0, 0.0),
    (1.6, 0.7, 0.2),
    (-1.6, -0.7, 0.4),
    (1.0, -1.3, -0.6),
    (-1.3, 0.9, -0.8),
    (0.1, 0.9, 1.2),
)


def add_markers(radius: float = 0.05) -> list[bpy.types.Object]:
    """One sphere at each place, with a white emission material."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=3, radius=radius)
    first = bpy.context.object
    material = bpy.data.materials.new("Marker")
    compat.set_uses_nodes(material, True)
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Emission Color"].default_value = (1, 1, 1, 1)
    shader.inputs["Emission Strength"].default_value = 1.0
    first.data.materials.append(material)
    found = [first]
    for _ in PLACES[1:]:
        other = first.copy()
        bpy.context.collection.objects.link(other)
        found.append(other)
    for item, place in zip(found, PLACES, strict=True):
        item.location = place
    return found


def add_camera(location: tuple[float, float, float] = (5.0, -6.0, 3.5)) -> bpy.types.Object:
    """The scene's camera, looking at the origin."""
    data = bpy.data.cameras.new("Shot Camera")
    camera = bpy.data.objects.new("Shot Camera", data)
    bpy.context.collection.objects.link(camera)
    camera.location = location
    camera.rotation_euler = (-Vector(location)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.camera = camera
    return camera


def mask_of(captured: CaptureResult) -> np.ndarray:
    """The capture's mask as float, top row first."""
    return np.asarray(Image.open(Path(captured.capture.mask)), np.float64)


def expected(captured: CaptureResult, place: tuple[float, float, float]) -> tuple[float, float]:
    """Where the capture's view says that a point is, in canvas pixels."""
    view, canvas = captured.capture.view, captured.capture.framing.canvas
    clip = Matrix(view.projection) @ Matrix(view.world).inverted() @ Vector((*place, 1.0))
    return (
        (clip.x / clip.w + 1) / 2 * canvas[0],
        (1 - clip.y / clip.w) / 2 * canvas[1],
    )


def centre_near(picture: np.ndarray, where: tuple[float, float], reach: int) -> tuple[float, float]:
    """The centre of gravity of what is bright around a place."""
    x, y = round(where[0]), round(where[1])
    x0, y0 = max(x - reach, 0), max(y - reach, 0)
    part = picture[y0 : y + reach, x0 : x + reach]
    assert part.sum() > 0, f"nothing is seen near {where}"
    rows, columns = np.indices(part.shape)
    return (
        float((part * (columns + 0.5)).sum() / part.sum()) + x0,
        float((part * (rows + 0.5)).sum() / part.sum()) + y0,
    )


def worst_distance(captured: CaptureResult, picture: np.ndarray, reach: int = 16) -> tuple[float, int]:
    """The largest distance in pixels between found and expected places, and how many were looked at: those
    inside the picture and apart from the others."""
    height, width = picture.shape
    places = [expected(captured, place) for place in PLACES]
    distances = []
    for number, (x, y) in enumerate(places):
        others = places[:number] + places[number + 1 :]
        alone = all(max(abs(x - ox), abs(y - oy)) > 2 * reach for ox, oy in others)
        if alone and reach < x < width - reach and reach < y < height - reach:
            found = centre_near(picture, (x, y), reach)
            distances.append(float(np.hypot(found[0] - x, found[1] - y)))
    return max(distances), len(distances)
