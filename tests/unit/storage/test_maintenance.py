# SPDX-License-Identifier: GPL-3.0-or-later
"""Export and import, schema versions, and who is alive."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage import archive, process_locks
from nano_banana_addon.storage.database import ledger, schema
from nano_banana_addon.storage.database.database import Database
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store

from .conftest import IN_ANOTHER, ROOT, done, elsewhere, request


def picture_of(generation: Generation) -> Path:
    assert generation.answer
    assert generation.answer.result
    return Path(generation.answer.result.path)


# -- export and import


def test_a_project_goes_to_another_store_whole(store: Store, tmp_path: Path, open_store: Callable[..., Store]) -> None:
    made = store.home / "reference.png"
    Image.new("RGB", (4, 4)).save(made)
    kept = made.rename(store.places.references / f"{compute_sha256(made)}.png")
    reference = Reference(ReferenceRole.STYLE, str(kept), sha256=kept.stem)
    mine = done(store, "mine", project="Film", references=(reference,))
    child = done(store, "child", project="Film", continues=mine.id)
    done(store, "other", project="Spiel")
    store.set_favourite(mine.id)
    out = tmp_path / "out"
    assert archive.export(store, out, HistoryQuery(project="Film")) == 2
    assert "Spiel" not in (out / "ledger.csv").read_text()
    shutil.rmtree(store.home / "results")
    other = open_store(tmp_path / "other")
    assert archive.import_folder(other, out).imported == 2
    assert archive.import_folder(other, out) == archive.ImportReport(0, present=2)
    found = other.get(mine.id)
    assert found
    assert found.favourite
    assert picture_of(found).is_relative_to(other.home)
    assert picture_of(found).is_file()
    assert Path(found.thumbnail).is_file()
    assert Path(found.request.references[0].path).read_bytes() == kept.read_bytes()
    thread = other.thread(mine.id)
    assert thread
    assert [g.id for g in thread.branches] == [child.id]
    assert ledger.total(other.database, imported=True).usd == pytest.approx(2 * (mine.cost_usd or 0))
    assert ledger.total(other.database).usd == 0
    assert not recover(other)


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain["generation"].update(id="../../etc/passwd"),
        lambda plain: plain["generation"].update(thumbnail="../../victim"),
        lambda plain: plain["generation"]["answer"].update(turn="/etc/passwd"),
        lambda plain: plain["generation"]["answer"]["pictures"][0].update(path="../victim.png"),
        lambda plain: plain["generation"].update(state="SENDING"),
        lambda plain: plain.update(generation=[1, 2]),
        lambda plain: plain["generation"].pop("answer"),
    ],
)
def test_a_forged_record_does_not_come_in(
    store: Store,
    tmp_path: Path,
    open_store: Callable[..., Store],
    change: Callable[[dict[str, object]], object],
) -> None:
    made = done(store)
    out = tmp_path / "out"
    archive.export(store, out, HistoryQuery())
    path = next((out / "results").rglob("*.json"))
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))
    other = open_store(tmp_path / "other")
    assert archive.import_folder(other, out).imported == 0
    assert other.get(made.id) is None


def test_what_cannot_be_imported_or_exported_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        archive.import_folder(store, tmp_path / "nowhere")
    done(store)
    (tmp_path / "file").write_text("x")
    with pytest.raises(NanoBananaError) as caught:
        archive.export(store, tmp_path / "file" / "out", HistoryQuery())
    assert caught.value.kind is ErrorKind.DISK
    assert "file" in caught.value.message


# -- versions of the schema


NEXT = (*schema.MIGRATIONS, "ALTER TABLE generations ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")


def test_an_older_history_is_brought_up_to_date_with_all_that_is_in_it(store: Store) -> None:
    id = store.add(request("kept"))
    store.close()
    database = Database(store.places.database)
    schema.migrate(database, NEXT)
    row = database.row("SELECT mood, request FROM generations JOIN details USING (seq) WHERE id = ?", (id,))
    assert row
    assert row["mood"] == "calm"
    assert "kept" in row["request"]
    database.close()


def test_a_history_of_a_newer_version_that_only_added_is_used(store: Store, open_store: Callable[..., Store]) -> None:
    schema.migrate(store.database, NEXT, writable_from=1)
    older = open_store()
    id = older.add(request())
    found = store.get(id)
    assert found
    assert found.state is State.QUEUED


def test_a_history_of_a_newer_version_that_changed_meanings_can_only_be_read(
    store: Store, open_store: Callable[..., Store]
) -> None:
    id = store.add(request())
    schema.migrate(store.database, NEXT, writable_from=len(NEXT))
    older = open_store()
    assert older.get(id)
    assert recover(older) is not None
    with pytest.raises(NanoBananaError, match="newer version"):
        older.add(request())


def test_a_migration_that_fails_leaves_everything_as_it_was(store: Store) -> None:
    broken = (*schema.MIGRATIONS, "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)")
    with pytest.raises(NanoBananaError):
        schema.migrate(store.database, broken)
    assert store.database.row("PRAGMA user_version")[0] == len(schema.MIGRATIONS)
    assert store.database.row("SELECT 1 FROM sqlite_master WHERE name = 'half'") is None
    assert store.add(request())


def test_unknown_keys_of_newer_versions_are_passed_over(store: Store) -> None:
    id = store.add(request("kept"))
    with store.database.transaction() as connection:
        text = json.dumps({"prompt": "kept", "holography": {"depth": 3}})
        connection.execute("UPDATE details SET request = ?", (text,))
    found = store.get(id)
    assert found
    assert found.request.prompt == "kept"


# -- who is alive


def test_a_killed_process_counts_as_dead_at_once(home: Path, store: Store) -> None:
    code = "from nano_banana_addon.storage.store import Store\nprint(Store(home).identity().id)\n"
    assert not store.lives(elsewhere(home, code, kill=True))


def test_a_living_process_counts_as_alive_whatever_its_clock_says(home: Path, store: Store) -> None:
    code = IN_ANOTHER.format(root=str(ROOT), home=str(home)) + (
        "from nano_banana_addon.storage.store import Store\n"
        "print(Store(home).identity().id, flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdin
        id = other.stdout.readline().strip()
        with store.database.transaction() as connection:
            connection.execute("UPDATE processes SET last_seen = 0, started = 9e9")
        assert store.lives(id)
        process_locks.forget_the_dead(store.database, store.places.alive)
        assert store.lives(id)
        other.stdin.close()
        other.wait(timeout=30)
    assert not store.lives(id)
    process_locks.forget_the_dead(store.database, store.places.alive)
    assert not (store.places.alive / f"{id}.lock").exists()


def test_where_files_cannot_be_locked_the_signs_of_life_decide(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_locks, "_try_lock", lambda _handle: None)
    id = store.identity().id
    assert store.lives(id)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 2 * process_locks.SILENCE)
    assert not store.lives(id)
    store.identity().sign_of_life()
    assert store.lives(id)


def test_a_history_that_another_program_reads_meanwhile_is_no_hindrance(store: Store) -> None:
    reader = sqlite3.connect(store.places.database)
    rows = reader.execute("SELECT * FROM generations")
    assert store.add(request())
    assert rows.fetchall() is not None
    reader.close()
