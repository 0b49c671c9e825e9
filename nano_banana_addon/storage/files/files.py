# SPDX-License-Identifier: GPL-3.0-or-later
"""Atomic file operations: files are complete or absent, also after a power cut."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

_PIECE = 1 << 20


def sync_file(path: Path) -> None:
    """Flush a file's content to the disk."""
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk. Windows and some network drives cannot and need not."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically. Raises `OSError`; the old file stays then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(path.parent)


def move_whole(source: Path, target: Path) -> None:
    """Move a file; does nothing if it was moved already. Raises `OSError` when neither exists."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source == target or (not source.exists() and target.is_file()):
        return
    sync_file(source)
    try:
        source.replace(target)
    except OSError:
        if not source.exists():
            raise
        copy_whole(source, target)  # another disk
        source.unlink()
    sync_folder(target.parent)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file atomically."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        shutil.copyfile(source, part)
        sync_file(part)
        part.replace(target)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(target.parent)


def digest_of(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises `OSError`."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
