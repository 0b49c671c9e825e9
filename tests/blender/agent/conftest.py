# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene as an assistant finds it, the strict server over real HTTP, and a preference that allows a dollar."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import file_session, preferences
from nano_banana_addon.features.agent import calls
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.database.budget import Pacing

KEY = "AIzaSy-a-key-of-the-tests-000"


@pytest.fixture
def server() -> Iterator[Simulator]:
    """The strict server."""
    with Simulator(keys=frozenset({KEY})) as running:
        yield running


@pytest.fixture(autouse=True)
def google(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Google is reached at the server; scripts may spend nothing."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    chosen = preferences.get_preferences()
    chosen.provider, chosen.base_url, chosen.keep_pictures = "google", server.base_url, "STORE"
    store = session.current().store
    store.set_pacing(Pacing(limit_usd=0.0))  # all tests together ask for more
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM ledger")  # what earlier tests spent today
    yield
    here = session.current()
    for generation_id in list(here.under_way):
        here.link.cancel(generation_id)
    here.under_way.clear()
    here.to_deliver.clear()
    panel_state.get_properties().jobs.clear()
    chosen.base_url = ""
    chosen.property_unset("keep_pictures")
    chosen.property_unset("script_limit")


@pytest.fixture
def allow() -> Callable[[float], None]:
    """Set what scripts may spend in a day."""

    def set_limit(dollars: float) -> None:
        preferences.get_preferences().script_limit = dollars

    return set_limit


@pytest.fixture
def scene() -> bpy.types.Scene:
    """A monkey with UVs before a camera, small, drawn by Workbench; it is selected."""
    scene = bpy.context.scene
    bpy.ops.mesh.primitive_monkey_add(size=1.0)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0.0, -4.0, 0.0), (1.5707963, 0.0, 0.0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    scene.nano_banana.shading = "SOLID"
    file_session.current_load_id()
    return scene


def ask(**further: Any) -> dict[str, Any]:
    """A small request with a prompt of its own."""
    settings = {"model": "gemini-3.1-flash-image", "image_size": "512", "source": "CAMERA"}
    plain = {"task": "restyle", "prompt": f"a neon alley {uuid.uuid4().hex[:8]}", "settings": settings}
    return plain | {"caller": "the tests"} | further


def new_key() -> str:
    """An idempotency key."""
    return uuid.uuid4().hex


def posts(server: Simulator) -> int:
    """Requests that reached the server and are paid for."""
    return len([request for request in server.requests if request.method == "POST"])


def wait(job: str, seconds: float = 90.0) -> dict[str, Any]:
    """Ask for the state, as an assistant does, until the job has ended."""
    end = time.monotonic() + seconds
    while (stands := calls.status(job))["state"] in ("RUNNING", "APPLYING"):
        assert time.monotonic() < end, stands
        time.sleep(0.05)
    return stands
