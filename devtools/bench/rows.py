# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a table of milliseconds, measured in turns: what else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured under a name, and the milliseconds to hold; `beyond` names the case whose median is
    taken off first."""

    name: str
    call: Callable[[], object]
    limit: float | None = None
    beyond: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: milliseconds, median and worst, and what is to be held."""

    name: str
    median: float
    worst: float
    limit: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the median is below the limit."""
        return self.limit is None or self.median <= self.limit

    def __str__(self) -> str:
        """The line."""
        limit = "" if self.limit is None else f"{self.limit:8.1f}  {'ok' if self.holds else 'NO'}"
        return f"{self.name:48} {self.median:8.2f} {self.worst:8.2f} {limit}"


def measured(cases: Sequence[Case], runs: int) -> list[Row]:
    """Each case once for warmth, then all in turn, `runs` times."""
    for case in cases:
        case.call()
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    for _ in range(runs):
        for case in cases:
            begun = time.perf_counter()
            case.call()
            times[case.name].append(1000 * (time.perf_counter() - begun))
    rows: list[Row] = []
    for case in cases:
        # Of two that ran one after the other the difference is taken each time, then the median.
        base = times[case.beyond] if case.beyond else [0.0] * runs
        each = [taken - before for taken, before in zip(times[case.name], base, strict=True)]
        rows.append(Row(case.name, statistics.median(each), max(each), case.limit))
    return rows


def told(title: str, rows: Sequence[Row]) -> bool:
    """Print a table; whether every figure holds."""
    print(f"{title:48} {'median':>8} {'worst':>8} {'to hold':>8}")
    for row in rows:
        print(row)
    return all(row.holds for row in rows)
