# SPDX-License-Identifier: GPL-3.0-or-later
"""A history that version 0.1.0 wrote opens with everything in its place, also in another folder."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.old_data import addon, written
from tests.old_data.written import IDS, NAMES, differences

STATES = {
    "restyle": "DONE",
    "texture": "DONE",
    "variant 0": "DONE",
    "variant 1": "DONE",
    "continued": "DONE",
    "picture instead": "DONE",
    "shot 1": "DONE",
    "shot 2": "DONE",
    "view 1": "DONE",
    "view 2": "DONE",
    "sheet": "DONE",
    "paid": "DONE",
    "refused": "REFUSED",
    "failed": "FAILED",
    "unknown": "UNKNOWN",
    "cancelled": "CANCELLED",
    "received": "DONE",
    "dismissed": "DONE",
    "plain": "QUEUED",
    "queued": "QUEUED",
    "waiting": "WAITING",
    "sending": "SENDING",
}
#: What a record leaves out: these are the values that 0.1.0 meant.
DEFAULTS = {
    "kind": "RESTYLE",
    "provider": "google",
    "model": "gemini-3-pro-image",
    "image_size": "2K",
    "aspect_ratio": "",
    "references": (),
    "system_instruction": "",
    "thinking_level": "",
    "include_thoughts": False,
    "google_search": False,
    "image_search": False,
    "media_resolution": "",
    "temperature": None,
    "seed": None,
    "service_tier": "",
    "safety": {},
    "continues": "",
    "picture_instead": "",
    "variant": 0,
    "capture": None,
    "blend_path": "",
    "scene": "",
    "project": "",
    "shot": "",
    "choices": {},
    "texture": None,
}
#: Columns of a row, and what a generation calls them.
COLUMNS = {
    "id": "id",
    "state": "state",
    "created": "created",
    "changed": "changed",
    "sent": "sent",
    "ended": "ended",
    "retry_at": "retry_at",
    "tries": "tries",
    "progress": "progress",
    "cost": "cost_usd",
    "estimate": "estimate_usd",
    "delivered": "delivered",
    "favourite": "favourite",
    "thumbnail": "thumbnail",
    "grp": "group",
    "digest": "digest",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return written.unpack_store(tmp_path)


@pytest.fixture
def store(home: Path) -> Iterator[addon.Store]:
    opened = addon.Store(home)
    yield opened
    opened.close()


def names(generations) -> set[str]:
    return {NAMES[each.id] for each in generations}


def test_every_generation_is_there_in_its_state(store):
    found = {NAMES[g.id]: g.state for g in addon.generations_in(store)}
    assert found == STATES


def test_every_column_of_a_row_is_read(store, home):
    wrong = []
    for row in written.rows(home):
        generation = store.get(row["id"])
        plain = {name: row[column] for column, name in COLUMNS.items()}
        wrong += differences(plain, generation, home, NAMES[row["id"]])
    assert wrong == []


def test_every_word_of_a_record_is_read(store, home):
    wrong = []
    for row in written.rows(home):
        generation = store.get(row["id"])
        for part in ("request", "answer", "failure"):
            if row[part]:
                where = f"{NAMES[row['id']]} {part}"
                plain = json.loads(row[part])
                wrong += differences(plain, getattr(generation, part), home, where)
    assert wrong == []


def test_what_is_not_in_a_record_has_the_value_that_it_had(store):
    plain = store.get(IDS["plain"]).request
    assert {name: getattr(plain, name) for name in DEFAULTS} == DEFAULTS
    delivery = plain.delivery
    assert (delivery.kinds, delivery.objects, delivery.scene) == (("IMAGE",), (), None)
    assert (delivery.name, delivery.pack) == ("", False)
    assert (delivery.strip_start, delivery.strip_length) == (0, 0)
    view = store.get(IDS["view 1"])
    assert (view.request.texture.mode, view.request.texture.of_views) == ("SINGLE", 2)
    assert view.request.texture.shown[0].box == (0, 0, 1, 1)
    assert (view.request.texture.shown[0].view.orthographic, view.request.texture.udim) == (False, False)
    assert view.answer.usage.reported
    assert view.answer.result.role == "RESULT"


def test_every_file_is_there_with_its_bytes(store, home):
    looked_at = 0
    for generation in addon.generations_in(store):
        request, answer = generation.request, generation.answer
        for picture in answer.pictures if answer else ():
            content = Path(picture.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == picture.sha256
        paths = [reference.path for reference in request.references]
        paths += [request.capture.mask] if request.capture and request.capture.mask else []
        paths += [answer.turn, generation.thumbnail] if answer and answer.result else []
        for path in paths:
            assert Path(path).is_relative_to(home)
            assert Path(path).is_file()
        looked_at += len(paths)
    assert looked_at > 50


@pytest.mark.parametrize("name", ["restyle", "texture", "continued", "shot 2", "view 2"])
def test_a_conversation_can_go_on(store, name):
    assert addon.obstacle_to_continue(store, store.get(IDS[name])) == ""


def test_a_conversation_is_found_from_either_end(store):
    assert names(store.thread(IDS["restyle"]).branches) == {"continued"}
    assert names(store.thread(IDS["continued"]).ancestors) == {"restyle"}


def test_the_same_request_is_found_again(store):
    for name in ("restyle", "texture", "shot 2", "view 1", "paid"):
        generation = store.get(IDS[name])
        assert store.find_same(generation.digest).id == generation.id


def test_search_and_filters_find_what_they_found(store):
    expected = {
        "film still": {"shot 1", "shot 2"},
        "style.png": {"restyle", "texture"},
        "harbour": {"restyle", "continued", "queued", "waiting", "sending"},
    }
    for text, found in expected.items():
        assert names(addon.generations_in(store, text=text)) == found
    assert names(addon.generations_in(store, project="Lighthouse")) == {"paid"}
    assert names(addon.generations_in(store, favourite=True)) == {"variant 1"}
    assert names(addon.generations_in(store, provider="google")) == {"paid", "plain"}
    here = f"{written.MADE_IN}/project/scene.blend"
    elsewhere = set(STATES) - names(addon.generations_in(store, blend_path=here))
    assert elsewhere == {"plain"}
    group = store.get(IDS["variant 0"]).group
    assert names(addon.generations_in(store, group=group)) == {"variant 0", "variant 1"}
    assert store.projects() == ["Harbour", "Lighthouse", "project"]


def test_each_kind_and_state_is_found(store):
    kinds = {
        "RESTYLE": {"restyle", "plain", "queued"},
        "EDIT": {"continued", "picture instead"},
        "STORYBOARD": {"shot 1", "shot 2"},
        "VIEW": {"view 1", "view 2", "sheet"},
    }
    for kind, found in kinds.items():
        assert names(addon.generations_in(store, kind=kind)) == found
    rest = set(STATES) - set().union(*kinds.values())
    assert names(addon.generations_in(store, kind="TEXTURE")) == rest
    for state in set(STATES.values()):
        expected = {name for name, its in STATES.items() if its == state}
        assert names(addon.generations_in(store, state=state)) == expected


def test_the_ledger_has_every_line(store):
    lines = list(csv.DictReader(addon.ledger_text(store).splitlines()))
    text = addon.ledger_text(store)
    spent = [line for line in lines if "Lighthouse" in line.values()]
    assert len(lines) == 17
    assert len(spent) == 1
    assert "0.046" in str(spent)
    for outcome in ("DONE", "REFUSED", "CANCELLED", "UNKNOWN"):
        assert outcome in text


def test_budgets_and_pacing_hold(store):
    assert addon.budgets_in(store) == {("", 50.0), ("Harbour", 12.5)}
    assert addon.pacing_in(store) == 25.0


def test_what_was_left_over_is_offered_and_nothing_is_sent(store):
    found = {known: names(some) for known, some in addon.recover(store).items()}
    assert found == {
        "not_sent": {"plain", "queued", "waiting"},
        "unknown": {"unknown", "sending"},
        "received": {"received"},
        "elsewhere": set(),
    }
    assert store.get(IDS["sending"]).state == "UNKNOWN"


def test_a_lost_database_is_made_anew_from_the_files_beside_the_pictures(home):
    (home / "history.sqlite").unlink()
    store = addon.Store(home)
    addon.recover(store)
    records = written.sidecars(home)
    wrong = []
    for plain in records:
        del plain["changed"]  # it is taken in now
        wrong += differences(plain, store.get(plain["id"]), home, NAMES[plain["id"]])
    painted = {name for name, state in STATES.items() if state == "DONE"}
    assert names(addon.generations_in(store)) == painted
    assert len(records) > len(painted)
    store.close()
    assert wrong == []


def test_an_export_is_taken_in_by_another_history(store, tmp_path):
    exported = addon.export(store, tmp_path / "export")
    with_pictures = {name for name, state in STATES.items() if state == "DONE"}
    assert exported == len(with_pictures)
    shutil.rmtree(tmp_path / "other", ignore_errors=True)
    other = addon.Store(tmp_path / "other")
    assert addon.adopt(other, tmp_path / "export") == exported
    assert other.get(IDS["variant 1"]).favourite
    assert Path(other.get(IDS["restyle"]).answer.result.path).is_relative_to(tmp_path / "other")
    other.close()


def test_the_history_goes_on(store):
    changed, ids = store.changes_since(0)
    assert IDS["deleted"] in ids
    made = store.add(addon.GenerationRequest("a new one"), estimate=0.1)
    assert store.get(made).state == "QUEUED"
    assert store.revision() > changed
    store.delete(IDS["failed"])
    assert store.get(IDS["failed"]) is None
