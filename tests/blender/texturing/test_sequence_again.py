# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate Texture pressed again on a sequence: its views are aligned between redraws, and that can be given up."""

from __future__ import annotations

import time
import types
from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from pathlib import Path

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.bake.view_pass import PaintedView
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.texture import bake_queue, job
from nano_banana_addon.features.texture.maps import bake_maps, layers, texture_info
from nano_banana_addon.features.texture.maps.aligned_views import AlignedViews
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.database.query import HistoryQuery
from operators.texture.generate import NANO_BANANA_OT_texture

from ..flow.conftest import turned  # noqa: F401 - a fixture
from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]
Turned = Callable[..., None]
COUNT = 4


@pytest.fixture(autouse=True)
def _given_up() -> Iterator[None]:
    """What a test leaves unfinished does not reach the next."""
    yield
    bake_queue.stop()


@pytest.fixture
def plan_sequence(sculpture: bpy.types.Object, promised: Promised) -> Callable[[], TexturePlan]:
    """Prepare the same sequence, as each press does."""
    return lambda: promised(mode="SEQUENTIAL", count=COUNT, guides=("CLAY",), texture_size=128)


@pytest.fixture
def generated(plan_sequence: Callable[[], TexturePlan], monkeypatch: pytest.MonkeyPatch) -> tuple[Generation, ...]:
    """The images of the sequence; the last two were lost, and nothing is baked."""
    with monkeypatch.context() as without:
        without.setattr(job, "_bake_and_apply", lambda *_: None)
        generations = job.run(plan_sequence(), quiet).generations
    for generation in generations[-2:]:
        Path(generation.picture.path).unlink()
    return generations


def press(plan: TexturePlan) -> None:
    """What the button does with a window: it returns, and one step is carried out at each turn."""
    button = types.SimpleNamespace(again=False, build=lambda _context: plan)
    NANO_BANANA_OT_texture.start(button, bpy.context)


def read_state(shape: bpy.types.Object) -> tuple[object, ...]:
    """What must be as it was when it is given up."""
    store = session.current().store
    return (
        shape.active_material,
        group_node(shape.active_material),
        [image.name for image in bpy.data.images],
        [generation.id for generation in store.page(HistoryQuery(), 0, 100)],
        dict(session.current().under_way),
    )


def step_all() -> list[tuple[float, str, float]]:
    """Carry out all steps: how far each was, what it said, and how long it kept Blender."""
    steps: list[tuple[float, str, float]] = []
    while bake_queue.count_pending():
        start = time.perf_counter()
        bake_queue.step()
        properties = panel_state.get_properties()
        steps.append((properties.baking_fraction, properties.baking, time.perf_counter() - start))
    return steps


def test_the_existing_views_are_aligned_step_by_step_before_the_rest_is_sent(
    generated: tuple[Generation, ...],
    plan_sequence: Callable[[], TexturePlan],
    sculpture: bpy.types.Object,
    server: Simulator,
    turned: Turned,  # noqa: F811
) -> None:
    asked, plan, before = posts(server), plan_sequence(), read_state(sculpture)
    with bake_queue.stepped():
        start = time.perf_counter()
        press(plan)
        pressed = time.perf_counter() - start
        assert (posts(server), read_state(sculpture)) == (asked, before), "it did not wait for what exists"
        *steps, _ = step_all()
        assert len(session.current().under_way) == 2, "what is missing was not sent"
    told = [text for text, _ in groupby(text for _, text, _ in steps)]
    assert [text for text in told if text.startswith("Aligning Ring")] == ["Aligning Ring 1", "Aligning Ring 2"]
    assert all(first <= second for (first, *_), (second, *_) in pairwise(steps)), "the progress goes back"
    assert steps[-1][0] > steps[0][0]
    durations = [pressed, *(seconds for *_, seconds in steps)]
    assert max(durations) < 0.5 * sum(durations), "one step holds up Blender for most of the work"
    known: list[str] = []

    def has_ended() -> bool:
        if bake_queue.count_pending():
            bake_queue.step()
        known.append(panel_state.get_properties().baking)
        return not job.count_pending()

    with bake_queue.stepped():
        turned(has_ended)
    assert posts(server) == asked + 2
    assert len(texture_info.views_of(texture_info.group_of(sculpture))) == COUNT
    drawn = known[known.index("Drawing Ring 4") : known.index("Reading the objects")]
    assert "Aligning Ring 3" in drawn
    assert "Aligning Ring 1" not in drawn, "what was aligned at the press is aligned again for the next view"


