# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a process for as long as something comes from it, however slow the machine is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_POLL = 0.2  # seconds
_GRACE = 10.0  # seconds between the request to end and the kill


@dataclass(frozen=True)
class Watched:
    """What to run, and the files whose growth shows that it is alive.

    output gets what the process prints; signs are further files that it appends to. silence is in
    seconds; echo prints the output as it comes.
    """

    command: Sequence[str]
    folder: Path
    variables: dict[str, str]
    output: Path
    signs: Sequence[Path] = ()
    silence: float = 600.0
    echo: bool = False


@dataclass(frozen=True)
class Ending:
    """How a watched process ended: its exit status, and whether it was ended for its silence."""

    status: int
    seconds: float
    is_silent: bool


def run_watched(job: Watched, stop: threading.Event | None = None) -> Ending:
    """Run the process to its end, or until nothing has come from it for job.silence seconds.

    There is no limit for the whole. `stop` ends it from another thread, as Ctrl-C would. Raises
    OSError when the program cannot be started.
    """
    started = time.monotonic()
    with job.output.open("wb") as stream:
        process = subprocess.Popen(
            job.command,
            cwd=job.folder,
            env=job.variables,
            stdout=stream,
            stderr=subprocess.STDOUT,
            # A group of its own: what the process starts can be ended with it.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    is_silent = False
    try:
        is_silent = not _wait_for_end(process, job, stop or threading.Event())
    finally:
        if process.poll() is None:
            end_group(process)
    return Ending(process.returncode, time.monotonic() - started, is_silent)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: by a request first, by force after ten seconds."""
    for is_last in (False, True):
        if sys.platform == "win32":
            kill = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(kill, capture_output=True)
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL if is_last else signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)


def _wait_for_end(process: subprocess.Popen[bytes], job: Watched, stop: threading.Event) -> bool:
    """Whether the process ended by itself (or by `stop`) and not by being silent for too long."""
    sizes, silence, last, shown = (), 0.0, time.monotonic(), 0
    while True:
        is_running = process.poll() is None
        shown = _echo(job.output, shown) if job.echo else 0
        if not is_running or stop.is_set():
            return True
        now = time.monotonic()
        current = tuple(_size(path) for path in (job.output, *job.signs))
        # While the machine did not let us look it may not have let the process run either.
        silence = silence + min(now - last, 5 * _POLL) if current == sizes else 0.0
        sizes, last = current, now
        if silence >= job.silence:
            return False
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL)


def _echo(path: Path, shown: int) -> int:
    with path.open("rb") as stream:
        stream.seek(shown)
        piece = stream.read()
    sys.stdout.write(piece.decode(errors="replace"))
    sys.stdout.flush()
    return shown + len(piece)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
