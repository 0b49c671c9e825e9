# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a benchmark: a figure beside another of the same run, and what is to be held.

The two are measured in turns (A B A B …), so that what else the machine does falls on both alike.
A ratio is the median of the ratios of neighbours, not the ratio of the medians: when the machine
becomes slower in the middle of a run, neighbours still had the same machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    ours and beside are medians in `unit`, ratio is ours / beside. hold is the most that the ratio
    may be or, with is_absolute, the most that ours may be: only where a person feels it, or where
    it does not depend on the machine.
    """

    name: str
    unit: str
    ours: float
    beside: float | None = None
    beside_name: str = ""
    ratio: float | None = None
    hold: float | None = None
    is_absolute: bool = False
    rounds: int = ROUNDS
    note: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether what is to be held holds; None when nothing is."""
        figure = self.ours if self.is_absolute else self.ratio
        return None if self.hold is None or figure is None else figure <= self.hold

    def to_json(self) -> dict[str, object]:
        """The row for `dev.py bench --json`."""
        return asdict(self) | {"ok": self.ok}


def time_call(work: Callable[[], object], repeats: int = 1) -> float:
    """Seconds that one call takes, as the mean of so many."""
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def measure_in_turns(
    cases: Mapping[str, Callable[[], float]], rounds: int = ROUNDS, *, warm_up: bool = True
) -> dict[str, list[float]]:
    """The figures of each case: all once for warmth, then one after the other, so many times."""
    figures: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + warm_up):
        for name, case in cases.items():
            figure = case()
            if number or not warm_up:
                figures[name].append(figure)
    return figures


def compare(
    name: str,
    unit: str,
    ours: Sequence[float],
    beside: Sequence[float],
    beside_name: str,
    hold: float | None = None,
    *,
    is_absolute: bool = False,
    note: str = "",
) -> Row:
    """The row of two that were measured in turns; hold is on the ratio unless is_absolute."""
    # A figure of nothing (a peak of memory that was not exceeded) has no ratio to it.
    pairs = [a / b for a, b in zip(ours, beside, strict=True) if b > 0]
    ratio = statistics.median(pairs) if pairs else None
    middle, other = statistics.median(ours), statistics.median(beside)
    return Row(name, unit, middle, other, beside_name, ratio, hold, is_absolute, len(ours), note)


def limit(name: str, unit: str, ours: Sequence[float], hold: float, note: str = "") -> Row:
    """The row of a figure that has an absolute limit and nothing beside it."""
    middle = statistics.median(ours)
    return Row(name, unit, middle, hold=hold, is_absolute=True, rounds=len(ours), note=note)


def format_rows(title: str, rows: Sequence[Row]) -> str:
    """The table."""
    head = f"{title:46} {'ours':>12} {'beside':>12} {'ratio':>8} {'to hold':>10}"
    return "\n".join([head, *map(_format_row, rows)])


def _format_row(row: Row) -> str:
    verdict = {None: "", True: "ok", False: "NOT HELD"}[row.ok]
    hold = "" if row.hold is None else f"{row.hold:.4g} {row.unit if row.is_absolute else 'x'}"
    cells = [f"{row.name:46} {_format_figure(row.ours, row.unit)}"]
    cells += [f"{_format_figure(row.beside, row.unit)} {_format_figure(row.ratio, '', 8)}"]
    cells += [f"{hold:>10} {verdict:8}"]
    remark = "; ".join(filter(None, [row.beside_name and f"beside: {row.beside_name}", row.note]))
    return " ".join(cells) + (f"\n    {remark}" if remark else "")


def _format_figure(value: float | None, unit: str, width: int = 12) -> str:
    return " " * width if value is None else f"{value:.4g} {unit}".strip().rjust(width)
