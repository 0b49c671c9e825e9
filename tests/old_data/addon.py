# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the tests of old data use of the add-on's own modules. Adapt it here when they move."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nano_banana_addon.core.constants import Kind, State
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage import archive, recovery
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.files import pictures
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.gemini import conversation

#: What a key of a record of 0.1.0 is called now, where that has changed: {"old": "new"}.
RENAMED: dict[str, str] = {}

__all__ = ["GenerationRequest", "Store"]


def generations_in(store: Store, kind: str = "", state: str = "", **query: Any) -> list[Generation]:
    """What a query finds, the newest first."""
    states = frozenset({State(state)} if state else ())
    asked = HistoryQuery(kind=Kind(kind) if kind else None, states=states, **query)
    return store.page(asked, 0, 1000)


def ledger_text(store: Store) -> str:
    """Every line of the ledger as CSV."""
    return ledger.as_csv(store.database)


def budgets_in(store: Store) -> set[tuple[str, float]]:
    """The budgets that hold: project ("" for all together) and US dollars."""
    return {(each.project, each.limit_usd) for each in store.get_budgets()}


def pacing_in(store: Store) -> float:
    """US dollars in any ten minutes."""
    return store.get_pacing().limit_usd


def recover(store: Store) -> dict[str, list[Generation]]:
    """Settle what dead processes left; by what is known of it."""
    report = recovery.recover(store)
    names = ("not_sent", "unknown", "received", "elsewhere")
    return {name: list(getattr(report, name)) for name in names}


def adopt(store: Store, folder: Path) -> int:
    """Take in an exported history; how many generations."""
    return archive.import_folder(store, folder).imported


def export(store: Store, folder: Path) -> int:
    """Copy the history into a folder; how many generations."""
    return archive.export(store, folder, HistoryQuery())


def obstacle_to_continue(store: Store, generation: Generation) -> str:
    """Why the conversation of a picture cannot go on; "" when it can."""
    before = generation.request
    request = GenerationRequest("x", provider=before.provider, model=before.model, continues=generation.id)
    return conversation.find_continuation(
        request, before.provider, lambda id: pictures.turn_of(store.places, id)
    ).obstacle


# -- inside Blender


def session_store() -> Store:
    """The store of this Blender."""
    from nano_banana_addon.session import session

    return session.current().store


def wait_for(ids: Sequence[str]) -> list[Generation]:
    """The generations of this Blender once they have ended."""
    from nano_banana_addon.session import session

    return session.current().link.wait(list(ids), timeout=120)


def close_session() -> None:
    """Close the store, so that the next one is opened at its place; show nothing any more."""
    from nano_banana_addon.session import panel_state, session

    session.close()
    shown = panel_state.get_properties()
    for name in ("jobs", "results", "recovered", "history", "money"):
        shown.property_unset(name)
    panel_state.clear_notice()
