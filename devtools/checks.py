# SPDX-License-Identifier: GPL-3.0-or-later
"""What `dev.py test` runs: each check a process of its own, two at a time, summed up in one closing
line."""

from __future__ import annotations

import os
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from devtools.build import build
from devtools.environments import environment
from devtools.paths import REPORTS, ROOT
from devtools.pythons import BLENDERS, PythonMissing
from devtools.supervised import run_supervised
from devtools.wheels import TARGETS, current_platform

# The slow ones first, so that the two processes end at about the same time.
NAMES: tuple[str, ...] = (
    "blender-5.2",
    "blender-4.5",
    "soak",
    "package-5.2",
    "package-4.5",
    "pure",
    "types",
    "lint",
    "format",
)
_PATHS = {
    "pure": ["tests/unit", "tests/api"],
    "blender": ["tests/blender"],
    "package": ["tests/package"],
    "soak": ["tests/soak"],
}


@dataclass
class Outcome:
    """How one check went. A skipped check has its reason in output."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    output: str = ""
    notes: list[str] = field(default_factory=list)


def run(names: list[str], pytest_arguments: list[str], *, soak: bool, serial: bool) -> int:
    """Run the named checks, print what they say and the sum. 0 only if nothing failed and a Blender
    ran."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    extra = [*pytest_arguments, *(["--soak"] if soak else [])]
    with ThreadPoolExecutor(1 if serial else 2) as pool:
        outcomes = [_prepare(name, extra, serial) for name in NAMES if name in names]
        done = [c if isinstance(c, Outcome) else pool.submit(c) for c in outcomes]
        results = [_print_outcome(d if isinstance(d, Outcome) else d.result()) for d in done]
    wanted_blender = [r for r in results if "-" in r.name]
    if wanted_blender and all(not r.passed and not r.failed for r in wanted_blender):
        print("No Blender could run here, so the add-on itself was not tested: counted as a failure.")
        results.append(Outcome("no Blender", failed=1))
    return _sum_up(results)


def _prepare(name: str, extra: list[str], serial: bool) -> Outcome | Callable[[], Outcome]:
    """The check as a function, or its outcome if it cannot run. Environments are made here, one
    after the other."""
    kind, _, version = name.partition("-")
    try:
        if version:
            python = environment(f"blender-{version}")
            build(python, list(TARGETS) if kind == "package" else [current_platform()])
        else:
            python = environment("test" if kind in {"pure", "soak"} else "lint")
        if kind == "soak":
            _prepare_blenders()
    except PythonMissing as error:
        return Outcome(name, skipped=1, notes=[f"{name} skipped: {error}"])
    except subprocess.CalledProcessError as error:
        return Outcome(name, failed=1, output=f"could not be set up: {error}\n")
    command = [str(python), *_arguments(name, kind, python, extra)]
    return lambda: _run_check(name, command, serial)


def _prepare_blenders() -> None:
    """Make what the soak tests start beside each other; without one of them its tests skip and say
    so."""
    for version in BLENDERS:
        with suppress(PythonMissing):
            build(environment(f"blender-{version}"), [current_platform()])


def _arguments(name: str, kind: str, python: Path, extra: list[str]) -> list[str]:
    match kind:
        case "lint":
            return ["-m", "ruff", "check", "."]
        case "format":
            return ["-m", "ruff", "format", "--check", "."]
        case "types":
            return ["-m", "basedpyright", "--pythonpath", str(python)]
    report = ["--junitxml", str(REPORTS / f"{name}.xml"), "-o", "junit_logging=no"]
    paths = [
        *_PATHS[kind],
        *(["tests/oracle"] if name == "blender-5.2" and "--soak" in extra else []),
    ]
    return ["-m", "pytest", "-q", "-rfEs", *report, *paths, *extra]


def _run_check(name: str, command: list[str], serial: bool) -> Outcome:
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    # No bytecode beside the sources of several Pythons at once; no settings of the person's own Blender.
    variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONFAULTHANDLER": "1"}
    ending = run_supervised(command, ROOT, variables, show=serial)
    outcome = Outcome(name, output=ending.output, seconds=time.monotonic() - started)
    if ending.hung_in:
        outcome.notes.append(f"{name} hung in {ending.hung_in}")
    _count(outcome, report, ending.status, is_pytest="pytest" in command)
    return outcome


def _count(outcome: Outcome, report: Path, status: int, *, is_pytest: bool) -> None:
    """Tests from the report. A check without a report, or one that died after writing it, counts as
    one."""
    if is_pytest and report.is_file():
        # our own report
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314
            count = {key: int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
            bad = count["failures"] + count["errors"]
            outcome.failed += bad
            outcome.skipped += count["skipped"]
            outcome.passed += max(0, count["tests"] - bad - count["skipped"])
    elif status == 0:
        outcome.passed = 1
    if status and not outcome.failed:
        outcome.failed = 1
        outcome.notes.append(f"{outcome.name} ended with status {status}")
    if is_pytest:
        outcome.notes += [line for line in outcome.output.splitlines() if line.startswith("SKIPPED")]


def _print_outcome(outcome: Outcome) -> Outcome:
    print(f"\n===== {outcome.name} ({outcome.seconds:.0f} s)\n{outcome.output}", flush=True)
    return outcome


def _sum_up(results: list[Outcome]) -> int:
    print("\n===== summary")
    for r in results:
        counts = f"{r.passed:5} passed {r.failed:4} failed {r.skipped:4} skipped"
        print(f"{r.name:14} {counts}  {r.seconds:5.0f} s")
        for note in r.notes:
            print(f"    {note}")
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    skipped = sum(r.skipped for r in results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0
