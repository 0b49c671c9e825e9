# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery in Blender with a history of 10 000 generations: milliseconds to draw the panels, to fill a page, to
search. Drawn on a layout that only counts, so that what is measured is the add-on's own share."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .history import OPENING, PAGE, SEARCH, Row, fill, timed

_PACKAGE = "bl_ext.user_default.nano_banana.nano_banana_addon.blender"


class CountingLayout:
    """Takes whatever a UILayout takes, and gives what can be set back."""

    calls = 0

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        def call(*_values: object, **_given: object) -> CountingLayout:
            CountingLayout.calls += 1
            return self

        return call

    def __setattr__(self, _name: str, _value: object) -> None:
        pass


def main(argv: list[str]) -> int:
    """Print the table; 0 when every figure holds, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="bench history_panel", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=30)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-history-") as folder:
        full, empty = Path(folder) / "full", Path(folder) / "empty"
        fill(full, options.count)
        rows = [*in_blender(full, options.runs), *opening(full, empty, options.runs)]
    print(f"{'milliseconds':44} {'median':>8} {'worst':>8} {'to hold':>8}")
    for row in rows:
        print(row)
    return 0 if all(row.holds for row in rows) else 1


def module(name: str) -> types.ModuleType:
    """A module of the enabled extension."""
    return importlib.import_module(f"{_PACKAGE}.{name}")


def use(home: Path) -> None:
    """Let the session work with another store."""
    module("session").close()
    os.environ["NANO_BANANA_HOME"] = str(home)


def in_blender(home: Path, runs: int) -> list[Row]:
    """What the artist waits for."""
    use(home)
    history, money = module("history"), module("money")
    history.refill()
    money.refresh()
    shown = history.group()
    history.choose(shown.entries[0].name)
    rows = [
        timed("draw the gallery", lambda: draw("NANO_BANANA_PT_history"), runs, PAGE),
        timed("draw the details", lambda: draw("NANO_BANANA_PT_details"), runs, PAGE),
        timed("draw the cost", lambda: draw("NANO_BANANA_PT_money"), runs, PAGE),
        timed("draw the main panel", lambda: draw("NANO_BANANA_PT_main"), runs, PAGE),
        timed("fill the first page", history.refill, runs, SEARCH),
        timed("search, two words, and fill", lambda: search("velvet number77"), runs, SEARCH),
        timed("search, nothing found", lambda: search("zeppelin"), runs, SEARCH),
        timed("sums of the ledger", money.refresh, runs, SEARCH),
    ]
    shown.property_unset("text")
    return rows


def search(text: str) -> None:
    """As if it was typed."""
    module("history").group().text = text


def draw(name: str) -> None:
    """One panel."""
    import bpy

    panel = types.SimpleNamespace(layout=CountingLayout())
    getattr(bpy.types, name).draw(panel, bpy.context)


def opening(full: Path, empty: Path, runs: int) -> list[Row]:
    """What the add-on does a moment after a start, and when a file is opened."""

    def begin(home: Path) -> None:
        use(home)
        module("recovery").offer()
        module("session").close()

    def open_file(home: Path) -> Callable[[], None]:
        import bpy

        def call() -> None:
            use(home)
            bpy.ops.wm.read_homefile(use_factory_startup=True)

        return call

    module("session").Store(empty).close()
    small = timed("start: recover and fill, empty", lambda: begin(empty), runs, None)
    file = timed("opening a file, empty history", open_file(empty), 5, None)
    return [
        small,
        timed("start: recover and fill, full", lambda: begin(full), runs, small.median + OPENING),
        file,
        timed("opening a file, full history", open_file(full), 5, file.median + OPENING),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
