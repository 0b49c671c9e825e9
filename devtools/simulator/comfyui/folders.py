# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's three folders, in memory: what is uploaded, written and only shown."""

from __future__ import annotations

import posixpath
import re
import threading

FOLDERS = ("input", "output", "temp")


class OutsideFolder(Exception):
    """A path that leaves its folder."""


def join_path(subfolder: str, name: str = "") -> str:
    """A path below a folder; raises ``OutsideFolder``."""
    path = posixpath.normpath(posixpath.join("/", "root", subfolder, name))
    if path != "/root" and not path.startswith("/root/"):
        raise OutsideFolder
    return path.removeprefix("/root").lstrip("/")


class Folders:
    """Files by folder and path."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()

    def read(self, folder: str, path: str) -> bytes | None:
        """A file's bytes, None without one."""
        return self._files.get((folder, path))

    def write(self, folder: str, path: str, data: bytes) -> None:
        """Write or overwrite."""
        with self._lock:
            self._files[folder, path] = data

    def remove(self, folder: str, path: str) -> None:
        """Remove a file, if it is there."""
        with self._lock:
            self._files.pop((folder, path), None)

    def list_pictures(self) -> list[str]:
        """The uploaded ones at the top level, as ``LoadImage`` lists them."""
        return sorted(path for folder, path in self._files if folder == "input" and "/" not in path)

    def store_upload(self, folder: str, subfolder: str, name: str, data: bytes, *, overwrite: bool) -> str:
        """The name under which an upload lies: another one where a file with other bytes has it already."""
        stem, ending = posixpath.splitext(name)
        with self._lock:
            chosen, count = name, 1
            while not overwrite:
                present = self._files.get((folder, join_path(subfolder, chosen)))
                if present is None or present == data:
                    break
                chosen, count = f"{stem} ({count}){ending}", count + 1
            self._files[folder, join_path(subfolder, chosen)] = data
        return chosen

    def find_next_name(self, folder: str, prefix: str) -> tuple[str, str]:
        """Subfolder and name of the next file of a series, such as ("nb", "out_00001_.png")."""
        subfolder, _, stem = join_path(prefix).rpartition("/")
        pattern = re.compile(re.escape(posixpath.join(subfolder, stem)) + r"_(\d+)_\.png")
        with self._lock:
            found = (pattern.fullmatch(path) for kind, path in self._files if kind == folder)
            count = max((int(match[1]) for match in found if match), default=0) + 1
        return subfolder, f"{stem}_{count:05}_.png"
