# SPDX-License-Identifier: GPL-3.0-or-later
"""Every button that pays shows how many images it asks for and what they cost, wherever it is drawn."""

from __future__ import annotations

import json
import re
import sys
import types
from collections.abc import Iterator
from contextlib import ExitStack

import bpy
import pytest

from nano_banana_addon.blender.deliver.datablocks import ownership_tags
from nano_banana_addon.blender.deliver.datablocks.delivery_report import DeliveryLog
from nano_banana_addon.blender.deliver.datablocks.ownership_tags import Role
from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.blender.deliver.pbr import node_group
from nano_banana_addon.blender.host import compat
from nano_banana_addon.features import payment
from nano_banana_addon.identity import PAID_AGAIN_ICON
from nano_banana_addon.session import panel_state
from operators import recovery
from operators.base.paid import PayingOperator

from .strict_layout import StrictLayout
from .test_panels import draw, draw_all, sidebar  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("sidebar", "filled")
Button = tuple[str, str, str]


def list_paying(cls: type = PayingOperator) -> set[str]:
    found = {each.bl_idname for each in cls.__subclasses__() if hasattr(each, "bl_idname")}
    return found.union(*(list_paying(each) for each in cls.__subclasses__()))


@pytest.fixture
def filled() -> Iterator[None]:
    """Something in every list that has paying buttons."""
    bpy.context.preferences.addons[panel_state.__package__.rsplit(".", 2)[0]].preferences.provider = "google"
    choices, shown = bpy.context.scene.nano_banana, panel_state.get_properties()
    choices.prompt, choices.variants, choices.texturing.keyframes = "a neon alley", 3, "1, 25"
    bpy.ops.mesh.primitive_cube_add()
    _give_texture(bpy.context.object)
    choices.cast.add().kind = "CHARACTER"
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    for frame in (1, 25, 60, 80):
        bpy.context.scene.timeline_markers.new(f"shot {frame}", frame=frame).camera = camera
    for state in ("DONE", "REFUSED", "FAILED", "CANCELLED", "UNKNOWN"):
        item = shown.results.add()
        item.name, item.state, item.instruction = state, state, "make it night"
        item.price, item.change_price = 0.24, 0.134
    turn = shown.conversation.turns.add()
    turn.name, turn.state, turn.change_price = "1", "DONE", 0.134
    shown.conversation.name = "1"
    batch = shown.batches.add()
    batch.name, batch.text, batch.rest, batch.price = "1", "Batch of 50: in batch since 28 Nov 12:00", 3, 0.4
    shown.history.details.name, shown.history.details.state, shown.history.details.price = "x", "FAILED", 0.24
    yield
    for name in ("results", "conversation", "history", "recovered", "batches"):
        shown.property_unset(name)


def _give_texture(obj: bpy.types.Object) -> None:
    image = bpy.data.images.new("Texture", 8, 8)
    ownership_tags.set_role(image, Role.IMAGE)
    facts = {"before": 1.0, "after": 0.5, "confidence": 0.8, "limit": 3.0}
    ownership_tags.set_fact(image, "views", json.dumps([{"index": 0, "name": "Ring 1", "generation": "1", **facts}]))
    ownership_tags.set_fact(image, "missing_maps", "[0]")
    material.apply(image, [obj], None, DeliveryLog(), ExitStack())


def _give_frame(start: int) -> None:
    board = bpy.data.scenes.new("Storyboard")
    ownership_tags.set_role(board, Role.STORYBOARD)
    ownership_tags.set_fact(board, "of", bpy.context.scene)
    strips = board.sequence_editor_create().strips
    frame = strips.new_image(name="frame", filepath="frame.png", channel=1, frame_start=start)
    ownership_tags.set_role(frame, Role.IMAGE)


def draw_menus() -> list[Button]:
    """The buttons of all menus of the add-on."""
    layout = StrictLayout()
    for cls in bpy.types.Menu.__subclasses__():
        if cls.__name__.startswith("NANO_BANANA"):
            cls.draw(types.SimpleNamespace(layout=layout), bpy.context)
    return layout.buttons


def draw_edit() -> list[Button]:
    """The buttons beside an image with a marked area, in the Image Editor."""
    area, image = bpy.context.area, bpy.data.images.new("Wall", 8, 8)
    marks = image.copy()
    ownership_tags.set_fact(marks, "marks_of", image)
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = marks
    try:
        return draw(bpy.types.NANO_BANANA_PT_edit).buttons
    finally:
        area.type = "VIEW_3D"


def draw_material() -> list[Button]:
    """The buttons of an object whose material was made here."""
    bpy.ops.mesh.primitive_cube_add()
    own = bpy.data.materials.new("Cobbles")
    ownership_tags.set_role(own, Role.PBR_MATERIAL)
    compat.set_uses_nodes(own, True)
    node = own.node_tree.nodes.new("ShaderNodeGroup")
    node.node_tree = node_group.new_group("Cobbles")
    ownership_tags.set_role(node.node_tree, Role.PBR_GROUP)
    bpy.context.object.data.materials.append(own)
    return draw_all().buttons


