"""A point of the scene lies where the frozen view says, to half a pixel: projections rely on it."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

from nano_banana_addon.core.scene.fit import Fit
from nano_banana_addon.core.scene.frames import build_window_matrix
from nano_banana_addon.imaging.formats.raw import read_raw
from tests.support.framing import map_to_frame

from .markers import mask_of, worst_distance


def _plain(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    pass


def _portrait(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 1080, 1350
    camera.data.lens = 35


def _orthographic(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    camera.data.type = "ORTHO"
    camera.data.ortho_scale = 5.5


def _shifted(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    camera.data.shift_x, camera.data.shift_y = 0.06, -0.04


def _vertical_sensor(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    camera.data.sensor_fit = "VERTICAL"
    camera.data.sensor_height = 30
    camera.data.shift_y = 0.05


def _anamorphic(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    scene.render.resolution_x, scene.render.pixel_aspect_x = 960, 2.0


def _tall_pixels(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    scene.render.resolution_y, scene.render.pixel_aspect_y = 540, 2.0
    scene.render.resolution_percentage = 50


def _scaled_parent(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    parent = bpy.data.objects.new("Rig", None)
    scene.collection.objects.link(parent)
    parent.scale = (0.5, 0.5, 0.5)
    parent.rotation_euler = Euler((0.0, 0.0, 0.2))
    camera.parent = parent
    camera.location = camera.location * 2


def _animated_lens(camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    for frame, lens, shift in ((1, 30.0, 0.0), (21, 60.0, 0.1)):
        camera.data.lens, camera.data.shift_x = lens, shift
        camera.data.keyframe_insert("lens", frame=frame)
        camera.data.keyframe_insert("shift_x", frame=frame)
    scene.frame_set(11)


CAMERAS = (
    _plain,
    _portrait,
    _orthographic,
    _shifted,
    _vertical_sensor,
    _anamorphic,
    _tall_pixels,
    _scaled_parent,
    _animated_lens,
)


@pytest.mark.parametrize("source", ["CAMERA", "RENDER"])
@pytest.mark.parametrize("fit", [Fit.EXTEND, Fit.CROP])
@pytest.mark.parametrize("change", CAMERAS, ids=lambda f: f.__name__.strip("_"))
def test_points_lie_where_the_view_says(take, scene, source, fit, change) -> None:
    change(scene.camera, scene)
    captured = take(source, fit=fit, transparent=True)
    distance, count = worst_distance(captured, mask_of(captured))
    assert count >= 4
    assert distance <= 0.5


@pytest.mark.parametrize("ratio", ["1:1", "21:9", "9:16"])
def test_any_ratio_is_filled_exactly(take, scene, ratio) -> None:
    """A wide frame on a square canvas shows more above and below, in both ways of drawing."""
    for source in ("CAMERA", "RENDER"):
        captured = take(source, aspect_ratio=ratio, transparent=True)
        assert captured.capture.framing.ratio == ratio
        distance, count = worst_distance(captured, mask_of(captured))
        assert count >= 3
        assert distance <= 0.5


def test_the_frame_maps_back_onto_the_cameras_own_picture(take, scene) -> None:
    """The window of the framing agrees with what Blender's own utility says about the camera's frame."""
    from bpy_extras.object_utils import world_to_camera_view

    from .markers import PLACES, expected

    captured = take("CAMERA", aspect_ratio="4:3")
    for place in PLACES:
        theirs = world_to_camera_view(scene, scene.camera, bpy.data.objects[0].location.__class__(place))
        ours = map_to_frame(captured.capture.framing, *expected(captured, place))
        assert ours == pytest.approx((theirs.x, 1 - theirs.y), abs=1e-5)


@pytest.mark.parametrize("source", ["CAMERA", "RENDER"])
def test_the_render_region_is_captured_at_full_size(take, scene, source) -> None:
    render = scene.render
    render.use_border = True
    render.border_min_x, render.border_max_x = 0.3, 0.75
    render.border_min_y, render.border_max_y = 0.35, 0.8
    captured = take(source, use_region=True, transparent=True)
    left, _top, right, _bottom = captured.capture.framing.window
    assert left < 0.3 + 1e-6
    assert right > 0.75 - 1e-6
    assert right - left < 0.6
    distance, count = worst_distance(captured, mask_of(captured))
    assert count >= 1
    assert distance <= 0.5


def test_a_last_render_agrees_with_the_camera(take, scene) -> None:
    scene.render.film_transparent = True
    bpy.ops.render.render()
    captured = take("LAST_RENDER", transparent=True, fit=Fit.CROP)
    distance, count = worst_distance(captured, mask_of(captured))
    assert count >= 5
    assert distance <= 0.5


def _view_3d() -> bpy.types.RegionView3D:
    area = max(
        (a for a in bpy.context.screen.areas if a.type == "VIEW_3D"),
        key=lambda a: a.width * a.height,
    )
    return area.spaces.active.region_3d


@pytest.mark.parametrize("perspective", ["PERSP", "ORTHO", "CAMERA"])
@pytest.mark.parametrize("fit", [Fit.EXTEND, Fit.CROP])
def test_the_viewport_shows_what_the_3d_view_shows(take, perspective, fit) -> None:
    view = _view_3d()
    view.view_location = (0.1, 0.0, 0.1)
    view.view_rotation = Euler((1.1, 0.1, 0.6)).to_quaternion()
    view.view_distance = 7.0
    view.view_perspective = perspective
    captured = take("VIEWPORT", transparent=True, fit=fit)
    assert captured.capture.view.orthographic is (perspective == "ORTHO")
    distance, count = worst_distance(captured, mask_of(captured))
    assert count >= 4
    assert distance <= 0.5


@pytest.mark.parametrize("perspective", ["PERSP", "ORTHO", "CAMERA"])
@pytest.mark.parametrize("camera_type", ["PERSP", "ORTHO"])
def test_the_view_without_a_window_is_the_one_that_blender_computes(take, scene, perspective, camera_type) -> None:
    take("CAMERA")  # Blender computes a view's matrices only when the GPU is awake
    scene.camera.data.type = camera_type
    scene.camera.data.shift_x = 0.03
    view = _view_3d()
    view.view_perspective = perspective
    view.view_camera_zoom = 17.5
    view.view_camera_offset = (0.04, -0.06)
    captured = take("VIEWPORT", aspect_ratio="16:9", fit=Fit.CROP)
    view.update()
    area = max(
        (a for a in bpy.context.screen.areas if a.type == "VIEW_3D"),
        key=lambda a: a.width * a.height,
    )
    region = next(r for r in area.regions if r.type == "WINDOW")
    theirs = Matrix(build_window_matrix(captured.capture.framing.window)) @ view.window_matrix
    assert captured.capture.framing.frame == (region.width, region.height)
    for ours, expected_row in zip(captured.capture.view.projection, theirs, strict=True):
        assert ours == pytest.approx(tuple(expected_row), abs=1e-4)
    for ours, expected_row in zip(captured.capture.view.world, view.view_matrix.inverted(), strict=True):
        assert ours == pytest.approx(tuple(expected_row), abs=1e-4)


def test_another_frame_is_captured_without_going_there(take, scene) -> None:
    camera = scene.camera
    for frame, turn in ((1, 0.0), (30, 0.15)):
        camera.rotation_euler.z += turn
        camera.keyframe_insert("rotation_euler", frame=frame)
    scene.frame_set(1)
    for source in ("CAMERA", "RENDER"):
        here, there = (
            take(source, transparent=True),
            take(source, transparent=True, frame_number=30),
        )
        assert there.capture.view.frame_number == 30
        assert there.capture.view.world != here.capture.view.world
        assert worst_distance(there, mask_of(there))[0] <= 0.5
        assert scene.frame_current == 1


def test_a_change_that_is_not_keyed_stays_and_the_view_is_that_of_the_picture(take, scene) -> None:
    """A render follows the curves, the 3D view shows the change."""
    camera = scene.camera
    camera.keyframe_insert("rotation_euler", frame=1)
    before = camera.rotation_euler.z
    camera.rotation_euler.z = before + 0.1
    drawn, rendered = (take(source, transparent=True) for source in ("CAMERA", "RENDER"))
    assert camera.rotation_euler.z == pytest.approx(before + 0.1)
    assert drawn.capture.view.world != rendered.capture.view.world
    assert worst_distance(drawn, mask_of(drawn))[0] <= 0.5
    assert worst_distance(rendered, mask_of(rendered))[0] <= 0.5


def test_bars_of_pad_leave_the_frame_alone(take, scene) -> None:
    scene.render.resolution_x = 1080
    padded, extended = (take("CAMERA", aspect_ratio="16:9", fit=fit) for fit in (Fit.PAD, Fit.EXTEND))
    one, other = (read_raw(Path(c.reference.path)) for c in (padded, extended))
    left, right = (round(padded.capture.framing.to_canvas(u, 0.0)[0]) for u in (0.0, 1.0))
    assert np.array_equal(one[:, left:right], other[:, left:right])
    assert (one[:, :left] == 128).all()
    assert (one[:, right:] == 128).all()
    assert not (other[:, :left] == 128).all()


def test_a_panoramic_camera_can_be_cropped_or_barred_but_not_extended(take, scene) -> None:
    from nano_banana_addon.core.errors import InputError

    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    scene.camera.data.type = "PANO"
    with pytest.raises(InputError, match="panoramic"):
        take("RENDER")
    for fit in (Fit.CROP, Fit.PAD):
        captured = take("RENDER", fit=fit)
        assert captured.capture.view is None
        assert (captured.reference.width, captured.reference.height) == (688, 384)
