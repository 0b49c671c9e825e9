# SPDX-License-Identifier: GPL-3.0-or-later
"""The Files API: resumable uploads, kept 48 hours in a temporary folder (contract case 36)."""

from __future__ import annotations

import base64
import hashlib
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from .contract.errors import ApiError, build_invalid
from .contract.parsed_request import InputPicture

LIFE = timedelta(hours=48)


def _format_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class StoredFile:
    """One file. ``polls`` is how often it will still be seen PROCESSING."""

    name: str
    owner: str
    mime: str
    display: str
    announced_size: int
    path: Path
    polls: int
    source: str = "UPLOADED"
    size: int = 0
    final: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    digest: Any = field(default_factory=hashlib.sha256, repr=False)

    def to_record(self, base_url: str) -> dict[str, Any]:
        """The file as the API shows it. 64-bit numbers travel as strings."""
        fields = {
            "name": self.name,
            "mimeType": self.mime,
            "sizeBytes": str(self.size),
            "createTime": _format_time(self.created),
            "updateTime": _format_time(self.created),
            "expirationTime": _format_time(self.created + LIFE),
            "sha256Hash": base64.b64encode(self.digest.hexdigest().encode()).decode(),
            "uri": f"{base_url}/v1beta/{self.name}",
            "state": "PROCESSING" if self.polls else "ACTIVE",
            "source": self.source,
        }
        return {"displayName": self.display, **fields} if self.display else fields


class FileStore:
    """Files of one server, each visible to its owner alone."""

    def __init__(self, polls: int = 1) -> None:
        self._polls = polls
        self._files: dict[str, StoredFile] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()
        self._count = 0

    def start(self, owner: str, mime: str, display: str, announced: int) -> StoredFile:
        """A new upload of *announced* bytes."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
            self._count += 1
            ident = hashlib.sha256(f"{owner}/{self._count}".encode()).hexdigest()[:12]
            path = Path(self._folder.name, ident)
            path.touch()
            stored = StoredFile(f"files/{ident}", owner, mime, display, announced, path, self._polls)
            self._files[stored.name] = stored
            return stored

    def find_upload(self, ident: str) -> StoredFile:
        """The upload with this id, not yet final."""
        stored = self._files.get(f"files/{ident}")
        if stored is None or stored.final:
            raise ApiError(404, "Upload not found or already finalized.")
        return stored

    def append(self, stored: StoredFile, offset: int, pieces: Iterable[bytes], *, finalize: bool) -> None:
        """Write the next bytes; a wrong offset or length is a 400."""
        if offset != stored.size:
            raise build_invalid(f"Upload offset {offset} does not match {stored.size} received bytes.")
        with stored.path.open("ab") as target:
            for piece in pieces:
                self._write(stored, target, piece)
        if finalize and stored.size != stored.announced_size:
            raise build_invalid(f"Upload of {stored.size} bytes does not match the announced {stored.announced_size}.")
        stored.final = finalize

    def _write(self, stored: StoredFile, target: BinaryIO, piece: bytes) -> None:
        if stored.size + len(piece) > stored.announced_size:
            raise build_invalid(f"Upload is longer than the announced {stored.announced_size} bytes.")
        target.write(piece)
        stored.size += len(piece)
        stored.digest.update(piece)

    def get(self, name: str, owner: str) -> StoredFile:
        """A finished file of *owner*. Missing, expired and foreign ones are a 403, not a 404."""
        stored = self._files.get(name)
        expired = stored is not None and datetime.now(UTC) > stored.created + LIFE
        if stored is None or not stored.final or expired or stored.owner != owner:
            ident = name.removeprefix("files/")
            raise ApiError(
                403,
                f"You do not have permission to access the File {ident} or it may not exist.",
            )
        return stored

    def poll(self, name: str, owner: str) -> StoredFile:
        """Like ``get``, as seen by a caller: one poll nearer to ACTIVE."""
        stored = self.get(name, owner)
        stored.polls = max(0, stored.polls - 1)
        return stored

    def list_files(self, owner: str) -> list[StoredFile]:
        """The finished files of *owner*, newest first."""
        with self._lock:
            files = [file for file in self._files.values() if file.final and file.owner == owner]
        return sorted(files, key=lambda file: file.created, reverse=True)

    def delete(self, name: str, owner: str) -> None:
        """Remove a file; the 403 of ``get`` when there is none."""
        self.get(name, owner)
        with self._lock:
            self._files.pop(name).path.unlink(missing_ok=True)

    def read_picture(self, uri: str, mime: str, owner: str) -> InputPicture:
        """The picture behind a ``fileUri``; before it is ACTIVE it is a 400."""
        marker = uri.rfind("/files/")
        if marker < 0:
            raise build_invalid(f"Cannot fetch content from the provided URL: {uri[:200]}")
        stored = self.get(uri[marker + 1 :], owner)
        if stored.polls:
            raise build_invalid(f"The File {stored.name} is not in an ACTIVE state: it cannot be used.")
        return InputPicture(stored.path.read_bytes(), mime or stored.mime)

    def expire(self) -> None:
        """Let all files grow older than their life."""
        with self._lock:
            for stored in self._files.values():
                stored.created -= LIFE * 2

    def close(self) -> None:
        """Remove everything from disk."""
        with self._lock:
            self._files.clear()
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None
