"""The options: what is in the picture, and in which colours."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.capture.result import CaptureResult
from nano_banana_addon.blender.host import compat
from nano_banana_addon.identity import ID_TAG
from nano_banana_addon.imaging.formats.raw import read_raw

from .markers import PLACES, expected, mask_of


def _pixels(captured: CaptureResult) -> np.ndarray:
    return np.array(read_raw(Path(captured.reference.path)))


def _seen_at(captured: CaptureResult, place: tuple[float, float, float]) -> bool:
    x, y = expected(captured, place)
    return bool(mask_of(captured)[round(y), round(x)] > 128)


def _markers() -> list[bpy.types.Object]:
    return [o for o in bpy.context.scene.objects if o.type == "MESH"]


@pytest.mark.parametrize("source", ["CAMERA", "VIEWPORT", "RENDER"])
def test_only_the_selected_objects_are_shown(take, scene, source) -> None:
    chosen = _markers()[1]
    chosen.select_set(True)
    captured = take(source, only_selected=True, transparent=True)
    assert [_seen_at(captured, o.location) for o in _markers()] == [o == chosen for o in _markers()]
    assert [name.name for name in captured.capture.objects] == [chosen.name]
    assert captured.capture.objects[0].session_uid == chosen.session_uid


@pytest.mark.parametrize("source", ["CAMERA", "RENDER"])
def test_selected_objects_in_nested_and_linked_collections_are_found(take, scene, source) -> None:
    outer, inner = bpy.data.collections.new("Outer"), bpy.data.collections.new("Inner")
    scene.collection.children.link(outer)
    outer.children.link(inner)
    chosen = _markers()[2]
    for home in list(chosen.users_collection):
        home.objects.unlink(chosen)
    inner.objects.link(chosen)
    chosen.select_set(True)
    captured = take(source, only_selected=True, transparent=True)
    assert _seen_at(captured, chosen.location)
    assert not _seen_at(captured, PLACES[0])


def test_local_view_is_what_the_viewport_shows(take, scene) -> None:
    area = max(
        (a for a in bpy.context.screen.areas if a.type == "VIEW_3D"),
        key=lambda a: a.width * a.height,
    )
    region = next(r for r in area.regions if r.type == "WINDOW")
    chosen = _markers()[1]
    chosen.select_set(True)
    bpy.context.view_layer.objects.active = chosen
    window = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.view3d.localview(frame_selected=False)
    try:
        captured = take("VIEWPORT", transparent=True)
        camera = take("CAMERA", transparent=True)
    finally:
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.localview(frame_selected=False)
    assert [_seen_at(captured, o.location) for o in _markers()] == [o == chosen for o in _markers()]
    assert all(_seen_at(camera, o.location) for o in _markers())  # another 3D view draws it


def test_the_mask_is_the_alpha_of_the_picture(take, scene) -> None:
    for source in ("CAMERA", "RENDER"):
        captured = take(source, transparent=True)
        pixels = _pixels(captured)
        assert pixels.shape[2] == 4
        assert np.array_equal(pixels[:, :, 3], mask_of(captured))
        assert take(source).capture.mask == ""


def test_overlays_are_drawn_only_when_wanted(take, scene) -> None:
    plain, again, dressed = take("VIEWPORT"), take("VIEWPORT"), take("VIEWPORT", overlays=True)
    drawn = _pixels(dressed).astype(int) - _pixels(plain)
    assert np.abs(_pixels(again).astype(int) - _pixels(plain)).max() <= 2
    assert np.abs(drawn).max() > 20


def test_solid_ignores_the_view_transform_and_a_render_goes_through_it(take, scene) -> None:
    """As in Blender's own interface. (In 5.2 the outline of single objects may change after overlays were drawn.)"""
    pictures = {}
    for transform in ("Standard", "AgX"):
        scene.view_settings.view_transform = transform
        for source in ("CAMERA", "RENDER"):
            pictures[source, transform] = _pixels(take(source)).astype(int)
    solid = pictures["CAMERA", "Standard"] - pictures["CAMERA", "AgX"]
    rendered = pictures["RENDER", "Standard"] - pictures["RENDER", "AgX"]
    assert np.abs(solid).mean() <= 0.1
    assert np.abs(rendered).mean() > 2


