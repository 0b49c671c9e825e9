# SPDX-License-Identifier: GPL-3.0-or-later
"""Room on the disk that is set aside before a request is sent, so that a disk that fills meanwhile loses no answer."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Reserve:
    """A file that only takes up room, until the files of an answer need it.

    Where the system or its disk cannot do that, there is no file, and writing fails as it would anyway.
    """

    def __init__(self, path: Path, size: int) -> None:
        """Take `size` bytes."""
        self._path = path
        self._is_held = False
        with suppress(OSError):
            with path.open("wb") as file:
                self._is_held = _allocate(file.fileno(), size)
            if not self._is_held:
                path.unlink()

    def write(self, file: BinaryIO, data: bytes | memoryview) -> int:
        """Write to an unbuffered file, which may take part of it. Gives up the room when the disk is full.

        Returns the count of bytes. Raises `OSError`.
        """
        try:
            return file.write(data)
        except OSError as error:
            if error.errno not in _FULL or not self._release():
                raise
            return file.write(data)

    def _release(self) -> bool:
        """Whether there was room to give up."""
        was_held, self._is_held = self._is_held, False
        if was_held:
            with suppress(OSError):
                self._path.unlink()
        return was_held


def _allocate(descriptor: int, size: int) -> bool:
    """Whether the blocks are the file's now.

    Not by `os.posix_fallocate`: where a disk cannot, the C library writes to each of the blocks (its manual page).
    """
    if sys.platform == "win32":
        os.ftruncate(descriptor, size)  # NTFS allocates what is no sparse file
        return True
    if not sys.platform.startswith("linux"):
        return False
    allocate = ctypes.CDLL(None).fallocate64
    allocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return allocate(descriptor, 0, 0, size) == 0
