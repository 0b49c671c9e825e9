# SPDX-License-Identifier: GPL-3.0-or-later
"""Half price: the second button, the line in the panel, Blender closed and opened in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.features import batches, payment, recovery
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.storyboard import orders
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.database import batch_jobs

from ..interface.strict_layout import StrictLayout
from .conftest import press
from .test_button import ended
from .test_command_line import run  # noqa: F401 - a fixture

Turned = Callable[..., None]


def get_lines() -> list[str]:
    return [batch.text for batch in panel_state.get_properties().batches]


def submit(turned: Turned, count: int = 3) -> list[str]:
    """Press the second button, until the service has the batch; the ids."""
    ids = press(variants=count, service_tier="BATCH")
    turned(lambda: all(generation.sent for generation in session.current().store.many(ids)))
    turned(lambda: any("in batch since" in line for line in get_lines()))
    return ids


def test_the_second_button_says_half_the_price_where_batches_are_taken(scene: bpy.types.Scene) -> None:
    scene.nano_banana.variants = 4
    price = payment.estimate_restyle(bpy.context)
    layout = StrictLayout()
    payment.draw_batch_operator(layout, bpy.context, "nano_banana.restyle", price)
    half = payment.Payment(4, (price.dollars or 0.0) / 2)
    assert half.to_label("Submit for Half Price") in str(layout.buttons)
    preferences.get_preferences().provider = "offline"
    layout = StrictLayout()
    payment.draw_batch_operator(layout, bpy.context, "nano_banana.restyle", price)
    assert not layout.buttons


def test_the_second_button_of_shots_says_what_their_batch_costs(scene: bpy.types.Scene) -> None:
    for number in range(3):
        scene.timeline_markers.new(f"Shot {number}", frame=1 + 10 * number).camera = scene.camera
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    price = payment.estimate_storyboard(bpy.context)
    settings = scene_settings.settings_of(scene).replace_choices({"service_tier": "BATCH"})
    order = orders.prepare(bpy.context, settings)
    assert order.estimate == pytest.approx((price.dollars or 0.0) / 2, rel=0.005)  # the words of the prompt
    layout = StrictLayout()
    payment.draw_shots_batch_operator(layout, bpy.context, "nano_banana.storyboard", price)
    assert payment.Payment(3, order.estimate).to_label("Submit for Half Price") in str(layout.buttons)
    scene.nano_banana.storyboard.shots[1].settings.service_tier = "PRIORITY"
    layout = StrictLayout()
    payment.draw_shots_batch_operator(layout, bpy.context, "nano_banana.storyboard", price)
    assert not layout.buttons


def test_a_batch_is_one_line_and_goes_on_after_a_restart(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    ids = submit(turned)
    assert get_lines()[0].startswith("Batch of 3: in batch since ")
    assert not panel_state.get_properties().jobs
    session.current().link.close(wait=60)
    session.close()
    panel_state.get_properties().batches.clear()
    assert recovery.offer() == 0
    assert len(get_lines()) == 1
    turned(ended)
    turned(lambda: not get_lines())
    found = session.current().store.many(ids)
    assert [generation.state for generation in found] == [State.DONE] * 3
    assert {result.name for result in panel_state.get_properties().results} == set(ids)
    assert sum(entry.path.endswith(":batchGenerateContent") for entry in server.requests) == 1


def test_the_rest_of_a_late_batch_is_offered_and_sent_at_full_price(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("batch_stuck", times=1, on="batch")
    ids = submit(turned, 2)
    (batch,) = panel_state.get_properties().batches
    assert batch.rest == 0
    store, name = session.current().store, batch.name
    batch_jobs.update(store.database, name, created=time.time() - 30 * 3600)
    turned(lambda: get_rest() == 2)
    half = sum(generation.estimate_usd for generation in store.many(ids))
    offer = batches.offer_rest(name)
    assert offer.asks
    assert offer.missing.dollars == pytest.approx(2 * half)
    bpy.ops.nano_banana.send_rest(batch=name)
    turned(ended)
    found = store.many(ids)
    assert [generation.state for generation in found] == [State.DONE] * 2
    assert [generation.request.service_tier for generation in found] == ["", ""]
    assert sum(generation.cost_usd or 0.0 for generation in found) > 1.5 * half
    turned(lambda: not get_lines())


def get_rest() -> int:
    return sum(batch.rest for batch in panel_state.get_properties().batches)


def test_a_batch_is_cancelled_and_an_expired_one_is_dismissed(
    scene: bpy.types.Scene, server: Simulator, turned: Turned
) -> None:
    server.script("batch_stuck", times=1, on="batch")
    ids = submit(turned, 2)
    bpy.ops.nano_banana.cancel_batch(batch=panel_state.get_properties().batches[0].name)
    turned(ended)
    turned(lambda: not get_lines())
    assert [generation.state for generation in session.current().store.many(ids)] == [State.CANCELLED] * 2
    assert any(entry.path.endswith(":cancel") for entry in server.requests)
    server.script("batch_expired", times=1, on="batch")
    submit(turned, 2)
    turned(ended)
    turned(lambda: get_lines() == ["Batch of 2: 2 without an image"])
    bpy.ops.nano_banana.cancel_batch(batch=panel_state.get_properties().batches[0].name)
    assert not get_lines()


def test_a_provider_without_batches_is_told_before_anything_is_sent(scene: bpy.types.Scene) -> None:
    with pytest.raises(RuntimeError, match="Only Google takes batches"):
        bpy.ops.nano_banana.restyle(service_tier="BATCH", provider="offline")


def test_the_command_line_waits_for_a_batch(
    run: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    status, lines = run("restyle", "--tier", "batch", "--variants", "2", "--out", str(tmp_path / "results"))
    assert status == 0
    assert [line["state"] for line in lines] == ["DONE", "DONE"]
    assert len(list((tmp_path / "results").iterdir())) == 2