def test_a_render_is_the_picture_that_blender_saves(take, scene, tmp_path) -> None:
    """Same camera, same size: F12 and the capture agree."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 4
    scene.cycles.use_denoising = False
    scene.render.dither_intensity = 0.0
    scene.render.resolution_x, scene.render.resolution_y = 688, 384
    scene.view_settings.view_transform = "AgX"
    captured = _pixels(take("RENDER")).astype(int)
    settings = {
        "media_type": "IMAGE",
        "file_format": "PNG",
        "color_mode": "RGB",
        "color_depth": "8",
    }
    compat.set_image_format(scene.render.image_settings, settings)
    scene.render.filepath = str(tmp_path / "f12.png")
    bpy.ops.render.render(write_still=True)
    from PIL import Image

    saved = np.asarray(Image.open(tmp_path / "f12.png")).astype(int)
    assert np.abs(saved - captured).max() <= 1
    taken = _pixels(take("LAST_RENDER")).astype(int)
    assert np.abs(saved - taken).max() <= 1


def _painted_group() -> bpy.types.NodeTree:
    """A group that paints everything red, as a delivered picture covers the frame."""
    group = bpy.data.node_groups.new("Painted", "CompositorNodeTree")
    group.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
    group.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    colour = group.nodes.new("CompositorNodeRGB")
    colour.outputs[0].default_value = (1, 0, 0, 1)
    output = group.nodes.new("NodeGroupOutput")
    group.links.new(colour.outputs[0], output.inputs[0])
    return group


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_pictures_painted_before_are_left_out_and_the_artists_nodes_are_not(take, scene, own, nested) -> None:
    group = _painted_group()
    if own:
        group[ID_TAG] = "compositor group"
    if nested:
        inner, group = group, bpy.data.node_groups.new("Artist's", "CompositorNodeTree")
        group.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
        group.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        node = group.nodes.new("CompositorNodeGroup")
        node.node_tree = inner
        source, output = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
        group.links.new(source.outputs[0], node.inputs[0])
        group.links.new(node.outputs[0], output.inputs[0])
    tree = compat.attach_compositor_tree(scene, "Comp")
    layers = tree.nodes.new("CompositorNodeRLayers")
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree = group
    output = compat.add_compositor_output(tree)
    tree.links.new(layers.outputs["Image"], node.inputs[0])
    tree.links.new(node.outputs[0], output)
    scene.view_settings.view_transform = "Standard"
    corner = _pixels(take("RENDER"))[2, 2].astype(int)
    is_red = corner[0] > 200 and corner[1] < 50
    assert is_red is not own


def test_a_last_render_with_a_painted_group_says_so(take, scene) -> None:
    bpy.ops.render.render()
    assert not any("Nano Banana" in note for note in take("LAST_RENDER").notes)
    tree = compat.attach_compositor_tree(scene, "Comp")
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree = _painted_group()
    node.node_tree[ID_TAG] = "compositor group"
    assert any("Nano Banana" in note for note in take("LAST_RENDER").notes)


def test_strips_do_not_replace_the_render(take, scene) -> None:
    editor = scene.sequence_editor_create()
    length = {"length": 10} if bpy.app.version >= (5, 0, 0) else {"frame_end": 10}
    strip = editor.strips.new_effect(name="Red", type="COLOR", channel=1, frame_start=1, **length)
    strip.color = (1.0, 0.0, 0.0)
    scene.render.use_sequencer = True
    corner = _pixels(take("RENDER"))[2, 2].astype(int)
    assert not (corner[0] > 200 and corner[1] < 50)
