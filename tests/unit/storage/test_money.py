# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger, budgets, and pacing: what was spent, what may be, and when."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Callable

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.result import Failure
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.budget import Budget, Pacing
from nano_banana_addon.storage.database.database import Database
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .conftest import done, request, sending

PRICE = (1120 * 120.0 + 100 * 2.0) / 1e6  # conftest's usage, Nano Banana Pro


def fail(store: Store, id: str, kind: ErrorKind, state: State, status: int | None = None) -> None:
    store.fail(id, Failure(kind, "x", http_status=status), state)


def test_sums_by_day_project_and_model(store: Store) -> None:
    done(store, project="Film")
    done(store, project="Film")
    done(store, project="Spiel")
    lines = ledger.sums(store.database, ("month", "project", "model"))
    month = ledger.month_of(time.time())
    assert [line.group for line in lines] == [
        (month, "Film", "gemini-3-pro-image"),
        (month, "Spiel", "gemini-3-pro-image"),
    ]
    assert [line.answers for line in lines] == [2, 1]
    assert lines[0].usd == pytest.approx(2 * PRICE)
    assert ledger.total(store.database, project="Spiel").usd == pytest.approx(PRICE)
    assert ledger.total(store.database, month="1999-01").answers == 0
    with pytest.raises(ValueError, match="prompt"):
        ledger.sums(store.database, ("prompt; DROP TABLE ledger",))


def test_offline_costs_nothing_and_is_listed(store: Store) -> None:
    done(store, provider="offline")
    assert ledger.total(store.database).usd == 0.0
    assert ledger.total(store.database).answers == 1


@pytest.mark.parametrize(
    ("steps", "kind", "state", "status", "counted"),
    [
        ((State.GENERATING,), ErrorKind.UNKNOWN_RESULT, State.UNKNOWN, None, True),
        ((), ErrorKind.UNKNOWN_RESULT, State.UNKNOWN, None, True),
        ((State.GENERATING,), ErrorKind.CANCELLED, State.CANCELLED, None, True),
        ((), ErrorKind.CANCELLED, State.CANCELLED, None, False),
        ((), ErrorKind.NETWORK, State.FAILED, None, False),
        ((State.RECEIVING,), ErrorKind.SERVER, State.FAILED, 503, False),
        ((State.RECEIVING,), ErrorKind.ANSWER, State.FAILED, None, True),
        ((State.RECEIVING,), ErrorKind.DISK, State.FAILED, None, True),
        ((State.GENERATING, State.WAITING), ErrorKind.CANCELLED, State.CANCELLED, None, False),
    ],
)
def test_what_may_have_been_billed_without_an_answer_is_said(
    store: Store,
    steps: tuple[State, ...],
    kind: ErrorKind,
    state: State,
    status: int | None,
    counted: bool,
) -> None:
    fail(store, sending(store, *steps), kind, state, status)
    total = ledger.total(store.database)
    assert (total.answers, total.usd) == (0, 0.0)
    assert total.unknown == int(counted)
    assert total.unknown_usd == pytest.approx(0.14 * counted)


def test_an_answer_found_after_all_replaces_the_guess(store: Store) -> None:
    from .conftest import arrived

    id = sending(store, State.GENERATING)
    fail(store, id, ErrorKind.UNKNOWN_RESULT, State.UNKNOWN)
    store.finish(id, arrived(store, id), 0.2)
    total = ledger.total(store.database)
    assert (total.usd, total.unknown) == (0.2, 0)


def test_each_try_has_its_own_line(store: Store) -> None:
    id = sending(store, State.GENERATING)
    fail(store, id, ErrorKind.UNKNOWN_RESULT, State.UNKNOWN)
    store.resend(id)
    store.begin_sending(id)
    fail(store, id, ErrorKind.UNKNOWN_RESULT, State.UNKNOWN)
    assert ledger.total(store.database).unknown == 2


def test_the_table_opens_in_a_spreadsheet_without_running_anything(store: Store) -> None:
    done(store, project='=HYPERLINK("http://x")')
    done(store, project='com,ma "quoted"\nline')
    rows = list(csv.DictReader(io.StringIO(ledger.as_csv(store.database), newline="")))
    assert [row["project"] for row in rows] == [
        '\'=HYPERLINK("http://x")',
        'com,ma "quoted"\nline',
    ]
    assert float(rows[0]["usd"]) == pytest.approx(PRICE)


def test_a_budget_stops_before_it_is_passed_and_records_nothing(store: Store) -> None:
    store.set_budgets([Budget(0.50)])
    assert store.add_group([(request(), 0.14)] * 2)[1] == []
    assert store.add_group([(request(), 0.14)])[1] != []  # 84 %: a warning
    with pytest.raises(NanoBananaError) as caught:
        store.add_group([(request(), 0.14), (request(), 0.0)])
    assert caught.value.kind is ErrorKind.BUDGET
    assert "$0.50" in caught.value.message
    assert len(store.changes_since(0)[1]) == 3
    assert store.add(request(provider="offline"), estimate=0.0)


def test_a_budget_of_this_call_alone(store: Store) -> None:
    with pytest.raises(NanoBananaError) as caught:
        store.add_group([(request(), 0.24)], budgets=[Budget(0.20)])
    assert caught.value.kind is ErrorKind.BUDGET
    assert store.add(request(), estimate=0.24)


