# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged entry, a hostile import and a damaged file of the history are told in the panels, and stop nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features import costs, recovery
from nano_banana_addon.features.history import gallery, maintenance
from nano_banana_addon.session import panel_state, session
from nano_banana_addon.storage import backup
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

Painted = Callable[..., Generation]


def spoil(store: Store, generation_id: str) -> None:
    with store.database.transaction() as connection:
        sql = "UPDATE details SET request = '{' WHERE seq = (SELECT seq FROM generations WHERE id = ?)"
        connection.execute(sql, (generation_id,))


def entries() -> list[str]:
    return [entry.title for entry in gallery.get_gallery().entries]


def test_the_gallery_shows_the_others_and_tells_of_a_damaged_one(painted: Painted, store: Store) -> None:
    painted("first")
    spoil(store, store.add(GenerationRequest("broken")))
    painted("last")
    gallery.refill()
    assert len(entries()) == 2
    assert gallery.get_gallery().damaged == 1
    gallery.refill()
    assert gallery.get_gallery().total == 2


def test_a_start_tells_of_a_damaged_one_until_it_is_dismissed(store: Store) -> None:
    broken = store.add(GenerationRequest("broken"))
    spoil(store, broken)
    assert recovery.offer() == 1
    assert panel_state.get_properties().notice == "1 damaged entry set aside."
    (item,) = panel_state.get_properties().recovered
    assert (item.known, item.name) == ("DAMAGED", broken)
    assert item.about
    bpy.ops.nano_banana.give_up(generation=broken)
    assert recovery.offer() == 0
    assert gallery.get_gallery().damaged == 0


def test_a_file_in_a_folder_without_a_readable_name_is_offered_like_any_other(store: Store) -> None:
    """Blender gives such file names, which it cannot show itself, with half characters in them."""
    id = store.add(GenerationRequest("x", blend_path="/shots/\udcff/\udcff.blend", project="\udcff"))
    store.fail(id, recovery.recovery.build_interrupted_failure(), State.FAILED)
    store.add(GenerationRequest("y", blend_path="/shots/\udcff/\udcff.blend", project="\udcff"))
    gallery.refill()
    gallery.show_details(id)
    assert any("shots" in fact.value for fact in gallery.get_gallery().details.facts)
    panel_state.show_notice("NOTE", "An image arrived for \udcff.")
    assert "arrived" in panel_state.get_properties().notice


def exported(painted: Painted, store: Store, tmp_path: Path) -> Path:
    """Two generations of somebody else, one of them with an impossible cost."""
    made = [painted("good", project="film"), painted("bad", project="film")]
    folder = tmp_path / "export"
    bpy.ops.nano_banana.export_history(directory=str(folder), everything=True)
    for generation in made:
        store.delete(generation.id)
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM ledger")
    for path in (folder / "results").rglob("*.json"):
        plain = json.loads(path.read_text())
        if plain["prompt"] == "bad":
            plain["generation"]["cost_usd"] = -1000.0
            path.write_text(json.dumps(plain))
    return folder


REHEARSAL = "1 new, 1 refused because:\n1 × its cost is out of range"


def test_a_rehearsal_is_shown_before_an_import(painted: Painted, store: Store, tmp_path: Path) -> None:
    folder = exported(painted, store, tmp_path)
    assert maintenance.rehearse_import(folder).describe() == REHEARSAL
    bpy.ops.nano_banana.import_history(directory=str(folder), dry_run=True)
    assert store.count(HistoryQuery()) == 0
    bpy.ops.nano_banana.import_history(directory=str(folder))
    assert [g.request.prompt for g in store.page(HistoryQuery())] == ["good"]


def test_imported_costs_are_shown_apart(painted: Painted, store: Store, tmp_path: Path) -> None:
    bpy.ops.nano_banana.import_history(directory=str(exported(painted, store, tmp_path)))
    costs.refresh()
    money = panel_state.get_properties().money
    assert (money.today, money.month, money.damaged) == ("$0.00", "$0.00", "")
    assert money.imported == f"${store.page(HistoryQuery())[0].cost_usd:.2f}"
    assert len(money.lines) == 0


def test_a_damaged_history_is_restored(painted: Painted, store: Store) -> None:
    painted("mine")
    backup.copy_when_due(store)
    home = store.home
    session.close()
    with (home / "history.sqlite").open("r+b") as file:
        file.write(b"not a database" * 100)
    with pytest.raises(NanoBananaError, match="damaged") as caught:
        session.current()
    assert "Restore History" in caught.value.next_step
    bpy.ops.nano_banana.restore_history()
    assert [g.request.prompt for g in session.current().store.page(HistoryQuery())] == ["mine"]
