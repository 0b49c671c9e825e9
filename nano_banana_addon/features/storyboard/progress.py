# SPDX-License-Identifier: GPL-3.0-or-later
"""How many shots of a running storyboard have ended, as the panel shows it."""

from __future__ import annotations

from collections import Counter

from ...core.constants import END_STATES, State
from ...core.result import Generation
from ...session import announcements, panel_state, session
from ...storage.database import dependencies


def advance(ended: Generation) -> None:
    """Show how many shots have ended; tell it when all have."""
    states = show_progress(ended.batch) or Counter([ended.state])
    if not panel_state.get_properties().storyboard:
        count, total = states[State.DONE], states.total()
        level = "INFO" if count == total else "WARNING"
        announcements.announce(f"Storyboard: {count} of {total} shots are ready.", level)


def show_progress(batch: str) -> Counter[State]:
    """Show how many shots of a batch have ended, nothing when all have; how many are in each state."""
    states = dependencies.count_states(session.current().store.database, batch)
    count, total = sum(states[state] for state in END_STATES), states.total()
    properties = panel_state.get_properties()
    properties.storyboard = f"{count + 1} of {total}" if count < total else ""
    properties.storyboard_fraction = count / total if count < total else 0.0
    return states
