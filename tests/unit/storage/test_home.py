# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the store is, and what is said when it cannot be there."""

from __future__ import annotations

import resource
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.storage.database import filesystems
from nano_banana_addon.storage.files.layout import default_home
from nano_banana_addon.storage.store import Store

from .conftest import elsewhere, request


def test_the_environment_chooses_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NANO_BANANA_HOME", str(tmp_path / "mine"))
    assert default_home() == tmp_path / "mine"
    monkeypatch.setenv("NANO_BANANA_HOME", "")
    assert default_home().name == "nano-banana"


def test_opening_the_store_imports_no_heavy_package(home: Path) -> None:
    code = "from nano_banana_addon.storage.store import Store\n"
    code += "from nano_banana_addon.worker.client import WorkerClient\n"
    code += "Store(home)\nprint({'httpx', 'PIL', 'numpy', 'platformdirs', 'bpy'} & set(sys.modules))"
    assert elsewhere(home, code) == "set()"


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("in the way")
    for folder in (place, place / "below"):
        with pytest.raises(NanoBananaError) as caught:
            Store(folder)
        assert caught.value.kind is ErrorKind.DISK
        assert str(folder) in caught.value.message
    assert place.read_text() == "in the way"


def test_a_folder_where_the_database_should_be_is_told(home: Path) -> None:
    (home / "history.sqlite").mkdir(parents=True)
    with pytest.raises(NanoBananaError) as caught:
        Store(home)
    assert caught.value.kind is ErrorKind.DISK
    assert "history.sqlite" in caught.value.message


def test_a_damaged_database_is_told_and_left_alone(home: Path) -> None:
    home.mkdir()
    (home / "history.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(NanoBananaError) as caught:
        Store(home)
    assert "damaged" in caught.value.message
    assert (home / "history.sqlite").read_bytes().startswith(b"not a database")


def fill(store: Store) -> None:
    for _ in range(50):
        store.add(request("x" * 50_000))


def test_a_full_disk_is_told_and_leaves_the_history_whole(store: Store, open_store: Callable[..., Store]) -> None:
    kept = store.add(request("before"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, limits[1]))
    try:
        with pytest.raises(NanoBananaError) as caught:
            fill(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert caught.value.kind is ErrorKind.DISK
    other = open_store()
    assert other.database.row("PRAGMA integrity_check")[0] == "ok"
    assert other.get(kept)
    assert store.get(store.add(request("after")))


def test_a_history_that_is_locked_for_good_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.database.connection.execute("PRAGMA busy_timeout = 50")
    holder = sqlite3.connect(store.places.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(NanoBananaError) as caught:
        store.add(request())
    holder.execute("ROLLBACK")
    holder.close()
    assert "in use" in caught.value.message
    assert store.add(request())


def test_the_log_that_needs_shared_memory_is_for_local_disks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nano_banana_addon.storage.database.database.on_network", lambda _folder: True)
    store = Store(home)
    assert store.database.row("PRAGMA journal_mode")[0] == "delete"
    store.add(request())
    store.close()
    monkeypatch.undo()
    local = Store(home)
    assert local.database.row("PRAGMA journal_mode")[0] == "wal"
    local.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's table of mounts")
def test_network_drives_are_known_by_their_mount(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    table.write_text(
        "/dev/sda1 / ext4 rw 0 0\nserver:/x /net nfs4 rw 0 0\n"
        f"//nas/my\\040share {tmp_path}/my\\040share cifs rw 0 0\n"
        f"/dev/sdb {tmp_path}/my\\040share/local ext4 rw 0 0\n"
    )
    share = tmp_path / "my share"
    kinds = {
        Path("/home/x"): "ext4",
        Path("/net/deep/er"): "nfs4",
        Path("/network"): "ext4",
        share / "home": "cifs",
        share / "local" / "home": "ext4",
    }
    for folder, kind in kinds.items():
        assert filesystems._linux_type(folder, table) == kind, folder
    assert not filesystems.on_network(tmp_path)
