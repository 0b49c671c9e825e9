# SPDX-License-Identifier: GPL-3.0-or-later
"""Files uploaded to providers, remembered until they expire, for all Blenders."""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import suppress

from ...core.errors import NanoBananaError
from ...wire.gemini.files_api import UploadedFile
from .database import Database

_log = logging.getLogger(__name__)


class StoredUploads:
    """The `UploadCache` of a store. A disk error costs an additional upload, never a job."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> UploadedFile | None:
        """The upload stored under a key, if it has not expired."""
        sql = "SELECT name, uri, mime_type, expires FROM uploads WHERE key = ? AND expires > ?"
        row = self._database.row(sql, (key, time.time()))
        return _file(row) if row else None

    def put(self, key: str, file: UploadedFile) -> None:
        """Store an upload, and remove expired ones."""
        values = (key, file.name, file.uri, file.mime_type, file.expires)
        try:
            with self._database.transaction(durable=False) as connection:
                connection.execute("DELETE FROM uploads WHERE expires < ?", (time.time(),))
                connection.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", values)
        except NanoBananaError as error:
            _log.warning("an upload is not remembered: %s", error.detail or error.message)

    def forget(self, key: str) -> None:
        """Remove one."""
        with (
            suppress(NanoBananaError),
            self._database.transaction(durable=False) as connection,
        ):
            connection.execute("DELETE FROM uploads WHERE key = ?", (key,))

    def items(self) -> tuple[tuple[str, UploadedFile], ...]:
        """All uploads that have not expired."""
        sql = "SELECT key, name, uri, mime_type, expires FROM uploads WHERE expires > ?"
        return tuple((row["key"], _file(row)) for row in self._database.rows(sql, (time.time(),)))


def _file(row: sqlite3.Row) -> UploadedFile:
    return UploadedFile(row["name"], row["uri"], row["mime_type"], row["expires"])
