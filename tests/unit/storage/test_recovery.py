# SPDX-License-Identifier: GPL-3.0-or-later
"""After a crash: nothing that is on the disk is lost, nothing is sent, and what is not known is
said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.request import Delivery, GenerationRequest, TextureContext
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage import complete_answer, recovery
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.files import pictures
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store

from .conftest import arrived, done, elsewhere, request, sending

BEGIN = """
from nano_banana_addon.storage.store import Store
from nano_banana_addon.core.request import Delivery, GenerationRequest, TextureContext
from nano_banana_addon.core.result import State
store = Store(home, role="courier")
id = store.add(GenerationRequest("x"), estimate=0.14)
store.claim(id, store.identity().id)
print(id)
"""


def left_behind(home: Path, *steps: str) -> str:
    """A generation whose worker was killed after some steps."""
    return elsewhere(home, BEGIN + "\n".join(steps), kill=True)


def state_of(store: Store, id: str) -> Generation:
    found = store.get(id)
    assert found
    return found


SEND = "store.begin_sending(id)"


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([], State.QUEUED),
        (["store.advance(id, State.WAITING, retry_at=9e9)"], State.QUEUED),
        ([SEND, "store.advance(id, State.WAITING, retry_at=9e9)"], State.QUEUED),
        ([SEND], State.UNKNOWN),
        ([SEND, "store.advance(id, State.GENERATING)"], State.UNKNOWN),
        ([SEND, "store.advance(id, State.RECEIVING, progress=0.99)"], State.UNKNOWN),
    ],
)
def test_each_state_in_which_a_worker_process_can_die(
    home: Path, open_store: Callable[..., Store], steps: list[str], state: State
) -> None:
    id = left_behind(home, *steps)
    store = open_store()
    report = recover(store)
    found = state_of(store, id)
    assert found.state is state
    assert [g.id for g in report.not_sent] == [id] * (state is State.QUEUED)
    assert [g.id for g in report.unknown] == [id] * (state is State.UNKNOWN)
    if state is State.UNKNOWN:
        assert found.failure
        assert found.failure.kind is ErrorKind.UNKNOWN_RESULT
        assert ledger.total(store.database).unknown == 1
    again = recover(store)
    assert (again.not_sent, again.unknown) == (report.not_sent, report.unknown)


def test_what_a_living_worker_process_carries_is_left_to_it(store: Store, open_store: Callable[..., Store]) -> None:
    worker = open_store(role="courier")
    id = store.add(request())
    worker.claim(id, worker.identity().id)
    worker.begin_sending(id)
    report = recover(open_store())
    assert [g.id for g in report.elsewhere] == [id]
    assert not report
    assert state_of(store, id).state is State.SENDING


def test_what_a_living_blender_has_just_asked_for_is_left_to_it(store: Store, open_store: Callable[..., Store]) -> None:
    store.add(request())
    assert not recover(open_store())
    store.close()
    assert len(recover(open_store()).not_sent) == 1


def test_a_noted_answer_is_completed_with_its_exact_cost(home: Path, open_store: Callable[..., Store]) -> None:
    id = left_behind(home, SEND, "store.advance(id, State.GENERATING)")
    store = open_store()
    complete_answer.note(store, state_of(store, id), arrived(store, id))
    report = recover(store)
    found = state_of(store, id)
    assert found.state is State.DONE
    assert [g.id for g in report.received] == [id]
    assert found.answer
    assert found.answer.result
    assert Path(found.answer.result.path).is_file()
    assert found.cost_usd == pytest.approx(ledger.total(store.database).usd)
    assert not (store.places.receiving / id).exists()


@pytest.mark.parametrize("moved", ["picture", "picture+sidecar", "all"])
def test_a_crash_between_any_two_steps_of_keeping_is_made_good(
    home: Path, open_store: Callable[..., Store], moved: str
) -> None:
    id = left_behind(home, SEND, "store.advance(id, State.GENERATING)")
    store = open_store()
    generation, answer = state_of(store, id), arrived(store, id)
    complete_answer.note(store, generation, answer)
    if moved == "picture":
        pictures.keep(store.places, generation, answer)
    else:
        keep_finish = store.finish
        store.finish = lambda *_a, **_k: None  # type: ignore[method-assign]
        complete_answer.complete(store, generation, answer)
        store.finish = keep_finish  # type: ignore[method-assign]
        if moved == "picture+sidecar":
            # As it was just before the folder was cleared: noted, and everything in its place.
            pictures.note_answer(store.places, id, answer)
    recover(store)
    found = state_of(store, id)
    assert found.state is State.DONE
    assert found.answer
    assert found.answer.result
    assert Path(found.answer.result.path).is_file()
    assert ledger.total(store.database).answers == 1


def test_a_whole_picture_without_the_end_of_its_answer_is_kept_and_said_to_be_unknown(
    home: Path, open_store: Callable[..., Store]
) -> None:
    id = left_behind(home, SEND, "store.advance(id, State.RECEIVING)")
    store = open_store()
    arrived(store, id, "0123-1.part.png")
    folder = store.places.receiving / id
    whole = folder / "0123-1.part"
    (folder / "0123-1.part.png").rename(whole)
    (folder / "0123-2.part").write_bytes(whole.read_bytes()[:-20])
    (folder / "0123.turn").write_bytes(b"{}")
    report = recover(store)
    found = state_of(store, id)
    assert found.state is State.UNKNOWN
    assert [g.id for g in report.unknown] == [id]
    assert found.answer
    assert len(found.answer.pictures) == 1
    assert found.answer.result is None
    assert Path(found.answer.pictures[0].path).suffix == ".png"
    assert found.failure
    assert "was kept" in found.failure.message


def test_a_noted_answer_is_kept_even_when_it_was_said_to_be_unknown(store: Store) -> None:
    id = sending(store, State.GENERATING)
    complete_answer.note(store, state_of(store, id), arrived(store, id))
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    recover(store)
    assert state_of(store, id).state is State.DONE
    assert ledger.total(store.database).unknown == 0


def test_what_is_left_where_answers_arrive_is_cleared_but_not_what_is_arriving(
    store: Store, open_store: Callable[..., Store]
) -> None:
    worker = open_store(role="courier")
    carried = store.add(request())
    worker.claim(carried, worker.identity().id)
    worker.begin_sending(carried)
    queued, finished = store.add(request()), done(store).id
    folders = [pictures.make_receiving_folder(store.places, id) for id in (carried, queued, finished)]
    stranger = store.places.receiving / "not-in-the-history"
    stranger.mkdir()
    recover(open_store())
    assert [folder.exists() for folder in (*folders, stranger)] == [True, True, False, True]


def test_an_answer_noted_by_halves_is_unknown(home: Path, open_store: Callable[..., Store]) -> None:
    id = left_behind(home, SEND)
    store = open_store()
    folder = pictures.make_receiving_folder(store.places, id)
    (folder / "answer.json").write_text('{"pictures": [{"pa')
    assert [g.id for g in recover(store).unknown] == [id]


def test_an_answer_whose_pictures_are_gone_is_unknown(home: Path, open_store: Callable[..., Store]) -> None:
    id = left_behind(home, SEND)
    store = open_store()
    answer = arrived(store, id)
    complete_answer.note(store, state_of(store, id), answer)
    Path(answer.pictures[0].path).unlink()
    assert [g.id for g in recover(store).unknown] == [id]


def test_results_of_a_blender_that_is_gone_are_offered_until_the_user_decides(
    store: Store, open_store: Callable[..., Store]
) -> None:
    delivered, waiting = done(store), done(store)
    store.mark_delivered(delivered.id)
    other = open_store()
    assert not recover(other)  # its Blender lives and will deliver them
    store.close()
    assert [g.id for g in recover(other).received] == [waiting.id]
    other.dismiss([waiting.id])
    assert not recover(other)


def test_what_was_to_go_into_no_file_and_variants_not_picked_are_not_offered(
    store: Store, open_store: Callable[..., Store]
) -> None:
    files_only = done(store, delivery=Delivery(kinds=()))
    view = done(store, delivery=Delivery(kinds=()), texture=TextureContext("job", (), ()))
    requests = [(GenerationRequest("x", variant=n), 0.1) for n in range(2)]
    variants, _ = store.add_group(requests, group="g")
    for id in variants:
        store.begin_sending(id)
        store.advance(id, State.GENERATING)
        complete_answer.complete(store, state_of(store, id), arrived(store, id))
    other = open_store()
    store.close()
    offered = [g.id for g in recover(other).received]
    assert offered == [view.id, *variants]
    assert files_only.id not in offered
    other.mark_delivered(variants[1])
    assert [g.id for g in recover(other).received] == [view.id]


def test_giving_up_ends_it(home: Path, open_store: Callable[..., Store]) -> None:
    sent, queued = left_behind(home, SEND), left_behind(home)
    store = open_store()
    recover(store)
    for id in (sent, queued):
        recovery.discard(store, id)
        assert state_of(store, id).state is State.CANCELLED
    assert not recover(store)
    assert ledger.total(store.database).unknown == 1


def test_a_truncated_log_loses_at_most_the_last_steps(
    home: Path, tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    """As after a power cut on a disk that lied about having written."""
    ids = [left_behind(home, SEND, "store.advance(id, State.GENERATING)") for _ in range(3)]
    live = open_store()
    generation = state_of(live, ids[0])
    complete_answer.complete(live, generation, arrived(live, ids[0]))
    log = home / "history.sqlite-wal"
    length = log.stat().st_size
    assert length > 50_000
    for number, cut in enumerate(range(0, length, length // 23)):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(home, copy, ignore=shutil.ignore_patterns("*-shm"))
        with (copy / log.name).open("r+b") as file:
            file.truncate(cut)
        store = open_store(copy)
        assert store.database.row("PRAGMA integrity_check")[0] == "ok"
        recover(store)
        first = store.get(ids[0])
        # Whatever the log lost: the picture is there, and its sidecar tells the rest.
        assert first
        assert first.state is State.DONE
        assert first.answer
        assert first.answer.result
        assert Path(first.answer.result.path).is_file()
        assert {g.state for g in store.many(ids[1:])} <= {State.UNKNOWN, State.QUEUED}
        assert store.get(store.add(GenerationRequest("after")))


def test_a_lost_database_is_built_anew_from_the_pictures(
    store: Store, home: Path, open_store: Callable[..., Store]
) -> None:
    made = [done(store, f"prompt {n}") for n in range(3)]
    store.set_favourite(made[0].id)
    store.close()
    for path in home.glob("history.sqlite*"):
        path.unlink()
    anew = open_store()
    recover(anew)
    found = anew.many(g.id for g in made)
    assert [g.request for g in found] == [g.request for g in made]
    assert [g.answer for g in found] == [g.answer for g in made]
    assert ledger.total(anew.database).usd == pytest.approx(sum(g.cost_usd or 0 for g in made))


def test_a_painted_picture_of_a_request_that_is_said_to_be_unsent_is_not_paid_twice(
    home: Path, open_store: Callable[..., Store]
) -> None:
    """The history's last commits were lost; the picture and its record are there."""
    id = left_behind(home, SEND, "store.advance(id, State.GENERATING)")
    store = open_store()
    recover(store)
    complete_answer.complete(store, state_of(store, id), arrived(store, id))
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET state = 'QUEUED', tries = 0, owner = '', cost = NULL")
        connection.execute("UPDATE details SET answer = NULL")
        connection.execute("DELETE FROM ledger")
    report = recover(store)
    assert not report.not_sent
    assert [g.id for g in report.received] == [id]
    assert state_of(store, id).state is State.DONE
    assert ledger.total(store.database).answers == 1


