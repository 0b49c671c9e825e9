# SPDX-License-Identifier: GPL-3.0-or-later
"""The database is copied weekly, each copy is checked, and a damaged one can be replaced by the newest copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.result import Failure
from nano_banana_addon.storage import backup, complete_answer
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store

from .conftest import IN_ANOTHER, ROOT, arrived, done, request, sending

DAY = 86400.0


def age(path: Path, days: float) -> None:
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))


def damage_file(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(0)
        file.write(b"not a database" * 100)


def damage_inside(home: Path) -> None:
    """Damage the page in which the generations are, and no other."""
    path = home / "history.sqlite"
    with sqlite3.connect(path) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'generations'").fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))


def prompts(store: Store) -> set[str]:
    return {g.request.prompt for g in store.page(HistoryQuery())}


def test_a_copy_is_made_weekly_and_three_are_kept(store: Store) -> None:
    done(store, "mine")
    made: list[Path] = []
    for number in range(5):
        copy = backup.copy_when_due(store)
        assert copy
        assert backup.copy_when_due(store) is None
        age(copy, 30 - 2 * number)
        copy = copy.rename(copy.with_name(f"history-2026010{number}-000000.sqlite"))
        age(copy, 8)
        made.append(copy)
    assert backup.list_copies(store.places) == made[:1:-1]
    with sqlite3.connect(made[-1]) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("SELECT count(*) FROM ledger").fetchone()[0] == 1
    assert not list(store.places.copies.glob(".*"))


def test_the_worker_process_makes_it(home: Path) -> None:
    code = IN_ANOTHER.format(root=str(ROOT), home=str(home)) + (
        "import queue\nfrom nano_banana_addon.worker import log\n"
        "from nano_banana_addon.worker.main import WorkerProcess\n"
        "from nano_banana_addon.storage.store import Store\nstore = Store(home, role='courier')\n"
        "WorkerProcess(store, limit=1, idle=0.0, secrets=log.SecretsCutOut()).run(queue.Queue())\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert len(list((home / "copies").glob("history-*.sqlite"))) == 1


def test_a_damaged_history_comes_back_with_what_is_newer(home: Path, open_store: Callable[..., Store]) -> None:
    store = open_store()
    done(store, "before")
    store.set_favourite(store.page(HistoryQuery())[0].id)
    unknown = sending(store, State.GENERATING, prompt="lost")
    recover(store)
    copy = backup.copy_when_due(store)
    assert copy
    done(store, "after")
    spent = ledger.total(store.database)
    store.close()
    damage_file(store.places.database)
    with pytest.raises(NanoBananaError, match="damaged") as caught:
        Store(home)
    assert "Restore History" in caught.value.next_step
    assert copy.name in backup.restore(home)
    again = open_store()
    assert prompts(again) == {"before", "lost", "after"}
    assert again.page(HistoryQuery(favourite=True))
    assert again.get(unknown)
    assert ledger.total(again.database) == spent
    assert len(list((home / "damaged").rglob("history.sqlite"))) == 1


def test_a_damaged_copy_is_passed_over(home: Path, open_store: Callable[..., Store]) -> None:
    store = open_store()
    done(store, "mine")
    good = backup.copy_when_due(store)
    assert good
    bad = shutil.copy(good, good.with_name("history-29991231-000000.sqlite"))
    store.close()
    damage_file(Path(bad))
    damage_file(store.places.database)
    assert good.name in backup.restore(home)
    assert prompts(open_store()) == {"mine"}


def test_without_a_copy_it_is_made_from_the_records(home: Path, open_store: Callable[..., Store]) -> None:
    store = open_store()
    done(store, "mine")
    store.close()
    damage_file(store.places.database)
    assert "no copy" in backup.describe_restore(home)
    backup.restore(home)
    assert prompts(open_store()) == {"mine"}


def test_a_history_in_use_is_not_replaced(
    home: Path, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PATIENCE", 0.2)
    store = open_store()
    id = store.add(request("waiting"))
    with pytest.raises(NanoBananaError) as caught:
        backup.restore(home)
    assert caught.value.kind is ErrorKind.INPUT
    assert store.get(id)


def test_damage_inside_is_found_told_and_not_copied(store: Store, open_store: Callable[..., Store]) -> None:
    for number in range(40):
        store.add(request(f"{number} " + "x" * 3000))
    store.close()
    with store.places.database.open("r+b") as file:
        file.seek(40 * 4096)
        file.write(os.urandom(4096))
    again = open_store()
    try:
        assert backup.copy_when_due(again) is None
        said = " ".join(recover(again).problems)
    except NanoBananaError as error:
        said = f"{error.message} {error.next_step}"
    assert "Restore History" in said
    assert backup.list_copies(again.places) == []


def test_what_waited_in_the_copy_may_have_been_sent_since(home: Path, open_store: Callable[..., Store]) -> None:
    store = open_store()
    id = store.add(request("waiting"), estimate=0.14)
    assert backup.copy_when_due(store)
    store.begin_sending(id)
    store.advance(id, State.GENERATING)
    store.fail(id, Failure(ErrorKind.UNKNOWN_RESULT, "x"), State.UNKNOWN)
    spent = ledger.total(store.database)
    store.close()
    damage_inside(home)
    backup.restore(home)
    again = open_store()
    report = recover(again)
    assert [g.id for g in report.unknown] == [id]
    assert not report.not_sent
    assert ledger.total(again.database) == spent, "counted once"


@pytest.mark.parametrize("damage", ["head", "inside"])
def test_what_was_sent_again_since_the_copy_is_a_result(
    home: Path, open_store: Callable[..., Store], damage: str
) -> None:
    """Else *Resend* would pay a second time, and its image replace the first one's."""
    store = open_store()
    id = sending(store, State.GENERATING)
    store.fail(id, Failure(ErrorKind.UNKNOWN_RESULT, "x"), State.UNKNOWN)
    assert backup.copy_when_due(store)
    store.resend(id)
    store.begin_sending(id)
    store.advance(id, State.GENERATING)
    complete_answer.complete(store, store.many([id])[0], arrived(store, id))
    spent = ledger.total(store.database)
    store.close()
    damage_file(home / "history.sqlite") if damage == "head" else damage_inside(home)
    backup.restore(home)
    again = open_store()
    assert not recover(again).unknown
    (found,) = again.many([id])
    assert found.state is State.DONE
    assert found.picture
    assert Path(found.picture.path).is_file()
    assert ledger.total(again.database) == spent


