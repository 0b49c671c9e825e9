# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that is ended only when nothing has come from it for a while.

A slow machine is not a failure: there is no limit of the whole, only one of silence. pytest says by a file which test
it has begun (`HEARTBEAT`, written by tests/conftest.py), so that a test that hangs is named.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Seconds without output and without a new test. Software OpenGL compiles shaders for a minute on a small machine.
SILENCE_LIMIT = 600.0
#: The environment variable with the path of the file that says which test has begun.
HEARTBEAT = "NANO_BANANA_HEARTBEAT"
HUNG_STATUS = 124
_TICK = 0.5


@dataclass(frozen=True)
class Ending:
    """How a process ended: its status and output, and the test that it hung in ("" if it did not)."""

    status: int
    output: str
    hung_in: str = ""


def run_supervised(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    *,
    silence_limit: float = SILENCE_LIMIT,
    show: bool = False,
) -> Ending:
    """Run a command and wait for its end; end it, with its children, after `silence_limit` seconds of silence.

    With `show` its output goes to the terminal as it comes, else it is collected.
    """
    with tempfile.TemporaryDirectory() as scratch:
        heartbeat, log = Path(scratch) / "test", Path(scratch) / "output"
        heartbeat.touch()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**variables, HEARTBEAT: str(heartbeat)},
                stdout=None if show else output,
                stderr=None if show else subprocess.STDOUT,
                start_new_session=os.name != "nt",
            )
            hung = not _wait(process, (heartbeat, log), silence_limit)
        text = log.read_text(encoding="utf-8", errors="replace")
        if not hung:
            return Ending(process.returncode, text)
        test = heartbeat.read_text(encoding="utf-8", errors="replace").strip() or "before its first test"
        sentence = f"ended: nothing had come for {silence_limit:.0f} s; it hung in {test}"
        return Ending(HUNG_STATUS, f"{text}\n{sentence}\n", test)


def _wait(process: subprocess.Popen[bytes], signs: Sequence[Path], silence_limit: float) -> bool:
    """Whether the process ended by itself; else it is killed."""
    known, since = _look(signs), time.monotonic()
    try:
        while process.poll() is None:
            if (present := _look(signs)) != known:
                known, since = present, time.monotonic()
            elif time.monotonic() - since > silence_limit:
                _kill(process)
                return False
            time.sleep(_TICK)
    except BaseException:
        _kill(process)
        raise
    return True


def _look(signs: Sequence[Path]) -> list[tuple[int, int]]:
    return [(status.st_mtime_ns, status.st_size) for status in (sign.stat() for sign in signs)]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
