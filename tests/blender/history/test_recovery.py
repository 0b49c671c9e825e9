# SPDX-License-Identifier: GPL-3.0-or-later
"""What an earlier session left is shown with what is known of it; nothing is sent by itself."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest
from PIL import Image

from nano_banana_addon.core.constants import DeliveryKind, State
from nano_banana_addon.core.request import Delivery, GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features import recovery
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage.files import raw_answers
from nano_banana_addon.storage.store import Store

Painted = Callable[..., Generation]


@pytest.fixture
def left(store: Store, painted: Painted) -> dict[str, str]:
    """One generation of each kind, of a Blender that is gone; their ids by what is known."""
    offline = {"provider": "offline", "image_size": "1K", "aspect_ratio": "1:1"}
    not_sent = store.add(GenerationRequest("not sent", **offline))
    unknown = store.add(GenerationRequest("unknown", **offline))
    store.begin_sending(unknown)
    received = painted("received", provider="offline").id
    session.close()
    return {"NOT_SENT": not_sent, "UNKNOWN": unknown, "RECEIVED": received}


def shown() -> dict[str, str]:
    return {item.known: item.name for item in panel_state.get_properties().recovered}


def state_of(generation_id: str) -> State:
    return session.current().store.get(generation_id).state


def test_a_start_tells_what_is_known_and_sends_nothing(left: dict[str, str]) -> None:
    assert recovery.offer() == 3
    assert shown() == left
    assert panel_state.get_properties().notice.startswith("3 generations from an earlier session are waiting")
    assert panel_state.get_properties().notice_kind == "RECOVERED"
    assert not session.current().link.alive
    assert [state_of(left[k]) for k in left] == [State.QUEUED, State.UNKNOWN, State.DONE]


def test_a_start_without_anything_left_says_nothing(store: Store) -> None:
    assert recovery.offer() == 0
    assert panel_state.get_properties().notice == ""


def test_a_received_picture_is_applied(left: dict[str, str]) -> None:
    recovery.offer()
    bpy.ops.nano_banana.recovery_take(generation=left["RECEIVED"])
    assert [i for i in bpy.data.images if i.get("nano_banana_generation") == left["RECEIVED"]]
    assert "RECEIVED" not in shown()
    session.close()
    assert recovery.offer() == 2


def test_given_up_is_not_asked_about_again_and_no_picture_is_lost(left: dict[str, str]) -> None:
    recovery.offer()
    for generation_id in left.values():
        bpy.ops.nano_banana.give_up(generation=generation_id)
    assert shown() == {}
    assert panel_state.get_properties().notice == ""
    store = session.current().store
    assert Path(store.get(left["RECEIVED"]).answer.result.path).is_file()
    assert state_of(left["RECEIVED"]) is State.DONE
    assert state_of(left["UNKNOWN"]) is State.CANCELLED
    session.close()
    assert recovery.offer() == 0


@pytest.mark.parametrize("known", ["NOT_SENT", "UNKNOWN"])
def test_what_is_sent_by_choice_keeps_its_place_in_the_history(left: dict[str, str], known: str) -> None:
    recovery.offer()
    bpy.ops.nano_banana.ask_again(generation=left[known])
    here = session.current()
    (ended,) = here.link.wait([left[known]], timeout=60)
    assert ended.state is State.DONE, ended.failure
    assert ended.offline_preview
    assert known not in shown()


def test_resending_shows_the_answer_that_had_arrived_and_sends_nothing(left: dict[str, str]) -> None:
    """A full disk can leave it behind."""
    recovery.offer()
    store, id = session.current().store, left["UNKNOWN"]
    image = io.BytesIO()
    Image.new("RGB", (64, 32), "teal").save(image, "PNG")
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(image.getvalue()).decode()}}
    path = raw_answers.get_path(store.places, id)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}))
    tries = store.many([id])[0].tries
    bpy.ops.nano_banana.ask_again(generation=id)
    (found,) = store.many([id])
    assert (found.state, found.tries) == (State.DONE, tries)
    assert Path(found.picture.path).read_bytes() == image.getvalue()
    assert "nothing was sent" in panel_state.get_properties().notice
    assert "UNKNOWN" not in shown()


def test_asking_again_for_what_is_painted_already_is_refused_in_words(painted: Painted) -> None:
    made = painted("x", provider="offline")
    with pytest.raises(RuntimeError, match="cannot become QUEUED"):
        bpy.ops.nano_banana.ask_again(generation=made.id)


def test_many_are_decided_at_once_and_nothing_is_lost(store: Store, painted: Painted) -> None:
    ids = [painted(f"received {n}", provider="offline").id for n in range(6)]
    session.close()
    assert recovery.offer() == 6
    bpy.ops.nano_banana.give_up_all(known="RECEIVED")
    assert shown() == {}
    assert panel_state.get_properties().notice == ""
    assert [state_of(each) for each in ids] == [State.DONE] * 6
    session.close()
    assert recovery.offer() == 0


def test_a_variant_that_is_picked_goes_where_all_were_to_go(store: Store, painted: Painted) -> None:
    bpy.ops.mesh.primitive_cube_add()
    made = painted("brick", provider="offline", delivery=Delivery(kinds=(DeliveryKind.COMPOSITOR,)))
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET grp = 'g'")
    session.close()
    recovery.offer()
    bpy.ops.nano_banana.recovery_take(generation=made.id)
    assert session.current().store.get(made.id).delivered
    assert shown() == {}
