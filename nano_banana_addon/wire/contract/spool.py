# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores an answer while it arrives: each image decoded into a file, its text in the turn's record."""

from __future__ import annotations

import binascii
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ...core.bounds import Limits
from ...core.errors import ErrorKind, NanoBananaError
from ...core.files import convert_disk_errors
from .json_stream import JsonError
from .reserve import Reserve
from .turn_record import TurnWriter

#: Asked for and set aside before sending: with less, a 4K answer and its record could not be kept.
NEEDED_SPACE = 128 * 2**20
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_WHITESPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class ReceivedImage:
    """A received image: the decoded bytes in `path`; `offset`, `length`: its text in the record.

    `problem` says why it cannot be used, or is empty; `echoable`: the text may be sent back unchanged.
    """

    path: Path
    sha256: str
    byte_count: int
    offset: int
    length: int
    problem: str = ""
    echoable: bool = True


class Spool:
    """The files of one call. All but those that are kept are removed at its end."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        """Raises `NanoBananaError` (DISK) when the folder cannot hold an answer."""
        self._limits = limits
        self._count = 0
        self._stem = folder / uuid.uuid4().hex[:16]
        self._files: set[Path] = set()
        self._sinks: list[ImageSink | FileSink] = []
        with convert_folder_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            _check_space(folder)
            self._reserve = Reserve(self._claim(".reserve"), NEEDED_SPACE)
            self.turn_writer = TurnWriter(self._claim(".turn"), self._reserve)

    def open_sink(self) -> ImageSink:
        """A sink for the base64 of the next image. Raises `JsonError` when there are too many."""
        sink = ImageSink(self._claim_image(), self.turn_writer, self._limits, self._reserve)
        self._sinks.append(sink)
        return sink

    def open_file(self) -> FileSink:
        """A sink for the bytes of the next image. Raises `JsonError` when there are too many."""
        sink = FileSink(self._claim_image(), self._limits, self._reserve)
        self._sinks.append(sink)
        return sink

    def rename(self, path: Path, extension: str) -> Path:
        """Give a complete image the extension of its real type."""
        target = path.with_suffix("." + extension)
        with convert_folder_errors(path.parent):
            path.replace(target)
        self._files.discard(path)
        self._files.add(target)
        return target

    def drop(self, path: Path) -> None:
        """Remove one file."""
        with suppress(OSError):
            path.unlink()
        self._files.discard(path)

    def settle(self, kept_paths: Iterable[str]) -> None:
        """End a successful call: close everything and remove what is not kept."""
        self.close()
        for path in self._files - {Path(name) for name in kept_paths}:
            with suppress(OSError):
                path.unlink()
        self._files.clear()

    def discard(self) -> None:
        """End a failed call: remove everything."""
        self.settle(())

    def close(self) -> None:
        """Close what is open; nothing more will come."""
        self.turn_writer.close()
        for sink in self._sinks:
            sink.close()

    def _claim_image(self) -> Path:
        self._count += 1
        if self._count > self._limits.pictures:
            raise JsonError("it has too many images")
        return self._claim(f"-{self._count}.part")

    def _claim(self, suffix: str) -> Path:
        path = self._stem.with_name(self._stem.name + suffix)
        self._files.add(path)
        return path


class FileSink:
    """Writes the bytes of one image as they arrive. Raises `NanoBananaError` (DISK), `JsonError` (too large)."""

    def __init__(self, path: Path, limits: Limits, reserve: Reserve) -> None:
        self.path = path
        self._reserve = reserve
        self._limit = limits.picture
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._size += len(data)
        if self._size > self._limit:
            raise JsonError("an image in it is too large")
        self._digest.update(data)
        with convert_folder_errors(self.path.parent):
            if self._file is None:
                self._file = self.path.open("wb", buffering=0)
            view = memoryview(data)
            while view:
                view = view[self._reserve.write(self._file, view) :]

    def finish(self) -> ReceivedImage:
        """The image is complete."""
        with convert_folder_errors(self.path.parent):
            if self._file is not None:
                os.fsync(self._file.fileno())
        self.close()
        problem = "" if self._size else "the image is empty"
        return ReceivedImage(self.path, self._digest.hexdigest(), self._size, 0, 0, problem, echoable=False)

    def close(self) -> None:
        """The rest will not come."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()


class ImageSink:
    """Decodes base64 as it arrives, in either alphabet, and keeps the text unchanged."""

    def __init__(self, path: Path, turn: TurnWriter, limits: Limits, reserve: Reserve) -> None:
        self._out = FileSink(path, limits, reserve)
        self._folder = path.parent
        self._turn = turn
        self._offset = turn.position
        self._rest = b""
        self._has_padding = False
        self._is_irregular = False
        self._has_whitespace = False
        self._problem = ""

    def write(self, piece: bytes | memoryview) -> None:
        """The next piece of the text. Raises `NanoBananaError` (DISK), `JsonError` (too large)."""
        with convert_folder_errors(self._folder):
            self._turn.write(piece)
            if not self._problem:
                self._decode(piece)

    def finish(self) -> ReceivedImage:
        """The text is complete."""
        with convert_folder_errors(self._folder):
            if not self._problem and self._rest:
                self._decode(b"=" * (-len(self._rest) % 4))
        received = self._out.finish()
        problem = self._problem or received.problem
        return replace(
            received,
            offset=self._offset,
            length=self._turn.position - self._offset,
            problem=problem,
            echoable=not problem and not self._has_whitespace,
        )

    def close(self) -> None:
        """The rest will not come."""
        self._out.close()

    def _decode(self, piece: bytes | memoryview) -> None:
        text: bytes | memoryview = self._to_standard(bytes(piece)) if self._is_irregular else piece
        if self._rest:
            text = self._rest + bytes(text)
        whole = len(text) & ~3
        self._rest = bytes(text[whole:])
        try:
            data = self._decode_block(text[:whole])
        except binascii.Error:
            if self._is_irregular:
                self._problem = "the image's base64 is broken"
                return
            self._is_irregular, self._rest = True, b""
            self._decode(text)
            return
        self._out.write(data)

    def _decode_block(self, text: bytes | memoryview) -> bytes:
        if not text:
            return b""
        if self._has_padding:
            raise binascii.Error("text after the padding")
        data = binascii.a2b_base64(text, strict_mode=True)
        self._has_padding = len(data) < len(text) // 4 * 3
        return data

    def _to_standard(self, text: bytes) -> bytes:
        standard_text = text.translate(_URL_SAFE, _WHITESPACE)
        self._has_whitespace = self._has_whitespace or len(standard_text) < len(text)
        return standard_text


def convert_folder_errors(folder: Path) -> AbstractContextManager[None]:
    """Convert `OSError` of the block into a DISK error that names the folder."""
    return convert_disk_errors(f"The folder {folder} cannot be written")


def _check_space(folder: Path) -> None:
    # Where the system does not say (some network drives), the attempt will.
    with suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < NEEDED_SPACE:
            raise NanoBananaError(
                ErrorKind.DISK,
                f"The disk of {folder} has only {free // 2**20} MB left; nothing was sent.",
                next_step="Free some space, or choose another folder in the add-on's preferences.",
            )
