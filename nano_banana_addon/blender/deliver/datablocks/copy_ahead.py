# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a picture next to the .blend, made ahead by a thread.

The 30 MB of a 4K PNG take 10 to 50 ms, for which Blender's main thread need not wait.
"""

from __future__ import annotations

import filecmp
import threading
from pathlib import Path

from ....core.files import copy_whole

#: Copies that were begun and never asked for (another file was opened meanwhile) are forgotten.
_MAX_COPIES = 16


class _CopyThread:
    """A copy that a thread makes. Blender's end waits for it, so that none is left half made."""

    def __init__(self, source: Path, folder: Path, name: str) -> None:
        self.result: tuple[Path, bool] | OSError | None = None
        self._arguments = (source, folder, name)
        self.thread = threading.Thread(target=self._work, name="nano-banana-copy")
        self.thread.start()

    def _work(self) -> None:
        try:
            self.result = _copy_to_folder(*self._arguments)
        except OSError as error:
            self.result = error


_copies: dict[tuple[Path, Path, str], _CopyThread] = {}


def is_copy_ready(source: Path, folder: Path, name: str) -> bool:
    """Whether `copied` would return at once; else a thread sees to it, and this is to be asked again."""
    key = (source, folder, name)
    if key not in _copies:
        while len(_copies) >= _MAX_COPIES:
            del _copies[next(iter(_copies))]
        _copies[key] = _CopyThread(*key)
    return not _copies[key].thread.is_alive()


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
    # Removed since: once more.
    return result if result and result[0].is_file() else _copy_to_folder(source, folder, name)


def _copy_to_folder(source: Path, folder: Path, name: str) -> tuple[Path, bool]:
    target = folder / name
    for count in range(1, 1000):
        if not target.exists():
            break
        if filecmp.cmp(source, target, shallow=False):
            return target, False
        target = folder / f"{Path(name).stem}-{count}{Path(name).suffix}"
    folder.mkdir(exist_ok=True)
    copy_whole(source, target, durable=False)
    return target, True
