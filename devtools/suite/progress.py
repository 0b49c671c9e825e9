# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what progress_plugin.py wrote: how many tests passed, failed, were skipped, and which one
was running last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# Names the file, to the plugin.
VARIABLE = "DEV_PROGRESS"
# The worst outcome of a test's phases (setup, call, teardown) is the test's own.
_SEVERITY = {"passed": 0, "skipped": 1, "failed": 2}


@dataclass
class Progress:
    """Counts of tests that ended, and the ids of those that started and did not end."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    running: list[str] = field(default_factory=list)


def read_progress(path: Path) -> Progress:
    """The state of a run. A missing file is a run that has not started; a module that could not be
    collected counts as one failed test."""
    progress, outcomes, running = Progress(), dict[str, str](), dict[str, None]()
    for event, test, outcome in _read_events(path):
        if event == "start":
            running[test], outcomes[test] = None, "passed"
        elif event == "report":
            outcomes[test] = max(outcomes.get(test, "passed"), outcome, key=_SEVERITY.__getitem__)
        elif event == "end":
            running.pop(test, None)
        elif outcome != "passed":  # of a collection
            outcomes[test] = outcome
    for test, outcome in outcomes.items():
        if test not in running:
            setattr(progress, outcome, getattr(progress, outcome) + 1)
    progress.running = list(running)
    return progress


def _read_events(path: Path) -> Iterator[tuple[str, str, str]]:
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        # The last line may be half written.
        with suppress(json.JSONDecodeError):
            entry = json.loads(line)
            yield entry["event"], entry["test"], entry["outcome"]
