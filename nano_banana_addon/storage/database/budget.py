# SPDX-License-Identifier: GPL-3.0-or-later
"""Spending limits: monthly budgets, and the service's own limit for ten minutes."""

# SQL here is put together from fixed parts only; every value is bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...core import cost
from ...core.constants import ACTIVE_STATES
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from . import states
from .database import Database
from .ledger import COST, ESTIMATE, IN_MONTH, days_of, month_of
from .records import clean

_SENT = ", ".join(f"'{s.value}'" for s in sorted(ACTIVE_STATES - states.NOT_SENT))


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `limit_usd` in a calendar month, for one project or ("") for all together.

    A warning is given from `warn_share` of it.
    """

    limit_usd: float
    project: str = ""
    warn_share: float = 0.8


@dataclass(frozen=True, slots=True)
class Pacing:
    """At most `limit_usd` in any `seconds`, for one provider: the service refuses what goes beyond.

    Source: the Gemini API's rate limits, $10 in 10 minutes on tier 1 ($50 and $200 on tiers 2 and 3).
    """

    limit_usd: float = 10.0
    seconds: float = 600.0
    provider: str = "google"


@dataclass(frozen=True, slots=True)
class Spending:
    """The state of a budget: `spent` includes what may have been billed, `expected` is in progress."""

    budget: Budget
    spent: float
    expected: float

    def total_with(self, more: float) -> float:
        """This month's dollars including `more`."""
        return self.spent + self.expected + more


def read_spending(connection: sqlite3.Connection, budget: Budget, now: float) -> Spending:
    """The month's sum for a budget. Unknown prices count with their estimate."""
    of_project, values = _select_project(budget)
    spent = connection.execute(
        f"SELECT sum({COST}) FROM ledger WHERE NOT imported AND {IN_MONTH}{of_project}",
        [*days_of(month_of(now)), *values],
    ).fetchone()[0]
    expected = connection.execute(
        f"SELECT sum({ESTIMATE}) FROM generations WHERE state IN ({states.SQL_ACTIVE}){of_project}",
        values,
    ).fetchone()[0]
    return Spending(budget, spent or 0.0, expected or 0.0)


def _select_project(budget: Budget) -> tuple[str, list[str]]:
    """SQL that selects the rows of a budget's project as they are recorded, and its values; all rows for ""."""
    return (" AND project = ?", [clean(budget.project)]) if budget.project else ("", [])


def check(
    connection: sqlite3.Connection,
    budgets: Iterable[Budget],
    requests: Sequence[tuple[GenerationRequest, float]],
    now: float,
) -> list[str]:
    """Raise BUDGET when these requests, each with its estimate, would exceed a budget; else return warnings."""
    warnings: list[str] = []
    for budget in budgets:
        concerned = [e for r, e in requests if budget.project in ("", r.project)]
        more = sum(concerned)
        if more <= 0:
            continue
        spending = read_spending(connection, budget, now)
        after = spending.total_with(more)
        whose = f"the project {budget.project}" if budget.project else "all projects"
        figures = (
            f"{cost.format_dollars(spending.spent + spending.expected)} of"
            f" {cost.format_dollars(budget.limit_usd)} for {whose} this month are spent or in progress,"
            f" and this would add {cost.format_dollars(more)}."
        )
        if after > budget.limit_usd + 1e-9:
            raise NanoBananaError(ErrorKind.BUDGET, f"This would exceed the budget: {figures}")
        if after >= budget.warn_share * budget.limit_usd:
            warnings.append(f"The budget is nearly used up: {figures}")
    return warnings


def hold(
    database: Database,
    budgets: Iterable[Budget],
    requests: Sequence[tuple[GenerationRequest, float]],
) -> None:
    """Raise BUDGET when these requests would exceed a budget now; nothing is recorded.

    `check` decides again when they are recorded.
    """
    with database.lock:
        check(database.connection, budgets, requests, time.time())


def still_allowed(
    connection: sqlite3.Connection,
    budgets: Iterable[Budget],
    project: str,
    estimate: float,
    now: float,
) -> None:
    """Raise BUDGET when a queued request would exceed a budget now; other queued ones do not count."""
    for budget in budgets:
        if estimate <= 0 or budget.project not in ("", project):
            continue
        spent = read_spending(connection, budget, now).spent
        of_project, values = _select_project(budget)
        on_the_way = connection.execute(
            f"SELECT sum({ESTIMATE}) FROM generations WHERE state IN ({_SENT}){of_project}",
            values,
        ).fetchone()[0]
        if spent + (on_the_way or 0.0) + estimate > budget.limit_usd + 1e-9:
            raise NanoBananaError(
                ErrorKind.BUDGET,
                f"The budget of {cost.format_dollars(budget.limit_usd)} is used up:"
                f" {cost.format_dollars(spent)} were spent in {month_of(now)}; nothing was sent.",
            )


def pause(connection: sqlite3.Connection, pacing: Pacing, provider: str, estimate: float, now: float) -> float:
    """Seconds until a request can be sent without exceeding the service's own limit; 0: at once.

    A ledger entry from the future (the clock was set back) counts only while it is near. Batches have limits of their
    own.
    """
    if pacing.limit_usd <= 0 or provider != pacing.provider or estimate <= 0:
        return 0.0
    lines = connection.execute(
        f"SELECT at, {COST} FROM ledger WHERE NOT imported AND provider = ? AND at BETWEEN ? AND ?"
        " AND generation NOT IN (SELECT id FROM generations WHERE job <> '') ORDER BY at",
        (provider, now - pacing.seconds, now + pacing.seconds),
    ).fetchall()
    on_the_way = connection.execute(
        f"SELECT sum({ESTIMATE}) FROM generations WHERE provider = ? AND state IN ({_SENT}) AND job = ''",
        (provider,),
    ).fetchone()[0]
    excess = sum(usd for _, usd in lines) + (on_the_way or 0.0) + estimate - pacing.limit_usd
    if excess <= 1e-9 or not (lines or on_the_way):
        return 0.0
    for at, usd in lines:
        excess -= usd
        if excess <= 1e-9:
            return max(min(at, now) + pacing.seconds - now, 1.0)
    return _UNTIL_ANSWERED


#: What is in progress fills the limit alone: look again when some of it may have been answered.
_UNTIL_ANSWERED = 15.0