def test_a_picture_that_the_history_forgot_comes_back_and_a_deleted_one_does_not(
    store: Store,
) -> None:
    older, forgotten, deleted = (done(store, f"prompt {n}") for n in range(3))
    kept = Path(deleted.answer.result.path).with_suffix(".json").read_bytes()
    store.delete(deleted.id)
    Path(deleted.answer.result.path).with_suffix(".json").write_bytes(kept)
    with store.database.transaction() as connection:
        for table in ("generations", "details", "words"):
            connection.execute(f"DELETE FROM {table} WHERE seq = 2")
        connection.execute("DELETE FROM ledger WHERE generation = ?", (forgotten.id,))
    assert store.get(forgotten.id) is None
    report = recover(store)
    assert store.get(forgotten.id)
    assert forgotten.id in [g.id for g in report.received]
    assert store.get(older.id)
    assert store.get(deleted.id) is None
    assert ledger.total(store.database).answers == 3


def test_a_results_folder_that_is_gone_is_made_again(store: Store) -> None:
    id = sending(store, State.GENERATING)
    shutil.rmtree(store.places.results)
    shutil.rmtree(store.places.thumbnails)
    complete_answer.complete(store, state_of(store, id), arrived(store, id))
    found = state_of(store, id)
    assert found.answer
    assert found.answer.result
    assert Path(found.answer.result.path).is_file()


