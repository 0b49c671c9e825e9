# SPDX-License-Identifier: GPL-3.0-or-later
"""Spending and the state of the budgets: from the store into the panels."""

from __future__ import annotations

import time
from typing import Any

from ..session import budget_sync, panel_state
from ..storage.database import ledger
from .history import gallery


def apply_preferences() -> None:
    """Apply a changed budget, also to what is queued."""
    store = gallery.find_store()
    if store:
        budget_sync.apply_budgets(store)
    refresh()


def refresh() -> None:
    """Read the sums again; takes a millisecond."""
    costs = panel_state.get_properties().money
    store = gallery.find_store()
    costs.lines.clear()
    costs.standings.clear()
    costs.today = costs.month = "$0.00"
    costs.unknown = costs.imported = costs.damaged = ""
    if store is None:
        return
    now = time.time()
    days = ledger.sums(store.database, ("day",), month=ledger.month_of(now))
    today = [line for line in days if line.group == (ledger.day_of(now),)]
    total = ledger.total(store.database, month=ledger.month_of(now))
    costs.today = f"${today[0].usd if today else 0.0:.2f}"
    imported = ledger.total(store.database, imported=True)
    if imported.answers or imported.unknown:
        costs.imported = f"${imported.usd:.2f}"
    if damaged := ledger.count_damaged(store.database):
        costs.damaged = f"{damaged} damaged {'entries count' if damaged > 1 else 'entry counts'} with the estimate"
    costs.month, costs.unknown = f"${total.usd:.2f}", _format_unknown(total)
    month = ledger.month_of(now) if costs.by == "day" else ""
    for line in ledger.sums(store.database, (costs.by,), month=month):
        _fill_line(costs.lines.add(), line)
    for budget in store.get_budgets():
        spending = store.read_spending(budget)
        item = costs.standings.add()
        item.name, item.limit, item.warn_share = budget.project, budget.limit_usd, budget.warn_share
        item.spent = spending.spent + spending.expected


def _format_unknown(line: ledger.LedgerSum) -> str:
    return f"${line.unknown_usd:.2f}" if line.unknown_usd else ""


def _fill_line(item: Any, line: ledger.LedgerSum) -> None:
    item.name = line.group[0] or "No Project"
    item.pictures, item.free = line.pictures - line.free, line.free
    item.cost = f"${line.usd:.2f}"
    item.unknown = _format_unknown(line)


def find_warning(project: str, price: float) -> str:
    """The warning before paying a price for a project; "" if no budget is near. For draw()."""
    for item in panel_state.get_properties().money.standings:
        if price <= 0 or item.name not in ("", project):
            continue
        total = item.spent + price
        owner = f" of {item.name}" if item.name else ""
        figures = f"${item.spent:.2f} of ${item.limit:.2f} used this month"
        if total > item.limit + 1e-6:
            return f"This would exceed the budget{owner}: {figures}"
        if total >= item.warn_share * item.limit:
            return f"The budget{owner} is nearly used up: {figures}"
    return ""


def list_remaining(project: str, price: float) -> list[str]:
    """What is left of the budgets of a project this month, and what would be after paying a price, in lines."""
    lines: list[str] = []
    for item in panel_state.get_properties().money.standings:
        if price > 0 and item.name in ("", project):
            left = item.limit - item.spent
            owner = f" of {item.name}" if item.name else ""
            lines.append(f"Budget{owner}: ${left:.2f} of ${item.limit:.2f} left, then ${left - price:.2f}")
    return lines


def to_csv(*, month: str = "", project: str | None = None) -> str:
    """All entries of the ledger, for a spreadsheet; only the heading if there is no store."""
    store = gallery.find_store()
    return ledger.as_csv(store.database, month=month, project=project) if store else ""
