# SPDX-License-Identifier: GPL-3.0-or-later
"""A history of 10 000 generations: what the store answers, what the gallery in Blender takes to draw, to fill a
page and to search, and what opening costs beyond an empty history. Beside it what a list in Blender's memory
costs: a filter in Python."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..paths import ROOT

sys.path.insert(0, str(ROOT))

from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .history_material import fill
from .rows import Case, measured, told

#: Milliseconds to hold: the panel's page, a search, what a file's opening
#: may take longer than with an empty history.
PAGE, SEARCH, OPENING = 5.0, 50.0, 20.0


def main(argv: list[str]) -> int:
    """Print the tables; 0 when every figure holds, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="bench history", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-history-") as folder:
        full, empty = Path(folder) / "full", Path(folder) / "empty"
        begun = time.perf_counter()
        fill(full, options.count)
        Store(empty).close()
        print(f"{options.count} generations written in {time.perf_counter() - begun:.1f} s")
        store = Store(full)
        tables = {"store, milliseconds": measured(questions(store), options.runs)}
        store.close()
        if _in_blender():
            from . import history_panel

            tables |= history_panel.tables(full, empty, options.runs)
        return 0 if all([told(title, rows) for title, rows in tables.items()]) else 1


def _in_blender() -> bool:
    try:
        import bpy  # noqa: F401
    except ImportError:
        print("Without Blender: the store alone.")
        return False
    return True


def questions(store: Store) -> list[Case]:
    """What the gallery asks, and the same as a loop over a list."""

    def both(text: str = "", **query: Any) -> Callable[[], object]:
        wanted = HistoryQuery(text=text, **query)
        return lambda: (store.page(wanted), store.count(wanted))

    everything = [g.request.prompt.casefold() for g in store.page(HistoryQuery(), 0, 10**9)]
    last = max(len(everything) - 24, 0)
    revision = store.revision()
    store.changes_since(revision)
    return [
        Case("page of 24, newest", lambda: store.page(HistoryQuery()), PAGE),
        Case("page of 24, oldest", lambda: store.page(HistoryQuery(), last), PAGE),
        Case("count", lambda: store.count(HistoryQuery()), PAGE),
        Case("page and count, favourites", both(favourite=True), PAGE),
        Case("page and count, one project", both(project="project 3"), PAGE),
        Case("page and count, refused", both(refused=True), PAGE),
        Case("search, two words, page and count", both("velvet number77"), SEARCH),
        Case("search, common word", both("velvet"), SEARCH),
        Case("search, nothing found", both("zeppelin"), SEARCH),
        Case("news when there are none", lambda: store.changes_since(revision), 0.1),
        Case(
            "  (a filter in Python over a list in memory)",
            lambda: [p for p in everything if "velvet" in p and "number77" in p],
        ),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
