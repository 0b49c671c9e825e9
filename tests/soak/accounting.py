# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold between the service's accounts and a history, whatever was killed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger

from .harness import Place
from .server import name_of

#: Dollars for a million tokens, from Google's price list of `gemini-3-pro-image`: not the add-on's own table.
_INPUT, _TEXT, _IMAGE = 2.0, 12.0, 120.0
#: What no log may hold.
TROUBLE = ("Traceback", "is locked", "malformed", "disk I/O")


def price(usage: dict[str, Any]) -> float:
    """Dollars that the service charges for an answer, by its own count."""
    image = sum(each["tokenCount"] for each in usage.get("candidatesTokensDetails", []))
    text = usage["candidatesTokenCount"] - image + usage.get("thoughtsTokenCount", 0)
    return (usage["promptTokenCount"] * _INPUT + text * _TEXT + image * _IMAGE) / 1e6


def picture_digest(generation: Generation) -> str:
    """The digest of the picture's file as it lies there; of what was recorded it must be the same."""
    assert generation.answer, generation
    assert generation.answer.result, generation
    result = generation.answer.result
    digest = compute_sha256(Path(result.path))
    assert digest == result.sha256, generation
    return digest


def by_name(generations: list[Generation]) -> dict[str, Generation]:
    """A history by the names in its prompts; each only once."""
    found = {name_of(each.request.prompt): each for each in generations}
    assert len(found) == len(generations)
    return found


def arrived(accounts: dict[str, Any]) -> dict[str, str]:
    """The digest of each picture that the service has delivered to its last byte, by name."""
    asked = accounts["asked"]
    return {
        each["name"]: accounts["painted"][each["name"]][-1]
        for each in asked
        if each["status"] == 200 and each["answered"]
    }


def check_pictures(place: Place, accounts: dict[str, Any], deleted: frozenset[str]) -> None:
    """What was delivered and not deleted is there, byte by byte; nothing else claims to be."""
    history = by_name(place.generations())
    wanted = {n: digest for n, digest in arrived(accounts).items() if n not in deleted}
    found = {n: picture_digest(g) for n, g in history.items() if g.state is State.DONE}
    assert found == wanted
    for name in found:
        assert Path(history[name].answer.result.path).with_suffix(".json").is_file()
        assert Path(history[name].thumbnail).is_file()


def check_ledger(place: Place, accounts: dict[str, Any], unknown: int) -> None:
    """The ledger has what the service billed for the answers that arrived, and each lost try."""
    billed = accounts["billed"]
    bill = [price(billed[name][-1]) for name in arrived(accounts)]
    total = ledger.total(place.store.database)
    assert total.answers == len(bill)
    assert total.usd == pytest.approx(sum(bill), abs=1e-9)
    assert total.unknown == unknown


def check_asked_once(accounts: dict[str, Any], again: Counter[str]) -> None:
    """The service was asked for each picture once, and `again` by a decision or after a certain no."""
    posts = Counter(each["name"] for each in accounts["asked"] if each["name"])
    assert posts == Counter(posts.keys()) + again


def check_whole(place: Place) -> None:
    """The database is sound, its tables agree, and no file is left over or missing."""
    database = place.store.database
    assert [row[0] for row in database.rows("PRAGMA integrity_check")] == ["ok"]
    assert not database.rows("PRAGMA foreign_key_check")
    rows = {row[0] for row in database.rows("SELECT seq FROM generations")}
    for table in ("details", "words"):
        assert {row[0] for row in database.rows(f"SELECT seq FROM {table}")} == rows
    ids = {generation.id for generation in place.generations()}
    kept = [path for path in place.store.places.results.rglob("*") if path.is_file()]
    assert {"-".join(path.name.split("-")[:2]) for path in kept} <= ids


def check_logs(place: Place, *, allowed: tuple[str, ...] = ()) -> None:
    """Neither Blender nor a worker process met with anything that it did not expect."""
    logs = [place.errors, *place.store.places.log.glob("*")]
    for path in logs:
        for line in path.read_text(errors="replace").splitlines():
            assert not any(words in line for words in TROUBLE), f"{path.name}: {line}"
            bad = " ERROR " in line or " WARNING " in line
            assert not bad or any(words in line for words in allowed), f"{path.name}: {line}"
