# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of an answer on the disk as it came, so that what was paid for can be read again later.

Beside it lies a JSON file with what belongs to it: the status, the headers that are needed to read it, the request's
id. The copy is an extra: where it cannot be written, it is given up, and the answer itself is not.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

_log = logging.getLogger(__name__)
_READ = 256 * 1024


def get_head_path(path: Path) -> Path:
    """The JSON file that belongs to a copy."""
    return path.with_name(path.name + ".json")


def read_head(path: Path) -> dict[str, str]:
    """What belongs to a copy; nothing where it is lost."""
    try:
        plain: object = json.loads(get_head_path(path).read_bytes())
    except (OSError, ValueError):
        return {}
    entries = cast("dict[str, object]", plain) if isinstance(plain, dict) else {}
    return {name: str(value) for name, value in entries.items()}


def iter_copy(path: Path) -> Iterator[bytes]:
    """The bytes of a copy. Raises `OSError`."""
    with path.open("rb", buffering=0) as file:
        while data := file.read(_READ):
            yield data


class RawCopy:
    """A copy that is being written. `path` None: there is none. Raises no `OSError`."""

    def __init__(self, path: Path | None, limit: int) -> None:
        self._path = path
        self._left = limit
        self._file: BinaryIO | None = None

    def begin(self, head: Mapping[str, str]) -> None:
        """An answer begins that was perhaps paid for."""
        if self._path is None:
            return
        try:
            get_head_path(self._path).write_text(json.dumps(head), encoding="utf-8")
            self._file = self._path.open("wb", buffering=0)
        except OSError as error:
            self._give_up(error)

    def record(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks, each after it was written."""
        for chunk in chunks:
            if self._file is not None:
                self._write(self._file, chunk)
            yield chunk

    def _write(self, file: BinaryIO, chunk: bytes) -> None:
        self._left -= len(chunk)
        if self._left < 0:
            self.drop()
            return
        view = memoryview(chunk)
        try:
            while view:
                view = view[file.write(view) :]
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Nothing more will come; the copy stays."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def drop(self) -> None:
        """Remove it: it is not needed, or must not be kept."""
        self.close()
        if self._path is not None:
            for path in (self._path, get_head_path(self._path)):
                with suppress(OSError):
                    path.unlink()

    def _give_up(self, error: OSError) -> None:
        _log.warning("the answer's bytes are not kept: %s", error.strerror or error)
        self.drop()
