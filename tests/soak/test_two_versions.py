# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender 4.5 and 5.2 work in one history for a minute: nothing is lost, nothing is damaged, each sees the other's."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from . import accounting
from .harness import Blender, Place, place_in

SECONDS = 60
#: At least so many pictures by each, also on a busy machine.
ASKED = 20

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


def test_two_versions_at_once_lose_and_damage_nothing(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    sys.stderr.write(f"seed {seed}\n")
    with place_in(tmp_path) as place:
        both = {version: Blender(place, version) for version in ("4.5", "5.2")}
        for version, blender in both.items():
            blender.do("open_file", path=str(tmp_path / f"shot-{version}.blend"))
        for version, blender in both.items():
            me = version.replace(".", "")
            blender.order("live", me=me, seconds=SECONDS, seed=seed, folder=str(tmp_path))
        told = {version: blender.heard() for version, blender in both.items()}
        for version, blender in both.items():
            images = blender.do("images")["images"]
            told[version]["delivered"] = {id: digest for id, (digest, _) in images.items()}
            told[version]["gallery"] = blender.do("list_gallery")["ids"]
        assert [blender.close() for blender in both.values()] == [0, 0]
        place.until_no_courier()
        check(place, told["4.5"], told["5.2"])


def check(place: Place, one: dict[str, Any], two: dict[str, Any]) -> None:
    """Everything that both have done is in the store, and nothing else."""
    said = [each["done"] | {"asked": len(each["asked"])} for each in (one, two)]
    sys.stderr.write(f"{said}\n")
    assert min(len(one["asked"]), len(two["asked"])) >= ASKED, said
    accounts = place.server.accounts()
    asked = one["asked"] | two["asked"]
    assert {each["name"] for each in accounts["asked"]} == set(asked)
    gone = {row[0] for row in place.store.database.rows("SELECT id FROM deleted")}
    check_deleted(place, one, two, gone)
    names = frozenset(name for name, id in asked.items() if id in gone)
    accounting.check_pictures(place, accounts, names)
    accounting.check_asked_once(accounts, Counter())
    accounting.check_ledger(place, accounts, unknown=0)
    accounting.check_whole(place)
    accounting.check_logs(place)
    everything = [each.id for each in place.generations()]
    assert set(everything) == set(asked.values()) - gone
    for mine, theirs in ((one, two), (two, one)):
        assert mine["gallery"] == everything
        assert set(mine["seen"]) & set(theirs["asked"].values()), "seen while both worked"
        assert mine["delivered"] == delivered(mine["asked"], accounts)


def check_deleted(place: Place, one: dict[str, Any], two: dict[str, Any], gone: set[str]) -> None:
    """Gone is what was deleted, and what had become old and was no favourite; nothing else."""
    by_hand, aged = ({*one[deed], *two[deed]} for deed in ("deleted", "aged"))
    marked = {*one["marked"], *two["marked"]}
    assert gone == by_hand | aged
    assert {each.id for each in place.generations() if each.favourite} == marked


def delivered(asked: dict[str, str], accounts: dict[str, Any]) -> dict[str, str]:
    """The digests of what had to come into the file: all but the drafts."""
    digests = accounting.arrived(accounts)
    return {id: digests[name] for name, id in asked.items() if not name.endswith("draft")}
