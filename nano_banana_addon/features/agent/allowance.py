# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts may spend without asking, and what is left of it."""

from __future__ import annotations

from typing import Any

from ...blender.host.preferences import get_preferences
from ...session import session
from ...storage import script_jobs


def read_daily_limit() -> float:
    """US dollars that scripts may spend in a day without asking."""
    prefs = get_preferences()
    return round(float(prefs.script_limit), 2) if prefs else 0.0


def is_within_limit(dollars: float) -> bool:
    """Whether scripts may spend so many US dollars more today."""
    spent = script_jobs.sum_today(session.current().store.database)
    return dollars <= 0 or spent + dollars <= read_daily_limit() + 1e-9


def describe_allowance() -> dict[str, Any]:
    """What scripts may spend, as JSON."""
    limit, spent = read_daily_limit(), script_jobs.sum_today(session.current().store.database)
    return {
        "per_day_usd": limit,
        "spent_today_usd": round(spent, 6),
        "left_today_usd": round(max(limit - spent, 0.0), 6),
        "preference": "What Scripts May Spend, in the add-on's preferences; the artist decides",
    }
