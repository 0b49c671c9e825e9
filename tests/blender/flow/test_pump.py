# SPDX-License-Identifier: GPL-3.0-or-later
"""The pump's turns: what hundreds of shots that change at once cost Blender's main thread, counted."""

from __future__ import annotations

import importlib
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from PIL import Image

from nano_banana_addon.blender.host import file_session
from nano_banana_addon.core.constants import DeliveryKind, Kind, State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import Delivery, GenerationRequest
from nano_banana_addon.core.result import Answer, Generation, Picture
from nano_banana_addon.core.scene.capture import DataBlockRef
from nano_banana_addon.features.storyboard import shot_list
from nano_banana_addon.session import apply_result, events, panel_state, pump, session
from nano_banana_addon.storage.database import records

SHOTS = 200
#: Records in one turn, beside the news: a page of the gallery, or those that are moving.
PAGE = 24


@pytest.fixture
def done_in_turn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """What the present turn has done; cleared by the test before each."""
    counts: Counter[str] = Counter()
    # The module itself: a stand-in for one that was not used yet would keep what is set in it.
    delivering = importlib.import_module(apply_result.__name__)
    read, apply = records.read_plain, delivering.apply_result

    def count_read(home: Path, row: sqlite3.Row) -> Generation:
        if threading.current_thread() is threading.main_thread():  # others still cancel what a test has left
            counts["records"] += 1
        return read(home, row)

    def count_delivery(generation: Generation, kinds: tuple[str, ...]) -> object:
        counts["deliveries"] += 1
        return apply(generation, kinds)

    def count_refresh() -> None:
        counts["refreshes"] += 1

    monkeypatch.setattr(records, "read_plain", count_read)
    monkeypatch.setattr(delivering, "apply_result", count_delivery)
    events.history_changed.connect(count_refresh)
    yield counts
    events.history_changed._listeners.remove(count_refresh)


def test_many_shots_are_read_some_at_a_time_and_once(done_in_turn: Counter[str]) -> None:
    here = session.current()
    while pump.run_once():  # what an earlier test has left to be shown
        pass
    ids, _ = here.store.add_group([(GenerationRequest(f"shot {n}"), 0.0) for n in range(SHOTS)], batch="board")
    here.under_way.update(dict.fromkeys(ids, State.QUEUED))
    read = 0
    while len(panel_state.get_properties().jobs) < SHOTS:
        done_in_turn.clear()
        pump.run_once()
        assert 0 < done_in_turn["records"] <= session.READ_AT_ONCE
        read += done_in_turn["records"]
    assert read == SHOTS
    done_in_turn.clear()
    pump.run_once()
    assert not done_in_turn["records"], "shots that wait for their turn are not read again while nothing changes"


@pytest.mark.parametrize("count", [1, 8, 90])
def test_a_turn_does_one_thing_however_many_shots_end_at_once(
    scene: bpy.types.Scene, tmp_path: Path, done_in_turn: Counter[str], count: int
) -> None:
    here = session.current()
    while pump.run_once():
        pass
    ids = _end_at_once(scene, tmp_path, count)
    total: Counter[str] = Counter()
    is_active = True
    while is_active:
        done_in_turn.clear()
        left = len(here.under_way)
        is_active = pump.run_once()
        done_in_turn["news"] = left - len(here.under_way)
        assert done_in_turn["records"] <= PAGE
        assert done_in_turn["news"] <= session.READ_AT_ONCE
        assert done_in_turn["refreshes"] <= 1
        assert done_in_turn["deliveries"] <= 1
        kinds = [name for name in ("news", "refreshes", "deliveries") if done_in_turn[name]]
        assert len(kinds) <= 1, kinds
        total += done_in_turn
    assert (total["news"], total["deliveries"]) == (count, count)
    assert total["refreshes"] > 0
    assert all(generation.delivered for generation in here.store.many(ids))
    assert not panel_state.get_properties().storyboard


def test_an_undo_step_is_pushed_where_there_is_no_window_as_in_timers(scene: bpy.types.Scene) -> None:
    cube = bpy.context.selected_objects[0]
    with bpy.context.temp_override(window=None):
        for place in (1.0, 2.0):
            cube.location.x = place
            apply_result.push_undo_step("moved")
    name = cube.name
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].location.x == 1.0


def _end_at_once(scene: bpy.types.Scene, folder: Path, count: int) -> list[str]:
    """Shots of a storyboard that are all generated before the pump turns."""
    here = session.current()
    scene.frame_start, scene.frame_end = 1, count * 10
    shot_list.update(scene, "FRAMES", 10)
    target = DataBlockRef(
        "SCENE", scene.name, session_uid=scene.session_uid, file_session=file_session.current_load_id()
    )
    requests = []
    for entry in scene.nano_banana.storyboard.shots:
        delivery = Delivery((DeliveryKind.STRIP.value,), scene=target, strip_start=entry.frame, strip_length=10)
        requests.append(GenerationRequest(entry.name, kind=Kind.STORYBOARD, delivery=delivery, shot_id=entry.shot_id))
    assert len(requests) == count
    ids, _ = here.store.add_group([(request, 0.0) for request in requests], batch="board of a test")
    here.under_way.update(dict.fromkeys(ids, State.QUEUED))
    for number, id in enumerate(ids):
        path = folder / f"{number}.png"
        Image.new("RGB", (64, 36), (number, 0, 0)).save(path)
        picture = Picture(str(path), compute_sha256(path), "image/png", 64, 36, path.stat().st_size)
        here.store.begin_sending(id)
        here.store.advance(id, State.GENERATING)
        here.store.finish(id, Answer((picture,)), 0.0)
    return ids
