# SPDX-License-Identifier: GPL-3.0-or-later
"""A history of 10 000 generations: what the store answers, what the gallery in Blender takes to
draw, to fill a page and to search, and what opening costs beyond an empty history. In turn with
them the simplest thing that would do: a filter in Python over a list in memory."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .support import history_panel
from .support.history_material import fill
from .support.rows import ROUNDS, Row, compare, measure_in_turns, time_call

PAGE_HOLD = 2.0  # times the filter
NEWS_HOLD = 0.1  # times the filter: asked ten times a second
SEARCH_HOLD = 50.0  # milliseconds: more is felt while typing
_FILTER = "a filter in Python over a list in memory"
_REPEATS = 5  # calls for one figure: a single one is too short for the clock of a busy machine


@dataclass(frozen=True, slots=True)
class Question:
    """What the gallery asks the store, and what is held: milliseconds for a search, else a ratio."""

    name: str
    call: Callable[[], object]
    hold: float = PAGE_HOLD
    is_search: bool = False


def measure(argv: list[str]) -> list[Row]:
    """The rows of the store and of the gallery in Blender, in milliseconds."""
    parser = argparse.ArgumentParser(prog="bench history", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="bench-history-") as folder:
        full, empty = Path(folder) / "full", Path(folder) / "empty"
        fill(full, options.count)
        Store(empty).close()
        store = Store(full)
        rows = compare_store(store, options.rounds)
        store.close()
        return [*rows, *history_panel.measure_panels(full, empty, options.rounds)]


def compare_store(store: Store, rounds: int) -> list[Row]:
    """Each question in turn with the filter."""
    prompts = [g.request.prompt.casefold() for g in store.page(HistoryQuery(), 0, 10**9)]
    rows: list[Row] = []
    for question in list_questions(store, len(prompts)):
        cases = {
            "ours": lambda call=question.call: 1e3 * time_call(call, _REPEATS),
            "filter": lambda: 1e3 * time_call(lambda: filter_prompts(prompts), _REPEATS),
        }
        figures = measure_in_turns(cases, rounds)
        ours, beside, hold = figures["ours"], figures["filter"], question.hold
        row = compare(question.name, "ms", ours, beside, _FILTER, hold, is_absolute=question.is_search)
        rows.append(row)
    return rows


def filter_prompts(prompts: list[str]) -> list[str]:
    """The yardstick."""
    return [prompt for prompt in prompts if "velvet" in prompt and "number77" in prompt]


def list_questions(store: Store, count: int) -> list[Question]:
    """What the gallery asks: pages, counts, searches, news."""

    def ask(query: HistoryQuery) -> Callable[[], object]:
        return lambda: (store.page(query), store.count(query))

    def search(text: str) -> Callable[[], object]:
        return ask(HistoryQuery(text=text))

    last, revision = max(count - 24, 0), store.revision()
    store.changes_since(revision)
    return [
        Question("page of 24, newest", lambda: store.page(HistoryQuery())),
        Question("page of 24, oldest", lambda: store.page(HistoryQuery(), last)),
        Question("count", lambda: store.count(HistoryQuery())),
        Question("page and count, favourites", ask(HistoryQuery(favourite=True))),
        Question("page and count, one project", ask(HistoryQuery(project="project 3"))),
        Question("page and count, refused", ask(HistoryQuery(refused=True))),
        Question("search, two words", search("velvet number77"), SEARCH_HOLD, is_search=True),
        Question("search, a common word", search("velvet"), SEARCH_HOLD, is_search=True),
        Question("search, nothing there", search("zeppelin"), SEARCH_HOLD, is_search=True),
        Question("news when there are none", lambda: store.changes_since(revision), NEWS_HOLD),
    ]
