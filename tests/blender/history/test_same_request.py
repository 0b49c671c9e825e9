# SPDX-License-Identifier: GPL-3.0-or-later
"""An identical request is not paid for twice, unless the artist says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon import cli
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.features.generation import duplicates, offers, request_builder, scene_settings
from nano_banana_addon.session import session
from nano_banana_addon.storage.database.budget import Budget
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store


@pytest.fixture(autouse=True)
def choices(store: Store) -> Any:
    """A text-only request of the offline provider."""
    chosen = bpy.context.scene.nano_banana
    chosen.prompt, chosen.source, chosen.image_size = "a red brick", "NONE", "1K"
    return chosen


def count() -> int:
    return session.current().store.count(HistoryQuery())


def test_a_script_gets_the_picture_that_is_there(choices: Any) -> None:
    bpy.ops.nano_banana.restyle()
    assert count() == 1
    bpy.ops.nano_banana.restyle()
    assert count() == 1
    choices.prompt = "a blue brick"
    bpy.ops.nano_banana.restyle()
    assert count() == 2
    bpy.ops.nano_banana.restyle(again=True)
    assert count() == 3


def test_variants_are_explicit_and_only_the_missing_ones_are_painted(choices: Any) -> None:
    bpy.ops.nano_banana.restyle()
    choices.variants = 3
    bpy.ops.nano_banana.restyle()
    assert count() == 3
    found = session.current().store.page(HistoryQuery())
    assert {generation.request.variant for generation in found} == {0, 1, 2}


def test_a_picture_that_is_gone_is_painted_again(choices: Any) -> None:
    bpy.ops.nano_banana.restyle()
    (only,) = session.current().store.page(HistoryQuery())
    Path(only.answer.result.path).unlink()
    bpy.ops.nano_banana.restyle()
    assert count() == 2


def test_the_dialog_uses_what_is_there_or_pays_again(choices: Any) -> None:
    bpy.ops.nano_banana.restyle()
    for image in list(bpy.data.images):
        bpy.data.images.remove(image)
    order = request_builder.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene))
    offer = duplicates.offer_order(order)
    assert offer.must_ask()
    offers.set_pending(offer)
    bpy.ops.nano_banana.same_request(choice="USE")
    assert count() == 1
    assert len(bpy.data.images) == 1
    offers.set_pending(duplicates.offer_order(order))
    bpy.ops.nano_banana.same_request(choice="AGAIN")
    assert count() == 2
    assert offers.get_pending() is None


def change_capture(order: request_builder.Order, change: Callable[[np.ndarray], None]) -> None:
    """Change the pixels that were captured for an order."""
    path = order.requests[0].references[-1].path
    pixels = np.load(path)
    change(pixels)
    np.save(path, pixels)


@pytest.fixture
def captured(choices: Any) -> Callable[[Callable[[np.ndarray], None]], duplicates.Offer]:
    """A capture of a scene was generated; captures it again, with a change, as the button does."""
    _look_at_a_cube()
    choices.source, choices.shading = "CAMERA", "SOLID"
    assert bpy.ops.nano_banana.restyle() == {"FINISHED"}

    def again(change: Callable[[np.ndarray], None]) -> duplicates.Offer:
        order = request_builder.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene))
        change_capture(order, change)
        return duplicates.offer_order(order)

    return again


def _look_at_a_cube() -> None:
    bpy.ops.mesh.primitive_cube_add()
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.0, -5.0, 0.0), (1.5707963, 0.0, 0.0)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera


def one_step(pixels: np.ndarray) -> None:
    pixels[5, 7, 1] ^= 1


def test_a_capture_that_differs_by_noise_is_asked_about_and_both_ways_stay_open(captured: Any) -> None:
    offer = captured(one_step)
    assert offer.is_alike
    assert offer.must_ask()
    assert (len(offer.existing), offer.missing.count, offer.full.count) == (1, 0, 1)
    offers.set_pending(offer)
    bpy.ops.nano_banana.same_request(choice="USE")
    assert count() == 1
    offers.set_pending(captured(one_step))
    bpy.ops.nano_banana.same_request(choice="AGAIN")
    assert count() == 2


def test_a_change_of_the_scene_is_not_swallowed(captured: Any) -> None:
    def move(pixels: np.ndarray) -> None:
        pixels[40:60, 40:60] = 255 - pixels[40:60, 40:60]

    offer = captured(move)
    assert (offer.existing, offer.is_alike, offer.missing.count) == ((), False, 1)


def test_another_prompt_or_size_is_another_request_whatever_the_capture(captured: Any, choices: Any) -> None:
    choices.prompt = "a blue brick"
    assert not captured(one_step).existing
    choices.prompt, choices.image_size = "a red brick", "2K"
    assert not captured(lambda pixels: None).existing


def test_a_script_is_not_asked_and_takes_only_what_is_identical(captured: Any, choices: Any) -> None:
    order = request_builder.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene))
    change_capture(order, one_step)
    assert duplicates.split_order(order).existing == ()


def test_the_command_line_says_what_was_not_paid_again(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"

    def run(*words: str) -> dict[str, Any]:
        target.unlink(missing_ok=True)
        assert cli.main(["restyle", *words, "--json", str(target)]) == 0
        return json.loads(target.read_text())

    first, second, third = run(), run(), run("--again")
    assert (first["reused"], second["reused"], third["reused"]) == (False, True, False)
    assert first["id"] == second["id"] != third["id"]
    assert count() == 2


def test_a_command_that_would_cost_more_than_allowed_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy-a-key-of-the-tests-000")
    target = tmp_path / "out.jsonl"
    closed = ["--provider", "google", "--base-url", "http://127.0.0.1:9"]
    words = ["restyle", *closed, "--variants", "4", "--size", "4K", "--json", str(target)]
    assert cli.main([*words, "--budget", "0.50"]) == 4
    told = json.loads(target.read_text())
    assert told["error"]["kind"] == "BUDGET"
    assert "$0.50" in told["error"]["message"]
    assert count() == 0
    assert cli.main([*words, "--budget", "lots"]) == 2


@pytest.mark.parametrize("command", ["restyle", "storyboard"])
def test_too_little_allowed_is_told_before_anything_is_drawn(
    command: str, choices: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy-a-key-of-the-tests-000")
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = scene.timeline_markers.new("shot", frame=1).camera = camera
    words = [command, "--provider", "google", "--base-url", "http://127.0.0.1:9"]
    words += ["--source", "render", "--size", "4K"]
    drawn: list[str] = []
    monkeypatch.setattr(request_builder, "capture", lambda *_: drawn.append("drawn"))
    assert cli.main([*words, "--budget", "0.10"]) == 4
    assert (drawn, count()) == ([], 0)


def test_a_month_that_is_used_up_is_told_before_anything_is_drawn(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy-a-key-of-the-tests-000")
    store.set_budgets([Budget(0.05)])
    drawn: list[str] = []
    monkeypatch.setattr(request_builder, "capture", lambda *_: drawn.append("drawn"))
    words = ["restyle", "--provider", "google", "--base-url", "http://127.0.0.1:9"]
    assert cli.main([*words, "--source", "camera"]) == 4
    assert (drawn, count()) == ([], 0)


def test_what_is_painted_already_needs_no_allowance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy-a-key-of-the-tests-000")
    target = tmp_path / "out.jsonl"
    with Simulator(keys=None) as server:
        words = ["restyle", "--provider", "google", "--base-url", server.base_url]
        assert cli.main([*words, "--budget", "0.50"]) == 0
        assert cli.main([*words, "--budget", "0.01", "--json", str(target)]) == 0
        assert cli.main([*words, "--budget", "0.01", "--again"]) == 4
        assert server.posts() == 1
    assert json.loads(target.read_text())["reused"]


def test_what_costs_nothing_passes_any_allowance() -> None:
    duplicates.check_budget(0.0, 0.0)
    duplicates.check_budget(5.0, None)
    with pytest.raises(NanoBananaError) as refused:
        duplicates.check_budget(0.51, 0.5)
    assert refused.value.kind is ErrorKind.BUDGET


def test_a_storyboard_paints_only_from_the_first_changed_shot_on(choices: Any) -> None:
    scene = bpy.context.scene
    choices.source, choices.shading = "CAMERA", "SOLID"
    bpy.ops.mesh.primitive_cube_add()
    for number in range(3):
        camera = bpy.data.objects.new(f"Camera {number}", bpy.data.cameras.new("Camera"))
        camera.location, camera.rotation_euler = (0.0, -4.0 - number, 0.0), (1.5707963, 0.0, 0.0)
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(f"shot {number}", frame=1 + 24 * number).camera = camera
    bpy.ops.nano_banana.storyboard()
    assert count() == 3
    bpy.ops.nano_banana.storyboard()
    assert count() == 3
    bpy.data.objects["Camera 1"].location.y -= 2.0
    bpy.ops.nano_banana.storyboard()
    assert count() == 5
    bpy.ops.nano_banana.storyboard(again=True)
    assert count() == 8


def test_a_storyboard_that_would_cost_more_than_allowed_sends_nothing(
    choices: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy-a-key-of-the-tests-000")
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    for number in range(4):
        scene.timeline_markers.new(f"shot {number}", frame=1 + 24 * number).camera = camera
    words = ["--provider", "google", "--base-url", "http://127.0.0.1:9", "--source", "camera"]
    assert cli.main(["storyboard", *words, "--shading", "solid", "--budget", "0.50"]) == 4
    assert count() == 0
