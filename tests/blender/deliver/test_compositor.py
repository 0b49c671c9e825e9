"""A result in the compositor lies exactly over the frame and is saved as it was painted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.compositor import compositor
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.models import find
from nano_banana_addon.core.scene.capture import Capture
from nano_banana_addon.core.scene.fit import Fit
from nano_banana_addon.core.scene.frames import fit_frame
from nano_banana_addon.imaging.formats.thumbnails import write_thumbnail
from tests.support.framing import map_to_frame

from . import pictures
from .staging import add_camera, captured, name_of, render

COMPOSITOR = (DeliveryKind.COMPOSITOR,)
MODEL = find("gemini-3-pro-image")
ONE_LEVEL = 1.0


def _set_view(scene: bpy.types.Scene, view: str, exposure: float, gamma: float) -> None:
    scene.view_settings.view_transform = view
    scene.view_settings.exposure, scene.view_settings.gamma = exposure, gamma


def test_another_view_transform_chosen_later_is_matched_by_refresh(scene, finished, tmp_path: Path) -> None:
    add_camera(scene)
    grey = np.linspace(10, 220, 192).astype(np.uint8)[None, :, None].repeat(108, 0).repeat(3, 2)
    deliver(finished(grey), COMPOSITOR)
    scene.view_settings.view_transform = "AgX"
    assert np.abs(render(scene, tmp_path / "stale.png") - grey).mean() > 5
    compositor.refresh(scene)
    assert np.abs(render(scene, tmp_path / "fresh.png") - grey).mean() <= ONE_LEVEL


@pytest.mark.parametrize("percentage", [100, 50])
@pytest.mark.parametrize(
    ("resolution", "fit"),
    [
        ((960, 540), Fit.EXTEND),
        ((640, 480), Fit.EXTEND),
        ((500, 540), Fit.CROP),
        ((960, 540), Fit.PAD),
    ],
)
def test_the_picture_lies_on_the_frame_to_half_a_pixel(
    scene, finished, tmp_path: Path, resolution, fit, percentage
) -> None:
    scene.render.resolution_x, scene.render.resolution_y = resolution
    scene.render.resolution_percentage = percentage
    add_camera(scene)
    laid = fit_frame(resolution, MODEL, "1K", fit=fit)
    markers = pictures.markers(*laid.canvas, spacing=64, radius=12)
    deliver(finished(markers, capture=Capture("CAMERA", laid)), COMPOSITOR)

    seen = render(scene, tmp_path / "out.png").max(2)
    found = pictures.blobs(seen)
    xs, ys = np.arange(32, laid.canvas[0], 64), np.arange(32, laid.canvas[1], 64)
    points = np.array([map_to_frame(laid, float(x), float(y)) for x in xs for y in ys])
    errors = pictures.distances(found, points * (seen.shape[1], seen.shape[0]))
    assert len(found) > 20
    assert errors.max() < 0.5


def test_a_window_beside_the_centre_is_laid_where_it_belongs(scene, finished, tmp_path: Path) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 640, 360
    add_camera(scene)
    whole = fit_frame((640, 360), MODEL, "1K")
    window = (0.1, 0.3, 0.6, 0.3 + 0.5 * (640 / 360) / (1376 / 768))
    laid = type(whole)(whole.frame, whole.canvas, whole.ratio, whole.size, Fit.EXTEND, window)
    markers = pictures.markers(*laid.canvas, spacing=128, radius=24)
    deliver(finished(markers, capture=Capture("CAMERA", laid)), COMPOSITOR)
    found = pictures.blobs(render(scene, tmp_path / "out.png").max(2))
    xs, ys = np.arange(64, laid.canvas[0], 128), np.arange(64, laid.canvas[1], 128)
    points = np.array([map_to_frame(laid, float(x), float(y)) for x in xs for y in ys])
    assert len(found) == len(points)
    assert pictures.distances(found, points * (640, 360)).max() < 0.5


def test_outside_a_cropped_picture_the_render_stays(scene, finished, tmp_path: Path) -> None:
    scene.render.resolution_x, scene.render.resolution_y = 400, 100
    add_camera(scene)
    scene.world = bpy.data.worlds.new("Green")
    scene.world.use_nodes = True
    background = next(n for n in scene.world.node_tree.nodes if n.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.0, 1.0, 0.0, 1.0)
    laid = fit_frame((400, 100), MODEL, "1K", ratio="1:1", fit=Fit.CROP)
    white = np.full((64, 64, 3), 255, np.uint8)
    deliver(finished(white, capture=Capture("CAMERA", laid)), COMPOSITOR)
    seen = render(scene, tmp_path / "out.png")
    assert (seen[50, :140] == (0, 255, 0)).all()
    assert (seen[50, 260:] == (0, 255, 0)).all()
    assert (seen[:, 160:240] == 255).all()


def _make_bright_green(scene: bpy.types.Scene) -> None:
    scene.world = bpy.data.worlds.new("Bright")
    scene.world.use_nodes = True
    background = next(n for n in scene.world.node_tree.nodes if n.type == "BACKGROUND")
    background.inputs["Color"].default_value = (0.0, 1.0, 0.0, 1.0)
    background.inputs["Strength"].default_value = 50.0


@pytest.mark.parametrize("channels", [3, 4], ids=["RGB", "RGBA"])
@pytest.mark.parametrize(("view", "exposure"), [("Standard", 0.0), ("Standard", 1.0), ("AgX", 0.0)])
@pytest.mark.parametrize("resolution", [(192, 108), (97, 54), (400, 90)], ids=str)
def test_at_the_frames_border_a_scaled_picture_hides_the_render(
    scene, finished, tmp_path: Path, resolution: tuple[int, int], view: str, exposure: float, channels: int
) -> None:
    if channels == 4 and resolution[0] % 2 and not compat.EXTENDS_EDGES:
        pytest.skip("4.5 leaves the corner's alpha below what counts as covered")
    scene.render.resolution_x, scene.render.resolution_y = resolution
    add_camera(scene)
    _make_bright_green(scene)
    _set_view(scene, view, exposure, 1.0)
    painted = np.full((48, 86, channels), (120, 90, 140, 255)[:channels], np.uint8)
    laid = fit_frame(resolution, MODEL, "1K", fit=Fit.EXTEND)
    for fields in ({"capture": Capture("CAMERA", laid)}, {}):
        deliver(finished(painted, **fields), COMPOSITOR)
        assert np.abs(render(scene, tmp_path / "out.png") - painted[0, 0, :3]).max() <= ONE_LEVEL
    if view == "Standard":
        compositor.set_blend(scene, "", "DARKEN")
        assert np.abs(render(scene, tmp_path / "dark.png") - (0, painted[0, 0, 1], 0)).max() <= ONE_LEVEL


def test_where_a_picture_is_transparent_the_render_is_seen_after_an_opaque_one(scene, finished, tmp_path: Path) -> None:
    add_camera(scene)
    _make_bright_green(scene)
    cut = np.full((108, 192, 4), 255, np.uint8)
    cut[:, :96, 3] = 0
    for pixels, left in ((cut[..., :3], (255, 255, 255)), (cut, (0, 255, 0)), (cut[..., :3], (255, 255, 255))):
        deliver(finished(pixels), COMPOSITOR)
        seen = render(scene, tmp_path / "out.png")
        assert (seen[:, :90] == left).all()
        assert (seen[:, 100:] == 255).all()


def test_the_render_comes_through_when_the_group_is_muted(scene, finished, tmp_path: Path) -> None:
    add_camera(scene)
    plain = render(scene, tmp_path / "plain.png")
    deliver(finished(np.full((96, 172, 3), 200, np.uint8)), COMPOSITOR)
    assert np.abs(render(scene, tmp_path / "with.png") - plain).mean() > 50
    compositor.group_node(scene).mute = True
    assert np.abs(render(scene, tmp_path / "muted.png") - plain).max() <= 1


def test_a_tree_of_the_artist_is_kept_and_comes_back(scene, finished) -> None:
    tree = compat.attach_compositor_tree(scene, "Mine")
    layers, blur = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeBlur")
    output = compat.compositor_output(tree) or compat.add_compositor_output(tree)
    tree.links.new(layers.outputs[0], blur.inputs[0])
    tree.links.new(blur.outputs[0], output)
    before = _shape(tree)

    deliver(finished(), COMPOSITOR)
    node = compositor.group_node(scene)
    assert node.inputs["Image"].links[0].from_node == blur
    assert compat.compositor_output(tree).links[0].from_node == node

    compositor.remove(scene)
    assert _shape(tree) == before
    assert compat.compositor_tree(scene) == tree


def _shape(tree: bpy.types.NodeTree) -> list[object]:
    links = [(x.from_node.name, x.from_socket.name, x.to_node.name, x.to_socket.name) for x in tree.links]
    return [sorted((n.name, n.bl_idname, tuple(n.location)) for n in tree.nodes), sorted(links)]


def test_a_compositor_that_was_begun_here_goes_with_the_picture(scene, finished) -> None:
    groups = len(bpy.data.node_groups)
    deliver(finished(), COMPOSITOR)
    assert compat.compositor_tree(scene) is not None
    compositor.remove(scene)
    assert compat.compositor_tree(scene) is None
    assert len(bpy.data.node_groups) == groups


def test_later_pictures_are_versions_of_one_node(scene, finished) -> None:
    first, second = finished(), finished(np.zeros((96, 172, 3), np.uint8))
    deliver(first, COMPOSITOR)
    node, nodes = compositor.group_node(scene), len(compat.compositor_tree(scene).nodes)
    deliver(second, COMPOSITOR)
    deliver(second, COMPOSITOR)
    assert len(compat.compositor_tree(scene).nodes) == nodes
    shown = [n.image for n in node.node_tree.nodes if n.bl_idname == "CompositorNodeImage"]
    compositor.switch_version(scene, 0)
    again = [n.image for n in node.node_tree.nodes if n.bl_idname == "CompositorNodeImage"]
    assert shown != again
    with pytest.raises(InputError):
        compositor.switch_version(scene, 2)


def test_compositing_that_is_switched_off_is_told(scene, finished) -> None:
    scene.render.use_compositing = False
    report = deliver(finished(), COMPOSITOR)
    assert report.delivered
    assert any("Compositing is switched off" in note for note in report.notes)
    assert scene.render.use_compositing is False


def test_a_frame_whose_shape_changed_since_the_capture_is_told(scene, finished) -> None:
    add_camera(scene)
    capture = captured(scene)
    scene.render.resolution_x = scene.render.resolution_y
    report = deliver(finished(capture=capture), COMPOSITOR)
    assert any("shape has changed" in note for note in report.notes)


def test_the_scene_that_was_named_gets_the_picture_not_the_present_one(scene, finished) -> None:
    other = bpy.data.scenes.new("Other")
    from nano_banana_addon.core.request import Delivery

    deliver(finished(delivery=Delivery(scene=name_of(other, "SCENE"))), COMPOSITOR)
    assert compositor.group_node(other) is not None
    assert compositor.group_node(scene) is None


@pytest.mark.parametrize("colour", [(255, 0, 0), (135, 207, 255), (255, 217, 26), (255, 255, 255)])
def test_khronos_neutral_leaves_vivid_colours_their_hue(
    scene, finished, tmp_path: Path, colour: tuple[int, int, int]
) -> None:
    add_camera(scene)
    _set_view(scene, "Khronos PBR Neutral", 0.0, 1.0)
    painted = np.full((108, 192, 3), colour, np.uint8)
    deliver(finished(painted), COMPOSITOR)
    saved = render(scene, tmp_path / "saved.png")
    assert np.abs(saved - painted).max() <= (1 if min(colour) == 255 else 40)


@pytest.mark.parametrize("view", ["AgX", "Khronos PBR Neutral"])
def test_colours_that_the_view_transform_cannot_show_are_told(scene, finished, tmp_path, view: str) -> None:
    def is_told(colour: tuple[int, int, int]) -> bool:
        made, thumbnail = finished(np.full((108, 192, 3), colour, np.uint8)), tmp_path / "thumbnail.jpg"
        write_thumbnail(Path(made.picture.path), thumbnail)
        notes = deliver(replace(made, thumbnail=str(thumbnail)), COMPOSITOR).notes
        return any("cannot show" in note for note in notes)

    _set_view(scene, view, 0.0, 1.0)
    assert is_told((255, 0, 0))
    assert not is_told((224, 172, 105))
