# SPDX-License-Identifier: GPL-3.0-or-later
"""Other users of the computer can read nothing of the history, and killed processes leave nothing in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nano_banana_addon.core import files
from nano_banana_addon.storage import archive, backup, complete_answer
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.files import model_lists
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker import child_process

from .conftest import arrived, done, elsewhere, request, sending

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows gives a folder the permissions of its parent")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """What others can read below a folder, and the folder itself."""
    paths = [folder, *(path for path in folder.rglob("*") if path.is_file())]
    return sorted(str(path.relative_to(folder)) for path in paths if path.lstat().st_mode & 0o077)


def test_all_that_the_store_writes_is_private(store: Store, home: Path, tmp_path: Path) -> None:
    id = sending(store)
    generation = store.get(id)
    assert generation
    answer = arrived(store, id)
    for path in store.places.receiving.rglob("*.png"):
        path.chmod(0o600)  # by the worker process, below
    complete_answer.note(store, generation, answer)
    assert open_to_others(home) == []
    complete_answer.complete(store, generation, answer)
    model_lists.write_durable(home / "models.json", b"{}")
    backup.copy_when_due(store)
    assert open_to_others(home) == []
    archive.export(store, tmp_path / "out", HistoryQuery())
    shared = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in shared)  # to be handed over


def test_an_import_is_private(store: Store, tmp_path: Path, open_store: Callable[..., Store]) -> None:
    done(store)
    archive.export(store, tmp_path / "out", HistoryQuery())
    other = open_store(tmp_path / "other")
    assert archive.import_folder(other, tmp_path / "out").imported == 1
    assert open_to_others(other.home) == []


def test_a_store_that_was_open_to_others_is_closed_to_them(store: Store, open_store: Callable[..., Store]) -> None:
    done(store)
    store.close()
    link = store.places.turns / "link"
    outside = store.home.parent / "outside"
    outside.write_text("x")
    link.symlink_to(outside)
    store.home.chmod(0o755)
    for path in store.home.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    outside.chmod(0o644)
    again = open_store()
    link.unlink()
    assert open_to_others(again.home) == []
    assert outside.stat().st_mode & 0o777 == 0o644
    assert again.count(HistoryQuery()) == 1


def test_a_store_of_another_user_still_opens(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir(mode=0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_values: (_ for _ in ()).throw(PermissionError(1, "not yours")))
    Store(home).close()


def test_the_worker_process_writes_privately() -> None:
    assert "os.umask(0o077)" in child_process.command("python", "main")[-1]


# -- what killed processes leave


def test_half_written_files_of_killed_processes_are_removed(home: Path, open_store: Callable[..., Store]) -> None:
    store = open_store()
    done(store)
    month = next(store.places.results.iterdir())
    code = (
        "from pathlib import Path\nfrom nano_banana_addon.core import files\nimport os, signal\n"
        f"files.write_whole(Path({str(month / 'x.png')!r}), lambda file: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    elsewhere(home, code, kill=True)
    left = list(month.glob(".*.part"))
    assert len(left) == 1
    young = files.write_part(store.places.thumbnails, lambda file: file.write(b"x"))
    mine = files.write_part(store.places.thumbnails, lambda file: file.write(b"x"))
    old = store.places.references / f".{os.urandom(12).hex()}.part"  # as versions before named them
    old.write_bytes(b"x")
    store.identity()
    for path in (*left, mine, old):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    recover(store)
    assert not left[0].exists()
    assert not old.exists()
    assert young.exists()
    assert mine.exists()  # this process lives


def test_a_request_that_waits_is_not_touched(store: Store) -> None:
    id = store.add(request())
    recover(store)
    assert store.get(id)