def test_costs_without_an_image_come_back_with_a_copy(home: Path, open_store: Callable[..., Store]) -> None:
    """A budget would otherwise allow them once more."""
    store = open_store()
    done(store, "before")
    assert backup.copy_when_due(store)
    store.delete(done(store, "deleted").id)
    lost = sending(store, State.GENERATING)
    store.fail(lost, Failure(ErrorKind.UNKNOWN_RESULT, "x"), State.UNKNOWN)
    spent = ledger.total(store.database)
    store.close()
    damage_inside(home)
    assert "costs read from the damaged file: 2" in backup.restore(home)
    assert ledger.total(open_store().database) == spent


def test_a_copy_from_the_future_is_the_last_choice(store: Store) -> None:
    done(store, "mine")
    first = backup.copy_when_due(store)
    assert first
    future = first.rename(first.with_name("history-29991231-000000.sqlite"))
    age(future, -3650)
    second = backup.copy_when_due(store)
    assert second
    assert backup.list_copies(store.places) == [second, future]
    assert backup.copy_when_due(store) is None, "it is made weekly, not at each end of a worker process"


def test_a_disk_without_room_for_the_copy_leaves_the_history_where_it_is(
    home: Path, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    done(store, "mine")
    assert backup.copy_when_due(store)
    store.close()

    def fail(*_values: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "copy_whole", fail)
    with pytest.raises(NanoBananaError):
        backup.restore(home)
    assert prompts(open_store()) == {"mine"}


@pytest.mark.parametrize("moved", range(4))
def test_a_restoration_that_was_killed_can_be_repeated(
    home: Path, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    store = open_store()
    done(store, "before")
    assert backup.copy_when_due(store)
    done(store, "after")
    for suffix in ("-wal", "-shm"):
        shutil.copy(f"{home / 'history.sqlite'}{suffix}", f"{home / 'kept'}{suffix}")
    store.close()
    for suffix in ("-wal", "-shm"):  # as a process that was killed leaves them
        shutil.move(f"{home / 'kept'}{suffix}", f"{home / 'history.sqlite'}{suffix}")
    left, original = iter(range(moved)), Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path.name.startswith("history.sqlite") and next(left, None) is None:
            raise KeyboardInterrupt
        return original(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with suppress(KeyboardInterrupt):
        backup.restore(home)
    monkeypatch.undo()
    if moved < 3:
        open_store().close()  # Blender is started meanwhile
    backup.restore(home)
    again = open_store()
    assert prompts(again) == {"before", "after"}
    assert ledger.total(again.database).answers == 2


@pytest.mark.parametrize("damage", ["head", "inside"])
def test_what_was_deleted_since_the_copy_stays_deleted_or_it_is_told(
    home: Path, open_store: Callable[..., Store], damage: str
) -> None:
    store = open_store()
    done(store, "kept")
    ids = [done(store, "deleted").id, sending(store, prompt="never answered")]
    store.fail(ids[1], Failure(ErrorKind.UNKNOWN_RESULT, "x"), State.UNKNOWN)
    assert backup.copy_when_due(store)
    for id in ids:
        store.delete(id)
    store.close()
    damage_file(home / "history.sqlite") if damage == "head" else damage_inside(home)
    assert "deleted" in backup.describe_restore(home)
    said = backup.restore(home)
    again = open_store()
    if damage == "head":
        assert "delete again" in said
        return
    assert "delete again" not in said
    assert prompts(again) == {"kept"}
    recover(again)
    assert prompts(again) == {"kept"}


def test_an_entry_that_was_set_aside_since_the_copy_comes_back_with_it(
    home: Path, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    id = store.add(request("sound in the copy"))
    assert backup.copy_when_due(store)
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET tries = 'many' WHERE id = ?", (id,))
    recover(store)
    assert store.get(id) is None
    store.close()
    damage_inside(home)
    backup.restore(home)
    assert prompts(open_store()) == {"sound in the copy"}
