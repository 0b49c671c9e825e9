# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets and pacing, from the preferences into the store, which holds everyone to them."""

from __future__ import annotations

from typing import Any

from ..blender.host.preferences import preferences
from ..storage.database.budget import Budget, Pacing
from ..storage.store import Store
from ..worker.client import LIMIT

_SETTINGS = ("budget_month", "budget_warning", "project_budgets", "pacing_limit")


def hand_over(store: Store) -> None:
    """Let the preferences' budgets and pacing hold in a store, for everyone who uses it.

    Preferences that were never touched change nothing: a farm's fresh profile must not lift a budget.
    """
    chosen = preferences()
    if chosen is None or not any(chosen.is_property_set(name) for name in _SETTINGS):
        return
    store.set_budgets(budgets_of(chosen))
    store.set_pacing(Pacing(limit_usd=float(chosen.pacing_limit)))


def at_once() -> int:
    """How many requests are carried out at once."""
    chosen = preferences()
    return int(chosen.at_once) if chosen else LIMIT


def budgets_of(chosen: Any) -> tuple[Budget, ...]:
    """The budgets in the preferences; 0 is none."""
    share = chosen.budget_warning / 100
    each = [(chosen.budget_month, "")]
    each += [(item.limit, item.name.strip()) for item in chosen.project_budgets if item.name.strip()]
    return tuple(Budget(round(usd, 2), project, share) for usd, project in each if usd > 0)
