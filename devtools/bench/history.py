# SPDX-License-Identifier: GPL-3.0-or-later
"""A history of 10 000 generations: a page of 24, search, filters, and opening the store, which must
not be slower than an empty one. Beside it what a list in Blender's memory costs: a filter in
Python."""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..paths import ROOT

sys.path.insert(0, str(ROOT))

from nano_banana_addon.core.request import (
    Capture,
    Delivery,
    GenerationRequest,
    Kind,
    Reference,
    ReferenceRole,
)
from nano_banana_addon.core.result import Answer, Picture, State, Usage
from nano_banana_addon.jobs import records, search, transitions
from nano_banana_addon.jobs.query import HistoryQuery
from nano_banana_addon.jobs.store import Store

WORDS = [
    "rainy",
    "neon",
    "alley",
    "anime",
    "background",
    "painting",
    "watercolour",
    "harbour",
    "dusk",
    "lantern",
    "moss",
    "ruin",
    "brick",
    "market",
    "rooftop",
    "fog",
    "copper",
    "rust",
    "velvet",
    "clay",
    "snow",
    "desert",
    "canyon",
    "cabin",
    "orchard",
    "temple",
    "bridge",
    "tram",
    "cobblestone",
    "ivy",
    "marble",
    "frost",
    "ember",
    "tide",
    "lighthouse",
    "greenhouse",
    "observatory",
    "arcade",
]
#: Milliseconds to hold (design.md, section 6): the panel's page, a search, what a file's opening
#: may take longer than with an empty history.
PAGE, SEARCH, OPENING = 5.0, 50.0, 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: milliseconds, median and worst, and what is to be held."""

    name: str
    median: float
    worst: float
    limit: float | None

    @property
    def holds(self) -> bool:
        """Whether the median is below the limit."""
        return self.limit is None or self.median <= self.limit

    def __str__(self) -> str:
        """The line."""
        limit = "" if self.limit is None else f"{self.limit:8.1f}  {'ok' if self.holds else 'NO'}"
        return f"{self.name:44} {self.median:8.2f} {self.worst:8.2f} {limit}"


def main(argv: list[str]) -> int:
    """Print the table; 0 when every figure holds, 1 otherwise."""
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
        rows = [*questions(full, options.runs), *opening(full, empty, options.runs)]
    print(f"{'milliseconds':44} {'median':>8} {'worst':>8} {'to hold':>8}")
    for row in rows:
        print(row)
    return 0 if all(row.holds for row in rows) else 1


def fill(home: Path, count: int) -> None:
    """A history as years of work would leave it: long prompts, references, captures, answers."""
    dice = random.Random(7)  # noqa: S311 - no secret
    store = Store(home)
    with store.database.writing() as connection:
        for number in range(count):
            moment = 1_700_000_000.0 + number * 900
            transitions.insert(
                connection, store.home, some_request(dice, number), id=f"20260101-{number:010d}",
                moment=moment, state=dice.choice([State.DONE] * 9 + [State.REFUSED]).value,
                grp="", delivered=1, favourite=int(number % 50 == 0), cost=0.14, tries=1,
                ended=moment,
                answer=records.dump_answer(store.home, some_answer(store.home, number)),
            )  # fmt: skip
    store.close()


def some_request(dice: random.Random, number: int) -> GenerationRequest:
    """A request with a prompt of 60 words, four references and a capture."""
    references = tuple(
        Reference(role, f"/pictures/{dice.getrandbits(64):x}.png", sha256="a" * 64)
        for role in list(ReferenceRole)[-4:]
    )
    return GenerationRequest(
        " ".join(dice.choices(WORDS, k=60)) + f" number{number}",
        kind=dice.choice(list(Kind)),
        references=references,
        capture=Capture("CAMERA"),
        delivery=Delivery(name="x"),
        blend_path=f"/shots/shot{number % 200:04d}.blend",
        project=f"project {number % 7}",
    )


def some_answer(home: Path, number: int) -> Answer:
    """An answer with one picture."""
    path = str(home / "results" / f"{number}.jpg")
    picture = Picture(path, "b" * 64, "image/jpeg", 2752, 1536, 2_000_000)
    return Answer((picture,), usage=Usage(1000, 1200, 100, 2300, 1120), response_id=f"r{number}")


def questions(home: Path, runs: int) -> list[Row]:
    """What the gallery asks, and the same as a loop over a list."""
    store = Store(home)

    def both(text: str = "", **query: Any) -> Callable[[], object]:
        wanted = HistoryQuery(text=text, **query)
        return lambda: (store.page(wanted), store.count(wanted))

    everything = [g.request.prompt.casefold() for g in store.page(HistoryQuery(), 0, 10**9)]
    last = max(len(everything) - 24, 0)
    revision = store.revision()
    store.changes_since(revision)
    unindexed = timed("search, before it is indexed", both("velvet number77"), 1, None)
    search.catch_up(store.database, len(everything))

    rows = [
        timed("page of 24, newest", lambda: store.page(HistoryQuery()), runs, PAGE),
        timed("page of 24, oldest", lambda: store.page(HistoryQuery(), last), runs, PAGE),
        timed("count", lambda: store.count(HistoryQuery()), runs, PAGE),
        timed("page and count, favourites", both(favourite=True), runs, PAGE),
        timed("page and count, one project", both(project="project 3"), runs, PAGE),
        timed("page and count, refused", both(refused=True), runs, PAGE),
        unindexed,
        timed("search, two words, page and count", both("velvet number77"), runs, SEARCH),
        timed("search, common word", both("velvet"), runs, SEARCH),
        timed("search, nothing found", both("zeppelin"), runs, SEARCH),
        timed("news when there are none", lambda: store.changes_since(revision), runs, 0.1),
        timed(
            "  (a filter in Python over a list in memory)",
            lambda: [p for p in everything if "velvet" in p and "number77" in p], runs, None,
        ),
    ]  # fmt: skip
    store.close()
    return rows


def opening(full: Path, empty: Path, runs: int) -> list[Row]:
    """What a start of Blender or the opening of a file does with the store."""

    def begin(home: Path) -> None:
        store = Store(home)
        store.revision()
        store.pending_recovery()
        store.undelivered(blend_path="/shots/shot0007.blend")
        store.close()

    small = timed("opening and recovering, empty", lambda: begin(empty), runs, None)
    limit = small.median + OPENING
    return [small, timed("opening and recovering, full", lambda: begin(full), runs, limit)]


def timed(name: str, call: Callable[[], object], runs: int, limit: float | None) -> Row:
    """Milliseconds of a call, which is made once before."""
    call()
    times: list[float] = []
    for _ in range(runs):
        begun = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - begun))
    return Row(name, statistics.median(times), max(times), limit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
