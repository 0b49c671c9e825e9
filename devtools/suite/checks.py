# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of `dev.py test`: each a process of its own or two, three at a time, summed up in one
closing line."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from devtools.build import build
from devtools.environments import ensure_environment
from devtools.paths import BYTECODE
from devtools.pythons import BLENDERS, PythonMissing
from devtools.suite import line_coverage
from devtools.suite.parts import Options, Outcome, Part, run_parts, show_outcome
from devtools.wheels import TARGETS, current_platform

# The slow ones first, so that the processes end at about the same time.
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
_PROCESSES = "4"  # its tests wait for processes and sockets more than half of the time
# The slowest check is two processes: what draws and bakes is half of it.
_HALVED, _OTHER_HALF = "blender-5.2", ["tests/blender/texturing", "tests/blender/capture", "tests/blender/bake"]
_PATHS = {
    "pure": ["tests/api", "tests/unit"],  # what waits longest first
    "blender": ["tests/blender"],
    "package": ["tests/package"],
    "soak": ["tests/soak"],
}


def run_checks(names: list[str], options: Options) -> int:
    """Run the named checks, print their output and the sum. 0 only if nothing failed and, where a
    check needs Blender, at least one Blender ran."""
    prepared = [part for name in NAMES if name in names for part in _prepare(name, options)]
    # What earlier runs compiled in folders of their own.
    shutil.rmtree(BYTECODE.joinpath(*Path(tempfile.gettempdir()).parts[1:]), ignore_errors=True)
    results = run_parts(prepared, options)
    in_blender = [result for result in results if "-" in result.name]
    if in_blender and all(not result.passed and not result.failed for result in in_blender):
        print("No Blender could run here: the add-on itself was not tested, which is a failure.")
        results.append(Outcome("no Blender", failed=1))
    if options.coverage and "pure" in names:
        results.append(_check_coverage())
    return _sum_up(results)


def _prepare(name: str, options: Options) -> list[Part | Outcome]:
    """The check ready to start, or its outcome if it cannot run. Environments are made here, one
    after the other."""
    kind, _, version = name.partition("-")
    try:
        if version:
            python = ensure_environment(f"blender-{version}")
            build(python, list(TARGETS) if kind == "package" else [current_platform()])
        else:
            python = ensure_environment("test" if kind in {"pure", "soak"} else "lint")
            if kind in {"pure", "soak"}:
                ensure_environment("farm")
                ensure_environment("manual")
        if kind == "soak":
            _prepare_blenders()
        if kind == "pure" and options.coverage:
            line_coverage.erase()
    except PythonMissing as error:
        return [Outcome(name, skipped=1, notes=[f"{name} skipped: {error}"])]
    except subprocess.CalledProcessError as error:
        return [Outcome(name, failed=1, output=f"could not be set up: {error}\n")]
    command = [str(python), *_choose_arguments(name, python, options)]
    if name != _HALVED or options.serial or options.pytest_arguments:
        return [Part(name, command)]
    first = [*command, *(f"--ignore={path}" for path in _OTHER_HALF)]
    start = [part for part in command if part not in _PATHS["blender"] and part != "tests/oracle"]
    return [Part(name, first), Part(f"{name}-drawing", [*start, *_OTHER_HALF])]


def _prepare_blenders() -> None:
    """Make what the soak tests start beside each other; a test whose Blender is missing skips."""
    for version in BLENDERS:
        with suppress(PythonMissing):
            build(ensure_environment(f"blender-{version}"), [current_platform()])


def _choose_arguments(name: str, python: Path, options: Options) -> list[str]:
    kind = name.partition("-")[0]
    match kind:
        case "lint":
            return ["-m", "ruff", "check", "."]
        case "format":
            return ["-m", "ruff", "format", "--check", "."]
        case "types":
            return ["-m", "basedpyright", "--pythonpath", str(python)]
    runner = [*line_coverage.RUNNER] if kind == "pure" and options.coverage else []
    paths = [*_PATHS[kind]]
    if options.soak:
        paths += ["--soak", *(["tests/oracle"] if name == "blender-5.2" else [])]
    if kind == "pure" and not options.serial and not options.coverage:
        paths += ["-n", _PROCESSES, "--dist", "worksteal"]  # else one process ends with several slow ones
    plugin = ["-p", "devtools.suite.progress_plugin"]
    return [*runner, "-m", "pytest", "-q", "-rfEs", *plugin, *paths, *options.pytest_arguments]


def _check_coverage() -> Outcome:
    """The coverage of the pure layers as a check of its own."""
    outcome = Outcome("coverage")
    try:
        outcome.output, is_enough = line_coverage.report(ensure_environment("test"))
        outcome.passed, outcome.failed = int(is_enough), int(not is_enough)
    except subprocess.CalledProcessError as error:
        outcome.failed, outcome.output = 1, f"coverage could not be read: {error.stderr or error}\n"
    return show_outcome(outcome)


def _sum_up(results: list[Outcome]) -> int:
    print("\n===== summary")
    for result in results:
        counts = f"{result.passed:5} passed {result.failed:4} failed {result.skipped:4} skipped"
        print(f"{result.name:20} {counts}  {result.seconds:5.0f} s")
        for note in result.notes:
            print(f"    {note}")
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    skipped = sum(r.skipped for r in results)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0
