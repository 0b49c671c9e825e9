# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy of a picture beside the .blend, if need be made ahead by a thread: the 30 MB of a 4K PNG
take 10 to 50 ms that Blender's main thread need not wait for.

A hard link would be quicker, and unsafe: whoever painted on the copy would paint on the original.
"""

from __future__ import annotations

import filecmp
import shutil
import threading
import uuid
from pathlib import Path

#: Copies that were begun and never asked for (another file was opened meanwhile) are forgotten.
_MOST = 16


class _Ahead:
    """A copy that a thread makes. Blender's end waits for it, so that none is left half made."""

    def __init__(self, source: Path, folder: Path, name: str) -> None:
        self.found: tuple[Path, bool] | OSError | None = None
        self._of = (source, folder, name)
        self.thread = threading.Thread(target=self._work, name="nano-banana-copy")
        self.thread.start()

    def _work(self) -> None:
        try:
            self.found = _copied(*self._of)
        except OSError as error:
            self.found = error


_ahead: dict[tuple[Path, Path, str], _Ahead] = {}


def ready(source: Path, folder: Path, name: str) -> bool:
    """Whether `copied` would return at once; else a thread sees to it, and this is to be asked
    again."""
    wanted = (source, folder, name)
    if wanted not in _ahead:
        while len(_ahead) >= _MOST:
            del _ahead[next(iter(_ahead))]
        _ahead[wanted] = _Ahead(*wanted)
    return not _ahead[wanted].thread.is_alive()


def copied(source: Path, folder: Path, name: str) -> tuple[Path, bool]:
    """The file in `folder` with the bytes of `source`, complete, and whether it was made for this;
    the name gets a number where another picture has it. Raises `OSError`."""
    ahead = _ahead.pop((source, folder, name), None)
    if ahead is None:
        return _copied(source, folder, name)
    ahead.thread.join()
    found = ahead.found
    if isinstance(found, OSError):
        raise found
    # Removed since: once more.
    return found if found and found[0].is_file() else _copied(source, folder, name)


def _copied(source: Path, folder: Path, name: str) -> tuple[Path, bool]:
    target = folder / name
    for count in range(1, 1000):
        if not target.exists():
            break
        if filecmp.cmp(source, target, shallow=False):
            return target, False
        target = folder / f"{Path(name).stem}-{count}{Path(name).suffix}"
    folder.mkdir(exist_ok=True)
    _copy_whole(source, target)
    return target, True


def _copy_whole(source: Path, target: Path) -> None:
    """All or nothing: a full disk leaves no half picture behind."""
    partial = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        shutil.copyfile(source, partial)
        partial.replace(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
