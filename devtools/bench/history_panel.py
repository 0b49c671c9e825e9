# SPDX-License-Identifier: GPL-3.0-or-later
"""The gallery in Blender: milliseconds to draw the panels, to fill a page, to search, to open a file. Drawn on a
layout that only counts, so that what is measured is the add-on's own share."""

from __future__ import annotations

import importlib
import os
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .rows import Case, Row, measured

_PACKAGE = "bl_ext.user_default.nano_banana.nano_banana_addon"
#: Milliseconds to hold; a search fills the page, too.
_DRAW, _SEARCH, _OPENING = 5.0, 50.0, 20.0


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


def tables(full: Path, empty: Path, runs: int) -> dict[str, list[Row]]:
    """What the artist waits for, with a full history, and beyond what it takes with an empty one."""
    use(full)
    cases = in_panels()
    panels = measured(cases, runs)
    module("features.history.gallery").get_gallery().property_unset("text")
    opened = measured(opening(full, empty), runs)
    module("session.session").close()
    return {"in Blender": panels, "opening, beyond an empty history": opened}


def module(name: str) -> types.ModuleType:
    """A module of the enabled extension."""
    return importlib.import_module(f"{_PACKAGE}.{name}")


def use(home: Path) -> None:
    """Let the session work with another store."""
    module("session.session").close()
    os.environ["NANO_BANANA_HOME"] = str(home)


def in_panels() -> list[Case]:
    """Drawing, filling, searching."""
    history, money = module("features.history.gallery"), module("features.costs")
    history.refill()
    money.refresh()
    history.show_details(history.get_gallery().entries[0].name)
    return [
        Case("fill the first page", lambda: search(""), _SEARCH),
        Case("draw the gallery", lambda: draw("NANO_BANANA_PT_history"), _DRAW),
        Case("draw the details", lambda: draw("NANO_BANANA_PT_details"), _DRAW),
        Case("draw the cost", lambda: draw("NANO_BANANA_PT_money"), _DRAW),
        Case("draw the main panel", lambda: draw("NANO_BANANA_PT_main"), _DRAW),
        Case("turn to the next page", lambda: history.turn_page(1), _SEARCH),
        Case("search, one word, and fill", lambda: search("velvet"), _SEARCH),
        Case("search, two words, and fill", lambda: search("velvet number77"), _SEARCH),
        Case("search, nothing found", lambda: search("zeppelin"), _SEARCH),
        Case("choose a picture", choose_last, _SEARCH),
        Case("sums of the ledger", money.refresh, _SEARCH),
    ]


def search(text: str) -> None:
    """As if it was typed."""
    module("features.history.gallery").get_gallery().text = text


def choose_last() -> None:
    """Another picture in the details."""
    history = module("features.history.gallery")
    if not history.get_gallery().entries:
        history.apply_filters()
    if history.get_gallery().entries:
        history.show_details(history.get_gallery().entries[-1].name)


def draw(name: str) -> None:
    """One panel."""
    import bpy

    panel = types.SimpleNamespace(layout=CountingLayout())
    getattr(bpy.types, name).draw(panel, bpy.context)


def opening(full: Path, empty: Path) -> list[Case]:
    """What the add-on does a moment after a start, and when a file is opened."""

    def start(home: Path) -> Callable[[], None]:
        def call() -> None:
            use(home)
            module("features.recovery").offer()

        return call

    def open_file(home: Path) -> Callable[[], None]:
        import bpy

        def call() -> None:
            use(home)
            bpy.ops.wm.read_homefile(use_factory_startup=True)

        return call

    return [
        Case("(start: recover and fill, empty history)", start(empty)),
        Case(
            "start: recover and fill",
            start(full),
            _OPENING,
            "(start: recover and fill, empty history)",
        ),
        Case("(opening a file, empty history)", open_file(empty)),
        Case("opening a file", open_file(full), _OPENING, "(opening a file, empty history)"),
    ]
