# SPDX-License-Identifier: GPL-3.0-or-later
"""What the interface says without being asked: why a button is grey, what a button does, what ended, what is left."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import OFFLINE, DeliveryKind
from nano_banana_addon.features.history import gallery
from nano_banana_addon.features.provider import test_connection as connection
from nano_banana_addon.identity import BUTTON_POINTER, KEYFRAMES_POINTER, NO_IMAGE_POINTER
from nano_banana_addon.session import panel_state, session

from .strict_layout import StrictLayout
from .test_panels import draw, draw_all, sidebar  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("sidebar")
MENUS = (
    *("TOPBAR_MT_render", "IMAGE_MT_image", "VIEW3D_MT_object", "VIEW3D_MT_object_context_menu", "VIEW3D_MT_add"),
    *("SEQUENCER_MT_add", "NODE_MT_add", "STATUSBAR_HT_header"),
)


def panel(name: str) -> type:
    return next(c for c in bpy.types.Panel.__subclasses__() if c.__name__ == f"NANO_BANANA_PT_{name}")


def results(*states: str) -> None:
    shown = panel_state.get_properties()
    shown.results.clear()
    for number, state in enumerate(states):
        item = shown.results.add()
        item.name, item.state, item.title, item.message = str(number), state, f"take {number}", "It failed."
    shown.active_result = 0


@pytest.fixture(autouse=True)
def _nothing_left() -> None:
    choice = preferences.get_preferences()
    choice.provider = OFFLINE
    yield
    choice.provider = OFFLINE
    panel_state.clear_notice()
    panel_state.get_properties().results.clear()
    panel_state.get_properties().connection = ""


def is_enabled(name: str) -> bool:
    """Whether a button of the tab can be pressed."""
    with bpy.context.temp_override(**{BUTTON_POINTER: bpy.context.scene}):
        return getattr(bpy.ops.nano_banana, name).poll()


@pytest.mark.parametrize("name", ["restyle", "storyboard", "texture"])
def test_a_button_that_cannot_work_is_grey_and_a_script_may_pass_what_is_missing(name: str) -> None:
    assert not is_enabled(name)  # no prompt
    assert getattr(bpy.ops.nano_banana, name).poll()


def test_a_button_is_enabled_as_soon_as_nothing_is_missing() -> None:
    scene = bpy.context.scene
    scene.nano_banana.prompt = "a neon alley"
    assert not is_enabled("restyle")  # no camera
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    assert is_enabled("restyle")
    scene.nano_banana.source = "LAST_RENDER"
    assert not is_enabled("restyle")  # nothing was rendered
    scene.nano_banana.source = "CAMERA"
    assert not is_enabled("storyboard")
    scene.timeline_markers.new("Wide", frame=1).camera = scene.camera
    assert is_enabled("storyboard")
    assert not is_enabled("texture")
    bpy.ops.mesh.primitive_cube_add()
    assert is_enabled("texture")
    preferences.get_preferences().provider = "google"
    bpy.context.preferences.system.use_online_access = False
    assert not any(map(is_enabled, ("restyle", "storyboard", "texture")))


def test_a_material_wants_an_image_in_the_panel_and_none_for_a_result() -> None:
    assert "nano_banana_no_image" in draw(panel("material")).pointers
    with bpy.context.temp_override(**{NO_IMAGE_POINTER: bpy.context.scene}):
        assert not is_enabled("material_from_image")
        assert bpy.ops.nano_banana.material_from_image.poll()  # a script passes the image
    assert is_enabled("material_from_image")  # the button of a result, which is its image
    bpy.context.scene.nano_banana.material.image = bpy.data.images.new("Bricks", 8, 8)
    assert "nano_banana_no_image" not in draw(panel("material")).pointers


def test_keyframes_are_generated_where_there_are_any_whatever_the_views_are() -> None:
    scene = bpy.context.scene
    scene.nano_banana.prompt = "clay"
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    bpy.ops.mesh.primitive_cube_add()
    scene.nano_banana.texturing.views = "KEYFRAMES"
    with bpy.context.temp_override(**{KEYFRAMES_POINTER: scene}):
        assert not is_enabled("texture")
        scene.nano_banana.texturing.keyframes = "1, 10"
        assert is_enabled("texture")
        scene.nano_banana.texturing.views = "RING"
        scene.nano_banana.texturing.keyframes = ""
        assert not is_enabled("texture")
    assert is_enabled("texture")


def test_offline_is_one_click_away_where_the_provider_cannot_be_reached() -> None:
    preferences.get_preferences().provider = "google"
    bpy.context.preferences.system.use_online_access = False
    assert "nano_banana.try_offline" in draw(panel("main")).operators
    bpy.ops.nano_banana.try_offline()
    assert "nano_banana.try_offline" not in draw(panel("main")).operators


def test_each_apply_button_says_where_it_puts_the_result() -> None:
    operator = bpy.types.NANO_BANANA_OT_apply
    texts = {operator.description(bpy.context, _Kind(kind)) for kind in DeliveryKind}
    assert len(texts) == len(DeliveryKind)


class _Kind:
    def __init__(self, kind: str) -> None:
        self.kind = kind


def test_results_do_not_push_the_settings_off_the_screen() -> None:
    before = draw(panel("main")).properties
    results(*["DONE"] * 8)
    assert draw(panel("main")).properties == before
    drawn = draw(panel("results"))
    assert drawn.operators.count("nano_banana.show_result") == 1  # one active result
    assert drawn.operators.count("nano_banana.apply") == 4
    assert not hasattr(panel("results"), "bl_parent_id")
    assert panel("results").bl_order > panel("main").bl_order


@pytest.mark.parametrize(
    ("kind", "operator"),
    [
        ("KEY_INVALID", "nano_banana.open_preferences"),
        ("BUDGET", "nano_banana.open_preferences"),
        ("REFUSED", "nano_banana.use_settings"),
        ("CAPACITY", "nano_banana.ask_again"),
    ],
)
def test_a_failure_is_a_line_with_the_button_that_mends_it(kind: str, operator: str) -> None:
    results("REFUSED" if kind == "REFUSED" else "FAILED")
    item = panel_state.get_properties().results[0]
    item.error_kind = kind
    layout = StrictLayout()
    rows = bpy.types.NANO_BANANA_UL_results
    rows.draw_item(rows, bpy.context, layout, None, item, 0, None, "")
    assert layout.operators == [operator]
    assert layout.texts[1].strip()  # in words, or its price
    assert operator in draw(panel("results")).operators


def test_failures_are_cleared_together_and_images_stay() -> None:
    results("FAILED", "DONE", "REFUSED", "CANCELLED", "DONE")
    bpy.ops.nano_banana.clear_results(failed_only=True)
    assert [item.title for item in panel_state.get_properties().results] == ["take 1", "take 4"]
    bpy.ops.nano_banana.clear_results(failed_only=False)
    assert not panel_state.get_properties().results


def test_a_message_of_the_connection_test_stands_in_one_place() -> None:
    preferences.get_preferences().provider = "google"
    bpy.context.preferences.system.use_online_access = False
    shown = panel_state.get_properties()
    operator = bpy.types.NANO_BANANA_OT_test_connection
    operator.invoke(operator, bpy.context, None)  # a report would raise here
    assert "switched off" in shown.connection
    assert not shown.connection_ok
    assert not shown.notice
    preferences.get_preferences().provider = OFFLINE
    assert not shown.connection  # it was of another provider


def test_preferences_that_may_not_be_saved_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    general = bpy.context.preferences
    general.use_preferences_save = False
    preferences.get_preferences().store_folder = "/changed"
    general.is_dirty = True
    connection._answers.put((True, "Key accepted."))
    connection._poll()
    assert panel_state.get_properties().connection.splitlines()[0] == "Key accepted."
    assert "Save the preferences" in panel_state.get_properties().connection
    preferences.get_preferences().property_unset("store_folder")


def test_the_notice_of_earlier_generations_goes_when_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nano_banana_addon.features import recovery

    session.close()
    monkeypatch.setenv("NANO_BANANA_HOME", str(tmp_path / "store"))
    session.current()  # a store, in which nothing waits
    panel_state.show_notice("RECOVERED", "2 generations from an earlier session are waiting.")
    try:
        recovery.refresh()
        assert not panel_state.get_properties().notice
    finally:
        session.close()


def test_the_earlier_results_of_a_file_are_counted_and_listed(tmp_path: Path) -> None:
    gallery.count_earlier_results()
    assert panel_state.get_properties().earlier == 0
    shown = panel_state.get_properties()
    shown.earlier = 5
    try:
        assert panel("results").poll(bpy.context)
        assert "Results of this file in History: 5" in draw(panel("results")).texts
    finally:
        shown.earlier = 0


@pytest.mark.parametrize("name", MENUS)
def test_the_commands_are_in_blenders_menus(name: str) -> None:
    entries = getattr(bpy.types, name).draw._draw_funcs
    assert any(entry.__module__.endswith("panels.menus") for entry in entries)


def test_every_command_of_the_menu_exists_and_has_a_name() -> None:
    drawn = draw(bpy.types.NANO_BANANA_MT_commands)
    assert {"nano_banana.restyle", "nano_banana.texture", "nano_banana.storyboard"} <= set(drawn.operators)
    for identifier in drawn.operators:
        operator = getattr(bpy.ops.nano_banana, identifier.split(".")[1]).get_rna_type()
        assert operator.name, identifier


def test_a_texture_is_offered_unwrap_with_modifiers_and_told_of_duplicates() -> None:
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    assert "nano_banana.unwrap" not in draw(panel("texturing")).operators
    cube.data.uv_layers.remove(cube.data.uv_layers[0])
    cube.modifiers.new("Subdivision", "SUBSURF")
    bpy.context.view_layer.update()
    assert "nano_banana.unwrap" in draw(panel("texturing")).operators
    twin = bpy.data.objects.new("Twin", cube.data)
    bpy.context.collection.objects.link(twin)
    bpy.context.view_layer.update()
    assert "Twin uses the same mesh" in " ".join(draw(panel("texturing")).texts)
    twin.select_set(True)
    assert "Twin uses the same mesh" not in " ".join(draw(panel("texturing")).texts)


def test_the_texture_panel_has_the_prompt_and_its_progress() -> None:
    shown = panel_state.get_properties()
    job = shown.jobs.add()
    job.kind, job.title, job.phase = "VIEW", "View 2", "Generating, 5 s of about 24 s"
    try:
        drawn = draw(panel("texturing"))
        assert "View 2: Generating, 5 s of about 24 s" in drawn.texts
        assert {"prompt", "prompt_text"} & set(drawn.properties)
        job.kind, job.title = "TEXTURE", "Old bricks"
        assert "Old bricks: Generating, 5 s of about 24 s" in draw(panel("material")).texts
    finally:
        shown.jobs.clear()


def test_a_view_is_looked_through_and_left_again_and_the_scene_keeps_its_camera() -> None:
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.nano_banana.texture_show_views()
    space = bpy.context.space_data
    before = scene.camera
    bpy.ops.nano_banana.look_through_view(index=1)
    assert space.region_3d.view_perspective == "CAMERA"
    assert space.camera == scene.nano_banana.texturing.view_list[1].camera
    assert scene.camera == before
    bpy.ops.nano_banana.look_through_view(index=1)
    assert space.region_3d.view_perspective == "PERSP"


def test_every_panel_draws_what_is_applied() -> None:
    assert "nano_banana.remove_applied" in draw_all().operators


def test_failures_with_the_same_message_are_told_apart_by_title_and_time() -> None:
    results("FAILED", "FAILED")
    for item, ended in zip(panel_state.get_properties().results, ("13:05:12", "13:07:40"), strict=True):
        item.ended = f"2026-11-28 {ended}"
    layout, rows = StrictLayout(), bpy.types.NANO_BANANA_UL_results
    for item in panel_state.get_properties().results:
        rows.draw_item(rows, bpy.context, layout, None, item, 0, None, "")
    assert [text for text in layout.texts if text.startswith("take")] == ["take 0  13:05:12", "take 1  13:07:40"]
