# SPDX-License-Identifier: GPL-3.0-or-later
"""Which test runs which line, measured in a copy of the checkout, and how long each test takes."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from devtools.paths import ROOT
from devtools.suite.progress import VARIABLE

#: The layers in which faults are tried, and the quick tests of them.
LAYERS = ("core", "wire", "storage", "worker")
TESTS = tuple(f"tests/{name}" for name in ("unit/core", "unit/wire", "unit/storage", "api/wire", "api/worker"))
#: Tests that run at once: most of them wait for a socket or another process.
_AT_ONCE = 4
_PHASE = re.compile(r" \((setup|call|teardown)\)$")


@dataclass
class Measured:
    """Seconds of each test that passed, and the tests of each line of each file."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])
    tests: dict[str, dict[int, set[str]]] = field(default_factory=dict[str, dict[int, set[str]]])


def copy_checkout(tree: Path) -> None:
    """Make an empty folder and copy the checkout's files into it, as they are now."""
    shutil.rmtree(tree, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)


def measure(python: Path, tree: Path, folder: Path) -> Measured:
    """Run the tests in a copy of the checkout; data goes into `folder`. Tests that fail there are left out.

    Raises CalledProcessError when the tests cannot run.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings, progress = folder / "settings.ini", folder / "progress.jsonl"
    sources = "\n    ".join(str(tree / "nano_banana_addon" / layer) for layer in LAYERS)
    # Python 3.14's usual way to measure knows no contexts.
    settings.write_text(
        f"[run]\ncore = ctrace\nparallel = true\ndata_file = {folder / 'data'}\n"
        f"context = ${{PYTEST_CURRENT_TEST}}\nsource =\n    {sources}\n"
    )
    variables = os.environ | {"COVERAGE_PROCESS_START": str(settings), VARIABLE: str(progress)}
    plugins = [word for name in ("mutants.contexts", "suite.progress_plugin") for word in ("-p", f"devtools.{name}")]
    command = [str(python), "-m", "pytest", "-q", "-n", str(_AT_ONCE), "-p", "no:cacheprovider", *plugins, *TESTS]
    done = subprocess.run(command, cwd=tree, env=variables, capture_output=True, text=True)
    if done.returncode > 1:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    measured = Measured(_read_seconds(progress))
    for path in folder.glob("data.*"):
        add_data(path, tree, measured)
    return measured


def _read_seconds(progress: Path) -> dict[str, float]:
    """The time of each test that passed."""
    seconds: dict[str, float] = defaultdict(float)
    bad: set[str] = set()
    for entry in map(json.loads, progress.read_text(encoding="utf-8").splitlines()):
        if entry["event"] == "report":
            seconds[entry["test"]] += entry["seconds"]
            bad |= set() if entry["outcome"] == "passed" else {entry["test"]}
    return {test: time for test, time in seconds.items() if test not in bad}


def add_data(path: Path, tree: Path, measured: Measured) -> None:
    """Add what one process measured: for each file and test a set of lines, as bits."""
    sql = (
        "SELECT file.path, context.context, numbits FROM line_bits"
        " JOIN file ON file.id = file_id JOIN context ON context.id = context_id"
    )
    with closing(sqlite3.connect(path)) as connection:
        for file, context, bits in connection.execute(sql):
            test = _PHASE.sub("", context)
            if test not in measured.seconds:
                continue
            lines = measured.tests.setdefault(Path(file).relative_to(tree).as_posix(), defaultdict(set))
            for number in range(len(bits) * 8):
                if bits[number // 8] >> (number % 8) & 1:
                    lines[number].add(test)
