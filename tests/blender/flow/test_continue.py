# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing a picture by an instruction, from the panel, a script and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.conversation import continuation, panel
from nano_banana_addon.features.generation import request_builder
from nano_banana_addon.session import panel_state, session

from .conftest import latest, press

Turned = Callable[..., None]


@pytest.fixture
def first(scene: bpy.types.Scene, turned: Turned) -> Generation:
    """A picture that was painted from the button."""
    press()
    turned(_at_rest)
    return latest()


def _at_rest() -> bool:
    here = session.current()
    return not here.under_way and not here.to_deliver


def continued(generation: Generation, prompt: str, **choices: Any) -> Generation:
    done = bpy.ops.nano_banana.continue_generation(generation=generation.id, prompt=prompt, **choices)
    assert done == {"FINISHED"}
    return latest()


def roles(server: Simulator) -> list[str]:
    return [turn["role"] for turn in server.requests[-1].json["contents"]]


def altered(generation: Generation) -> None:
    record = session.current().store.places.turns / generation.id
    data = bytearray(record.read_bytes())
    data[5000] = ord("A") if data[5000] != ord("A") else ord("B")
    record.write_bytes(data)


@pytest.mark.full_size
def test_an_instruction_changes_the_picture_in_its_conversation(first: Generation, server: Simulator) -> None:
    second = continued(first, "make it night")
    assert second.state is State.DONE
    assert roles(server) == ["user", "model", "user"]
    asked = server.requests[-1].json
    assert "make it night" in str(asked["contents"][-1])
    assert asked["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "1K"}
    assert "a neon alley" in str(asked["contents"][0])
    assert second.request.capture == first.request.capture  # the frozen camera is the same
    assert not panel_state.get_properties().notice


def test_the_panel_field_starts_it_and_the_thread_goes_on_from_the_new_picture(
    first: Generation, server: Simulator, turned: Turned
) -> None:
    panel.show(first.id)
    panel.send_instruction(continuation.prepare(bpy.context, first.id, {"prompt": "make it night"}))
    turned(_at_rest)
    shown = panel.get_conversation()
    assert [turn.title for turn in shown.turns] == ["a neon alley", "make it night"]
    assert [turn.depth for turn in shown.turns] == [0, 1]
    assert shown.name == latest().id
    assert all(Path(turn.thumbnail).is_file() for turn in shown.turns)


def test_a_conversation_branches_from_any_earlier_picture(first: Generation, server: Simulator) -> None:
    second = continued(first, "make it night")
    third = continued(second, "add rain")
    other = continued(first, "make it winter")
    assert roles(server) == ["user", "model", "user"]
    panel.show(third.id)
    shown = [(turn.title, turn.depth) for turn in panel.get_conversation().turns]
    assert shown == [
        ("a neon alley", 0),
        ("make it night", 1),
        ("add rain", 2),
        ("make it winter", 1),
    ]
    assert other.request.continues == first.id


def test_it_survives_saving_moving_and_loading_the_file(first: Generation, server: Simulator, tmp_path: Path) -> None:
    saved, moved = tmp_path / "shot.blend", tmp_path / "elsewhere" / "moved.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(saved))
    moved.parent.mkdir()
    saved.rename(moved)
    session.close()  # what the end of Blender does
    bpy.ops.wm.open_mainfile(filepath=str(moved))
    assert continued(first, "make it night").state is State.DONE
    assert roles(server) == ["user", "model", "user"]


def test_an_altered_turn_is_replaced_by_the_picture_and_the_artist_is_told(
    first: Generation, server: Simulator, turned: Turned
) -> None:
    altered(first)
    request_builder.submit(continuation.prepare(bpy.context, first.id, {"prompt": "make it night"}))
    turned(_at_rest)
    shown = panel_state.get_properties().results[0]
    assert shown.state == "DONE"
    assert "could not be continued" in shown.notes
    assert "The image was sent instead" in shown.notes
    assert roles(server) == ["user"]


def test_a_lost_turn_is_told_before_anything_is_sent(first: Generation, server: Simulator) -> None:
    (session.current().store.places.turns / first.id).unlink()
    posts = server.posts()
    order = continuation.prepare(bpy.context, first.id, {"prompt": "make it night"}, dry_run=True)
    assert "lost" in order.notes[0]
    assert order.requests[0].references[-1].path == first.answer.result.path
    assert server.posts() == posts
    panel.show(first.id)
    assert "lost" in panel.get_conversation().turns[0].obstacle


def test_another_model_gets_the_picture(first: Generation, server: Simulator) -> None:
    second = continued(first, "make it night", model="gemini-nano-banana-2.1")
    assert "another model" in second.request.picture_instead
    assert roles(server) == ["user"]
    assert server.requests[-1].path.endswith("gemini-nano-banana-2.1:generateContent")


@pytest.mark.full_size
def test_as_the_panels_say_uses_their_model_and_size(
    first: Generation, server: Simulator, scene: bpy.types.Scene
) -> None:
    scene.nano_banana.model, scene.nano_banana.image_size = "gemini-nano-banana-2.1", "2K"
    before = continued(first, "make it night")
    assert before.request.model == "gemini-3-pro-image"
    now = continued(first, "make it day", as_before=False)
    assert (now.request.model, now.request.image_size) == ("gemini-nano-banana-2.1", "2K")


def test_a_smaller_model_paints_in_a_size_that_it_has(first: Generation, scene: bpy.types.Scene) -> None:
    big = continued(first, "larger", image_size="4K")
    small = continued(big, "make it night", model="gemini-3.1-flash-lite-image")
    assert (small.state, small.request.image_size) == (State.DONE, "1K")


def test_an_offline_picture_is_continued_offline(scene: bpy.types.Scene, server: Simulator) -> None:
    chosen = preferences.get_preferences()
    chosen.provider, chosen.base_url = "offline", ""
    bpy.ops.nano_banana.restyle()
    chosen.provider = "google"
    second = continued(latest(), "make it night")
    assert (second.request.provider, second.cost_usd) == ("offline", 0)
    assert not second.request.picture_instead
    assert server.posts() == 0


def test_what_cannot_be_continued_says_so(first: Generation, server: Simulator) -> None:
    server.script("refusal_image_safety", times=1)
    with pytest.raises(RuntimeError, match="generated image"):
        bpy.ops.nano_banana.restyle(prompt="something else")
    with pytest.raises(RuntimeError, match="no image to continue"):
        bpy.ops.nano_banana.continue_generation(generation=latest().id, prompt="again")
    with pytest.raises(RuntimeError, match="no longer in the history"):
        bpy.ops.nano_banana.continue_generation(generation="20200101-none", prompt="again")
    with pytest.raises(RuntimeError, match="prompt is empty"):
        bpy.ops.nano_banana.continue_generation(generation=first.id, prompt=" ")


# -- the command line


@pytest.fixture
def run(server: Simulator, tmp_path: Path) -> Any:
    def run_command(*words: str) -> tuple[int, list[dict[str, Any]]]:
        target = tmp_path / "results.jsonl"
        target.unlink(missing_ok=True)
        status = cli.main([*words, "--base-url", server.base_url, "--json", str(target)])
        lines = target.read_text().splitlines() if target.exists() else []
        return status, [json.loads(line) for line in lines]

    return run_command


def test_the_command_line_continues_an_id_without_a_capture(
    first: Generation, run: Any, server: Simulator, scene: bpy.types.Scene
) -> None:
    scene.camera = None  # nothing could be captured
    status, (told,) = run("restyle", "--continue", first.id, "--prompt", "make it night")
    assert (status, told["state"]) == (0, "DONE")
    assert (told["continues"], told["picture_instead"]) == (first.id, None)
    assert roles(server) == ["user", "model", "user"]
    status, (told,) = run("restyle", "--continue", "last", "--prompt", "add rain")
    assert status == 0
    assert len(roles(server)) == 5


def test_the_command_line_tells_the_fallback(first: Generation, run: Any) -> None:
    altered(first)
    status, (told,) = run("restyle", "--continue", first.id, "--prompt", "make it night")
    assert (status, told["state"]) == (0, "DONE")
    assert "accept" in told["picture_instead"]
    assert "The image was sent instead" in told["warnings"][0]


def test_the_command_line_wants_to_know_what_to_change(first: Generation, run: Any) -> None:
    status, (told,) = run("restyle", "--continue", first.id)
    assert status == 1
    assert "--prompt" in told["error"]["message"]


def test_a_dry_run_shows_the_turns_that_are_sent_again(
    first: Generation, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _ = run("restyle", "--continue", "last", "--prompt", "night", "--dry-run")
    assert status == 0
    assert "Continues a conversation of 1 earlier turns" in capsys.readouterr().err
