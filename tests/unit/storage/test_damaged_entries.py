# SPDX-License-Identifier: GPL-3.0-or-later
"""A damaged entry of the history hides no other: it is restored from the record beside its image, or set aside."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.result import Generation, Usage
from nano_banana_addon.storage import archive, complete_answer, damage, prune
from nano_banana_addon.storage.database import ledger, query
from nano_banana_addon.storage.database.budget import Budget
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store

from .conftest import arrived, done, elsewhere, request, sending

FLIPS = {
    "no JSON": b'{"prompt": "x"',
    "no text": b'{"prompt": "\xff\xfe\x80',
    "a list": b"[]",
    "a wrong type": b'{"prompt": 3}',
    "deep": b'{"prompt":' * 50_000,
    "an unknown value": b'{"prompt": "x", "kind": "RESTYLF"}',
}


def spoil(store: Store, id: str, content: bytes = FLIPS["no JSON"]) -> None:
    with store.database.transaction() as connection:
        sql = "UPDATE details SET request = CAST(? AS TEXT) WHERE seq = (SELECT seq FROM generations WHERE id = ?)"
        connection.execute(sql, (content, id))


def prompts(store: Store) -> list[str]:
    return [g.request.prompt for g in store.page(HistoryQuery())]


@pytest.mark.parametrize("content", FLIPS.values(), ids=FLIPS)
def test_a_damaged_row_hides_no_other(store: Store, content: bytes) -> None:
    before, broken, after = done(store, "before"), store.add(request("broken")), done(store, "after")
    spoil(store, broken, content)
    assert prompts(store) == ["after", "before"]
    assert [g.id for g in store.many([before.id, broken, after.id])] == [before.id, after.id]
    assert store.thread(after.id)
    assert query.is_painted(store.database, request("before"))
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET client = 'gone'")
    report = recover(store)
    assert [g.id for g in report.received] == [before.id, after.id]
    assert [entry.id for entry in report.damaged] == [broken]
    assert report.damaged[0].reason
    assert store.count(HistoryQuery()) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [("state", "DONF"), ("created", 1e300), ("ended", "x"), ("tries", "many"), ("estimate", "?"), ("cost", "free")],
)
def test_a_damaged_column_hides_no_other(store: Store, column: str, value: object) -> None:
    done(store, "before")
    broken = store.add(request("broken"))
    with store.database.transaction() as connection:
        connection.execute(f"UPDATE generations SET {column} = ? WHERE id = ?", (value, broken))
    assert prompts(store) == ["before"]
    archive.repair(store)
    assert store.count(HistoryQuery()) == 1
    assert [entry.id for entry in damage.list_damaged(store)] == [broken]


def test_flipped_bits_anywhere_in_the_text_leave_the_others(store: Store) -> None:
    for number in range(8):
        done(store, f"number {number}")
    rng = random.Random(7)
    for row in store.database.rows("SELECT seq, request, answer FROM details WHERE seq % 2 = 0"):
        column = rng.choice(["request", "answer"])
        content = bytearray(row[column].encode())
        for _ in range(4):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        with store.database.transaction() as connection:
            sql = f"UPDATE details SET {column} = CAST(? AS TEXT) WHERE seq = ?"
            connection.execute(sql, (bytes(content), row["seq"]))
    found = prompts(store)
    assert {f"number {number}" for number in range(0, 8, 2)} <= set(found)
    recover(store)
    ledger.as_csv(store.database)


def test_one_with_a_record_beside_its_image_is_restored(store: Store) -> None:
    made = done(store, "mine")
    spoil(store, made.id)
    assert prompts(store) == []
    archive.repair(store)
    found = store.get(made.id)
    assert found
    assert (found.request.prompt, found.picture, found.cost_usd) == ("mine", made.picture, made.cost_usd)
    assert damage.list_damaged(store) == []
    assert ledger.total(store.database).usd == pytest.approx(made.cost_usd)
    assert ledger.total(store.database).answers == 1


def test_what_may_have_been_billed_stays_in_the_ledger(store: Store) -> None:
    id = sending(store, State.GENERATING)
    spoil(store, id)
    recover(store)
    assert store.get(id) is None
    assert ledger.total(store.database).unknown_usd == pytest.approx(0.14)


def test_a_damaged_one_is_shown_until_it_is_dismissed(store: Store) -> None:
    id = store.add(request("broken"))
    spoil(store, id)
    assert recover(store)
    assert [entry.id for entry in recover(store).damaged] == [id]
    assert damage.dismiss(store, id)
    assert not recover(store).damaged
    assert not damage.dismiss(store, id)


def test_the_others_of_a_cancelled_batch_are_cancelled(store: Store) -> None:
    first = store.add(request("first"))
    broken = store.add(request("broken"))
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET state = 'BLOCKED' WHERE id = ?", (broken,))
    spoil(store, broken)
    store.delete(first)
    assert store.get(first) is None


def test_references_are_kept_while_it_is_unknown_who_uses_them(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    used = store.places.references / "a.png"
    used.write_bytes(b"x")
    spoil(store, store.add(request("broken")))
    monkeypatch.setattr(prune, "_YOUNG", -1.0)
    assert prune.clear_references(store) == 0
    assert used.is_file()


# -- recovery


def test_an_impossible_count_of_tokens_costs_neither_the_image_nor_the_recovery(
    home: Path, open_store: Callable[..., Store]
) -> None:
    code = (
        'from nano_banana_addon.storage.store import Store\nstore = Store(home, role="courier")\n'
        "from tests.unit.storage.conftest import arrived, sending\nfrom dataclasses import replace\n"
        "from nano_banana_addon.core.constants import State\nfrom nano_banana_addon.core.result import Usage\n"
        "from nano_banana_addon.storage import complete_answer\n"
        "id = sending(store, State.RECEIVING)\nstore.claim(id, '')\n"
        "answer = replace(arrived(store, id), usage=Usage(prompt=10**60, image=2**63))\n"
        "complete_answer.note(store, store.get(id), answer)\nprint(id)\n"
    )
    id = elsewhere(home, code, kill=True).splitlines()[-1]
    store = open_store()
    assert recover(store).problems == ()
    found = store.get(id)
    assert found
    assert found.state is State.DONE
    assert found.picture
    assert Path(found.picture.path).is_file()
    assert found.cost_usd is None
    assert found.answer
    assert any("tokens" in warning for warning in found.answer.warnings)
    assert store.read_spending(Budget(1.0)).spent == pytest.approx(found.estimate_usd)


@pytest.mark.parametrize("usage", [Usage(prompt=2**63), Usage(image=10**60)])
def test_such_an_answer_is_recorded_at_once_too(store: Store, usage: Usage) -> None:
    from dataclasses import replace

    id = sending(store, State.GENERATING)
    generation = store.get(id)
    assert generation
    complete_answer.complete(store, generation, replace(arrived(store, id), usage=usage))
    found = store.get(id)
    assert found
    assert found.state is State.DONE


def test_one_that_cannot_be_settled_stops_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = sending(store, prompt="first"), sending(store, prompt="second")
    settle = complete_answer.keep_the_rest

    def fail(store: Store, generation: Generation) -> object:
        if generation.id == first:
            raise OSError(5, "Input/output error")
        return settle(store, generation)

    monkeypatch.setattr(complete_answer, "keep_the_rest", fail)
    report = recover(store)
    assert [g.id for g in report.unknown] == [second]
    assert len(report.problems) == 1
    assert report.problems[0].startswith(first)


@pytest.mark.parametrize("change", [{"created": 1e300}, {"group": "\udc80"}, {"tries": 2**70}, {"id": "../x"}])
def test_a_poisoned_record_in_the_store_stops_no_start(store: Store, change: dict[str, object]) -> None:
    made = done(store, "mine")
    assert made.picture
    path = Path(made.picture.path).with_suffix(".json")
    plain = json.loads(path.read_text())
    plain["generation"] |= change
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM generations")
        connection.execute("DELETE FROM details")
    path.write_text(json.dumps(plain))
    waiting = store.add(request("waiting"))
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET client = 'gone' WHERE id = ?", (waiting,))
    for _ in range(2):
        report = recover(store)
        assert [g.id for g in report.not_sent] == [waiting]
    assert len(report.damaged) + len(report.received) + (store.get(made.id) is not None) >= 1


# -- the ledger


@pytest.mark.parametrize("usd", [-1000.0, 1e54, float("inf"), "free"])
def test_a_damaged_line_of_the_ledger_lifts_no_budget_and_blocks_none(store: Store, usd: object) -> None:
    made = done(store)
    with store.database.transaction() as connection:
        connection.execute("UPDATE ledger SET usd = ?", (usd,))
    assert store.read_spending(Budget(1.0)).spent == pytest.approx(made.estimate_usd)
    assert ledger.total(store.database).unknown_usd == pytest.approx(made.estimate_usd)
    assert ledger.count_damaged(store.database) == 1
    assert len(ledger.as_csv(store.database).splitlines()) == 2


def test_a_damaged_time_of_the_ledger_does_not_stop_the_export(store: Store) -> None:
    done(store)
    done(store)
    with store.database.transaction() as connection:
        connection.execute("UPDATE ledger SET at = 1e300 WHERE generation = (SELECT min(id) FROM generations)")
    assert len(ledger.as_csv(store.database).splitlines()) == 3
    assert ledger.count_damaged(store.database) == 0


@pytest.mark.parametrize("value", ["?", -5.0, 1e300, float("inf"), b"x"])
def test_a_damaged_estimate_opens_and_fills_no_budget(store: Store, value: object) -> None:
    broken = sending(store, State.GENERATING)
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET estimate = ? WHERE id = ?", (value, broken))
    assert store.read_spending(Budget(1.0)).expected == 0
    store.set_budgets([Budget(0.20)])
    assert store.begin_sending(store.add(request(), estimate=0.14)) == 0
    with pytest.raises(NanoBananaError, match="budget"):
        store.add(request(), estimate=0.14)
    report = recover(store)
    assert [entry.id for entry in report.damaged] == [broken]
    assert ledger.count_damaged(store.database) == 1


@pytest.mark.parametrize("value", ["?", -5.0, 1e300])
def test_one_with_a_damaged_estimate_is_never_sent(store: Store, value: object) -> None:
    store.set_budgets([Budget(1.0)])
    id = store.add(request(), estimate=0.14)
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET estimate = ? WHERE id = ?", (value, id))
    with pytest.raises(NanoBananaError, match="damaged"):
        store.begin_sending(id)
