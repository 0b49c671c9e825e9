# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of a worker process: a small file for each process, without secrets."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..wire.redact import Redactor

_BYTES = 1_000_000
_KEPT = 10
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


class SecretsCutOut(logging.Formatter):
    """Removes every known key, and all that looks like one, from the finished line, tracebacks included."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)
        self._secrets: set[str] = set()
        self._redactor = self._format()

    def hide(self, secret: str) -> None:
        """Add a secret."""
        if secret and secret not in self._secrets:
            self._secrets.add(secret)
            self._redactor = self._format()

    def format(self, record: logging.LogRecord) -> str:
        """The line without secrets."""
        return self._redactor.redact_text(super().format(record))

    def _format(self) -> Redactor:
        return Redactor(*self._secrets)


def start(folder: Path) -> SecretsCutOut:
    """Log into `folder`; without a log (full disk) the worker process runs all the same."""
    formatter = SecretsCutOut()
    _remove_old(folder)
    logger = logging.getLogger()
    logger.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    logging.getLogger("PIL").setLevel(logging.WARNING)
    logging.raiseExceptions = False
    with suppress(OSError):
        path = folder / f"courier-{os.getpid()}.log"
        handler = RotatingFileHandler(path, maxBytes=_BYTES, backupCount=1, encoding="utf-8", delay=True)
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    return formatter


def _remove_old(folder: Path) -> None:
    with suppress(OSError):
        logs = sorted(folder.glob("courier-*.log*"), key=lambda path: path.stat().st_mtime)
        for path in logs[:-_KEPT]:
            path.unlink()
