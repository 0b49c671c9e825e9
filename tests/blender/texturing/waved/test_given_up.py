# SPDX-License-Identifier: GPL-3.0-or-later
"""Given up while views are aligned to each other: nothing has changed, and nothing that was paid is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.constants import State
from nano_banana_addon.features.texture import bake_queue, job
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.session import panel_state, session

from ...flow.conftest import turned  # noqa: F401 - a fixture
from ..test_restart import start_texture
from ..test_single import posts, quiet
from .conftest import (
    COUNT,
)

Waved = Callable[..., TexturePlan]
Turned = Callable[..., None]
TOGETHER = "Aligning the views to each other"


@pytest.fixture(autouse=True)
def _given_up() -> Iterator[None]:
    """What a test leaves unfinished does not reach the next."""
    yield
    bake_queue.stop()


def read_state(shape: bpy.types.Object) -> tuple[Any, ...]:
    """What a bake that was given up must leave as it is."""
    images = {image.name: image.size[:] for image in bpy.data.images}
    files = set((folders.home() / "textures").glob("*"))
    return images, files, len(bpy.data.materials), len(bpy.data.node_groups), shape.active_material


def step_until(text: str) -> None:
    while not panel_state.get_properties().baking.startswith(text):
        assert bake_queue.count_pending(), f"it was never {text}"
        bake_queue.step()


def wait_for_threads(before: set[threading.Thread]) -> None:
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=60)
    assert not {t for t in threading.enumerate() if t.is_alive()} - before


def test_a_bake_that_is_given_up_while_views_are_aligned_to_each_other(
    waved: Waved,
    sculpture: bpy.types.Object,
    server: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as without:
        without.setattr(job, "_bake_and_apply", lambda *_: None)
        generations = job.run(waved(), quiet).generations
    asked, before, threads = posts(server), read_state(sculpture), set(threading.enumerate())
    for extra in (0, 1, 3):  # at its beginning, and on the way
        bake_queue.push(generations)
        step_until(TOGETHER)
        fraction = panel_state.get_properties().baking_fraction
        for _ in range(extra):
            bake_queue.step()
        assert panel_state.get_properties().baking == TOGETHER
        assert panel_state.get_properties().baking_fraction >= fraction > 0
        assert bpy.ops.nano_banana.texture_cancel_bake() == {"FINISHED"}
        assert (bake_queue.count_pending(), panel_state.get_properties().baking) == (0, "")
        wait_for_threads(threads)
        assert read_state(sculpture) == before
    assert "Bake Texture" in panel_state.get_properties().notice_next_step
    assert [g.state for g in session.current().store.many([g.id for g in generations])] == [State.DONE] * COUNT
    assert all(Path(g.picture.path).is_file() for g in generations)
    assert bpy.ops.nano_banana.texture_bake(generation=generations[0].id) == {"FINISHED"}
    assert len(texture_info.views_of(texture_info.group_of(sculpture))) == COUNT
    assert posts(server) == asked


def test_a_view_that_is_cancelled_while_it_is_drawn_is_not_sent_and_what_came_is_baked(
    waved: Waved,
    sculpture: bpy.types.Object,
    server: Simulator,
    turned: Turned,  # noqa: F811
) -> None:
    with bake_queue.stepped():  # as with a window: one step at a turn
        ids = start_texture(waved(mode="SEQUENTIAL"))

        def has_come_to_that() -> bool:
            if bake_queue.count_pending():
                bake_queue.step()
            return panel_state.get_properties().baking == TOGETHER

        turned(has_come_to_that)
        assert posts(server) == COUNT - 1, "two views came; the last is drawn onto what they show"
        assert group_node(sculpture.active_material) is None
        assert bpy.ops.nano_banana.texture_cancel_bake() == {"FINISHED"}
        assert "nothing was sent" in panel_state.get_properties().notice
    turned(lambda: not job.count_pending())
    states = [generation.state for generation in session.current().store.many(ids)]
    assert states == [State.DONE, State.DONE, State.CANCELLED]
    assert posts(server) == COUNT - 1
    assert len(texture_info.views_of(texture_info.group_of(sculpture))) == COUNT - 1