def test_given_up_at_any_step_nothing_has_changed_and_nothing_is_paid(
    generated: tuple[Generation, ...],
    plan_sequence: Callable[[], TexturePlan],
    sculpture: bpy.types.Object,
    server: Simulator,
) -> None:
    plan, asked, before = plan_sequence(), posts(server), read_state(sculpture)
    for text in ("", "Aligning Ring 1", "Drawing Ring 2", "Aligning Ring 2", "Drawing Ring 3", "Adding"):
        with bake_queue.stepped():
            press(plan)
            while not panel_state.get_properties().baking.startswith(text):
                assert bake_queue.count_pending(), f"it was never {text}"
                bake_queue.step()
            assert bpy.ops.nano_banana.texture_cancel_bake() == {"FINISHED"}
        assert (bake_queue.count_pending(), panel_state.get_properties().baking) == (0, "")
        assert "nothing was sent" in panel_state.get_properties().notice
        assert read_state(sculpture) == before
        assert posts(server) == asked


def test_while_they_are_aligned_the_button_does_not_order_the_same_again(
    generated: tuple[Generation, ...], plan_sequence: Callable[[], TexturePlan]
) -> None:
    assert not NANO_BANANA_OT_texture.find_blocker(bpy.context)
    with bake_queue.stepped():
        press(plan_sequence())
        assert "being drawn" in NANO_BANANA_OT_texture.find_blocker(bpy.context)
        with pytest.raises(InputError, match="being drawn"):  # as from the search menu, where no button is grey
            press(plan_sequence())
        assert bake_queue.count_pending() == 1
    bake_queue.cancel()
    assert not NANO_BANANA_OT_texture.find_blocker(bpy.context)


def test_a_new_sequence_does_not_wait_for_what_is_baked(
    generated: tuple[Generation, ...], plan_sequence: Callable[[], TexturePlan], server: Simulator
) -> None:
    bpy.context.scene.nano_banana.prompt += " anew"
    with bake_queue.stepped():
        bake_queue.push(generated[:2])
        bake_queue.step()
        press(plan_sequence())
        assert bake_queue.count_pending() == 1
        assert len(session.current().under_way) == COUNT


def test_a_script_waits_until_all_is_there(
    generated: tuple[Generation, ...],
    plan_sequence: Callable[[], TexturePlan],
    sculpture: bpy.types.Object,
    server: Simulator,
) -> None:
    asked = posts(server)
    done = job.run(plan_sequence(), quiet)
    assert posts(server) == asked + 2
    assert [generation.state for generation in done.generations] == [State.DONE] * COUNT
    assert len(done.reused) == 2
    assert group_node(sculpture.active_material) is not None


def test_the_surface_that_the_views_were_aligned_to_is_the_texture_where_it_is_the_same(
    generated: tuple[Generation, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding a view costs what baking it does: once is enough."""
    added: list[str] = []
    add = layers.Layers.add

    def watch(self: layers.Layers, painted: PaintedView) -> None:
        added.append(painted.name)
        add(self, painted)

    monkeypatch.setattr(layers.Layers, "add", watch)

    def bake(**choices: float) -> np.ndarray:
        added.clear()
        (maps,) = bake_maps.bake_maps(generated[:2], **choices).objects
        assert added == ["Ring 1", "Ring 2"]
        return maps.maps[0].rgba

    wanted: list[dict[str, float]] = [{}, {"size": 64}, {"remove_light": 1.0}]
    textures = [bake(**choices) for choices in wanted]
    assert [len(texture) for texture in textures] == [128, 64, 128]
    monkeypatch.setattr(AlignedViews, "find_surface", lambda *_: None)
    for choices, texture in zip(wanted, textures, strict=True):
        assert (bake(**choices) == texture).all()