def test_a_file_where_the_results_folder_should_be_loses_nothing(store: Store) -> None:
    from nano_banana_addon.core.errors import NanoBananaError

    id = sending(store, State.GENERATING)
    answer = arrived(store, id)
    complete_answer.note(store, state_of(store, id), answer)
    store.places.results.rmdir()
    store.places.results.write_text("in the way")
    with pytest.raises(NanoBananaError) as caught:
        complete_answer.complete(store, state_of(store, id), answer)
    assert caught.value.kind is ErrorKind.DISK
    assert Path(answer.pictures[0].path).is_file()
    store.places.results.unlink()
    complete_answer.complete(store, state_of(store, id), answer)
    assert state_of(store, id).state is State.DONE


def test_the_sidecar_is_enough_and_holds_no_machine_paths_of_the_store(store: Store) -> None:
    made = done(store)
    assert made.answer
    assert made.answer.result
    told = Path(made.answer.result.path).with_suffix(".json").read_text()
    assert str(store.home) not in told
    plain = json.loads(told)
    assert plain["response_id"] == f"r-{made.id}"
    assert plain["cost_usd"] == made.cost_usd


@pytest.mark.parametrize("named", ["results/../secret.png", "secret.png", "receiving/{id}/..", "link", "changed"])
@pytest.mark.parametrize("field", ["picture", "turn"])
def test_a_noted_answer_moves_no_file_but_those_that_arrived(store: Store, named: str, field: str) -> None:
    if (named, field) == ("changed", "turn"):
        pytest.skip("no hash is noted of a turn")
    id = sending(store, State.RECEIVING)
    secret = store.home / "secret.png"
    Image.new("RGB", (8, 8), "red").save(secret)
    answer = arrived(store, id)
    own = Path(answer.pictures[0].path)
    path = store.home / named.format(id=id)
    if named == "link":
        path = own.with_name("link.png")
        path.symlink_to(secret)
    elif named == "changed":
        path = own.with_name("changed.png")
        shutil.copy(secret, path)
    if field == "turn":
        pictures.note_answer(store.places, id, replace(answer, turn=str(path)))
    else:
        picture = replace(answer.pictures[0], path=str(path))
        pictures.note_answer(store.places, id, replace(answer, pictures=(picture,)))
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    recover(store)
    assert secret.is_file()
    assert not list(store.places.turns.iterdir())
    assert state_of(store, id).state is State.UNKNOWN


