# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are complete or absent, their SHA-256, and disk errors in words.

Each file is written under a hidden name beside its place and then renamed: nobody sees a part of it, and what it
replaces stays until then. A `durable` file also survives a power cut: it and its folder's names are synchronised to
the disk. A `private` one is readable by its owner alone, others by whom the process's umask allows.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from .errors import ErrorKind, NanoBananaError

Writer = Callable[[BinaryIO], object]

_COPY_LENGTH = 1 << 20


def write_part(folder: Path, write: Writer, *, durable: bool = False, private: bool = True) -> Path:
    """Call `write` with a new hidden file in `folder` (made if missing); for `put_in_place`.

    The file is removed again when that fails. Raises `OSError`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{os.getpid()}-{os.urandom(12).hex()}.part"
    try:
        with open(part, "xb", opener=open_private if private else None) as file:
            write(file)
            if durable:
                file.flush()
                os.fsync(file.fileno())
    except BaseException:
        _remove(part)
        raise
    return part


def open_private(name: str, flags: int) -> int:
    """The `opener` of a file that its owner alone can read."""
    return os.open(name, flags, 0o600)


def put_in_place(part: Path, path: Path, *, durable: bool = False) -> None:
    """Rename a finished part, which replaces an older file; it is removed when that fails. Raises `OSError`."""
    try:
        part.replace(path)
    except OSError:
        _remove(part)
        raise
    if durable:
        _sync_folder(path.parent)


def write_whole(path: Path, write: Writer, *, durable: bool = False, private: bool = True) -> None:
    """Write a file, complete or not at all; its folder is made if missing. Raises `OSError`."""
    put_in_place(write_part(path.parent, write, durable=durable, private=private), path, durable=durable)


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files, all or none: what they replace is back when one of them fails. Raises `OSError`."""
    parts: dict[Path, Path] = {}
    replaced: dict[Path, Path | None] = {}
    try:
        for path, content in contents.items():
            parts[path] = write_part(path.parent, partial(_write_content, content), private=False)
        for path, part in parts.items():
            replaced[path] = path.replace(part.with_suffix(".old")) if path.is_file() else None
            put_in_place(part, path)
    except BaseException:
        for path, old in replaced.items():
            _remove(path)
            if old:
                old.replace(path)
        raise
    finally:
        for part in parts.values():
            _remove(part)
    for old in filter(None, replaced.values()):
        _remove(old)


def _write_content(content: bytes, file: BinaryIO) -> None:
    file.write(content)


def write_private(path: Path, write: Writer) -> None:
    """The same for a private file. Raises `NanoBananaError` DISK."""
    with convert_write_errors(path):
        write_whole(path, write)


def write_durable(path: Path, content: bytes, *, private: bool = True) -> None:
    """Write bytes that survive a power cut. Raises `OSError`."""
    write_whole(path, lambda file: file.write(content), durable=True, private=private)


def copy_whole(source: Path, target: Path, *, durable: bool = True, private: bool = False) -> None:
    """Copy a file's bytes, complete or not at all. Raises `OSError`."""
    write_whole(target, lambda file: copy_into(source, file), durable=durable, private=private)


def copy_into(source: Path, target: BinaryIO) -> None:
    """Copy a file's bytes into an open one. Raises `OSError`."""
    with source.open("rb", buffering=0) as file:
        shutil.copyfileobj(file, target, _COPY_LENGTH)


def move_whole(source: Path, target: Path) -> None:
    """Move a file durably; nothing happens when it was moved already. Raises `OSError` when neither exists."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source == target or (not source.exists() and target.is_file()):
        return
    _sync_file(source)
    try:
        source.replace(target)
    except OSError:
        if not source.exists():
            raise
        copy_whole(source, target, private=True)  # another disk
        source.unlink()
    _sync_folder(target.parent)


def compute_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal. Raises `OSError`."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def build_disk_error(problem: str, error: Exception, next_step: str = "") -> NanoBananaError:
    """The DISK error for a failure of the system: the problem and the system's reason as one sentence."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return NanoBananaError(ErrorKind.DISK, f"{problem}: {reason}.", next_step=next_step)


@contextmanager
def convert_disk_errors(problem: str, next_step: str = "") -> Generator[None, None, None]:
    """Turn an `OSError` of the block into a DISK error that begins with `problem`."""
    try:
        yield
    except OSError as error:
        raise build_disk_error(problem, error, next_step) from error


def convert_write_errors(path: Path) -> AbstractContextManager[None]:
    """The same for a file that is written."""
    return convert_disk_errors(f"{path.name} cannot be written to {path.parent}")


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    # Windows and some network drives cannot, and need not.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(part: Path) -> None:
    with suppress(OSError):
        part.unlink()
