"""A picture made from a capture lands on the surface points that it was captured from."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.core.constants import DeliveryKind
from tests.support.framing import map_to_frame

from . import pictures
from .staging import add_camera, add_cube, captured, emission, for_objects, render

MATERIAL = (DeliveryKind.MATERIAL,)
HALF_A_PIXEL = 0.5


def _canvas_markers(capture):
    return pictures.markers(*capture.framing.canvas, spacing=48, radius=9)


def _expected(capture, resolution) -> np.ndarray:
    """Where the markers should be in a render of the frame, in its pixels."""
    centres = pictures.markers(*capture.framing.canvas, spacing=48, radius=9)
    width, height = capture.framing.canvas
    xs, ys = np.arange(24, width, 48), np.arange(24, height, 48)
    assert centres[24, 24, 0] == 255
    points = [map_to_frame(capture.framing, float(x), float(y)) for x in xs for y in ys]
    return np.array(points) * resolution


@pytest.mark.parametrize("orthographic", [False, True], ids=["perspective", "orthographic"])
@pytest.mark.parametrize("count", [1, 2], ids=["one object", "two objects"])
def test_projected_markers_are_seen_where_the_camera_saw_them(
    scene, finished, tmp_path: Path, orthographic: bool, count: int
) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 960, 540
    add_camera(scene, orthographic=orthographic)
    material = emission("Shared")
    cubes = [add_cube(scene, f"Cube {i}") for i in range(count)]
    for index, cube in enumerate(cubes):
        cube.location.x = -1.6 * index
        cube.rotation_euler = (0.3, 0.2 + index, 0.1)
        cube.scale = (1.3, 0.8, 1.0)
        cube.data.materials[0] = material
    bpy.context.view_layer.update()
    capture = captured(scene)
    generation = finished(_canvas_markers(capture), capture=capture, delivery=for_objects(*cubes))

    report = deliver(generation, MATERIAL)

    assert report.delivered == ("Shared",)
    seen = render(scene, tmp_path / "out.png")
    found = pictures.blobs(np.abs(seen - seen[0, 0]).max(2) * (seen.min(2) > 40))
    errors = pictures.distances(found, _expected(capture, (960, 540)))
    assert len(found) > 30
    # Dots that an edge of the cube cuts have another centre.
    assert np.quantile(errors, 0.7) <= HALF_A_PIXEL / 2
    assert (errors <= HALF_A_PIXEL).mean() > 0.8


def test_the_picture_moves_with_the_object(scene, finished, tmp_path: Path) -> None:
    add_camera(scene)
    cube = add_cube(scene)
    cube.data.materials[0] = emission("Moving")
    scene.render.resolution_x, scene.render.resolution_y = 480, 270
    capture = captured(scene)
    generation = finished(_canvas_markers(capture), capture=capture, delivery=for_objects(cube))
    deliver(generation, MATERIAL)
    before = render(scene, tmp_path / "before.png")
    # The cube and the camera move together: the camera must see the same picture.
    for thing in (cube, scene.camera):
        thing.location.x += 7.0
    after = render(scene, tmp_path / "after.png")
    assert before.std() > 20
    assert np.abs(before - after).mean() < 0.5


def test_what_the_camera_did_not_see_keeps_its_own_colour(scene, finished, tmp_path: Path) -> None:
    camera = add_camera(scene)
    cube = add_cube(scene)
    cube.data.materials[0] = emission("Own", (0.0, 1.0, 0.0, 1.0))
    scene.render.resolution_x, scene.render.resolution_y = 160, 90
    bpy.context.view_layer.update()
    capture = captured(scene)
    white = np.full((96, 172, 3), 255, np.uint8)
    generation = finished(white, capture=capture, delivery=for_objects(cube))
    deliver(generation, MATERIAL)

    front = render(scene, tmp_path / "front.png")
    camera.location = tuple(-x for x in camera.location)
    camera.rotation_euler = camera.location.to_track_quat("Z", "Y").to_euler()
    back = render(scene, tmp_path / "back.png")
    assert (front == (255, 255, 255)).all(2).any()
    assert not (front == (0, 255, 0)).all(2).any()
    assert (back == (0, 255, 0)).all(2).any()
    assert not (back == (255, 255, 255)).all(2).any()


def test_what_lies_outside_the_picture_or_behind_the_camera_keeps_its_own_colour(
    scene, finished, tmp_path: Path
) -> None:
    add_camera(scene)
    bpy.ops.mesh.primitive_plane_add(size=60)
    floor = bpy.context.object
    floor.data.materials.append(emission("Floor", (0.0, 1.0, 0.0, 1.0)))
    bpy.context.view_layer.update()
    capture = captured(scene)
    white = np.full((96, 172, 3), 255, np.uint8)
    deliver(finished(white, capture=capture, delivery=for_objects(floor)), MATERIAL)
    scene.camera.location = (0, 0, 60)
    scene.camera.rotation_euler = (0, 0, 0)
    above = render(scene, tmp_path / "above.png")
    painted = (above == (255, 255, 255)).all(2)
    own = (above == (0, 255, 0)).all(2)
    assert painted.any()
    assert own.any()
    height, width = painted.shape
    # From 60 m up a 50 mm lens shows 43.2 m across. The camera stood at (3, -5): the ground behind
    # it, south of y = -7, cannot have been seen.
    behind = round(height / 2 + 7 / 43.2 * width)
    assert own[behind:].any()
    assert not painted[behind:].any()


def test_a_mirrored_object_is_painted_on_the_side_that_was_seen(scene, finished, tmp_path: Path) -> None:
    add_camera(scene)
    cube = add_cube(scene)
    cube.scale = (-1.0, 1.2, 0.7)
    cube.data.materials[0] = emission("Mirrored", (0.0, 1.0, 0.0, 1.0))
    bpy.context.view_layer.update()
    white = np.full((96, 172, 3), 255, np.uint8)
    deliver(finished(white, capture=captured(scene), delivery=for_objects(cube)), MATERIAL)
    seen = render(scene, tmp_path / "out.png")
    assert (seen == (255, 255, 255)).all(2).any()
    assert not (seen == (0, 255, 0)).all(2).any()
