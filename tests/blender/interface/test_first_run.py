# SPDX-License-Identifier: GPL-3.0-or-later
"""The first screen: a service is chosen, nothing of the artist's is changed, and it goes when it was used."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import pytest

from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import OFFLINE
from nano_banana_addon.session import panel_state

from .strict_layout import StrictLayout
from .test_panels import draw, sidebar  # noqa: F401 - a fixture

PARTS = ("references", "notes", "output", "capture", "delivery")


def panel(name: str) -> type:
    return getattr(bpy.types, f"NANO_BANANA_PT_{name}")


@pytest.fixture(autouse=True)
def _fresh(sidebar: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: F811
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    chosen, shown = preferences.get_preferences(), panel_state.get_properties()
    chosen.provider, shown.has_generated = "google", False
    yield
    chosen.provider, shown.has_generated = OFFLINE, True
    chosen.property_unset("key_google")


def draw_main() -> StrictLayout:
    return draw(panel("main"))


def test_without_a_key_the_first_screen_chooses_the_service_and_nothing_else_is_open() -> None:
    drawn = draw_main()
    assert {"try_offline", "load_example", "test_connection"} <= {name.split(".")[1] for name in drawn.operators}
    assert "nano_banana.restyle" not in drawn.operators
    assert {"provider", "key_google"} <= set(drawn.properties)
    words = " ".join(drawn.texts)
    assert "sent to Google" in words
    assert "$0.1" in words
    assert not any(panel(part).poll(bpy.context) for part in PARTS)


def test_offline_at_once_and_the_screen_is_the_later_one() -> None:
    bpy.ops.nano_banana.try_offline()
    drawn = draw_main()
    assert "nano_banana.restyle" in drawn.operators
    assert "nano_banana.load_example" in drawn.operators
    assert all(panel(part).poll(bpy.context) for part in PARTS)
    panel_state.get_properties().has_generated = True
    assert "nano_banana.load_example" not in draw_main().operators


def test_a_key_that_was_pasted_can_be_tested_in_place() -> None:
    preferences.get_preferences().key_google = "a-key-of-the-tests"
    drawn = draw_main()
    assert {"nano_banana.restyle", "nano_banana.test_connection"} <= set(drawn.operators)
    panel_state.get_properties().has_generated = True
    assert "nano_banana.test_connection" not in draw_main().operators


def test_who_has_generated_is_not_asked_again() -> None:
    panel_state.get_properties().has_generated = True
    assert "nano_banana.restyle" in draw_main().operators


def test_the_example_is_a_scene_of_its_own_made_once_and_ready_to_generate() -> None:
    own, objects = bpy.context.scene, set(bpy.context.scene.objects)
    prompt, count = own.nano_banana.prompt, len(bpy.data.scenes)
    bpy.ops.nano_banana.load_example(use_offline=True)
    bpy.ops.nano_banana.load_example()
    assert preferences.get_preferences().provider == OFFLINE
    assert len(bpy.data.scenes) == count + 1
    assert (set(own.objects), own.nano_banana.prompt) == (objects, prompt)
    example = next(scene for scene in bpy.data.scenes if scene.get("nano_banana_example"))
    assert bpy.context.window.scene == example
    assert example.camera
    assert example.nano_banana.prompt
    assert all(obj.data.materials for obj in example.objects if obj.type == "MESH")
    assert "nano_banana.load_example" not in draw_main().operators
    bpy.context.window.scene = own
