# SPDX-License-Identifier: GPL-3.0-or-later
"""The history keeps what it was given, tells what changed, and serves several programs at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import Kind, ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.request import Delivery, Reference
from nano_banana_addon.core.result import Failure
from nano_banana_addon.core.scene.capture import Capture, DataBlockRef
from nano_banana_addon.storage import complete_answer
from nano_banana_addon.storage.database import states
from nano_banana_addon.storage.store import Store

from .conftest import IN_ANOTHER, ROOT, arrived, done, elsewhere, request, sending


def test_a_request_comes_back_as_it_went_in(store: Store, home: Path, tmp_path: Path) -> None:
    asked = request(
        "海辺の\nstill life, 'quotes' \"and\" \\ backslashes",
        kind=Kind.STORYBOARD,
        references=(
            Reference(ReferenceRole.STYLE, str(tmp_path / "ink.png"), label="ink"),
            Reference(ReferenceRole.STRUCTURE, str(home.absolute() / "incoming" / "a.npy")),
        ),
        capture=Capture("CAMERA", mask=str(home.absolute() / "references" / "m.png")),
        delivery=Delivery(scene=DataBlockRef("SCENE", "Scene", file_session="s1"), strip_start=12),
        safety={"HARM_CATEGORY_HARASSMENT": "OFF"},
        temperature=0.5,
        project="Film",
    )
    found = store.get(store.add(asked, group="g", estimate=0.14))
    assert found
    assert found.request == asked
    assert (found.state, found.group, found.estimate_usd) == (State.QUEUED, "g", 0.14)


def test_names_that_are_not_unicode_survive(store: Store) -> None:
    """On Linux Blender gives such file names with half characters in them."""
    asked = request("x", blend_path="/shots/\udcff\udcfe.blend", project="\udce9")
    found = store.get(store.add(asked))
    assert found
    assert found.request == asked


def test_the_store_can_be_moved(store: Store, home: Path, open_store: Callable[..., Store]) -> None:
    made = done(store)
    store.close()
    moved = home.rename(home.with_name("moved"))
    found = open_store(moved).get(made.id)
    assert found
    assert found.answer
    assert found.answer.result
    assert Path(found.answer.result.path).is_file()
    assert Path(found.thumbnail).is_file()
    assert Path(found.answer.result.path).is_relative_to(moved)


def test_a_recorded_request_survives_the_death_of_its_blender(home: Path, open_store: Callable[..., Store]) -> None:
    code = """
from nano_banana_addon.storage.store import Store
from nano_banana_addon.core.request import GenerationRequest
print(Store(home).add(GenerationRequest("kept")))
"""
    id = elsewhere(home, code, kill=True)
    found = open_store().get(id)
    assert found
    assert found.state is State.QUEUED


def test_changes_are_told_once_and_in_order(store: Store, open_store: Callable[..., Store]) -> None:
    other = open_store()
    first, second = store.add(request("1")), store.add(request("2"))
    revision, ids = other.changes_since(0)
    assert ids == [first, second]
    assert other.changes_since(revision) == (revision, [])
    store.advance(first, State.WAITING, retry_at=5.0)
    revision, ids = other.changes_since(revision)
    assert ids == [first]
    store.delete(second)
    later, ids = other.changes_since(revision)
    assert ids == [second]
    assert other.many(ids) == []
    assert store.changes_since(revision) == (later, [second])
    assert store.revision() == later


def test_two_listeners_with_different_memories_each_hear_all(store: Store) -> None:
    first = store.add(request("1"))
    middle, _ = store.changes_since(0)
    second = store.add(request("2"))
    assert store.changes_since(middle)[1] == [second]
    assert store.changes_since(0)[1] == [first, second]
    assert store.changes_since(middle)[1] == [second]


def test_only_legal_steps_are_taken(store: Store) -> None:
    for before in State:
        for after in State:
            if after is before or after in states.LEGAL[before]:
                continue
            id = _in_state(store, before)
            with pytest.raises(NanoBananaError) as caught:
                store.advance(id, after)
            assert caught.value.kind is ErrorKind.INTERNAL
            found = store.get(id)
            assert found
            assert found.state is before


def _in_state(store: Store, state: State) -> str:
    id = store.add(request())
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET state = ? WHERE id = ?", (state.value, id))
    return id


def test_a_generation_is_sent_by_one_courier_only(store: Store, open_store: Callable[..., Store]) -> None:
    id = store.add(request())
    one, two = open_store(role="courier"), open_store(role="courier")
    assert one.claim(id, one.identity().id)
    assert not two.claim(id, two.identity().id)
    one.close()  # dead: its claim is worth nothing any more
    assert two.claim(id, two.identity().id)
    assert two.begin_sending(id) == 0
    assert not store.claim(id, store.identity().id)
    with pytest.raises(NanoBananaError):
        store.begin_sending(id)


def test_an_answer_is_recorded_once_however_often_it_is_told(store: Store) -> None:
    made = done(store)
    assert made.answer
    store.finish(made.id, made.answer, 99.0)
    found = store.get(made.id)
    assert found
    assert found.cost_usd == made.cost_usd


def test_asking_again_is_possible_after_every_end_but_a_result(store: Store) -> None:
    for state in (State.FAILED, State.CANCELLED, State.UNKNOWN):
        id = sending(store, State.GENERATING)
        store.fail(id, Failure(ErrorKind.SERVER, "x"), state)
        store.resend(id)
        found = store.get(id)
        assert found
        assert found.state is State.QUEUED
        assert found.failure is None
        assert found.sent == 0
    with pytest.raises(NanoBananaError):
        store.resend(done(store).id)


def test_asking_again_may_be_the_first_that_a_process_does(store: Store, open_store: Callable[..., Store]) -> None:
    id = sending(store, State.GENERATING)
    store.fail(id, Failure(ErrorKind.SERVER, "x"), State.FAILED)
    store.close()
    another = open_store()
    another.resend(id)
    found = another.get(id)
    assert found
    assert found.state is State.QUEUED


def test_deleting_takes_the_files_and_leaves_the_bill(store: Store) -> None:
    from nano_banana_addon.storage.database import ledger

    made = done(store)
    before = ledger.total(store.database)
    store.delete(made.id)
    assert store.get(made.id) is None
    assert not [p for p in (store.home / "results").rglob("*") if p.is_file()]
    assert not Path(made.thumbnail).exists()
    assert ledger.total(store.database) == before


def test_what_is_under_way_cannot_be_deleted(store: Store) -> None:
    with pytest.raises(InputError):
        store.delete(sending(store, State.GENERATING))


def test_undelivered_results_are_found_by_file_and_by_opening(store: Store) -> None:
    scene = DataBlockRef("SCENE", "Scene", file_session="s1")
    mine = done(store, blend_path="/a.blend", delivery=Delivery(scene=scene))
    other = done(store, blend_path="/b.blend")
    assert [g.id for g in store.find_undelivered(blend_path="/a.blend")] == [mine.id]
    assert [g.id for g in store.find_undelivered(file_session="s1")] == [mine.id]
    store.mark_delivered(mine.id)
    assert [g.id for g in store.find_undelivered()] == [other.id]
    store.dismiss([other.id])
    assert store.find_undelivered() == []


def test_two_processes_write_at_once_and_lose_nothing(home: Path, store: Store) -> None:
    code = (
        IN_ANOTHER.format(root=str(ROOT), home=str(home))
        + """
