# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...core.errors import ErrorKind, NanoBananaError

_CHUNK = 1 << 20


@contextmanager
def disk_errors(path: Path) -> Generator[None, None, None]:
    """Say system errors (full disk, no permission, a file where a folder should be) as a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NanoBananaError(ErrorKind.DISK, f"{path.name} cannot be written to {path.parent}: {reason}.") from error


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Call `write` with an open file beside `path`, then put it there in one step.

    Raises `NanoBananaError` of kind DISK; nothing is left behind then, and an older file stays.
    """
    with disk_errors(path):
        part = write_part(path.parent, write)
        put_in_place(part, path)


def write_part(folder: Path, write: Callable[[BinaryIO], object]) -> Path:
    """Write a file of a passing name in `folder` (made if missing); removed again if `write` fails."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def put_in_place(part: Path, path: Path) -> None:
    """Rename a finished part; it is removed if that fails."""
    try:
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def copy_into(source: Path, target: BinaryIO) -> None:
    """Copy a file's bytes unchanged, in pieces."""
    with source.open("rb") as file:
        while piece := file.read(_CHUNK):
            target.write(piece)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
