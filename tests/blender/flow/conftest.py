# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way: a scene, the strict server over real HTTP, a key in the environment, the worker's process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import file_session, preferences
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.generation import request_builder, scene_settings
from nano_banana_addon.session import background_tasks, panel_state, pump, session
from nano_banana_addon.storage.database.budget import Pacing

KEY = "AIzaSy-a-key-of-the-tests-000"


@pytest.fixture
def server() -> Iterator[Simulator]:
    """The strict server."""
    with Simulator(keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture(autouse=True)
def google(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Google is reached at the server; what a test left in progress does not reach the next."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    chosen = preferences.get_preferences()
    chosen.provider, chosen.base_url, chosen.keep_pictures = "google", server.base_url, "STORE"
    session.current().store.set_pacing(Pacing(limit_usd=0.0))  # all tests together ask for more
    panel_state.clear_notice()
    panel_state.get_properties().results.clear()
    yield
    here = session.current()
    for generation_id in list(here.under_way):
        here.link.cancel(generation_id)
    here.under_way.clear()
    here.to_deliver.clear()
    panel_state.get_properties().jobs.clear()
    chosen.base_url = ""
    chosen.property_unset("keep_pictures")


@pytest.fixture
def scene(request: pytest.FixtureRequest) -> bpy.types.Scene:
    """A cube before a camera, small, drawn by Workbench; the cube is selected.

    It asks for the smallest images that a model makes, which software OpenGL draws in a quarter of the time; in tests
    marked `full_size` for 1K of the best model.
    """
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_cube_add(size=1.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.0, -4.0, 0.0), (1.5707963, 0.0, 0.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    choices = scene.nano_banana
    choices.prompt, choices.shading, choices.source = "a neon alley", "SOLID", "CAMERA"
    choices.image_size = "1K"
    if request.node.get_closest_marker("full_size") is None:
        choices.model, choices.image_size = "gemini-3.1-flash-image", "512"
    file_session.current_load_id()
    return scene


@pytest.fixture
def turned() -> Callable[..., None]:
    """Turn the pump as the window's timer does, until a condition holds."""

    def turn_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come to that"
            pump.run_once()
            time.sleep(0.02)

    return turn_until


@pytest.fixture
def wait(turned: Callable[..., None]) -> Callable[[], None]:
    """Waits until all results have arrived and are delivered, also by tasks in the background."""

    def has_arrived() -> bool:
        here = session.current()
        if background_tasks.is_running():
            background_tasks._poll()
        return not (here.under_way or here.to_deliver or pump._turns.is_history_due)

    return lambda: turned(has_arrived)


def press(**choices: Any) -> list[str]:
    """What the button does. Without a window Blender runs an operator's execute, which waits; the button itself
    is pressed in tests/ui."""
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(choices)
    return request_builder.submit(request_builder.prepare(bpy.context, settings))


def latest() -> Generation:
    """The generation that was asked for last."""
    from nano_banana_addon.storage.database.query import HistoryQuery

    return session.current().store.page(HistoryQuery(), 0, 1)[0]