def test_an_answer_of_a_generation_that_the_history_does_not_know_is_kept_and_told(store: Store) -> None:
    id = "20260102-0123456789"
    image = Path(arrived(store, id).pictures[0].path).read_bytes()
    (store.places.receiving / "20260102-00000000ff").mkdir()  # nothing had arrived
    for _ in range(2):
        report = recover(store)
        assert [entry.id for entry in report.damaged] == [id]
        kept = store.places.unreadable / id / "received"
        assert str(kept) in report.damaged[0].reason
        assert (kept / "x.png").read_bytes() == image
        assert not list(store.places.receiving.iterdir())


def test_what_arrived_for_a_deleted_generation_goes_too(store: Store) -> None:
    id = done(store).id
    store.delete(id)
    arrived(store, id)
    assert not recover(store)
    assert not list(store.places.receiving.iterdir())
    assert not list(store.places.unreadable.iterdir())


def test_what_arrived_for_a_damaged_entry_is_kept_and_told(store: Store) -> None:
    id = sending(store, State.RECEIVING)
    arrived(store, id)
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET tries = 'many' WHERE id = ?", (id,))
    report = recover(store)
    assert [entry.id for entry in report.damaged] == [id]
    assert str(store.places.unreadable / id) in report.damaged[0].reason
    assert (store.places.unreadable / id / "received" / "x.png").is_file()
