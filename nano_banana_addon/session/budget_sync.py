# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets and pacing, from the preferences into the store, which enforces them."""

from __future__ import annotations

from typing import Any

from ..blender.host.preferences import get_preferences
from ..storage.database.budget import Budget, Pacing
from ..storage.store import Store
from ..worker.client import LIMIT

_SETTINGS = ("budget_month", "budget_warning", "project_budgets", "pacing_limit")


def apply_budgets(store: Store) -> None:
    """Write the preferences' budgets and pacing into a store, for all of its users.

    Preferences that were never changed write nothing: a farm's fresh profile must not remove a budget.
    """
    prefs = get_preferences()
    if prefs is None or not any(prefs.is_property_set(name) for name in _SETTINGS):
        return
    store.set_budgets(read_budgets(prefs))
    store.set_pacing(read_pacing())


def read_pacing() -> Pacing:
    """The service's own spending limit, as in the preferences."""
    prefs = get_preferences()
    return Pacing(limit_usd=float(prefs.pacing_limit)) if prefs else Pacing()


def max_concurrent_requests() -> int:
    """The maximum number of concurrent requests."""
    prefs = get_preferences()
    return int(prefs.at_once) if prefs else LIMIT


def read_budgets(prefs: Any) -> tuple[Budget, ...]:
    """The budgets in the preferences; 0 is none."""
    share = prefs.budget_warning / 100
    pairs = [(prefs.budget_month, "")]
    pairs += [(item.limit, item.name.strip()) for item in prefs.project_budgets if item.name.strip()]
    return tuple(Budget(round(usd, 2), project, share) for usd, project in pairs if usd > 0)