def test_a_projects_budget_binds_only_that_project(store: Store) -> None:
    store.set_budgets([Budget(0.15, "Film"), Budget(1.0)])
    store.add(request(project="Film"), estimate=0.14)
    with pytest.raises(NanoBananaError, match="Film"):
        store.add(request(project="Film"), estimate=0.14)
    store.add(request(project="Spiel"), estimate=0.14)
    assert store.read_spending(Budget(0.15, "Film")).expected == pytest.approx(0.14)


def test_a_budget_holds_for_what_is_queued_already(store: Store) -> None:
    first, second = (store.add(request(), estimate=0.14) for _ in range(2))
    store.set_budgets([Budget(0.20)])
    assert store.begin_sending(first) == 0
    with pytest.raises(NanoBananaError) as caught:
        store.begin_sending(second)
    assert caught.value.kind is ErrorKind.BUDGET
    assert "nothing was sent" in caught.value.message
    found = store.get(second)
    assert found
    assert found.state is State.QUEUED


def test_lost_answers_use_up_the_budget_too(store: Store) -> None:
    fail(store, sending(store, State.GENERATING), ErrorKind.UNKNOWN_RESULT, State.UNKNOWN)
    with pytest.raises(NanoBananaError):
        store.add_group([(request(), 0.14)], budgets=[Budget(0.20)])


def test_the_budget_begins_anew_with_the_month(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done(store)
    month_later = time.time() + 32 * 86400
    monkeypatch.setattr("time.time", lambda: month_later)
    assert store.read_spending(Budget(1.0)).spent == 0.0


def test_two_blenders_cannot_pass_the_budget_together(store: Store, open_store: Callable[..., Store]) -> None:
    store.set_budgets([Budget(0.20)])
    open_store().add(request(), estimate=0.14)
    with pytest.raises(NanoBananaError):
        store.add(request(), estimate=0.14)


def test_pacing_waits_until_the_oldest_cost_is_ten_minutes_old(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set_pacing(Pacing(limit_usd=0.30, seconds=600))
    start = time.time()
    monkeypatch.setattr("time.time", lambda: start)
    done(store)
    monkeypatch.setattr("time.time", lambda: start + 100)
    done(store)
    id = store.add(request(), estimate=0.14)
    assert store.begin_sending(id) == pytest.approx(500)
    found = store.get(id)
    assert found
    assert found.state is State.WAITING
    assert found.retry_at == pytest.approx(start + 600)
    monkeypatch.setattr("time.time", lambda: start + 600.5)
    assert store.begin_sending(id) == 0


def test_pacing_counts_what_is_being_painted(store: Store) -> None:
    store.set_pacing(Pacing(limit_usd=0.20, seconds=600))
    sending(store, State.GENERATING)
    assert store.begin_sending(store.add(request(), estimate=0.14)) > 0


def test_a_single_request_above_the_limit_still_goes(store: Store) -> None:
    store.set_pacing(Pacing(limit_usd=0.10))
    assert store.begin_sending(store.add(request(), estimate=0.24)) == 0


def test_pacing_is_for_its_provider_and_can_be_switched_off(store: Store) -> None:
    assert store.get_pacing() == Pacing(10.0, 600.0, "google")
    store.set_pacing(Pacing(limit_usd=0.01))
    sending(store, State.GENERATING)
    assert store.begin_sending(store.add(request(provider="cometapi"), estimate=0.14)) == 0
    store.set_pacing(Pacing(limit_usd=0.0))
    assert store.begin_sending(store.add(request(), estimate=0.14)) == 0


def test_a_clock_that_was_a_year_ahead_does_not_make_anyone_wait(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set_pacing(Pacing(limit_usd=0.20))
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 365 * 86400)
    done(store)
    monkeypatch.setattr("time.time", lambda: now)
    assert store.begin_sending(store.add(request(), estimate=0.14)) == 0


def test_a_project_whose_folder_has_no_readable_name_has_its_budget(store: Store) -> None:
    """File names are bytes on Linux: such a one holds half a surrogate."""
    project = os.fsdecode(b"Entw\xfcrfe")
    store.set_budgets([Budget(0.20, project)])
    id = store.add(request(project=project), estimate=0.14)
    assert store.begin_sending(id) == 0
    with pytest.raises(NanoBananaError) as caught:
        store.add(request(project=project), estimate=0.14)
    assert caught.value.kind is ErrorKind.BUDGET
    assert store.count(HistoryQuery(project=project)) == 1
    assert ledger.total(store.database, project=project).answers == 0


@pytest.mark.parametrize("ask", [ledger.count_damaged, lambda database: ledger.total(database, imported=True)])
def test_damaged_and_imported_entries_are_found_without_reading_all(
    store: Store, ask: Callable[[Database], object]
) -> None:
    """The panel asks on Blender's main thread at each change."""
    made = done(store)
    steps: list[int] = []
    for count in (1, 500):
        with store.database.transaction() as connection:
            for number in range(count):
                connection.execute(_COPY, (number + 10 * count, made.id))
        steps.append(_count_steps(store.database, ask))
    assert steps[1] == steps[0]


_COPY = (
    "INSERT INTO ledger SELECT generation, ?, at, day, project, provider, model, kind, size, outcome, pictures,"
    " image_tokens, total_tokens, usd, estimate, response_id, imported, caller FROM ledger WHERE generation = ? LIMIT 1"
)


def _count_steps(database: Database, ask: Callable[[Database], object]) -> int:
    """The steps of SQLite's machine, which do not depend on the computer."""
    steps: list[None] = []
    database.connection.set_progress_handler(lambda: steps.append(None), 1)
    ask(database)
    database.connection.set_progress_handler(None, 1)
    return len(steps)