from nano_banana_addon.storage.store import Store
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import State
store = Store(home)
for number in range(60):
    id = store.add(GenerationRequest(f"{sys.argv[1]} {number}"))
    store.begin_sending(id)
    store.record_progress(id, State.SENDING, 0.5)
    store.advance(id, State.GENERATING)
store.close()
"""
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, name]) for name in ("a", "b", "c")]
    seen: set[str] = set()
    revision = 0
    while any(writer.poll() is None for writer in writers):
        revision, ids = store.changes_since(revision)
        seen |= set(ids)
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    seen |= set(store.changes_since(revision)[1])
    prompts = {g.request.prompt for g in store.many(seen)}
    assert prompts == {f"{name} {n}" for name in "abc" for n in range(60)}
    assert {g.state for g in store.many(seen)} == {State.GENERATING}
    assert store.database.row("PRAGMA integrity_check")[0] == "ok"


def test_many_processes_open_a_new_store_at_once(home: Path, open_store: Callable[..., Store]) -> None:
    code = IN_ANOTHER.format(root=str(ROOT), home=str(home)) + (
        "from nano_banana_addon.storage.store import Store\n"
        "from nano_banana_addon.core.request import GenerationRequest\n"
        "Store(home).add(GenerationRequest('x'))\n"
    )
    openers = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(5)]
    errors = [opener.communicate(timeout=60)[1] for opener in openers]
    assert errors == [""] * 5
    assert len(open_store().changes_since(0)[1]) == 5


def test_what_another_process_is_about_to_send_again_is_not_queued_anew(
    store: Store, open_store: Callable[..., Store]
) -> None:
    id = sending(store)
    store.advance(id, State.WAITING)
    with pytest.raises(NanoBananaError):
        open_store().resend(id)


def test_an_answer_is_recorded_even_where_another_gave_it_up(store: Store) -> None:
    for state in (State.FAILED, State.CANCELLED, State.UNKNOWN):
        id = sending(store, State.GENERATING)
        store.fail(id, Failure(ErrorKind.INTERNAL, "x"), state)
        (generation,) = store.many([id])
        complete_answer.complete(store, generation, arrived(store, id))
        assert store.many([id])[0].state is State.DONE


def test_the_place_in_a_queue_lasts_until_the_next_step(store: Store) -> None:
    id = sending(store, State.GENERATING)
    store.record_progress(id, State.GENERATING, 0.0, 3)
    assert store.many([id])[0].place == 3
    store.advance(id, State.RECEIVING)
    assert store.many([id])[0].place == 0
