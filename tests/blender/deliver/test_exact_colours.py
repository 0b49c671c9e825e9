"""Exact colours: every colour of a result is saved as it was generated, and the render looks as before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.compositor import compositor, exact_view
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.settings import CaptureSettings
from nano_banana_addon.imaging.formats.thumbnails import write_thumbnail

from . import colours
from .colours import Look

COMPOSITOR = (DeliveryKind.COMPOSITOR,)
LIMIT = 0.05  # of 255
needs_node = pytest.mark.skipif(not compat.DISPLAY_NODE, reason="exact colours need Blender 5")

LOOKS = [
    Look("AgX", "AgX - Punchy", 1.5, 2.2),
    Look("Khronos PBR Neutral", "High Contrast", -2, 0.8),
    Look("Filmic", exposure=0.7),
    Look("False Color"),
    Look("AgX", "AgX - High Contrast", display="Display P3"),
    Look("ACES 2.0", display="Rec.2020"),
]


@pytest.fixture
def prepared(scene) -> bpy.types.Scene:
    """A scene that renders varied light, ready to be saved with 16 bits."""
    colours.prepare(scene)
    return scene


def _deliver(finished, pixels: np.ndarray | None = None) -> None:
    rng = np.random.default_rng(3)
    any_colours = rng.integers(0, 256, (64, 96, 3), np.uint8)
    deliver(finished(any_colours if pixels is None else pixels), COMPOSITOR)


def _settings(scene: bpy.types.Scene) -> tuple[object, ...]:
    view = scene.view_settings
    return view.view_transform, view.look, view.exposure, view.gamma, scene.display_settings.display_device


@needs_node
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_colour_is_saved_as_generated(prepared, finished, tmp_path: Path, look: Look) -> None:
    rng = np.random.default_rng(3)
    generation = finished(rng.integers(0, 256, (64, 96, 3), np.uint8))
    expected = colours.expect(prepared, look, Path(generation.answer.pictures[0].path), tmp_path)
    look.apply(prepared)
    deliver(generation, COMPOSITOR)
    compositor.set_exact(prepared, enable=True)
    saved = colours.render(prepared, tmp_path / "saved.png")
    assert colours.compare(saved, expected).largest <= LIMIT


@needs_node
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_render_below_looks_as_before(prepared, finished, tmp_path: Path, look: Look) -> None:
    colours.render_light(prepared, look.exposure, tmp_path)
    look.apply(prepared)
    before = colours.render(prepared, tmp_path / "before.png")
    _deliver(finished)
    compositor.set_exact(prepared, enable=True)
    compositor.group_node(prepared).inputs["Factor"].default_value = 0.0
    errors = colours.compare(colours.render(prepared, tmp_path / "after.png"), before)
    assert before.std() > 0.05
    assert errors.mean <= LIMIT
    assert errors.most <= LIMIT


@needs_node
def test_a_transparent_render_looks_as_before(prepared, finished, tmp_path: Path) -> None:
    Look("AgX").apply(prepared)
    prepared.render.image_settings.color_mode = "RGBA"
    source = colours.render_light(prepared, 0.0, tmp_path)
    tree = compat.compositor_tree(prepared)
    mask = tree.nodes.new("CompositorNodeSetAlpha")
    mask.inputs["Alpha"].default_value = 0.3
    compat.set_alpha_mode(mask, replace=False)
    tree.links.new(source, mask.inputs[0])
    tree.links.new(mask.outputs[0], compat.compositor_output(tree))
    before = colours.render(prepared, tmp_path / "before.png")
    _deliver(finished)
    compositor.set_exact(prepared, enable=True)
    compositor.group_node(prepared).inputs["Factor"].default_value = 0.0
    assert colours.compare(colours.render(prepared, tmp_path / "after.png"), before).most <= LIMIT


@needs_node
@pytest.mark.parametrize("how", ["off", "remove", "clean up"])
def test_the_colour_management_comes_back_exactly(prepared, finished, how: str) -> None:
    Look("AgX", "AgX - Punchy", 0.7, 1.3, "Display P3").apply(prepared)
    before, groups = _settings(prepared), len(bpy.data.node_groups)
    _deliver(finished)
    report = bpy.ops.nano_banana.exact_colours(enable=True)
    assert report == {"FINISHED"}
    assert _settings(prepared) == ("Standard", "None", 0.0, 1.0, "Display P3")
    if how == "off":
        bpy.ops.nano_banana.exact_colours(enable=False)
        assert compositor.group_node(prepared) is not None
    else:
        bpy.ops.nano_banana.remove_applied(kind="COMPOSITOR" if how == "remove" else "EVERYTHING")
        assert compat.compositor_tree(prepared) is None
        assert len(bpy.data.node_groups) == groups
    assert _settings(prepared) == before


@needs_node
def test_undo_takes_it_back(prepared, finished) -> None:
    Look("AgX", exposure=0.7).apply(prepared)
    before = _settings(prepared)
    _deliver(finished)
    bpy.ops.ed.undo_push(message="Delivered")
    bpy.ops.nano_banana.exact_colours(enable=True)
    bpy.ops.ed.undo_push(message="Exact")
    bpy.ops.ed.undo()
    assert _settings(bpy.context.scene) == before
    assert exact_view.find_node(bpy.context.scene) is None


@needs_node
def test_it_is_kept_in_the_file(prepared, finished, tmp_path: Path) -> None:
    Look("AgX", "AgX - Punchy", 0.7).apply(prepared)
    before = _settings(prepared)
    _deliver(finished)
    compositor.set_exact(prepared, enable=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "exact.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "exact.blend"))
    compositor.set_exact(bpy.context.scene, enable=False)
    assert _settings(bpy.context.scene) == before


@needs_node
def test_the_outputs_own_colour_management_is_the_one_that_counts(prepared, finished, tmp_path: Path) -> None:
    Look("Filmic").apply(prepared)
    output = prepared.render.image_settings
    output.color_management = "OVERRIDE"
    output.view_settings.view_transform = "AgX"
    output.view_settings.look = "AgX - Punchy"
    generation = finished(np.random.default_rng(3).integers(0, 256, (64, 96, 3), np.uint8))
    expected = colours.read(Path(generation.answer.pictures[0].path))
    deliver(generation, COMPOSITOR)
    compositor.set_exact(prepared, enable=True)
    assert prepared.view_settings.view_transform == "Filmic"
    assert output.view_settings.view_transform == "Standard"
    assert colours.compare(colours.render(prepared, tmp_path / "saved.png"), expected).largest <= LIMIT
    compositor.remove(prepared)
    assert (output.view_settings.view_transform, output.view_settings.look) == ("AgX", "AgX - Punchy")


@needs_node
def test_vivid_colours_are_told_with_the_way_to_keep_them(prepared, finished, tmp_path: Path) -> None:
    Look("AgX").apply(prepared)
    made = finished(np.full((64, 96, 3), (255, 0, 0), np.uint8))
    write_thumbnail(Path(made.picture.path), tmp_path / "thumbnail.jpg")
    red = replace(made, thumbnail=str(tmp_path / "thumbnail.jpg"))
    assert any("Exact Colours" in note for note in deliver(red, COMPOSITOR).notes)
    compositor.set_exact(prepared, enable=True)
    assert not any("cannot show" in note for note in deliver(red, COMPOSITOR).notes)


@needs_node
def test_a_view_transform_that_is_changed_meanwhile_is_told(prepared, finished) -> None:
    Look("AgX").apply(prepared)
    _deliver(finished)
    notes = compositor.set_exact(prepared, enable=True)
    assert any("Standard" in note for note in notes)
    Look("Filmic").apply(prepared)
    assert any("Switch it off and on" in note for note in compositor.refresh(prepared))


@needs_node
@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda scene: Look("Standard").apply(scene), "Standard"),
        (lambda scene: setattr(scene.render, "use_compositing", False), "Compositing"),
        (lambda scene: setattr(scene.view_settings, "use_white_balance", True), "white balance"),
        (lambda scene: setattr(scene.view_settings, "use_curve_mapping", True), "colour curves"),
        (lambda scene: scene.copy(), "Other scenes"),
    ],
)
def test_where_it_cannot_be_nothing_changes_and_the_reason_is_told(prepared, finished, change, word: str) -> None:
    Look("AgX").apply(prepared)
    _deliver(finished)
    change(prepared)
    before = _settings(prepared)
    with pytest.raises(InputError, match=word):
        compositor.set_exact(prepared, enable=True)
    assert not bpy.ops.nano_banana.exact_colours.poll()
    assert _settings(prepared) == before
    assert exact_view.find_node(prepared) is None


@pytest.mark.skipif(bool(compat.DISPLAY_NODE), reason="Blender 5 has exact colours")
def test_it_needs_blender_5(prepared, finished) -> None:
    Look("AgX").apply(prepared)
    _deliver(finished)
    assert "Blender 5" in exact_view.find_blocker(prepared)
    assert not bpy.ops.nano_banana.exact_colours.poll()


@needs_node
def test_a_capture_of_the_render_keeps_the_view_transform(prepared, finished, tmp_path: Path) -> None:
    from nano_banana_addon.blender.capture.render import capture_render

    prepared.world = bpy.data.worlds.new("Grey")
    Look("AgX", exposure=1.0).apply(prepared)
    settings = CaptureSettings(source="RENDER")
    before = capture_render(bpy.context, settings, tmp_path).pixels
    _deliver(finished)
    compositor.set_exact(prepared, enable=True)
    after = capture_render(bpy.context, settings, tmp_path).pixels
    assert np.abs(before.astype(float) - after).max() <= 1
