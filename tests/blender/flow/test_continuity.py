# SPDX-License-Identifier: GPL-3.0-or-later
"""What each shot is sent with: the anchor, the shot before, a sheet; and that nothing of it is paid twice."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.text import prompts
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.storyboard import orders, shots
from nano_banana_addon.session import session

Turned = Callable[..., None]


@pytest.fixture
def four(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Four shots A to D of one camera."""
    for number, name in enumerate("ABCD"):
        scene.timeline_markers.new(name, frame=1 + 10 * number).camera = scene.camera
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    return scene


def prepare(**choices: object) -> orders.Order:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(choices)
    return orders.prepare(bpy.context, settings)


def describe(order: orders.Order) -> list[tuple[str, list[tuple[str, str]]]]:
    """The shots in the order of their recording, each with what it needs."""
    names = [request.shot for request in order.requests]
    return [(r.shot, [(n.frame or "PREVIOUS", names[int(n.generation[1:])]) for n in r.needs]) for r in order.requests]


def set_all(scene: bpy.types.Scene, **strengths: str) -> None:
    for name, value in strengths.items():
        setattr(scene.nano_banana.storyboard, name, value)


def ended() -> bool:
    return not session.current().under_way and not session.current().to_deliver


def test_with_an_anchor_all_others_need_only_it_and_with_the_shot_before_they_are_a_chain(
    four: bpy.types.Scene,
) -> None:
    assert describe(prepare()) == [
        (b, [("PREVIOUS", a)] if a else []) for a, b in zip(["", *"ABC"], "ABCD", strict=True)
    ]
    set_all(four, anchor="FULL", previous="OFF")
    assert describe(prepare()) == [("A", []), *((name, [("ANCHOR", "A")]) for name in "BCD")]
    four.nano_banana.storyboard.active_shot = 2
    bpy.ops.nano_banana.shot_anchor()
    assert describe(prepare()) == [("C", []), *((name, [("ANCHOR", "C")]) for name in "ABD")]
    set_all(four, previous="PARTLY")
    assert describe(prepare())[1:] == [
        ("A", [("ANCHOR", "C")]),
        ("B", [("ANCHOR", "C"), ("PREVIOUS", "A")]),
        ("D", [("ANCHOR", "C")]),
    ]


def test_a_shot_can_differ_from_the_storyboard(four: bpy.types.Scene) -> None:
    four.nano_banana.storyboard.shots[2].continuity.previous = "OFF"
    four.nano_banana.storyboard.shots[3].continuity.previous = "PARTLY"
    order = prepare()
    assert describe(order) == [("A", []), ("B", [("PREVIOUS", "A")]), ("C", []), ("D", [("PREVIOUS", "C")])]
    assert [need.partly for request in order.requests for need in request.needs] == [False, True]


def test_the_text_says_what_is_taken_from_which_image(four: bpy.types.Scene, server: Simulator, turned: Turned) -> None:
    set_all(four, anchor="PARTLY", previous="OFF")
    orders.start(prepare(prompt="a text that says"))
    turned(ended)
    sent = [str(r.json["contents"]) for r in server.requests if r.method == "POST"]
    assert len(sent) == 4
    assert [("sets the look of all shots (A)" in text) for text in sorted(sent, key=len)] == [False, True, True, True]
    assert sum("not its light, its place or its moment" in text for text in sent) == 3


def test_a_sheet_of_the_frames_that_exist_is_the_last_image_before_the_capture(
    four: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    orders.start(prepare(prompt="before the sheet"))
    turned(ended)
    set_all(four, anchor="FULL", sheet="FULL")
    request = orders.prepare_shot(bpy.context, scene_settings.settings_of(four), 3).requests[0]
    assert [(r.role, r.frame) for r in request.references] == [
        (ReferenceRole.PREVIOUS, "ANCHOR"),
        (ReferenceRole.PREVIOUS, ""),
        (ReferenceRole.PREVIOUS, "SHEET"),
        (ReferenceRole.STRUCTURE, ""),
    ]
    text = prompts.compose(request)
    assert "Image 3 is a sheet of earlier shots of the same story (3 shots)" in text
    assert not request.needs


def test_without_the_anchors_image_the_others_say_so(four: bpy.types.Scene) -> None:
    set_all(four, anchor="FULL", previous="OFF")
    order = orders.prepare_shot(bpy.context, scene_settings.settings_of(four), 2)
    assert any("anchor A has no image yet" in note for note in order.notes)


def test_a_refused_anchor_lets_nothing_else_be_sent(four: bpy.types.Scene, server: Simulator, turned: Turned) -> None:
    set_all(four, anchor="FULL", previous="OFF")
    server.script("refusal_image_safety", times=1)
    ids = orders.start(prepare(prompt="an anchor that is refused"))
    turned(ended)
    states = [g.state for g in session.current().store.many(ids)]
    assert states[0] is State.REFUSED
    assert State.DONE not in states
    assert len([r for r in server.requests if r.method == "POST"]) == 1


def test_only_what_depends_on_a_new_shot_is_paid_again(
    four: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    set_all(four, anchor="FULL", previous="OFF")
    orders.start(prepare(prompt="paid only once"))
    turned(ended)
    four.nano_banana.storyboard.shots[1].prompt = "with rain"
    order = prepare(prompt="paid only once")
    existing = orders.find_existing(order)
    assert [order.requests[n].shot for n in existing] == ["A", "C", "D"]
    missing = orders.select_missing(order, existing)
    assert [(r.shot, len(r.references), r.needs) for r in missing.requests] == [("B", 2, ())]
    four.nano_banana.storyboard.shots[0].prompt = "another look"
    assert orders.find_existing(prepare(prompt="paid only once")) == {}


def test_a_restart_after_the_anchor_pays_for_nothing_twice(
    four: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    set_all(four, anchor="FULL", previous="OFF")
    server.script("silence", 1, seconds=1)
    ids = orders.start(prepare(prompt="an anchor and a restart"))
    turned(lambda: bool(server.requests))
    session.close()

    def states() -> list[State]:
        return [g.state for g in session.current().store.many(ids)]

    turned(lambda: states()[0] is State.DONE)
    assert states()[1:] == [State.BLOCKED] * 3
    from nano_banana_addon.features import recovery

    recovery.offer()
    turned(lambda: bool(bpy.ops.nano_banana.ask_again(generation=ids[1])))
    turned(lambda: states() == [State.DONE] * 4)
    assert len([r for r in server.requests if r.method == "POST"]) == 4


def test_a_setting_of_a_shot_reaches_its_price(four: bpy.types.Scene) -> None:
    plain = prepare().estimate
    four.nano_banana.storyboard.shots[0].settings.image_size = "4K"
    assert prepare().estimate > plain
    assert len({request.image_size for request in prepare().requests}) == 2
    assert shots.list_shots(four)[0].overrides == {"image_size": "4K"}
