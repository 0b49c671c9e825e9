# SPDX-License-Identifier: GPL-3.0-or-later
"""A press that spends more than the artist allowed at once is asked about; a script is not."""

from __future__ import annotations

from collections.abc import Iterator

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.constants import State
from nano_banana_addon.features import recovery
from nano_banana_addon.features.generation import duplicates, offers, request_builder, scene_settings
from nano_banana_addon.features.storyboard import orders
from nano_banana_addon.session import session
from nano_banana_addon.storage.database.budget import Budget
from operators import confirm

from ..interface.strict_layout import StrictLayout
from .conftest import latest, press


@pytest.fixture(autouse=True)
def _own_prompt(scene: bpy.types.Scene, request: pytest.FixtureRequest) -> Iterator[None]:
    scene.nano_banana.prompt = f"a neon alley, {request.node.name}"  # others have generated theirs
    yield
    preferences.get_preferences().property_unset("confirm_above")
    session.current().store.set_budgets(())


def offer(**choices: object) -> offers.Offer:
    settings = scene_settings.settings_of(bpy.context.scene).replace_choices(choices)
    return duplicates.offer_order(request_builder.prepare(bpy.context, settings))


def posts(server: Simulator) -> int:
    return sum(request.method == "POST" for request in server.requests)


@pytest.mark.full_size
def test_a_press_is_asked_about_above_the_limit_of_the_preferences() -> None:
    assert not offer().must_ask()
    assert offer(variants=4).must_ask()  # $0.54
    preferences.get_preferences().confirm_above = 1.0
    assert not offer(variants=4).must_ask()
    preferences.get_preferences().confirm_above = 0.0
    assert offer().must_ask()
    assert not offer(provider="offline").must_ask()


@pytest.mark.full_size
def test_the_question_says_what_is_sent_how_many_the_price_and_what_is_left(server: Simulator) -> None:
    session.current().store.set_budgets([Budget(10_000.0)])
    asked = offer(variants=4)
    offers.set_pending(asked)
    layout = StrictLayout()
    confirm.costs.refresh()
    confirm.draw_offer(layout, asked)
    told = "\n".join(layout.texts)
    assert "a neon alley" in told
    assert "4 × 1K 16:9, Nano Banana Pro, Google" in told
    assert "1 image is sent with each." in told
    assert "of $10000.00 left, then" in told
    assert asked.full.to_label("Send").startswith("Send × 4  ($0.5")
    offers.take_pending()
    assert posts(server) == 0


def test_a_script_is_not_asked(server: Simulator) -> None:
    preferences.get_preferences().confirm_above = 0.0
    assert bpy.ops.nano_banana.restyle() == {"FINISHED"}
    assert posts(server) == 1


@pytest.mark.full_size
def test_a_storyboard_asks_only_for_the_shots_that_are_missing(scene: bpy.types.Scene) -> None:
    for number in range(4):
        camera = scene.camera.copy()
        camera.location.x = 0.3 * number
        scene.collection.objects.link(camera)
        scene.timeline_markers.new(f"shot {number}", frame=1 + 24 * number).camera = camera

    def ask(*, again: bool = False) -> offers.Offer:
        return orders.offer(orders.prepare(bpy.context, scene_settings.settings_of(scene)), again=again)

    assert ask().must_ask()
    bpy.ops.nano_banana.storyboard()
    assert not ask().must_ask()
    assert ask().missing.count == 0
    assert ask(again=True).must_ask()


def test_sending_again_what_may_be_billed_is_always_asked_about(scene: bpy.types.Scene) -> None:
    (id,) = press()
    session.current().link.wait([id])
    store = session.current().store
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET state = 'UNKNOWN' WHERE id = ?", (id,))
    assert recovery.offer_resend(id).must_ask()
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET state = 'FAILED' WHERE id = ?", (id,))
    assert not recovery.offer_resend(id).must_ask()
    assert latest().state is State.FAILED
