# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard: one frame for each marker with a camera, in a scene of its own, each shown the one before."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import State
from nano_banana_addon.features import recovery
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.storyboard import orders
from nano_banana_addon.features.storyboard.board import find_board, find_shot_strip
from nano_banana_addon.features.storyboard.shots import list_shots
from nano_banana_addon.session import panel_state, session

Turned = Callable[..., None]


@pytest.fixture
def shots(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Three markers at frames 1, 25 and 60; the one in the middle has no camera."""
    second = scene.camera.copy()
    second.location.x = 0.5
    scene.collection.objects.link(second)
    for name, frame, camera in (
        ("Wide", 1, scene.camera),
        ("Note", 25, None),
        ("Close", 60, second),
    ):
        scene.timeline_markers.new(name, frame=frame).camera = camera
    scene.frame_end = 90
    scene.frame_set(10)
    return scene


def placed_in(scene: bpy.types.Scene) -> list[tuple[str, int, int]]:
    placed = [(strip.name, *compat.strip_span(strip)) for strip in scene.sequence_editor.strips]
    return sorted(placed, key=lambda name_and_span: name_and_span[1])


def test_strips_stand_where_the_markers_are_in_a_scene_of_their_own(shots: bpy.types.Scene, server: Simulator) -> None:
    camera = shots.camera
    assert bpy.ops.nano_banana.storyboard() == {"FINISHED"}
    boards = [s for s in bpy.data.scenes if s is not shots]
    assert len(boards) == 1
    assert placed_in(boards[0]) == [("Wide", 1, 60), ("Close", 60, 91)]
    assert shots.sequence_editor is None or not len(shots.sequence_editor.strips)
    assert (shots.frame_current, shots.camera) == (10, camera)


def test_each_shot_is_shown_the_one_before(shots: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.storyboard(again=True)  # the test before asked for the same
    first, second = (r for r in server.requests if r.method == "POST")
    pictures = [str(r.json["contents"]).count("sha256:") for r in (first, second)]
    assert pictures == [1, 2]
    assert "came before this one" in str(second.json["contents"])


def test_without_bound_markers_it_says_how_to_bind_them(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="Bind Camera to Markers"):
        bpy.ops.nano_banana.storyboard()


def begin() -> list[str]:
    """What the button does."""
    settings = scene_settings.settings_of(bpy.context.scene)
    return orders.start(orders.prepare(bpy.context, settings))


def states_of(ids: list[str]) -> list[State]:
    return [generation.state for generation in session.current().store.many(ids)]


def is_offered(generation_id: str) -> bool:
    """Whether a start offers this; the worker process of the session before may need a moment to end."""
    recovery.offer()
    return generation_id in panel_state.get_properties().recovered


def ended() -> bool:
    return not session.current().under_way and not session.current().to_deliver


def test_the_button_records_all_shots_and_the_strips_come_by_themselves(
    shots: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    shots.nano_banana.prompt = "a harbour at dawn"
    ids = begin()
    assert states_of(ids)[1] is State.BLOCKED
    turned(lambda: panel_state.get_properties().blocked == 1)
    assert [job.title for job in panel_state.get_properties().jobs] == ["Wide"]
    turned(ended)
    assert panel_state.get_properties().blocked == 0
    (board,) = [s for s in bpy.data.scenes if s is not shots]
    assert placed_in(board) == [("Wide", 1, 60), ("Close", 60, 91)]


def test_a_restart_between_two_shots_sends_nothing_and_sending_the_rest_finishes_it(
    shots: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    shots.nano_banana.prompt = "a harbour at noon"
    server.script("silence", 1, seconds=1)
    ids = begin()
    turned(lambda: bool(server.requests))
    session.close()
    turned(lambda: is_offered(ids[1]) and states_of(ids[:1]) == [State.DONE])
    assert states_of(ids) == [State.DONE, State.BLOCKED]
    assert len(server.requests) == 1
    bpy.ops.nano_banana.ask_again(generation=ids[1])
    turned(ended)
    assert states_of(ids) == [State.DONE] * 2
    (second,) = session.current().store.many(ids[1:])
    assert second.request.references[-2].label == "Wide"
    assert len([r for r in server.requests if r.method == "POST"]) == 2


def test_cancelling_a_shot_ends_the_storyboard(shots: bpy.types.Scene, server: Simulator, turned: Turned) -> None:
    shots.nano_banana.prompt = "a harbour at night"
    server.script("silence", 1, seconds=60)
    ids = begin()
    turned(lambda: bool(server.requests))
    bpy.ops.nano_banana.cancel(generation=ids[0])
    turned(ended)
    assert states_of(ids) == [State.CANCELLED] * 2
    assert [item.name for item in panel_state.get_properties().results] == ids[:1]
    assert len(server.requests) == 1


def test_a_shot_alone_is_generated_again_above_the_earlier_frame(shots: bpy.types.Scene, server: Simulator) -> None:
    bpy.ops.nano_banana.storyboard(again=True)
    count = len(server.requests)
    assert bpy.ops.nano_banana.storyboard_shot(index=1) == {"FINISHED"}
    (request,) = (r for r in server.requests[count:] if r.method == "POST")
    assert str(request.json["contents"]).count("sha256:") == 2  # also the frame before it
    board = find_board(shots)
    strips = sorted(board.sequence_editor.strips, key=lambda strip: (compat.strip_span(strip), strip.channel))
    assert [(compat.strip_span(strip)[0], strip.channel) for strip in strips] == [(1, 1), (60, 1), (60, 2)]
    assert find_shot_strip(shots, list_shots(shots)[1]) == strips[2]


def test_the_panel_counts_the_shots_that_have_ended(shots: bpy.types.Scene, turned: Turned) -> None:
    settings = scene_settings.settings_of(shots).replace_choices({"prompt": "counted shots"})
    ids = orders.start(orders.prepare(bpy.context, settings))
    shown = panel_state.get_properties()
    assert shown.storyboard == "1 of 2"
    seen = set()

    def is_done() -> bool:
        seen.add(shown.storyboard)
        return states_of(ids) == [State.DONE, State.DONE] and not shown.storyboard

    turned(is_done)
    assert seen >= {"1 of 2", "2 of 2"}


def test_open_storyboard_shows_its_strips(shots: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="no storyboard yet"):
        bpy.ops.nano_banana.open_storyboard()
    bpy.ops.nano_banana.storyboard()
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda a: a.width * a.height)
    area.type = "SEQUENCE_EDITOR"
    with bpy.context.temp_override(window=window, area=area):
        assert bpy.ops.nano_banana.open_storyboard() == {"FINISHED"}
        assert compat.shown_in_sequencer(window) == find_board(shots)
    assert area.spaces.active.view_type == "SEQUENCER_PREVIEW"
