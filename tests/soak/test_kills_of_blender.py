# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Blender is killed while it asks, waits and delivers: the next one knows all, has all, and sends nothing."""

from __future__ import annotations

import random
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nano_banana_addon.core.constants import State

from . import accounting
from .harness import Blender, Place, place_in, until
from .kills import MOMENTS, Moment, Scene, at_any_moment, while_a_4k_picture_arrives

KILLS = 10

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="signals, and a look into /proc"),
]


class Chronicle:
    """Round after round on one store: what must be so is known here, and compared with what is."""

    def __init__(self, place: Place, version: str, seed: int) -> None:
        self.place, self.version = place, version
        self.dice = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        self.unknown: set[str] = set()
        self.blender = self._started()

    def _started(self) -> Blender:
        blender = Blender(self.place, self.version)
        blender.do("open_file", path=str(self.place.folder / f"shot-{self.version}.blend"))
        return blender

    def live_through(self, number: int, moment: Moment) -> None:
        """Ask, be killed, start again, look, and decide."""
        names = [f"shot-{number:02}-{letter}" for letter in "abcdefgh"[: moment.asked]]
        scene = Scene(self.place, self.blender, names, self.dice)
        moment.act(scene)
        self.kills += scene.kills
        self.again += scene.refused
        self.place.until_no_courier()
        before = self.place.server.accounts()
        self.blender = self._started()
        offered = self.blender.do("offer")
        history = accounting.by_name(self.place.generations())
        self._check_told(names, moment, offered, before)
        known = {name: offered["recovered"].get(history[name].id) for name in names}
        self._take([n for n in names if known[n] == "RECEIVED"], before)
        now = self.place.server.accounts()
        assert _named(now) == _named(before), "something was sent by itself"
        assert not self.place.courier_processes()
        self._send([n for n in names if known[n] == "NOT_SENT"])

    def _check_told(self, names: list[str], moment: Moment, offered: Any, accounts: dict[str, Any]) -> None:
        """The artist is told of each picture what is so; of earlier rounds only the unknown are open."""
        history = accounting.by_name(self.place.generations())
        assert set(names) <= set(history), "a request that was recorded is gone"
        told = {name: offered["recovered"].pop(history[name].id, "") for name in names}
        earlier = {history[name].id for name in self.unknown}
        assert offered["recovered"] == dict.fromkeys(earlier, "UNKNOWN")
        offered["recovered"] |= {history[n].id: known for n, known in told.items() if known}
        assert bool(offered["notice"]) == bool(offered["recovered"])
        if moment.told is not None:
            assert Counter(filter(None, told.values())) == Counter(moment.told), told
        self.unknown |= {name for name in names if told[name] == "UNKNOWN"}
        arrived = accounting.arrived(accounts)
        for name in names:
            generation = history[name]
            truth = "RECEIVED" if name in arrived else "UNKNOWN"
            if not any(each["name"] == name for each in accounts["asked"]) and truth != told[name]:
                truth = "UNKNOWN" if told[name] == "UNKNOWN" else "NOT_SENT"
            if generation.state is State.QUEUED:
                truth = "NOT_SENT"
                assert name not in arrived
            assert told[name] == ("" if generation.delivered else truth), (name, generation.state)

    def _take(self, names: list[str], accounts: dict[str, Any]) -> None:
        """Apply what was received, and look at the images in the file."""
        for name in names:
            generation = accounting.by_name(self.place.generations())[name]
            images = self.blender.do("take", generation=generation.id)["images"]
            digest, size = images[generation.id]
            assert digest == accounting.arrived(accounts)[name]
            assert generation.answer
            assert generation.answer.result
            assert size == [generation.answer.result.width, generation.answer.result.height]

    def _send(self, names: list[str]) -> None:
        """The artist decides: the first is sent now, and comes; the others are given up."""
        history = accounting.by_name(self.place.generations())
        for name in names[1:]:
            self.blender.do("give_up", generation=history[name].id)
        for name in names[:1]:
            posts, id = self.place.server.posts(name), history[name].id
            self.blender.do("ask_again", generation=id)
            until(partial(self._is_in_the_file, id), "it has come")
            assert self.place.server.posts(name) == posts + 1
            self.again[name] += posts

    def _is_in_the_file(self, id: str) -> bool:
        return id in self.blender.do("images")["images"]

    def end(self) -> None:
        """Blender quits as it should; all accounts agree."""
        assert self.blender.close() == 0
        self.place.until_no_courier()
        accounts = self.place.server.accounts()
        accounting.check_pictures(self.place, accounts, frozenset())
        accounting.check_asked_once(accounts, self.again)
        accounting.check_ledger(self.place, accounts, unknown=len(self.unknown))
        accounting.check_whole(self.place)
        states = {n: g.state for n, g in accounting.by_name(self.place.generations()).items()}
        assert {n for n, state in states.items() if state is State.UNKNOWN} == self.unknown
        assert set(states.values()) <= {State.DONE, State.UNKNOWN, State.CANCELLED}
        assert not list(self.place.store.places.receiving.iterdir())
        accounting.check_logs(self.place, allowed=("ended with status -9",))


def _named(accounts: dict[str, Any]) -> list[Any]:
    """Without requests that broke off before the service had read them."""
    return [each for each in accounts["asked"] if each["name"]]


@pytest.mark.parametrize("version", ["5.2", "4.5"])
def test_whenever_blender_is_killed_the_next_one_has_it_all(version: str, tmp_path: Path) -> None:
    # The moments are the worker's for the most part, which is the same in every Blender.
    some = [m for m in MOMENTS if m.act not in {while_a_4k_picture_arrives, at_any_moment}]
    moments = list(MOMENTS if version == "5.2" else some[::2])
    seed = random.randrange(10**6)
    sys.stderr.write(f"seed {seed}\n")
    with place_in(tmp_path) as place:
        chronicle = Chronicle(place, version, seed)
        for number, moment in enumerate(moments):
            chronicle.live_through(number, moment)
        chronicle.end()
    assert chronicle.kills.total() >= min(KILLS, len(moments)), chronicle.kills
