# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions in words, drops of image files, the keymap, the status bar, the camera from the view."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.capture import view3d
from nano_banana_addon.blender.capture.view_matrices import compute_matrices
from nano_banana_addon.blender.host import keymap
from nano_banana_addon.core.errors import ERROR_TEXTS
from nano_banana_addon.session import panel_state
from panels import menus, remedies, results

from .strict_layout import StrictLayout
from .test_panels import draw, sidebar  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("sidebar")


@pytest.fixture
def shown() -> Iterator[object]:
    properties = panel_state.get_properties()
    yield properties
    properties.results.clear()
    properties.jobs.clear()


def add_result(shown: object, name: str, state: str) -> object:
    item = shown.results.add()
    item.name, item.state, item.title, item.message = name, state, f"title of {name}", f"message of {name}. More."
    return item


@pytest.mark.parametrize("state", ["DONE", "REFUSED", "FAILED", "CANCELLED", "UNKNOWN"])
def test_every_action_in_the_pop_over_is_in_words(shown: object, state: str) -> None:
    add_result(shown, "one", state)
    drawn = draw(bpy.types.NANO_BANANA_PT_result_actions)
    assert len(drawn.buttons) >= 5
    for identifier, text, _icon in drawn.buttons:
        category, verb = identifier.split(".")
        name = getattr(getattr(bpy.ops, category), verb).get_rna_type().name
        assert (text or name).strip(), identifier


def test_the_pop_over_of_a_row_is_of_that_row(shown: object) -> None:
    for name in ("one", "two"):
        add_result(shown, name, "FAILED")
    with bpy.context.temp_override(**{results.RESULT_POINTER: shown.results[1]}):
        texts = draw(bpy.types.NANO_BANANA_PT_result_actions).texts
    assert {"title of two", "message of two. More."} <= set(texts)
    assert "title of one" not in texts


def test_the_active_failure_is_short_and_the_pop_over_says_all(shown: object) -> None:
    item = add_result(shown, "one", "FAILED")
    item.message, item.next_step = "It failed. " + "And so on. " * 30, "Do this."
    assert len(" ".join(draw(bpy.types.NANO_BANANA_PT_results).texts)) < 250
    assert "Do this." in draw(bpy.types.NANO_BANANA_PT_result_actions).texts


@pytest.mark.parametrize("kind", [kind.value for kind in ERROR_TEXTS])
@pytest.mark.parametrize("short", [False, True])
def test_what_mends_an_error_is_a_button_with_a_word(kind: str, short: bool) -> None:
    layout = StrictLayout()
    if remedies.draw_remedy(layout, kind, short=short):
        assert [text for text in layout.texts if text.strip()] or not short
        assert layout.buttons or layout.properties or layout.texts


def test_image_files_dropped_on_the_tab_become_references(tmp_path: Path) -> None:
    handler = bpy.types.NANO_BANANA_FH_references
    assert {".png", ".jpg", ".webp"} <= set(handler.bl_file_extensions.split(";"))
    for kind, category, taken in (("UI", "Nano Banana", True), ("UI", "Item", False), ("WINDOW", "", False)):
        region = types.SimpleNamespace(type=kind, active_panel_category=category)
        assert handler.poll_drop(types.SimpleNamespace(region=region)) is taken
    assert not handler.poll_drop(types.SimpleNamespace(region=None))
    image = bpy.data.images.new("drop", 8, 8)
    names = ("a.png", "b.png")
    for name in names:
        image.filepath_raw, image.file_format = str(tmp_path / name), "PNG"
        image.save()
    files = [{"name": name} for name in names]
    bpy.ops.nano_banana.reference_add_file("INVOKE_DEFAULT", directory=str(tmp_path) + "/", files=files)
    references = bpy.context.scene.nano_banana.references
    assert [Path(entry.path).name for entry in references] == list(names)


def test_a_drop_that_is_no_file_is_an_error_and_adds_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="not"):
        bpy.ops.nano_banana.reference_add_file(
            "INVOKE_DEFAULT", directory=str(tmp_path) + "/", files=[{"name": "gone.png"}]
        )
    assert not bpy.context.scene.nano_banana.references


