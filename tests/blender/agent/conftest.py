# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene as an assistant finds it, the strict server over real HTTP, and a preference that allows a dollar."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import file_session, preferences
from nano_banana_addon.features.agent import answers, calls, capture_queue, job_state, json_check
from nano_banana_addon.session import session

from ..flow.conftest import google, server  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def spent(google: None) -> Iterator[None]:  # noqa: F811
    """Scripts may spend nothing, and have spent nothing today."""
    with session.current().store.database.transaction() as connection:
        connection.execute("DELETE FROM ledger")
    yield
    capture_queue.stop()
    preferences.get_preferences().property_unset("script_limit")


@pytest.fixture(autouse=True)
def shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer in these tests fits the schema that `capabilities` shows of it."""
    for name, call in calls.CALLS.items():
        checked = _check_answers(name, call)
        monkeypatch.setitem(calls.CALLS, name, checked)
        monkeypatch.setattr(calls, name, checked)


def _check_answers(name: str, call: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @wraps(call)
    def checked(*arguments: Any, **named: Any) -> dict[str, Any]:
        answer = json.loads(json.dumps(call(*arguments, **named)))
        json_check.check(answer, answers.build_answers()[name if answer["ok"] else "error"], name)
        return answer

    return checked


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


def posts(simulator: Simulator) -> int:
    """Requests that reached the server and are paid for."""
    return len([request for request in simulator.requests if request.method == "POST"])


def wait(job: str, seconds: float = 90.0) -> dict[str, Any]:
    """Ask for the state, as an assistant does, until the job has ended."""
    end = time.monotonic() + seconds
    while (stands := calls.status(job))["state"] in job_state.UNDER_WAY:
        assert time.monotonic() < end, stands
        time.sleep(0.05)
    return stands
