# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries faults one by one, as many as there is time for: each in a copy of the checkout, with the tests that run
its line, in a fresh process. A fault that no test notices survives, and is listed."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from devtools.mutants.changes import Change, find_changes
from devtools.mutants.measure import LAYERS, Measured, copy_checkout, measure
from devtools.paths import BUILD
from devtools.suite.watchdog import end_group

_FOLDER = BUILD / "mutants"
#: Seconds of tests for one fault, the shortest ones first; what they take may be three times as long.
_MOST_SECONDS = 120.0
GRACE = 30.0
_SHOWN_TESTS = 5


@dataclass(frozen=True)
class Mutant:
    """A change of a file in words, and the tests that should notice it."""

    name: str
    change: Change
    text: str
    tests: tuple[str, ...]
    all_tests: int


def run(python: Path, minutes: float, seed: int | None, prefixes: list[str]) -> int:
    """Measure, try faults until the time is over, and print the survivors and the score. Always 0.

    `prefixes` limit the files, such as nano_banana_addon/storage. Raises CalledProcessError when the tests cannot run.
    """
    seed = random.randrange(10_000) if seed is None else seed  # noqa: S311 - no secret
    trees: SimpleQueue[Path] = SimpleQueue()
    count = os.cpu_count() or 1
    for number in range(count):
        copy_checkout(_FOLDER / f"tree-{number}")
        trees.put(_FOLDER / f"tree-{number}")
    measured = measure(python, _FOLDER / "tree-0", _FOLDER / "data")
    end = time.monotonic() + 60 * minutes  # what measuring takes depends on the machine, and would leave nothing
    mutants = list(find_mutants(_FOLDER / "tree-0", measured, prefixes))
    idle = [mutant for mutant in mutants if not mutant.tests]
    mutants = [mutant for mutant in mutants if mutant.tests]
    random.Random(seed).shuffle(mutants)  # noqa: S311 - no secret
    print(
        f"{len(measured.seconds)} tests; {len(mutants)} faults that they run, {len(idle)} that none runs; seed {seed}",
        flush=True,
    )

    def attempt(mutant: Mutant) -> str:
        if time.monotonic() > end:
            return "left"
        tree = trees.get()
        try:
            return try_mutant(python, tree, mutant, sum(measured.seconds[test] for test in mutant.tests))
        finally:
            trees.put(tree)

    verdicts: Counter[str] = Counter()
    with ThreadPoolExecutor(count) as pool:
        for mutant, verdict in zip(mutants, pool.map(attempt, mutants), strict=True):
            verdicts[verdict] += 1
            if verdict == "survived":
                _show(mutant)
    tried = verdicts["killed"] + verdicts["survived"]
    print(f"score: {verdicts['killed']} of {tried} faults noticed ({100 * verdicts['killed'] / max(tried, 1):.1f} %)")
    return 0


def find_mutants(tree: Path, measured: Measured, prefixes: list[str]) -> Iterator[Mutant]:
    """All faults of the layers, or of the files with one of these prefixes."""
    paths = [path for layer in LAYERS for path in sorted((tree / "nano_banana_addon" / layer).rglob("*.py"))]
    readers = _find_readers(tree, paths, measured)
    for path in paths:
        name = path.relative_to(tree).as_posix()
        if prefixes and not name.startswith(tuple(prefixes)):
            continue
        lines = measured.tests.get(name, {})
        source = path.read_bytes()
        for change in find_changes(source):
            places = [readers.get(each, set()) for each in change.names] or [lines.get(n, set()) for n in change.lines]
            tests = sorted(set[str]().union(*places), key=lambda test: (measured.seconds[test], test))
            yield Mutant(name, change, change.describe(source), tuple(_limit(tests, measured)), len(tests))


def _limit(tests: list[str], measured: Measured) -> Iterator[str]:
    total = 0.0
    for test in tests:
        total += measured.seconds[test]
        if total > _MOST_SECONDS:
            return
        yield test


def _find_readers(tree: Path, paths: list[Path], measured: Measured) -> dict[str, set[str]]:
    """The tests of all lines that read a name, for the constants and fields outside of functions."""
    readers: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        lines = measured.tests.get(path.relative_to(tree).as_posix(), {})
        functions = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.FunctionDef)]
        for node in (inner for function in functions for inner in ast.walk(function)):
            if isinstance(node, ast.Name | ast.Attribute):
                readers[node.id if isinstance(node, ast.Name) else node.attr] |= lines.get(node.lineno, set())
    return readers


def try_mutant(python: Path, tree: Path, mutant: Mutant, seconds: float) -> str:
    """Whether the tests notice the fault: "killed" or "survived". What never ends is noticed too."""
    path, chosen = tree / mutant.name, tree / "chosen-tests.txt"
    source = path.read_bytes()
    chosen.write_text("\n".join(mutant.tests), encoding="utf-8")
    path.write_bytes(mutant.change.apply(source))
    # Without bytecode: a file that changes twice in a second would be taken for the old one.
    variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"@{chosen}"]
    with (tree / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=tree,
            env=variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=sys.platform != "win32",
        )
        try:
            return "survived" if process.wait(3 * seconds + GRACE) == 0 else "killed"
        except subprocess.TimeoutExpired:
            return "killed"
        finally:
            if process.poll() is None:
                end_group(process)
            path.write_bytes(source)


def _show(mutant: Mutant) -> None:
    shown = ", ".join(test.rpartition("::")[2] for test in mutant.tests[:_SHOWN_TESTS])
    print(f"\n{mutant.name}:{mutant.change.lines[0]}: {mutant.text}")
    print(f"    {len(mutant.tests)} of its {mutant.all_tests} tests ran: {shown} …", flush=True)