def test_every_entry_of_the_keymap_exists_and_none_takes_a_key() -> None:
    for entry in keymap.ENTRIES:
        category, verb = entry.operator.split(".")
        assert getattr(getattr(bpy.ops, category), verb).get_rna_type()
        assert not entry.menu or hasattr(bpy.types, entry.menu)
    config = bpy.context.window_manager.keyconfigs.addon
    for keys in config.keymaps if config else ():
        for item in keys.keymap_items:
            if item.idname.startswith("nano_banana."):
                assert item.type == "NONE"


def test_the_pie_menu_shows_prices_and_the_latest_result(shown: object) -> None:
    bpy.context.scene.nano_banana.prompt = "x"
    buttons = draw(bpy.types.NANO_BANANA_MT_pie).buttons
    assert next(text for name, text, _ in buttons if name == "nano_banana.restyle").endswith(")")
    add_result(shown, "one", "DONE")
    names = [name for name, _, _ in draw(bpy.types.NANO_BANANA_MT_pie).buttons]
    assert "nano_banana.show_result" in names
    assert len(names) <= 7  # and one menu: a pie has eight places


def test_the_status_bar_shows_progress_only_while_there_is_some(shown: object) -> None:
    def texts() -> list[str]:
        layout = StrictLayout()
        menus.draw_status(types.SimpleNamespace(layout=layout), bpy.context)
        return layout.texts

    assert texts() == []
    for phase in ("Generating, 5 s of about 24 s", "Queued"):
        job = shown.jobs.add()
        job.name = job.phase = phase
    assert texts() == ["Nano Banana, 2 images: Generating, 5 s of about 24 s"]


@pytest.mark.parametrize(
    ("tree", "kind"), [("CompositorNodeTree", "COMPOSITOR"), ("ShaderNodeTree", "MATERIAL"), ("GeometryNodeTree", "")]
)
def test_results_are_in_the_add_menu_of_node_editors(shown: object, tree: str, kind: str) -> None:
    context = types.SimpleNamespace(
        space_data=types.SimpleNamespace(tree_type=tree), window_manager=bpy.context.window_manager
    )
    layout = StrictLayout()
    menus.draw_node_entry(types.SimpleNamespace(layout=layout), context)
    if kind:
        add_result(shown, "one", "DONE")
        bpy.types.NANO_BANANA_MT_results.draw(types.SimpleNamespace(layout=layout), context)
    assert ("nano_banana.apply" in layout.operators) is bool(kind)
    assert ("title of one" in layout.texts) is bool(kind)


def test_a_camera_is_made_of_the_view_where_there_is_none() -> None:
    scene = bpy.context.scene
    scene.camera = None
    drawn = draw(bpy.types.NANO_BANANA_PT_main)
    assert "nano_banana.add_camera" in drawn.operators
    depsgraph = bpy.context.evaluated_depsgraph_get()
    world, _projection = compute_matrices(view3d.require_view(bpy.context), scene, depsgraph)
    bpy.ops.nano_banana.add_camera()
    stands = scene.camera.matrix_world
    assert max(abs(stands[i][j] - world[i][j]) for i in range(4) for j in range(4)) < 1e-4
    assert "nano_banana.add_camera" not in draw(bpy.types.NANO_BANANA_PT_main).operators


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
@pytest.mark.parametrize("resolution", [(1920, 400), (1080, 1920)])
def test_the_new_camera_shows_all_of_the_view_and_no_more_than_it_must(kind: str, resolution: tuple[int, int]) -> None:
    scene, shown = bpy.context.scene, bpy.context.space_data.region_3d
    scene.render.resolution_x, scene.render.resolution_y = resolution
    shown.view_perspective = kind
    view = view3d.require_view(bpy.context)
    world, projection = compute_matrices(view, scene, bpy.context.evaluated_depsgraph_get())
    bpy.ops.nano_banana.add_camera()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    frame = scene.camera.calc_matrix_camera(depsgraph, x=resolution[0], y=resolution[1])
    parts = [frame[axis][axis] / projection[axis][axis] for axis in (0, 1)]
    assert max(parts) == pytest.approx(1.0, abs=1e-3)
    assert frame[1][1] / frame[0][0] == pytest.approx(resolution[0] / resolution[1], rel=1e-3)
    assert (frame[3][3] == 1.0) is (kind == "ORTHO")
    assert scene.camera.matrix_world.to_quaternion().dot(world.to_quaternion()) == pytest.approx(1.0, abs=1e-5)
