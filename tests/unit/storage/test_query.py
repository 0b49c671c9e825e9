# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding things in the history."""

from __future__ import annotations

import sqlite3

import pytest

from nano_banana_addon.core.constants import Kind, ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Failure
from nano_banana_addon.storage.database import search
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.store import Store

from .conftest import request, sending


def prompts(store: Store, **query: object) -> list[str]:
    chosen = HistoryQuery(**query)  # type: ignore[arg-type]
    found = [g.request.prompt for g in store.page(chosen, 0, 100)]
    assert store.count(chosen) == len(found)
    return found


@pytest.fixture
def filled(store: Store) -> Store:
    ink = Reference(ReferenceRole.STYLE, "/x/ink.png", label="Sumi Ink")
    store.add(request("Rainy neon ALLEY", project="Film", references=(ink,)))
    store.add(request("雨の夜の路地裏、ネオン", project="Film", kind=Kind.STORYBOARD, shot="Shot 010"))
    store.add(request("Straße bei 100 % Regen_", project="Spiel", provider="offline"))
    failed = sending(store, prompt="tiling rock", project="", kind=Kind.TEXTURE)
    store.fail(failed, Failure(ErrorKind.SERVER, "x"))
    return store


def test_the_newest_comes_first_in_pages_without_gaps(store: Store) -> None:
    ids = [store.add(request(str(n))) for n in range(50)]
    pages = [store.page(HistoryQuery(), offset) for offset in (0, 24, 48, 72)]
    assert [len(page) for page in pages] == [24, 24, 2, 0]
    assert [g.id for page in pages for g in page] == ids[::-1]


def test_the_order_is_that_of_asking_even_when_the_clock_was_set_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.add(request("1"))
    monkeypatch.setattr("time.time", lambda: 1_000_000_000.0)
    second = store.add(request("2"))
    assert [g.id for g in store.page(HistoryQuery())] == [second, first]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("neon", {"Rainy neon ALLEY"}),
        ("alley RAIN", {"Rainy neon ALLEY"}),
        ("ネオン", {"雨の夜の路地裏、ネオン"}),
        ("路地", {"雨の夜の路地裏、ネオン"}),
        ("STRASSE", {"Straße bei 100 % Regen_"}),
        ("%", {"Straße bei 100 % Regen_"}),
        ("n_", {"Straße bei 100 % Regen_"}),
        ("sumi", {"Rainy neon ALLEY"}),
        ("shot 010", {"雨の夜の路地裏、ネオン"}),
        ("' OR 1=1 --", set[str]()),
        ('"neon" AND', set[str]()),
    ],
)
def test_search_finds_parts_of_words_in_any_script(filled: Store, text: str, found: set[str]) -> None:
    assert set(prompts(filled, text=text)) == found


def test_an_id_is_found_and_its_digits_disturb_no_other_search(store: Store) -> None:
    ids = [store.add(request(f"take {n}")) for n in range(3)]
    assert prompts(store, text=ids[1]) == ["take 1"]
    assert prompts(store, text=f"{ids[1]} take") == ["take 1"]
    assert prompts(store, text=f"{ids[1]} other") == []
    assert prompts(store, text="2") == ["take 2"]


def test_filters_narrow_and_combine(filled: Store) -> None:
    assert len(prompts(filled, project="Film")) == 2
    assert prompts(filled, project="") == ["tiling rock"]
    assert prompts(filled, kind=Kind.TEXTURE) == ["tiling rock"]
    assert prompts(filled, states=frozenset({State.FAILED})) == ["tiling rock"]
    assert len(prompts(filled, states=frozenset({State.FAILED, State.QUEUED}))) == 4
    assert prompts(filled, refused=True) == []
    assert len(prompts(filled, refused=False)) == 4
    assert prompts(filled, provider="offline", text="regen") == ["Straße bei 100 % Regen_"]
    assert filled.projects() == ["Film", "Spiel"]


def test_favourites_are_a_filter(filled: Store) -> None:
    first = filled.page(HistoryQuery())[0]
    filled.set_favourite(first.id)
    assert prompts(filled, favourite=True) == [first.request.prompt]
    filled.set_favourite(first.id, False)
    assert prompts(filled, favourite=True) == []


def test_a_conversation_that_bites_its_tail_ends(store: Store) -> None:
    first = store.add(request("a"))
    second = store.add(request("b", continues=first))
    with store.database.transaction() as connection:
        connection.execute("UPDATE generations SET continues = ? WHERE id = ?", (second, first))
    thread = store.thread(second)
    assert thread
    assert thread.generation.id == second
    assert store.thread("unknown") is None


@pytest.mark.parametrize("with_index", [True, False])
def test_search_is_right_while_the_index_is_behind_and_without_one(
    store: Store, monkeypatch: pytest.MonkeyPatch, with_index: bool
) -> None:
    monkeypatch.setattr(search, "_AT_A_SEARCH", 2)
    if not with_index:
        monkeypatch.setattr(search, "catch_up", lambda *_: 0)
    ids = [store.add(request(f"harbour {n} ab")) for n in range(7)]
    for _ in range(5):
        assert len(prompts(store, text="harbour")) == 7
        assert len(prompts(store, text="harbour ab")) == 7
        assert prompts(store, text="HARB 3") == ["harbour 3 ab"]
    store.delete(ids[3])
    assert prompts(store, text="harbour 3") == []
    store.add(request('a "quoted" harbour*'))
    assert prompts(store, text='"quoted" harbour*') == ['a "quoted" harbour*']


def test_a_sqlite_without_the_index_shares_the_history_with_one_that_has_it(store: Store) -> None:
    store.add(request("first harbour"))
    assert prompts(store, text="harbour") == ["first harbour"]

    def authorize(action: int, name: str | None, *_: object) -> int:
        touches = name is not None and name.startswith("search")
        return sqlite3.SQLITE_DENY if touches else sqlite3.SQLITE_OK

    store.database.connection.set_authorizer(authorize)
    store.add(request("second harbour"))
    assert len(prompts(store, text="harbour")) == 2
    store.database.connection.set_authorizer(None)
    assert len(prompts(store, text="harbour")) == 2


NAMES = {
    "İstanbul at night": "istanbul",
    "CAFE\u0301 terrace": "caf\u00e9",
    "Caf\u00e9 noir": "cafe\u0301",
    "ŁÓDŹ": "łódź",
}


@pytest.mark.parametrize("folded_already", [True, False])
@pytest.mark.parametrize(
    ("prompt", "text"), [*NAMES.items(), ("Caf\u00e9 noir", "cafe"), ("서울", "서울"), ("がか", "がか")]
)
def test_a_word_is_found_however_its_accents_are_composed(
    store: Store, prompt: str, text: str, folded_already: bool
) -> None:
    store.add(request(prompt))
    store.add(request("another"))
    if folded_already:
        search.catch_up(store.database, 100)
    assert prompts(store, text=text) == [prompt]


def test_what_an_older_version_records_meanwhile_is_found_too(store: Store) -> None:
    """It writes `words` as it always did, and has an index of its own."""
    store.add(request("first"))
    search.catch_up(store.database, 100)
    id = store.add(request("İstanbul"))
    with store.database.transaction() as connection:
        seq = connection.execute("SELECT seq FROM generations WHERE id = ?", (id,)).fetchone()[0]
        connection.execute("DELETE FROM words WHERE seq = ?", (seq,))
        connection.execute("INSERT INTO words VALUES (?, ?)", (seq, "İstanbul".casefold()))
    assert prompts(store, text="istanbul") == ["İstanbul"]
    assert prompts(store, text="is") == ["İstanbul"]
