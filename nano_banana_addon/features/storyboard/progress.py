# SPDX-License-Identifier: GPL-3.0-or-later
"""How many shots of a running storyboard have ended, as the panel shows it."""

from __future__ import annotations

from ...core.constants import END_STATES, State
from ...core.result import Generation
from ...session import announcements, panel_state, session


def advance(ended: Generation) -> None:
    """Show how many shots have ended; tell it when all have."""
    show_progress(ended.batch)
    properties = panel_state.get_properties()
    if not properties.storyboard:
        shots = session.current().store.list_batch(ended.batch) or [ended]
        count = sum(shot.state is State.DONE for shot in shots)
        level = "INFO" if count == len(shots) else "WARNING"
        announcements.announce(f"Storyboard: {count} of {len(shots)} shots are ready.", level)


def show_progress(batch: str) -> None:
    """Show how many shots of a batch have ended; nothing when all have."""
    shots = session.current().store.list_batch(batch)
    count = sum(shot.state in END_STATES for shot in shots)
    is_running = count < len(shots)
    properties = panel_state.get_properties()
    properties.storyboard = f"{count + 1} of {len(shots)}" if is_running else ""
    properties.storyboard_fraction = count / len(shots) if is_running else 0.0
