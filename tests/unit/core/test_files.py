# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is complete or absent; who may read it, and what survives a power cut, is as promised."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nano_banana_addon.core import files
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def fail(file: object) -> None:
    file.write(b"a part")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, old: bytes | None):
    path = tmp_path / "folder" / "file"
    if old is not None:
        files.write_durable(path, old)
    with pytest.raises(OSError, match="No space left"):
        files.write_whole(path, fail)
    assert [p.read_bytes() for p in path.parent.iterdir()] == ([old] if old else [])


def test_an_interrupted_write_leaves_no_part(tmp_path: Path):
    def interrupt(_file: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.write_whole(tmp_path / "file", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_leaves_no_part(tmp_path: Path):
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(NanoBananaError) as caught:
        files.write_private(tmp_path / "file", lambda file: file.write(b"x"))
    assert caught.value.kind is ErrorKind.DISK
    assert caught.value.message.startswith(f"file cannot be written to {tmp_path}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_private_file_is_its_owners_others_follow_the_umask(tmp_path: Path):
    old = os.umask(0o027)
    try:
        files.write_private(tmp_path / "private", lambda file: file.write(b"x"))
        files.write_durable(tmp_path / "durable", b"x", private=False)
        files.copy_whole(tmp_path / "private", tmp_path / "copy")
    finally:
        os.umask(old)
    assert [mode_of(tmp_path / name) for name in ("private", "durable", "copy")] == [0o600, 0o640, 0o640]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not synchronise folders")
@pytest.mark.parametrize(
    ("write", "count"),
    [
        (lambda path, _source: files.write_durable(path, b"x"), 2),
        (lambda path, source: files.copy_whole(source, path), 2),
        (lambda path, source: files.move_whole(source, path), 2),
        (lambda path, source: files.copy_whole(source, path, durable=False), 0),
        (lambda path, _source: files.write_private(path, lambda file: file.write(b"x")), 0),
    ],
)
def test_a_durable_file_and_its_folder_are_synchronised(
    write: object, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = tmp_path / "source"
    source.write_bytes(b"x")
    synchronised: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synchronised.append(stat.S_ISDIR(os.fstat(handle).st_mode)))
    write(tmp_path / "new" / "file", source)
    assert (tmp_path / "new" / "file").read_bytes() == b"x"
    assert synchronised == [False, True][:count]


def test_a_file_that_was_moved_already_is_left_alone(tmp_path: Path):
    files.write_durable(tmp_path / "old", b"x")
    files.move_whole(tmp_path / "old", tmp_path / "new")
    files.move_whole(tmp_path / "old", tmp_path / "new")
    assert files.compute_sha256(tmp_path / "new").startswith("2d711642b726b044")
    with pytest.raises(FileNotFoundError):
        files.move_whole(tmp_path / "old", tmp_path / "other")
