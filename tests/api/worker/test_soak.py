# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes killed at random moments: no picture lost that could be kept, none paid for twice, the
accounts right."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.database.budget import Pacing
from nano_banana_addon.storage.database.query import HistoryQuery
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store

from .conftest import ROOT, until

KILLS = 110
#: Seconds between the server's last byte and a kill in which the bytes may still be on their way.
ON_THE_WAY = 1.0
_ME = "tests.api.worker.soak_parts"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="signals, and a look into /proc"),
]


@dataclass
class Kills:
    """When which side was killed, in monotonic seconds."""

    of_blender: int = 0
    of_courier: list[float] = field(default_factory=list[float])

    @property
    def count(self) -> int:
        return self.of_blender + len(self.of_courier)


@contextmanager
def server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", _ME, "serve"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        yield process.stdout.readline().strip(), process


def couriers(store: Store) -> list[int]:
    rows = store.database.rows("SELECT id, pid FROM processes WHERE role = 'courier'")
    return [row["pid"] for row in rows if store.lives(row["id"])]


def processes_in(folder: Path) -> list[str]:
    """Worker processes by the folder they work in: one that is just starting has not said its name yet."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append(process.name)
    return found


def kill_courier(store: Store, dice: random.Random, kills: Kills) -> None:
    living = couriers(store)
    if living:
        try:
            os.kill(dice.choice(living), signal.SIGKILL)
        except ProcessLookupError:
            return
        kills.of_courier.append(time.monotonic())


def one_round(store: Store, url: str, number: int, dice: random.Random, kills: Kills) -> None:
    name = f"round{number}"
    arguments = ["ask", str(store.home), url, name, str(dice.randint(1, 5))]
    with subprocess.Popen(
        [sys.executable, "-m", _ME, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as blender:
        until(lambda: recorded(store, name) or blender.poll() is not None, "it asked")
        time.sleep(dice.uniform(0.0, 2.0))  # the random moment
        victim = dice.choice(("blender", "courier", "both"))
        if victim != "blender":
            kill_courier(store, dice, kills)
        if victim != "courier" and blender.poll() is None:
            blender.kill()
            kills.of_blender += 1
        assert blender.stderr
        told = blender.stderr.read()
        assert "Traceback" not in told, told


def recorded(store: Store, name: str) -> bool:
    return store.count(HistoryQuery(text=f"{name}/")) > 0


def test_a_hundred_kills_lose_nothing_and_pay_nothing_twice(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    dice, kills = random.Random(seed), Kills()
    store = Store(tmp_path / "home")
    store.set_pacing(Pacing(limit_usd=0.0))  # a hundred pictures are more than $10
    with server() as (url, process):
        number = 0
        while kills.count < KILLS:
            one_round(store, url, number, dice, kills)
            number += 1
        until(lambda: not processes_in(store.home), "all worker processes ended")
        report = recover(store)
        accounts, _ = process.communicate(timeout=60)
    everything = store.page(HistoryQuery(), 0, 10_000)
    said = f"seed {seed}: {Counter(g.state.value for g in everything)}, {kills.count} kills"
    sys.stderr.write(said + "\n")
    check(store, everything, json.loads(accounts), kills, said)
    assert not report.elsewhere, said
    store.close()


def check(store: Store, everything: list[Generation], accounts: dict, kills: Kills, said: str) -> None:
    posts = Counter(entry["prompt"] for entry in accounts["asked"])
    answered = {entry["prompt"]: entry["answered_at"] for entry in accounts["asked"]}
    assert posts.total() == len(posts), f"sent twice: {said}"
    by_prompt = {g.request.prompt.split(" [[")[0]: g for g in everything}
    assert set(posts) <= set(by_prompt), said
    for prompt, generation in by_prompt.items():
        check_one(generation, prompt in posts, answered.get(prompt), kills, said)
    check_money(store, everything, accounts, said)
    assert store.database.row("PRAGMA integrity_check")[0] == "ok"
    queued = {g.id for g in everything if g.state is State.QUEUED}
    for left in store.places.receiving.iterdir():
        assert left.name in queued, said
        assert not list(left.iterdir()), said


def check_one(generation: Generation, was_sent: bool, answered_at: float | None, kills: Kills, said: str) -> None:
    story = f"{generation.id} {generation.state} sent={was_sent} answered={answered_at}: {said}"
    state = generation.state
    assert state in {State.DONE, State.UNKNOWN, State.QUEUED}, story
    if state is State.QUEUED:
        assert not was_sent, story
    elif state is State.DONE:
        assert generation.answer, story
        assert generation.answer.result, story
        result = generation.answer.result
        assert compute_sha256(Path(result.path)) == result.sha256, story
        assert Path(result.path).with_suffix(".json").is_file(), story
    else:
        # Only a killed worker process does not know what became of its request.
        began = generation.created - (time.time() - time.monotonic())
        latest = (answered_at or time.monotonic()) + ON_THE_WAY
        assert any(began <= moment <= latest for moment in kills.of_courier), story


def check_money(store: Store, everything: list[Generation], accounts: dict, said: str) -> None:
    billed = Counter((b["image"], b["prompt"], b["text"]) for b in accounts["billed"])
    done = [g for g in everything if g.state is State.DONE]
    assert Counter(tokens(g) for g in done) <= billed, said
    total = ledger.total(store.database)
    assert total.usd == pytest.approx(sum(g.cost_usd or 0.0 for g in done)), said
    assert total.answers == len(done), said
    unknown = sum(g.state is State.UNKNOWN for g in everything)
    assert total.unknown == unknown, said
    assert len(done) <= len(accounts["billed"]) <= len(done) + unknown, said


def tokens(generation: Generation) -> tuple[int, int, int]:
    assert generation.answer
    usage = generation.answer.usage
    assert usage
    return usage.image, usage.prompt, usage.candidates - usage.image


def test_two_blenders_at_once_lose_and_corrupt_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    store.set_pacing(Pacing(limit_usd=0.0))  # a hundred pictures are more than $10
    with server() as (url, process):
        both = [
            subprocess.Popen(
                [sys.executable, "-m", _ME, "ask", str(store.home), url, name, "60"],
                cwd=ROOT,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in ("one", "two")
        ]
        assert [blender.communicate(timeout=300)[1] for blender in both] == ["", ""]
        until(lambda: not processes_in(store.home), "all worker processes ended")
        accounts, _ = process.communicate(timeout=60)
    everything = store.page(HistoryQuery(), 0, 10_000)
    assert Counter(g.state for g in everything) == {State.DONE: 120}
    check(store, everything, json.loads(accounts), Kills(), "no kills")
    store.close()