def draw_recovery() -> list[Button]:
    for known, count in (("UNKNOWN", 1), ("NOT_SENT", 4)):
        item = panel_state.get_properties().recovered.add()
        item.name, item.known, item.count, item.price = known, known, count, 0.134 * count
    layout = StrictLayout()
    recovery.draw_recovered(layout)
    return layout.buttons


def test_every_button_that_pays_shows_its_price() -> None:
    buttons = draw_all().buttons + draw_recovery() + draw_menus() + draw_edit() + draw_material()
    paying = [(name, text) for name, text, _ in buttons if name in list_paying()]
    assert {name for name, _ in paying} == list_paying()
    assert [each for each in paying if not re.search(r"\$\d|free|\?", each[1])] == []


def test_buttons_for_several_images_show_how_many() -> None:
    texts = [text for _, text, _ in draw_all().buttons + draw_recovery()]
    assert [text for text in texts if text.startswith("Storyboard × 4  ($0.5")]
    assert [text for text in texts if text.startswith("Restyle × 3  ($0.4")]
    assert [text for text in texts if text.startswith("Send × 4  ($0.5")]


def test_one_icon_says_that_something_is_paid_again_and_nothing_else() -> None:
    shots = [icon for name, _, icon in draw_all().buttons if name == "nano_banana.storyboard_shot"]
    assert PAID_AGAIN_ICON not in shots  # none of them has a frame
    _give_frame(25)
    buttons = draw_all().buttons + draw_recovery() + draw_menus()
    marked = {name for name, _, icon in buttons if icon == PAID_AGAIN_ICON}
    again = {"ask_again", "storyboard", "storyboard_shot", "texture_regenerate_view"}
    assert marked == {f"nano_banana.{name}" for name in again}
    free = {icon for name, _, icon in buttons if name not in list_paying()}
    assert PAID_AGAIN_ICON not in free


def test_all_shots_are_offered_again_only_when_one_has_a_frame() -> None:
    def is_disabled() -> bool:
        layout = draw(bpy.types.NANO_BANANA_PT_storyboard)
        (place,) = [n for n, button in enumerate(layout.buttons) if button[1].startswith("All Again")]
        return place in layout.disabled

    assert is_disabled()
    _give_frame(25)
    assert not is_disabled()


def test_what_costs_nothing_says_so_and_no_size_is_recommended_for_its_price() -> None:
    choices = bpy.context.scene.nano_banana
    choices.image_size, choices.variants = "1K", 1
    assert "2K costs the same" in draw_all().texts
    bpy.context.preferences.addons[panel_state.__package__.rsplit(".", 2)[0]].preferences.provider = "offline"
    texts = draw_all().texts
    assert "Restyle  (free)" in texts
    assert "2K costs the same" not in texts


def test_a_failure_has_the_button_that_mends_it() -> None:
    remedies = {
        "KEY_INVALID": "open_preferences",
        "UNWRAP": "unwrap",
        "NEW_UV_MAP": "unwrap",
        "ATLAS": "unwrap",
        "MAKE_REAL": "duplicates_make_real",
        "SHOW_VIEWS": "show_views",
    }
    for kind, mending in remedies.items():
        panel_state.show_notice(kind, "It failed.", "Mend it.")
        drawn = [name for name, text, _ in draw_all().buttons]
        panel_state.clear_notice()
        before = [name for name, text, _ in draw_all().buttons]
        assert len([name for name in drawn if mending in name]) == len([name for name in before if mending in name]) + 1


def test_a_press_takes_away_an_older_error_and_leaves_the_offer_to_recover() -> None:
    class Press(PayingOperator):
        def offer(self, _context: bpy.types.Context) -> types.SimpleNamespace:
            return types.SimpleNamespace(must_ask=lambda: False, use=lambda: None)

    for kind, left in (("KEY_INVALID", ""), ("RECOVERED", "It waits.")):
        panel_state.show_notice(kind, "It waits.", "")
        Press().invoke(bpy.context, None)
        assert panel_state.get_properties().notice == left
    panel_state.clear_notice()


@pytest.mark.parametrize(("width", "first"), [(280, "Restyle"), (187, "$0.13")])
def test_the_price_is_not_what_a_narrow_sidebar_cuts_off(
    width: int, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = types.SimpleNamespace(type="UI", width=width)
    context = types.SimpleNamespace(region=region, preferences=bpy.context.preferences)
    letters = payment.count_letters(context)
    # Of the module itself, which may have been imported by the line before: `payment` can be its stand-in.
    monkeypatch.setattr(sys.modules[payment.__name__], "count_letters", lambda _context: letters)
    layout = StrictLayout()
    payment.draw_paid_operator(layout, "nano_banana.restyle", "Restyle all of it", payment.Payment(1, 0.134))
    assert layout.buttons[0][1].startswith(first)
