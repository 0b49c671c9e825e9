# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys used again and again, in any order, with restarts and answers of the artist between: each pays at most once."""

from __future__ import annotations

import random

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.features.agent import calls, capture_queue, consent
from nano_banana_addon.session import session

from .conftest import ask, new_key

_CHANCES = {
    "submit": 6,
    "wait": 6,
    "status": 2,
    "result": 1,
    "cancel": 1,
    "quote": 1,
    "allow": 6,
    "refuse": 1,
    "restart": 1,
}
_ACTIONS = [action for action, times in _CHANCES.items() for _ in range(times)]


class Assistant:
    """Does something at random with one of its keys; knows which of them the artist has allowed."""

    def __init__(self, seed: int, keys: int) -> None:
        self.chance = random.Random(seed)
        self.requests = {new_key(): ask() for _ in range(keys)}
        self.ids: dict[str, str] = {}
        self.allowed: set[str] = set()

    def act(self) -> None:
        key, action = self.chance.choice(list(self.requests)), self.chance.choice(_ACTIONS)
        if action == "submit":
            started = calls.submit(self.requests[key], 1.0, key)
            assert started["ok"] or "jobs wait" in started["error"]["message"], started
            self.ids |= {key: started["id"]} if started["ok"] else {}
        elif action == "quote":
            assert calls.quote(self.requests[key])["ok"]
        elif action == "wait":
            assert calls.wait(self.ids.get(key, "none yet"), 0.2)["ok"] == (key in self.ids)
        elif action in calls.CALLS:
            assert calls.CALLS[action](self.ids.get(key, "none yet"))["ok"] == (key in self.ids)
        elif action == "restart":
            capture_queue.stop()
            session.close()
        else:
            self.answer(is_allowed=action == "allow")

    def answer(self, *, is_allowed: bool) -> None:
        for question in consent.list_questions()[:1]:
            self.allowed |= {key for key, id in self.ids.items() if id == question.job and is_allowed}
            consent.answer(question.job, is_allowed=is_allowed)


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_the_same_key_never_pays_twice_and_none_without_consent(
    scene: bpy.types.Scene, server: Simulator, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("nano_banana_addon.features.agent.consent.can_ask", lambda: True)
    assistant = Assistant(15, keys=count // 6)
    for _ in range(count):
        assistant.act()
    for id in assistant.ids.values():
        if calls.status(id)["state"] in ("RUNNING", "APPLYING"):
            calls.wait(id, 60)
    sent = [str(request.json) for request in server.requests if request.method == "POST"]
    for key, request in assistant.requests.items():
        assert sum(request["prompt"] in body for body in sent) <= (key in assistant.allowed), key
    assert 0 < len(sent) <= len(assistant.allowed)
