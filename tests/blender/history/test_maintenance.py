# SPDX-License-Identifier: GPL-3.0-or-later
"""A project's history can be handed over, taken in, and old pictures cleaned up; what is used stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.history import maintenance
from nano_banana_addon.session import background_tasks, panel_state, session
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

Painted = Callable[..., Generation]


def test_a_project_goes_into_a_folder_and_comes_back(painted: Painted, store: Store, tmp_path: Path) -> None:
    bpy.context.scene.nano_banana.project = "film"
    made = painted("x", project="film")
    painted("y", project="game")
    folder = tmp_path / "export"
    bpy.ops.nano_banana.export_history(directory=str(folder))
    store.delete(made.id)
    bpy.ops.nano_banana.import_history(directory=str(folder))
    found = store.page(HistoryQuery(project="film"))
    assert [g.id for g in found] == [made.id]
    assert Path(found[0].answer.result.path).is_file()
    assert store.count(HistoryQuery()) == 2


def test_a_project_without_history_says_so(store: Store, tmp_path: Path) -> None:
    bpy.context.scene.nano_banana.project = "film"
    with pytest.raises(RuntimeError, match="no history of the project 'film'"):
        bpy.ops.nano_banana.export_history(directory=str(tmp_path / "export"))
    with pytest.raises(RuntimeError, match=r"The folder .* does not exist"):
        bpy.ops.nano_banana.import_history(directory=str(tmp_path / "nowhere"))


def age(store: Store) -> None:
    """Make all that is there a hundred days old."""
    with store.database.transaction() as connection:
        connection.execute(
            "UPDATE generations SET created = created - :by, ended = ended - :by",
            {"by": 100 * 86400},
        )


def test_cleaning_up_says_before_what_would_go_and_keeps_favourites(painted: Painted, store: Store) -> None:
    old, kept = painted("old"), painted("kept")
    store.set_favourite(kept.id)
    age(store)
    assert maintenance.preview_clean_up(90, 0).startswith("1 generation with")
    assert store.get(old.id) is not None
    bpy.ops.nano_banana.clean_up_history(days=90)
    assert store.get(old.id) is None
    assert store.get(kept.id) is not None
    assert maintenance.preview_clean_up(0, 0) == "Nothing to delete."


def test_long_work_is_done_beside_blender_and_told_when_it_has_ended(store: Store) -> None:
    background_tasks.start(lambda: "42 generations were copied.", "Copying …")
    assert panel_state.get_properties().notice == "Copying …"
    end = time.monotonic() + 10
    while background_tasks._poll() is not None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert panel_state.get_properties().notice == "42 generations were copied."
    background_tasks.stop()
    assert session.find_open() is not None


def test_of_two_tasks_the_one_that_has_ended_is_told_at_its_own_button(store: Store) -> None:
    go_on = threading.Event()
    first, second = (background_tasks.Task(name, f"nano_banana.{name}") for name in ("first", "second"))

    def stay() -> str:
        while not go_on.wait(0.01):
            second.advance(0.5)
        return "The second one has ended."

    background_tasks.start(lambda: "The first one has ended.", first.title, first)
    background_tasks.start(stay, second.title, second)
    shown = panel_state.get_properties()
    wait_for(lambda: background_tasks._poll() is not None and "first one" in shown.notice)
    assert shown.notice_button == "nano_banana.first"
    wait_for(background_tasks.is_cancellable)  # the one that goes on
    background_tasks.cancel()
    wait_for(lambda: background_tasks._poll() is None)
    assert "ancelled" in shown.notice
    assert shown.notice_button == "nano_banana.second"


def wait_for(is_there: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_there():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_size_to_keep_is_told_in_gigabytes(painted: Painted, store: Store) -> None:
    made = painted("x")
    age(store)
    path = Path(made.answer.result.path)
    with path.open("r+b") as file:
        file.truncate(200_000_000)  # holes: no room is taken
    assert "0 generations" in maintenance.preview_clean_up(0, 0.3)
    assert "1 generation with 200 MB" in maintenance.preview_clean_up(0, 0.1)
    assert maintenance.preview_clean_up(0, 0.0) == "Nothing to delete."
    assert path.is_file()
