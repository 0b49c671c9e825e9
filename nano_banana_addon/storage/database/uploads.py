# SPDX-License-Identifier: GPL-3.0-or-later
"""What is uploaded at providers, remembered for as long as it lives there, for all Blenders."""

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
    """The `UploadCache` of a store. A disk that takes nothing costs an upload more, never a job."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> UploadedFile | None:
        """What was put under the key, if it still lives."""
        sql = "SELECT name, uri, mime_type, expires FROM uploads WHERE key = ? AND expires > ?"
        row = self._database.row(sql, (key, time.time()))
        return _file(row) if row else None

    def put(self, key: str, file: UploadedFile) -> None:
        """Remember an upload, and forget those that are over."""
        values = (key, file.name, file.uri, file.mime_type, file.expires)
        try:
            with self._database.transaction(durable=False) as connection:
                connection.execute("DELETE FROM uploads WHERE expires < ?", (time.time(),))
                connection.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)", values)
        except NanoBananaError as error:
            _log.warning("an upload is not remembered: %s", error.detail or error.message)

    def forget(self, key: str) -> None:
        """Forget one."""
        with (
            suppress(NanoBananaError),
            self._database.transaction(durable=False) as connection,
        ):
            connection.execute("DELETE FROM uploads WHERE key = ?", (key,))

    def items(self) -> tuple[tuple[str, UploadedFile], ...]:
        """All that still live."""
        sql = "SELECT key, name, uri, mime_type, expires FROM uploads WHERE expires > ?"
        return tuple((row["key"], _file(row)) for row in self._database.rows(sql, (time.time(),)))


def _file(row: sqlite3.Row) -> UploadedFile:
    return UploadedFile(row["name"], row["uri"], row["mime_type"], row["expires"])
