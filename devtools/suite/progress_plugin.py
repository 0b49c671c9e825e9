# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that writes a line for each step of each test, at once, into a file.

`python -m pytest -p devtools.suite.progress_plugin` with the file's path in DEV_PROGRESS. Whoever watches
the run sees by it that the run is alive, which test runs now, and how the others ended, also when
the process is killed or crashes before pytest writes any summary.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TextIO

import pytest

from devtools.suite.progress import VARIABLE


class ProgressWriter:
    """Writes one JSON object per line: {"event": start|report|end|collect, "test", "outcome", "seconds"}."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._write("collect", report.nodeid, report.outcome)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._write("start", nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._write("report", report.nodeid, report.outcome, report.duration)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._write("end", nodeid)

    def pytest_unconfigure(self) -> None:
        self._stream.close()

    def _write(self, event: str, test: str, outcome: str = "", seconds: float = 0.0) -> None:
        line = {"event": event, "test": test, "outcome": outcome, "seconds": seconds}
        self._stream.write(json.dumps(line) + "\n")
        # The reader must not wait until a buffer is full.
        self._stream.flush()


def pytest_configure(config: pytest.Config) -> None:
    """Register the writer, except in the workers of pytest-xdist: their controller reports."""
    path = os.environ.get(VARIABLE)
    if path and not hasattr(config, "workerinput"):
        stream = Path(path).open("a", encoding="utf-8")  # noqa: SIM115 - closed at the end of the run
        config.pluginmanager.register(ProgressWriter(stream))
