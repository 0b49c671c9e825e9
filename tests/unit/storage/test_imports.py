# SPDX-License-Identifier: GPL-3.0-or-later
"""A history that a stranger hands over writes nothing but its own new files, and cannot stop or change what is here."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nano_banana_addon.core.bounds import MAX_LABEL
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.scene.capture import Capture
from nano_banana_addon.storage import archive
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.budget import Budget, Pacing, pause
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.contract.reserve import Reserve
from nano_banana_addon.wire.contract.turn_record import Turn, TurnImage, TurnWriter

from .conftest import done, request

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def out(store: Store, tmp_path: Path) -> Path:
    """An export of two generations, each with a reference and a mask."""
    for name in ("first", "second"):
        made = store.home / "reference.png"
        Image.new("RGB", (4, 4), "red" if name == "first" else "blue").save(made)
        kept = made.rename(store.places.references / f"{compute_sha256(made)}.png")
        reference = Reference(ReferenceRole.STYLE, str(kept), sha256=kept.stem)
        done(store, name, references=(reference,), capture=Capture("CAMERA", mask=str(kept)))
    archive.export(store, tmp_path / "shared" / "out", HistoryQuery())
    return tmp_path / "shared" / "out"


@pytest.fixture
def mine(tmp_path: Path, open_store: Callable[..., Store]) -> Store:
    return open_store(tmp_path / "mine" / "data" / "nano-banana")


def record_of(out: Path, prompt: str) -> Path:
    """The record of the generation with a prompt."""
    for path in (out / "results").rglob("*.json"):
        if json.loads(path.read_text())["prompt"] == prompt:
            return path
    raise AssertionError(prompt)


def forge(out: Path, change: Change, prompt: str = "first") -> str:
    """Change a record in the export; returns the generation's id."""
    path = record_of(out, prompt)
    plain = json.loads(path.read_text())
    change(plain["generation"])
    path.write_text(json.dumps(plain))
    return str(plain["generation"]["id"])


