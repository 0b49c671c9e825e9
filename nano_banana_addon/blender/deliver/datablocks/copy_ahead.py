# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a picture next to the .blend, or in the store, made ahead by a thread.

The 30 MB of a 4K PNG take 10 to 50 ms, for which Blender's main thread need not wait.
"""

from __future__ import annotations

import filecmp
import threading
from collections.abc import Iterable
from pathlib import Path

from ....core.files import copy_whole

#: Copies that were begun and never asked for (another file was opened meanwhile) are forgotten.
_MAX_COPIES = 16


class _CopyThread:
    """A copy that a thread makes. Blender's end waits for it, so that none is left half made."""

    def __init__(self, source: Path, folder: Path, name: str) -> None:
        self.result: tuple[Path, bool] | OSError | None = None
        self._stamp = (0, 0)
        self._arguments = (source, folder, name)
        self.thread = threading.Thread(target=self._work, name="nano-banana-copy")
        self.thread.start()

    def _work(self) -> None:
        try:
            path, is_copy = _copy_to_folder(*self._arguments)
            self._stamp, self.result = _read_stamp(path), (path, is_copy)
        except OSError as error:
            self.result = error

    def is_outdated(self) -> bool:
        """Whether the copy is gone, or was written to, since it was made or compared."""
        return isinstance(self.result, tuple) and _read_stamp(self.result[0]) != self._stamp


_copies: dict[tuple[Path, Path, str], _CopyThread] = {}


def is_copy_ready(source: Path, folder: Path, name: str) -> bool:
    """Whether `copy_beside` would return at once; else a thread sees to it, and this is to be asked again."""
    pending_copy = _begin(source, folder, name)
    return not pending_copy.thread.is_alive()


def has_failed(source: Path, folder: Path, name: str) -> bool:
    """Whether a copy that is ready could not be made."""
    pending_copy = _copies.get((source, folder, name))
    return pending_copy is not None and isinstance(pending_copy.result, OSError)


def copy_all(sources: Iterable[Path], folder: Path) -> None:
    """Copy files under their own names, for calls of `copy_beside` to come. On any thread: it waits for the copies."""
    for pending_copy in [_begin(source, folder, source.name) for source in sources]:
        pending_copy.thread.join()


def _begin(source: Path, folder: Path, name: str) -> _CopyThread:
    key = (source, folder, name)
    pending_copy = _copies.get(key)
    if pending_copy is None or pending_copy.is_outdated():
        for oldest in list(_copies)[: len(_copies) - _MAX_COPIES + 1]:
            _copies.pop(oldest, None)
        pending_copy = _copies[key] = _CopyThread(*key)
    return pending_copy


def copy_beside(source: Path, folder: Path, name: str) -> tuple[Path, bool]:
    """The file in `folder` with the bytes of `source`, complete, and whether it was made by this call.

    The name gets a number where another picture has it. Raises `OSError`.
    """
    pending_copy = _copies.pop((source, folder, name), None)
    if pending_copy is None:
        return _copy_to_folder(source, folder, name)
    pending_copy.thread.join()
    result = pending_copy.result
    if isinstance(result, OSError):
        raise result
    # Removed or painted on since: once more.
    return result if result and not pending_copy.is_outdated() else _copy_to_folder(source, folder, name)


def _copy_to_folder(source: Path, folder: Path, name: str) -> tuple[Path, bool]:
    target = folder / name
    for count in range(1, 1000):
        if not target.exists():
            break
        if source == target or filecmp.cmp(source, target, shallow=False):
            return target, False
        target = folder / f"{Path(name).stem}-{count}{Path(name).suffix}"
    folder.mkdir(exist_ok=True)
    copy_whole(source, target, durable=False)
    return target, True


def _read_stamp(path: Path) -> tuple[int, int]:
    """A file's time of change in ns and its length in bytes; zeros where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
