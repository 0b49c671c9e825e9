# SPDX-License-Identifier: GPL-3.0-or-later
"""Line coverage of the layers that need no Blender, also of what runs in the worker's process.

What is measured and where it is kept stands in pyproject.toml, [tool.coverage].
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.paths import BUILD, ROOT

# What goes before `-m pytest`. Processes that the tests start are measured too: patch = subprocess.
RUNNER = ("-m", "coverage", "run")
LAYERS = ("core", "imaging", "wire", "storage", "worker")
# Measured and shown, but not counted: the simulator stands in for the service, it is not the add-on.
APART = ("simulator",)
MINIMUM = 95.0  # percent, over LAYERS together
_DATA = BUILD / "coverage"
_WORST = 12


@dataclass
class Lines:
    """How many lines there are and how many of them ran."""

    total: int = 0
    covered: int = 0

    @property
    def percent(self) -> float:
        return 100.0 * self.covered / self.total if self.total else 100.0

    def add(self, other: Lines) -> None:
        self.total += other.total
        self.covered += other.covered


def erase() -> None:
    """Forget the last measurement."""
    shutil.rmtree(_DATA, ignore_errors=True)
    _DATA.mkdir(parents=True)


def report(python: Path) -> tuple[str, bool]:
    """Join what the processes measured: a table, and whether MINIMUM is reached.

    Raises CalledProcessError when nothing was measured.
    """
    path = _DATA / "coverage.json"
    for command in (["combine", "--quiet"], ["json", "--quiet", "-o", str(path)]):
        subprocess.run(
            [str(python), "-m", "coverage", *command],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    return summarise(json.loads(path.read_text(encoding="utf-8")))


def summarise(measured: dict[str, Any]) -> tuple[str, bool]:
    """The table of layers and of the files with most lines that did not run; whether MINIMUM is
    reached. measured is what `coverage json` writes."""
    files = {name.replace("\\", "/"): _count(entry) for name, entry in measured["files"].items()}
    layers = {layer: Lines() for layer in (*LAYERS, *APART)}
    for name, lines in files.items():
        if (layer := _layer_of(name)) in layers:
            layers[layer].add(lines)
    counted = Lines()
    for layer in LAYERS:
        counted.add(layers[layer])
    is_enough = counted.percent >= MINIMUM
    rows = [_row(layer, layers[layer]) for layer in LAYERS]
    verdict = f"(at least {MINIMUM:g} %: {'ok' if is_enough else 'NOT REACHED'})"
    rows += [f"{_row('together', counted)}  {verdict}"]
    rows += [f"{_row(layer, layers[layer])}  (not counted)" for layer in APART]
    own = {name: lines for name, lines in files.items() if _layer_of(name) in LAYERS}
    worst = sorted(own.items(), key=lambda item: item[1].covered - item[1].total)[:_WORST]
    rows += ["", "most lines that did not run:", *(_row(name, lines) for name, lines in worst)]
    return "\n".join([f"{'':52} {'lines':>6} {'missed':>6}", *rows, ""]), is_enough


def _layer_of(name: str) -> str:
    """The folder below nano_banana_addon/ that a file lies in."""
    parts = name.split("/")
    return parts[parts.index("nano_banana_addon") + 1] if "nano_banana_addon" in parts[:-2] else ""


def _count(entry: dict[str, Any]) -> Lines:
    summary = entry["summary"]
    return Lines(summary["num_statements"], summary["covered_lines"])


def _row(name: str, lines: Lines) -> str:
    missed = lines.total - lines.covered
    return f"{name:52} {lines.total:6} {missed:6} {lines.percent:6.2f} %"