def make_edit(plain: dict[str, Any]) -> None:
    """Let a record be that of an edit of its own reference."""
    path = plain["request"]["references"][0]["path"]
    plain["request"]["region"] = {"image": path, "mask": path, "box": [0, 0, 4, 4], "canvas": [4, 4]}


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder with its hash; not those that SQLite keeps."""
    files = (path for path in folder.rglob("*") if path.is_file() and "history.sqlite" not in path.name)
    return {str(path.relative_to(folder)): compute_sha256(path) for path in files}


def take(store: Store, out: Path) -> tuple[int, list[str]]:
    """How many an import takes, and why it refuses others."""
    report = archive.import_folder(store, out)
    return report.imported, [reason for _, reason in report.refused]


def prompts(store: Store) -> set[str]:
    return {g.request.prompt for g in store.page(HistoryQuery())}


# -- where it writes


@pytest.mark.parametrize("path", ["../../{name}", "results/../../../{name}", "/{root}/{name}", "..\\..\\{name}"])
@pytest.mark.parametrize("field", ["reference", "mask", "image", "edit mask", "picture", "turn", "thumbnail"])
def test_no_path_of_a_record_leads_outside(out: Path, mine: Store, tmp_path: Path, path: str, field: str) -> None:
    """The import's neighbour is copied nowhere, least of all over the user's file of that name."""
    bashrc = tmp_path / "mine" / ".bashrc"
    bashrc.write_text("mine")
    named = path.format(name=".bashrc", root=str(out.parent).strip("/"))
    for folder in (out.parent, out, out.parent.parent):
        Image.new("RGB", (4, 4)).save(folder / ".bashrc", "PNG")
    before = snapshot(tmp_path / "mine")

    def change(plain: dict[str, Any]) -> None:
        if field == "reference":
            plain["request"]["references"][0]["path"] = named
        elif field == "mask":
            plain["request"]["capture"]["mask"] = named
        elif field in ("image", "edit mask"):
            make_edit(plain)
            plain["request"]["region"][field.removeprefix("edit ")] = named
        elif field == "picture":
            plain["answer"]["pictures"][0]["path"] = named
        elif field == "turn":
            plain["answer"]["turn"] = named
        else:
            plain["thumbnail"] = named

    id = forge(out, change)
    archive.import_folder(mine, out)
    after = snapshot(tmp_path / "mine")
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("data/nano-banana/") for name in after.keys() - before.keys())
    if found := mine.get(id):
        names = [r.path for r in found.request.references] + [
            found.request.capture.mask if found.request.capture else ""
        ]
        names += [found.request.region.image, found.request.region.mask] if found.request.region else []
        assert all(name == "" or Path(name).is_relative_to(mine.home) for name in names)


def test_an_edit_comes_with_its_image_and_mask(out: Path, mine: Store) -> None:
    id = forge(out, make_edit)
    assert take(mine, out) == (2, [])
    found = mine.get(id)
    assert found
    region = found.request.region
    assert region
    assert Path(region.image).parent == Path(region.mask).parent == mine.places.references
    assert Path(region.image).is_file()


def test_every_file_gets_a_name_that_the_store_chose(out: Path, mine: Store) -> None:
    id = forge(out, lambda plain: plain["request"]["references"][0].update(path="references/../x.png"))
    path = record_of(out, "second")
    plain = json.loads(path.read_text())
    picture = plain["generation"]["answer"]["pictures"][0]
    (out / "history.sqlite").write_bytes((out / picture["path"]).read_bytes())
    picture["path"] = "history.sqlite"
    path.write_text(json.dumps(plain))
    assert take(mine, out)[0] == 2
    second = next(g for g in mine.page(HistoryQuery()) if g.request.prompt == "second")
    assert second.picture
    assert Path(second.picture.path).parent.parent == mine.places.results
    assert Path(second.picture.path).name == f"{second.id}-1.png"
    first = mine.get(id)
    assert first
    assert first.request.references == ()
    for path in mine.places.references.iterdir():
        assert path.stem == compute_sha256(path)


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
@pytest.mark.parametrize("what", ["reference", "picture", "folder"])
def test_links_are_not_followed(out: Path, mine: Store, tmp_path: Path, what: str) -> None:
    secret = tmp_path / "secret.png"
    plain = json.loads(record_of(out, "first").read_text())["generation"]
    found = plain["request"]["references"][0] if what == "reference" else plain["answer"]["pictures"][0]
    there = out / found["path"]
    if what == "folder":
        there = there.parent
    there.rename(secret)
    there.symlink_to(secret)
    archive.import_folder(mine, out)
    copied = {compute_sha256(path) for path in mine.places.references.iterdir()}
    assert found["sha256"] not in copied
    assert mine.get(plain["id"]) is None or what == "reference"


def test_nothing_that_is_here_is_replaced(out: Path, mine: Store) -> None:
    paid = done(mine, "paid")
    assert paid.picture
    before = snapshot(mine.home)

    def change(plain: dict[str, Any]) -> None:
        (out / "results" / Path(paid.picture.path).name).write_bytes(b"x")
        plain["answer"]["pictures"][0]["path"] = f"results/{Path(paid.picture.path).name}"

    id = forge(out, change)
    assert take(mine, out)[0] == 1
    assert mine.get(id) is None
    after = snapshot(mine.home)
    assert {name: after[name] for name in before} == before


def test_another_file_in_the_place_is_left_there(out: Path, mine: Store) -> None:
    plain = json.loads(record_of(out, "first").read_text())["generation"]
    there = mine.home / plain["answer"]["pictures"][0]["path"]
    there.parent.mkdir(parents=True)
    there.write_bytes(b"something else")
    assert take(mine, out) == (1, [f"there is another file in the place of {there.name}"])
    assert there.read_bytes() == b"something else"
    assert prompts(mine) == {"second"}


@pytest.mark.parametrize("id", ["{day}", "{id}-1", "2026", "..", "a/b"])
def test_deleting_an_imported_one_deletes_nothing_of_another(out: Path, mine: Store, id: str) -> None:
    paid = done(mine, "paid")
    assert paid.picture
    forge(out, lambda plain: plain.update(id=id.format(day=paid.id[:8], id=paid.id)))
    archive.import_folder(mine, out)
    for generation in mine.page(HistoryQuery()):
        if generation.id != paid.id:
            mine.delete(generation.id)
    assert Path(paid.picture.path).is_file()
    assert Path(paid.picture.path).with_suffix(".json").is_file()


def test_a_mode_of_an_edit_that_this_version_does_not_know_is_refused(out: Path, mine: Store) -> None:
    """It has no words for it: showing the request would fail."""

    def change(plain: dict[str, Any]) -> None:
        make_edit(plain)
        plain["request"]["region"]["mode"] = "MELT"

    forge(out, change)
    count, reasons = take(mine, out)
    assert count == 1
    assert len(reasons) == 1


@pytest.mark.parametrize("count", [0, -3, 2**40])
def test_an_impossible_count_of_images_is_refused(out: Path, mine: Store, count: int) -> None:
    """A price is divided by it, and multiplied, when such a request is sent again."""
    forge(out, lambda plain: plain["request"].update(count=count))
    assert take(mine, out) == (1, ["its number of images is out of range"])


def test_a_file_that_was_changed_is_refused(out: Path, mine: Store) -> None:
    picture = record_of(out, "first").with_suffix(".png")
    picture.write_bytes(picture.read_bytes()[:-1] + b"!")
    assert take(mine, out) == (1, ["its file was changed since it was recorded"])


def test_what_is_no_image_is_refused(out: Path, mine: Store) -> None:
    script = b"#!/bin/sh\n" * 20
    picture = record_of(out, "first").with_suffix(".png")
    picture.write_bytes(script)
    forge(
        out,
        lambda plain: plain["answer"]["pictures"][0].update(sha256=compute_sha256(picture), byte_count=len(script)),
    )
    assert take(mine, out) == (1, ["its file is no image"])


def test_files_of_this_computer_cannot_be_named(out: Path, mine: Store, tmp_path: Path) -> None:
    """What a record names is sent when the artist asks again with its settings."""
    private = tmp_path / "private.png"
    Image.new("RGB", (4, 4)).save(private)

    def change(plain: dict[str, Any]) -> None:
        plain["request"]["references"][0].update(path=str(private), sha256=compute_sha256(private))
        plain["request"]["choices"] = {"source": "IMAGE", "source_image": str(private)}

    id = forge(out, change)
    report = archive.import_folder(mine, out)
    found = mine.get(id)
    assert found
    assert str(private) not in json.dumps(found.request.to_dict())
    assert len(report.left_out) == 1
    assert "outside" in report.left_out[0]


@pytest.mark.parametrize("named", ["private.png", "known"])
def test_a_turn_that_would_send_a_file_of_this_computer_is_left_out(
    out: Path, mine: Store, tmp_path: Path, named: str
) -> None:
    """Its images are sent again with the next turn of the conversation."""
    plain = json.loads(record_of(out, "first").read_text())["generation"]
    name = Path(plain["request"]["references"][0]["path"]).name if named == "known" else named
    (out / "turns").mkdir(exist_ok=True)
    writer = TurnWriter(out / "turns" / plain["id"], Reserve(out / "reserve", 0))
    image = TurnImage(str(tmp_path / name), "", "image/png", 4)
    writer.finish(Turn("google", "m", "x", (image,), "", ({"text": "y"},)))
    id = forge(out, lambda plain: plain["answer"].update(turn=f"turns/{plain['id']}"))
    report = archive.import_folder(mine, out)
    assert mine.get(id)
    assert (mine.places.turns / id).exists() == (named == "known")
    assert len(report.left_out) == (named != "known")


# -- what it may claim


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(created=1e300),
        lambda plain: plain.update(created=10**400),
        lambda plain: plain.update(created=float("nan")),
        lambda plain: plain.update(ended=float("inf")),
        lambda plain: plain.update(tries=2**70),
        lambda plain: plain.update(tries=-1),
        lambda plain: plain.update(cost_usd=-1000.0),
        lambda plain: plain.update(cost_usd=5000.0),
        lambda plain: plain.update(estimate_usd=float("-inf")),
        lambda plain: plain["answer"]["usage"].update(prompt=2**63),
        lambda plain: plain["answer"]["usage"].update(image=2**48),
        lambda plain: plain["answer"]["pictures"][0].update(width=10**9),
        lambda plain: plain["answer"]["pictures"][0].update(byte_count=-1),
        lambda plain: plain["request"].update(seed=2**64),
        lambda plain: plain["request"].update(continues="../../x"),
        lambda plain: plain["answer"]["pictures"][0].update(path="results/\0.png"),
        lambda plain: plain.update(id=[1]),
        lambda plain: plain.update(state="SENDING"),
        lambda plain: plain.update(answer=3),
    ],
)
def test_a_poisoned_record_does_not_stop_those_beside_it(out: Path, mine: Store, change: Change) -> None:
    forge(out, change)
    taken, refused = take(mine, out)
    assert (taken, len(refused)) == (1, 1)
    assert prompts(mine) == {"second"}
    recover(mine)
    assert mine.count(HistoryQuery()) == 1


@pytest.mark.parametrize("text", ["{" * 1000, '{"generation": ' + "[" * 200_000, '{"generation": {}}', "\xff"])
def test_a_record_that_is_no_json_does_not_stop_those_beside_it(out: Path, mine: Store, text: str) -> None:
    record_of(out, "first").write_text(text, encoding="latin-1")
    assert take(mine, out) == (1, ["its record is damaged"])


def test_half_a_surrogate_is_taken_as_text(out: Path, mine: Store) -> None:
    id = forge(out, lambda plain: plain.update(group="\udc80"))
    assert take(mine, out) == (2, [])
    assert mine.get(id)


def test_no_text_of_an_import_is_one_that_blender_cannot_show(out: Path, mine: Store) -> None:
    def change(plain: dict[str, Any]) -> None:
        plain["request"] |= {"prompt": "a\ud800", "project": "b\udcff", "choices": {"c\ud800": "d\ud800"}}

    id = forge(out, change)
    assert take(mine, out) == (2, [])
    (found,) = mine.many([id])
    assert "\\ud800" in found.request.prompt
    assert json.dumps(found.request.to_dict(), ensure_ascii=False).encode()


def test_the_cost_of_others_is_booked_apart(out: Path, mine: Store) -> None:
    forge(out, lambda plain: plain.update(cost_usd=99.0, ended=time.time()))
    mine.set_budgets([Budget(0.2)])
    archive.import_folder(mine, out)
    assert ledger.total(mine.database).usd == 0
    assert ledger.total(mine.database, imported=True).usd > 99
    assert mine.read_spending(Budget(0.2)).spent == 0
    assert mine.add(request("still allowed"), estimate=0.1)
    with mine.database.lock:
        assert pause(mine.database.connection, Pacing(10.0), "google", 1.0, time.time()) == 0
    lines = ledger.as_csv(mine.database).splitlines()
    assert lines[0].endswith(",imported,caller")
    assert all(line.endswith(",1,") for line in lines[1:])


def test_it_stays_apart_when_the_database_is_lost(out: Path, mine: Store, open_store: Callable[..., Store]) -> None:
    archive.import_folder(mine, out)
    own = done(mine, "own")
    mine.close()
    mine.places.database.unlink()
    again = open_store(mine.home)
    recover(again)
    assert prompts(again) == {"first", "second", "own"}
    assert ledger.total(again.database).usd == pytest.approx(own.cost_usd)
    assert ledger.total(again.database, imported=True).pictures == 2


def test_a_lost_line_of_the_ledger_is_not_rewritten(out: Path, mine: Store) -> None:
    """What this user may have been billed for stays, whatever an import claims of it."""
    id = forge(out, lambda _: None)
    with mine.database.transaction() as connection:
        unknown = Generation(id, request("first"), tries=1, estimate_usd=0.14)
        ledger.write_lost(connection, unknown, "UNKNOWN", time.time())
    archive.import_folder(mine, out)
    assert ledger.total(mine.database).unknown_usd == pytest.approx(0.14)


# -- the rehearsal


def test_a_rehearsal_tells_and_changes_nothing(out: Path, mine: Store) -> None:
    forge(out, lambda plain: plain.update(cost_usd=-1.0))
    before = snapshot(mine.home)
    for verify in (False, True):
        report = archive.import_folder(mine, out, rehearse=True, verify=verify)
        assert report.describe() == "1 new, 1 refused because:\n1 × its cost is out of range"
    assert snapshot(mine.home) == before
    assert mine.count(HistoryQuery()) == 0
    assert archive.import_folder(mine, out).imported == report.imported


def test_what_fails_half_way_leaves_no_files(out: Path, mine: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(mine.home)

    def fail(*_values: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.changes, "insert", fail)
    with pytest.raises(OSError, match="No space"):
        archive.import_folder(mine, out)
    assert snapshot(mine.home) == before


def test_a_label_of_an_import_is_no_longer_than_panels_and_prompts_can_bear(out: Path, mine: Store) -> None:
    forge(out, lambda g: g["request"]["references"][0].update(label="x" * 2**20))
    assert take(mine, out) == (2, [])
    labels = [r.label for g in mine.page(HistoryQuery()) for r in g.request.references]
    assert max(map(len, labels)) == MAX_LABEL
