# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery in Blender: milliseconds to draw the panels, to fill a page, to search, to open a
file. Drawn on a layout that only counts, so that the add-on's own share is measured."""

from __future__ import annotations

import importlib
import os
import statistics
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .rows import Row, limit, measure_in_turns, time_call

_EXTENSION = "bl_ext.user_default.nano_banana"
# Milliseconds that a person feels: in each frame, while typing (with filling the page), at a start.
DRAW_HOLD, SEARCH_HOLD, OPENING_HOLD = 5.0, 50.0, 20.0
Action = Callable[[], object]


class CountingLayout:
    """Takes whatever a UILayout takes and returns itself."""

    calls = 0

    def __getattr__(self, _name: str) -> Callable[..., Any]:
        def call(*_values: object, **_named: object) -> CountingLayout:
            CountingLayout.calls += 1
            return self

        return call

    def panel(self, *_values: object, **_named: object) -> tuple[CountingLayout, CountingLayout]:
        """A header and an open body."""
        CountingLayout.calls += 1
        return self, self

    def __setattr__(self, _name: str, _value: object) -> None:
        pass


def measure_panels(full: Path, empty: Path, rounds: int) -> list[Row]:
    """What the artist waits for with a full history, and beyond what it takes with an empty one."""
    switch_store(full)
    rows = [
        *_measure_actions(_list_drawings(), DRAW_HOLD, rounds),
        *_measure_actions(_list_actions(), SEARCH_HOLD, rounds),
    ]
    find_module("features.history.gallery").get_gallery().property_unset("text")
    for name, action in (("start: recover and fill", _start), ("opening a file", _open_file)):
        rows.append(_compare_opening(name, action, full, empty, rounds))
    find_module("session.session").close()
    return rows


def _measure_actions(actions: dict[str, Action], hold: float, rounds: int) -> list[Row]:
    cases = {name: lambda work=action: 1e3 * time_call(work) for name, action in actions.items()}
    return [limit(name, "ms", values, hold) for name, values in measure_in_turns(cases, rounds).items()]


def _compare_opening(name: str, action: Callable[[Path], None], full: Path, empty: Path, rounds: int) -> Row:
    """The median of the differences of neighbours: full history less empty one."""
    cases = {
        "full": lambda: 1e3 * time_call(lambda: action(full)),
        "empty": lambda: 1e3 * time_call(lambda: action(empty)),
    }
    figures = measure_in_turns(cases, rounds)
    beyond = [a - b for a, b in zip(figures["full"], figures["empty"], strict=True)]
    note = f"the difference to an empty history, which takes {statistics.median(figures['empty']):.3g} ms"
    return limit(name, "ms", beyond, OPENING_HOLD, note)


def find_module(name: str) -> types.ModuleType:
    """A module of the enabled extension."""
    return importlib.import_module(f"{_EXTENSION}.nano_banana_addon.{name}")


def switch_store(home: Path) -> None:
    """Let the session work with another store."""
    find_module("session.session").close()
    os.environ["NANO_BANANA_HOME"] = str(home)


def _list_drawings() -> dict[str, Action]:
    """One frame of each panel that shows the history or a cost."""
    history = find_module("features.history.gallery")
    history.refill()
    find_module("features.costs").refresh()
    history.show_details(history.get_gallery().entries[0].name)
    panels = ("history", "money", "main")
    drawings: dict[str, Action] = {
        f"draw the panel {name}": lambda name=name: draw(f"NANO_BANANA_PT_{name}") for name in panels
    }
    return {**drawings, "draw the details": draw_details}


def _list_actions() -> dict[str, Action]:
    """Filling, searching, choosing."""
    history = find_module("features.history.gallery")
    return {
        "fill the first page": lambda: search(""),
        "turn to the next page": lambda: history.turn_page(1),
        "search and fill, one word": lambda: search("velvet"),
        "search and fill, two words": lambda: search("velvet number77"),
        "search and fill, nothing there": lambda: search("zeppelin"),
        "choose a picture": choose_last,
        "sums of the ledger": find_module("features.costs").refresh,
    }


def search(text: str) -> None:
    """Search as if the text had been typed."""
    find_module("features.history.gallery").get_gallery().text = text


def choose_last() -> None:
    """Show another picture in the details."""
    history = find_module("features.history.gallery")
    if not history.get_gallery().entries:
        history.apply_filters()
    if history.get_gallery().entries:
        history.show_details(history.get_gallery().entries[-1].name)


def draw(name: str) -> None:
    """Draw one panel."""
    import bpy

    panel = types.SimpleNamespace(layout=CountingLayout())
    getattr(bpy.types, name).draw(panel, bpy.context)


def draw_details() -> None:
    """Draw the facts of the chosen image."""
    import bpy

    details = importlib.import_module(f"{_EXTENSION}.panels.details")
    details.draw_details(CountingLayout(), bpy.context, find_module("features.history.gallery").get_gallery())


def _start(home: Path) -> None:
    """What the add-on does a moment after Blender's start."""
    switch_store(home)
    find_module("features.recovery").offer()


def _open_file(home: Path) -> None:
    import bpy

    switch_store(home)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
