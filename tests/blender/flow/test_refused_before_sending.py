# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot work is said before anything is sent, in the interface, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver.registry import TARGETS
from nano_banana_addon.blender.host import compat, preferences
from nano_banana_addon.session import panel_state


def refused(**choices: Any) -> str:
    """Press the button; what it reports, having sent nothing."""
    with pytest.raises(RuntimeError) as caught:  # an operator's error report, as a script sees it
        bpy.ops.nano_banana.restyle(**choices)
    return str(caught.value)


@pytest.fixture(autouse=True)
def _nothing_sent(server: Simulator) -> Any:
    yield
    assert not [r for r in server.requests if r.method == "POST"]


def test_no_prompt(scene: bpy.types.Scene) -> None:
    assert "prompt is empty" in refused(prompt="  ")
    assert not panel_state.get_properties().notice  # said once: no button of the panel mends it


def test_a_prompt_of_a_hundred_thousand_characters(scene: bpy.types.Scene) -> None:
    assert "100,000" in refused(prompt="x" * 100_000)


def test_no_camera(scene: bpy.types.Scene) -> None:
    scene.camera = None
    assert "camera" in refused()


def test_a_panoramic_camera_for_a_material(scene: bpy.types.Scene) -> None:
    scene.camera.data.type = "PANO"
    assert "panoramic" in refused(source="RENDER", to_material=True)


@pytest.mark.full_size
def test_a_size_that_the_model_lacks(scene: bpy.types.Scene) -> None:
    assert "512" in refused(image_size="512")


def test_no_key(scene: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    assert "GEMINI_API_KEY" in refused()


def test_no_online_access(scene: bpy.types.Scene) -> None:
    preferences.get_preferences().base_url = "https://generativelanguage.googleapis.com"
    bpy.context.preferences.system.use_online_access = False
    assert "Allow Online Access" in refused()


def test_an_address_that_would_send_the_key_in_the_clear(scene: bpy.types.Scene) -> None:
    preferences.get_preferences().base_url = "http://example.com"
    assert "https" in refused()


def test_a_missing_reference(scene: bpy.types.Scene) -> None:
    scene.nano_banana.references.add().path = "/nowhere/ink.png"
    assert "ink.png" in refused()


def test_an_empty_reference(scene: bpy.types.Scene) -> None:
    scene.nano_banana.references.add()
    assert "Reference 1" in refused()


def test_fifteen_pictures(scene: bpy.types.Scene, tmp_path: Path) -> None:
    picture = tmp_path / "ink.png"
    image = bpy.data.images.new("Ink", 8, 8)
    image.filepath_raw, image.file_format = str(picture), "PNG"
    image.save()
    for _ in range(14):
        scene.nano_banana.references.add().path = str(picture)
    assert "15 images" in refused()


def test_a_material_without_selected_objects(scene: bpy.types.Scene) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    told = refused(to_material=True)
    assert "No object is selected" in told
    assert "switch off Material" in told


def test_a_flat_image_on_objects_without_uvs(scene: bpy.types.Scene) -> None:
    layers = bpy.data.objects["Cube"].data.uv_layers
    layers.remove(layers[0])
    assert "no UV map" in refused(source="NONE", to_material=True)
    assert panel_state.get_properties().notice_kind == "UNWRAP"


def test_a_material_that_could_show_no_image(scene: bpy.types.Scene) -> None:
    material = bpy.data.materials.new("Void")
    compat.set_uses_nodes(material, True)
    material.node_tree.nodes.clear()
    bpy.data.objects["Cube"].data.materials.append(material)
    assert "colour input" in refused(to_material=True)


def test_a_projection_from_a_panoramic_camera(scene: bpy.types.Scene) -> None:
    scene.camera.data.type = "PANO"
    assert "panoramic" in refused(source="RENDER", to_material=True)


def test_a_background_without_a_camera(scene: bpy.types.Scene) -> None:
    scene.camera = None
    assert "camera for a background" in refused(source="NONE", to_background=True)


def test_a_linked_compositor(scene: bpy.types.Scene, tmp_path: Path) -> None:
    library = tmp_path / "library.blend"
    if not hasattr(scene, "compositing_node_group"):
        pytest.skip("before 5.0 a scene's compositor is its own")
    tree = bpy.data.node_groups.new("Grading", "CompositorNodeTree")
    bpy.data.libraries.write(str(library), {tree})
    with bpy.data.libraries.load(str(library), link=True) as (_, linked):
        linked.node_groups = ["Grading"]
    scene.compositing_node_group = linked.node_groups[0]
    assert "linked from another file" in refused(to_compositor=True)


def test_every_target_has_a_check(scene: bpy.types.Scene) -> None:
    assert [target.id for target in TARGETS.values() if not hasattr(target.load(), "check")] == []
