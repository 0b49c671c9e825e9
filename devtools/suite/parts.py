# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the parts of a test run, three at a time, and counts their tests, also those of a part that
hung or crashed."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from devtools.paths import BYTECODE, REPORTS, ROOT
from devtools.suite.progress import VARIABLE, read_progress
from devtools.suite.watchdog import Ending, Watched, run_watched

# Minutes without a sign of life. One test of the long ones may take half an hour on a small machine.
SILENCE, SILENCE_SOAK = 10.0, 45.0
# More than the usual two cores: the tests also wait, for processes, sockets and pauses.
_AT_ONCE = 3


@dataclass(frozen=True)
class Options:
    """How the checks run. silence is in minutes; None is the usual limit."""

    pytest_arguments: tuple[str, ...] = ()
    soak: bool = False
    serial: bool = False
    coverage: bool = False
    silence: float | None = None

    @property
    def silence_seconds(self) -> float:
        usual = SILENCE_SOAK if self.soak else SILENCE
        return 60 * (usual if self.silence is None else self.silence)


@dataclass
class Outcome:
    """How one check went. A skipped check has its reason in notes."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    output: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """One check that can start: its name and its command."""

    name: str
    command: list[str]
    folder: Path = ROOT

    @property
    def is_pytest(self) -> bool:
        return "pytest" in self.command


def run_parts(parts: list[Part | Outcome], options: Options) -> list[Outcome]:
    """Run the parts, three at a time or one, and print each when it has ended.

    A part that hangs or crashes is a failure of its own; the others still run. Ctrl-C ends all.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(1 if options.serial else _AT_ONCE) as pool:
        tasks = [part if isinstance(part, Outcome) else pool.submit(run_part, part, options, stop) for part in parts]
        try:
            return [show_outcome(task if isinstance(task, Outcome) else task.result()) for task in tasks]
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def run_part(part: Part, options: Options, stop: threading.Event | None = None) -> Outcome:
    """Run one part until it ends or falls silent; its tests are counted either way."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    output, progress = REPORTS / f"{part.name}.txt", REPORTS / f"{part.name}.jsonl"
    progress.unlink(missing_ok=True)
    # Bytecode apart from the sources, but kept: the part starts hundreds of processes, each of which would compile what
    # it imports. Where it crashes, in the output.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables |= {"PYTHONPYCACHEPREFIX": str(BYTECODE), "PYTHONFAULTHANDLER": "1", VARIABLE: str(progress)}
    if options.serial:
        variables["PYTHONUNBUFFERED"] = "1"
    silence, signs = options.silence_seconds, [progress]
    job = Watched(part.command, part.folder, variables, output, signs, silence, options.serial)
    ending = run_watched(job, stop)
    text = "" if options.serial else output.read_text(encoding="utf-8", errors="replace")
    outcome = Outcome(part.name, output=text, seconds=ending.seconds)
    _count(outcome, part, ending, silence)
    return outcome


def _count(outcome: Outcome, part: Part, ending: Ending, silence: float) -> None:
    """Count the tests that ended. One that was running when the process ended has failed."""
    progress = read_progress(REPORTS / f"{part.name}.jsonl")
    outcome.passed, outcome.skipped = progress.passed, progress.skipped
    outcome.failed = progress.failed + len(progress.running)
    if not part.is_pytest and ending.status == 0:
        outcome.passed = 1
    where = f" in {', '.join(progress.running)}" if progress.running else ""
    if ending.is_silent:
        outcome.notes.append(f"{part.name} hung{where}: nothing came for {silence / 60:g} min, so it was ended")
    elif progress.running or (ending.status and not outcome.failed):
        outcome.notes.append(f"{part.name} ended with status {ending.status}{where}")
    if (ending.status or ending.is_silent) and not outcome.failed:
        outcome.failed = 1
    skipped = [line for line in outcome.output.splitlines() if line.startswith("SKIPPED")]
    outcome.notes += skipped if part.is_pytest else []


def show_outcome(outcome: Outcome) -> Outcome:
    notes = "".join(f"{note}\n" for note in outcome.notes if not note.startswith("SKIPPED"))
    print(f"\n===== {outcome.name} ({outcome.seconds:.0f} s)\n{outcome.output}{notes}", flush=True)
    return outcome
