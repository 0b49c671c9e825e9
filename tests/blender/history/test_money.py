# SPDX-License-Identifier: GPL-3.0-or-later
"""Budgets hold, warnings come before paying, and the ledger can be read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from nano_banana_addon import cli
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features import costs
from nano_banana_addon.session import budget_sync, panel_state, session
from nano_banana_addon.storage.database.budget import Budget
from nano_banana_addon.storage.store import Store

Painted = Callable[..., Generation]


@pytest.fixture
def chosen(store: Store) -> Iterator[Any]:
    """The preferences, without any budget before and after."""
    chosen = preferences.get_preferences()
    yield chosen
    chosen.project_budgets.clear()
    for name in ("budget_month", "budget_warning", "pacing_limit", "project_budgets"):
        chosen.property_unset(name)


def test_a_budget_in_the_preferences_holds_at_once(chosen: Any, store: Store) -> None:
    chosen.budget_month = 0.2
    store.add(GenerationRequest("one"), estimate=0.14)
    with pytest.raises(NanoBananaError) as refused:
        store.add(GenerationRequest("two"), estimate=0.14)
    assert refused.value.kind is ErrorKind.BUDGET
    assert "$0.20" in refused.value.to_sentence()
    chosen.budget_month = 0.0
    store.add(GenerationRequest("two"), estimate=0.14)


def test_a_projects_budget_holds_for_that_project_only(chosen: Any, store: Store) -> None:
    item = chosen.project_budgets.add()
    item.name, item.limit = "film", 0.1
    with pytest.raises(NanoBananaError, match="film"):
        store.add(GenerationRequest("x", project="film"), estimate=0.14)
    store.add(GenerationRequest("x", project="game"), estimate=0.14)


def test_untouched_preferences_do_not_lift_a_budget(chosen: Any, store: Store) -> None:
    store.set_budgets([Budget(1.0)])
    budget_sync.apply_budgets(store)
    assert store.get_budgets() == (Budget(1.0),)


def test_the_button_warns_near_a_budget_and_beyond_it(chosen: Any, painted: Painted) -> None:
    chosen.budget_month = 1.0
    painted("x", project="film")
    costs.refresh()
    assert costs.find_warning("film", 0.1) == ""
    assert "nearly used up" in costs.find_warning("film", 0.7)
    assert "would exceed" in costs.find_warning("film", 0.9)
    assert costs.find_warning("film", 0.0) == ""


def test_the_panel_tells_this_month_by_project_and_model(painted: Painted) -> None:
    painted("x", project="film")
    painted("y", project="game")
    shown = panel_state.get_properties().money
    shown.by = "project"
    assert {(line.name, line.pictures, line.cost) for line in shown.lines} == {
        ("film", 1, "$0.13"),
        ("game", 1, "$0.13"),
    }
    shown.by = "model"
    assert [line.name for line in shown.lines] == ["gemini-3-pro-image"]
    assert shown.month.startswith("$0.2")


def test_images_that_cost_nothing_are_counted_apart(painted: Painted) -> None:
    painted("x")
    painted("y", provider="offline")
    painted("z", provider="offline")
    costs.refresh()
    (line,) = panel_state.get_properties().money.lines
    assert (line.pictures, line.free, line.cost) == (1, 2, "$0.13")


def test_the_ledger_goes_into_a_csv_file(painted: Painted, tmp_path: Path) -> None:
    painted("x", project="film")
    bpy.ops.nano_banana.export_ledger(filepath=str(tmp_path / "cost"))
    (line,) = csv.DictReader((tmp_path / "cost.csv").read_text().splitlines())
    assert (line["project"], line["outcome"], line["response_id"]) == ("film", "DONE", "r-1")


def test_a_csv_file_that_cannot_be_written_is_said(painted: Painted, tmp_path: Path) -> None:
    painted("x")
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.nano_banana.export_ledger(filepath=str(tmp_path / "file" / "cost.csv"))


def test_cost_and_history_on_the_command_line(painted: Painted, tmp_path: Path) -> None:
    made = painted("a harbour", project="film")
    painted("a desert", project="game")
    target = tmp_path / "out.jsonl"

    def told(*words: str) -> list[dict[str, Any]]:
        target.unlink(missing_ok=True)
        assert cli.main([*words, "--json", str(target)]) == 0
        return [json.loads(line) for line in target.read_text().splitlines()]

    (month,) = told("cost", "--month")
    assert month["pictures"] == 2
    assert month["usd"] == pytest.approx(0.27, abs=0.01)
    assert [line["project"] for line in told("cost", "--by-project")] == ["film", "game"]
    (film,) = told("cost", "--project", "film")
    assert film["pictures"] == 1
    (found,) = told("history", "--search", "HARBOUR", "--project", "film")
    assert (found["id"], found["request"]["prompt"]) == (made.id, "a harbour")
    assert told("history", "--search", made.id)[0]["id"] == made.id
    assert len(told("history", "--limit", "1")) == 1
    assert cli.main(["history", "--unknown", "--json", str(target)]) == 0
    folder = tmp_path / "film"
    assert told("history", "--project", "film", "--export", str(folder))[0]["exported"] == 1
    assert len(list(folder.rglob("*.png"))) == 1
    session.current().store.delete(made.id)
    (rehearsed,) = told("history", "--import", str(folder), "--dry-run")
    assert (rehearsed["imported"], rehearsed["refused"], rehearsed["dry_run"]) == (1, {}, True)
    assert session.current().store.get(made.id) is None
    assert told("history", "--import", str(folder))[0]["imported"] == 1
    assert Path(session.current().store.get(made.id).answer.result.path).is_file()
    assert cli.main(["history", "--import", str(tmp_path / "nowhere")]) == 1
    csv_file = tmp_path / "all.csv"
    told("cost", "--csv", str(csv_file))
    assert len(csv_file.read_text().splitlines()) == 3
    assert cli.main(["cost", "--of", "November"]) == 1
