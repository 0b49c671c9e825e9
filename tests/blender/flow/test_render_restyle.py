# SPDX-License-Identifier: GPL-3.0-or-later
"""The Render Result restyled: from the menu, and not behind the artist's back. The window's F12 is in tests/ui."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.features import compare, render_restyle
from nano_banana_addon.features.generation import offers

from .conftest import latest


@pytest.fixture(autouse=True)
def quick(scene: bpy.types.Scene) -> None:
    """Cycles needs no OpenGL: one sample of a cube in the sun."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 1, False
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.rotation_euler = (0.8, 0.3, 0.0)
    scene.collection.objects.link(sun)


def posts(server: Simulator) -> list[object]:
    return [r for r in server.requests if r.method == "POST"]


@pytest.mark.full_size
def test_the_render_is_restyled_whatever_source_the_scene_has(scene: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.render.render()
    bpy.data.objects["Cube"].location.x = 40  # since the render
    bpy.ops.nano_banana.note_add(text="a hole here", place=(0.1, -0.4, 0.0), object="")
    assert bpy.ops.nano_banana.restyle_render() == {"FINISHED"}
    request = latest().request
    assert [reference.role for reference in request.references] == ["GUIDE", "STRUCTURE"]
    assert request.references[-1].label == "Last Render"
    assert request.capture.source == "LAST_RENDER"
    assert scene.nano_banana.source == "CAMERA"
    sent = np.asarray(Image.open(request.references[-1].path).convert("L")).astype(int)
    assert abs(int(sent[384, 688]) - int(sent[20, 20])) > 20, "the cube is where it was rendered"
    (post,) = posts(server)
    assert str(post.json["contents"]).count("sha256:") == 2


def test_without_a_render_it_says_so(scene: bpy.types.Scene, server: Simulator) -> None:
    with pytest.raises(RuntimeError, match="no Render Result"):
        bpy.ops.nano_banana.restyle_render()
    assert not posts(server)


def test_renders_of_scripts_and_captures_are_not_restyled(scene: bpy.types.Scene, server: Simulator) -> None:
    scene.nano_banana.restyle_renders = True
    scene.render.engine = "BLENDER_WORKBENCH"  # what it shows does not matter here
    bpy.ops.render.render()
    assert not posts(server)
    scene.nano_banana.source = "RENDER"
    bpy.ops.nano_banana.restyle()
    assert len(posts(server)) == 1


def test_a_file_that_was_saved_with_it_asks_before_its_first_render_is_sent(
    scene: bpy.types.Scene, tmp_path: Path
) -> None:
    """Somebody else may have saved it; what the artist switches on here needs no question."""
    scene.nano_banana.restyle_renders = True
    assert render_restyle.is_confirmed()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert bpy.context.scene.nano_banana.restyle_renders
    assert not render_restyle.is_confirmed()
    sent: list[str] = []
    offer = render_restyle.ask_once(offers.offer_all([GenerationRequest("ink")], 0.0, lambda: sent.append("it")))
    assert offer.must_ask()
    assert sent == []
    offer.use()
    assert sent == ["it"]
    assert render_restyle.is_confirmed()


def test_before_and_after_lie_over_each_other(scene: bpy.types.Scene) -> None:
    bpy.ops.render.render()
    bpy.ops.nano_banana.restyle_render()
    area = max(bpy.context.window_manager.windows[0].screen.areas, key=lambda a: a.width)
    area.type = "IMAGE_EDITOR"
    compare.begin(area, "", latest().id)
    wipe = compare.get_active_wipe()
    before, after = bpy.data.images[wipe.left], bpy.data.images[wipe.right]
    assert tuple(before.size) == tuple(after.size)
    assert Path(before.filepath) == Path(latest().request.references[-1].path)
    compare.stop(area)


def test_view_layers_of_the_render_go_along_by_their_names(scene: bpy.types.Scene, server: Simulator) -> None:
    """The cube in a layer of its own, a sphere in another: each reference shows one of them, where it was rendered."""
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.3, location=(1.0, 0.0, 0.0))
    layers = {"Boxes": "Cube", "Balls": "Sphere"}
    for name, item in layers.items():
        collection = bpy.data.collections.new(name)
        scene.collection.children.link(collection)
        scene.collection.objects.unlink(bpy.data.objects[item])
        collection.objects.link(bpy.data.objects[item])
    scene.view_layers[0].name = "Boxes"
    scene.view_layers.new("Balls")
    for layer in scene.view_layers:
        for name in layers:
            layer.layer_collection.children[name].exclude = name != layer.name
    scene.render.film_transparent = True
    before = scene.render.image_settings.file_format, scene.render.image_settings.exr_codec
    bpy.ops.render.render()
    scene.nano_banana.view_layers = "Balls, Boxes,"
    assert bpy.ops.nano_banana.restyle_render() == {"FINISHED"}
    assert (scene.render.image_settings.file_format, scene.render.image_settings.exr_codec) == before
    request = latest().request
    balls, boxes, whole = (np.asarray(Image.open(r.path).convert("L")).astype(int) for r in request.references)
    assert [r.label for r in request.references[:2]] == ["only the view layer Balls", "only the view layer Boxes"]
    columns = [np.nonzero(np.abs(image - image[5, 200]).max(axis=0) > 20)[0].mean() for image in (balls, boxes)]
    middle = whole.shape[1] / 2
    assert columns[0] > middle + 100, "the sphere, at the right"
    assert abs(columns[1] - middle) < 4, "the cube, in the middle"
    (post,) = posts(server)
    assert "Image 1 is a guide (only the view layer Balls)" in str(post.json["contents"])
    with pytest.raises(RuntimeError, match="no view layer 'Bulls'; it has B"):
        bpy.ops.nano_banana.restyle_render(view_layers="Bulls")


def test_a_view_layer_has_the_colours_of_the_render(scene: bpy.types.Scene) -> None:
    scene.view_settings.view_transform = "AgX"
    bpy.ops.render.render()
    bpy.ops.nano_banana.restyle_render(view_layers=scene.view_layers[0].name)
    layer, whole = (np.asarray(Image.open(r.path).convert("RGB")).astype(int) for r in latest().request.references)
    assert np.abs(layer - whole).mean() < 0.5
