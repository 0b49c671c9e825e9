# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of shots in the panel: what it draws, what it costs, and that a long one is drawn at once."""

from __future__ import annotations

import bpy
import pytest

from nano_banana_addon.features.storyboard import shot_list, shots, stale
from nano_banana_addon.session import panel_state

from .strict_layout import StrictLayout
from .test_panels import draw, sidebar  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("sidebar")


@pytest.fixture
def listed() -> bpy.types.Scene:
    """Four shots of one camera."""
    bpy.context.preferences.addons[panel_state.__package__.rsplit(".", 2)[0]].preferences.provider = "google"
    scene = bpy.context.scene
    scene.nano_banana.prompt = "a neon alley"
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(scene.camera)
    scene.frame_start, scene.frame_end = 1, 40
    shot_list.update(scene, "FRAMES", 10)
    return scene


def draw_rows(scene: bpy.types.Scene) -> StrictLayout:
    layout, group = StrictLayout(), shots.get_group(scene)
    rows = bpy.types.NANO_BANANA_UL_shots
    for index, item in enumerate(group.shots):
        rows.draw_item(None, bpy.context, layout, group, item, 0, group, "active_shot", index)
    return layout


def test_each_button_has_its_price_and_each_row_jumps_to_its_shot(listed: bpy.types.Scene) -> None:
    rows = draw_rows(listed)
    assert [name for name, _, _ in rows.buttons] == ["nano_banana.shot_jump"] * 4
    whole = draw(bpy.types.NANO_BANANA_PT_storyboard)
    assert any(text.startswith("This Shot  ($0.") for text in whole.texts)
    assert any(text.startswith("Storyboard × 4  ($0.") for text in whole.texts)
    assert any(text.startswith("Generate Stale × 4  ($0.") for text in whole.texts)


def test_a_shots_own_size_and_the_frames_it_is_sent_with_are_in_the_price(listed: bpy.types.Scene) -> None:
    from nano_banana_addon.features import payment

    plain = payment.estimate_storyboard(bpy.context).dollars
    listed.nano_banana.storyboard.anchor = "FULL"
    anchored = payment.estimate_storyboard(bpy.context).dollars
    listed.nano_banana.storyboard.shots[0].settings.image_size = "4K"
    assert plain < anchored < payment.estimate_storyboard(bpy.context).dollars


def test_the_panel_says_whether_shots_wait_for_each_other(listed: bpy.types.Scene) -> None:
    def drawn() -> str:
        return " ".join(draw(bpy.types.NANO_BANANA_PT_storyboard).texts)

    assert "one after another" in drawn()
    listed.nano_banana.storyboard.previous = "OFF"
    assert "at once" in drawn()


def test_a_deleted_camera_is_said_where_the_shot_is(listed: bpy.types.Scene) -> None:
    bpy.data.objects.remove(listed.camera)
    text = " ".join(draw(bpy.types.NANO_BANANA_PT_storyboard).texts)
    assert "Its camera was deleted" in text


def test_five_hundred_shots_are_drawn_and_checked(listed: bpy.types.Scene) -> None:
    listed.frame_end = 500
    shot_list.update(listed, "FRAMES", 1)
    assert len(shots.list_shots(listed)) >= 500
    draw(bpy.types.NANO_BANANA_PT_storyboard)
    from nano_banana_addon.features.generation import scene_settings

    stale.check(bpy.context, scene_settings.settings_of(listed))
    assert len(stale.list_due(listed)) >= 500


def test_equal_shots_are_priced_once(listed: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from nano_banana_addon.features import payment

    listed.frame_end = 200
    shot_list.update(listed, "FRAMES", 1)
    shots.get_group(listed).shots[3].settings.image_size = "4K"
    priced, price = [], payment.price_image
    monkeypatch.setattr(payment, "price_image", lambda *given: priced.append(given) or price(*given))
    payment.price_shots(bpy.context)
    assert len(priced) == 2
