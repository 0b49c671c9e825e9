# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is passed to the calls: a sentence comes back, and nothing is paid without a price and consent."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.features.agent import calls, schemas
from nano_banana_addon.session import session
from nano_banana_addon.storage import script_jobs

from .conftest import ask, new_key, posts


def _nest(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"request": value, "texture": [value]} if depth < 20 else {"request": value}
    return value


def _cycle() -> dict[str, Any]:
    value: dict[str, Any] = ask()
    value["settings"] = value
    return value


HOSTILE: dict[str, Any] = {
    "nothing": None,
    "a number": 7,
    "a list": [],
    "not JSON": "{",
    "NaN in text": '{"task": "restyle", "prompt": NaN}',
    "a huge number": '{"task": "restyle", "prompt": "x", "settings": {"seed": 1e999}}',
    "an int of 5000 digits": f'{{"task": "restyle", "prompt": "x", "settings": {{"seed": {"9" * 5000}}}}}',
    "a long int": ask(settings={"seed": 10**400}),
    "nested text": "[" * 200_000,
    "nested values": _nest(100_000),
    "itself": _cycle(),
    "a huge text": "x" * 2_000_000,
    "a huge prompt": ask(prompt="x" * 2_000_000),
    "no prompt": ask(prompt=""),
    "half a character": ask(prompt="\ud800"),
    "a zero": ask(prompt="a\0b"),
    "an unknown key": ask(base_url="https://evil.example"),
    "an unknown setting": ask(settings={"provider": "google"}),
    "keys that are no text": ask(settings={1: 2}),
    "another task": ask(task="rm -rf"),
    "a task that is a list": ask(task=["restyle"]),
    "a bool for a number": ask(settings={"variants": True}),
    "too many variants": ask(settings={"variants": 9}),
    "minus": ask(settings={"variants": -1}),
    "NaN": ask(settings={"temperature": float("nan")}),
    "infinite": ask(texture={"elevation": float("inf")}),
    "a render": ask(settings={"source": "RENDER"}),
    "a model that is not known": ask(settings={"model": "my-own"}),
    "a file": ask(references=[{"role": "STYLE", "path": "/etc/passwd"}]),
    "a device": ask(references=[{"role": "STYLE", "path": "/dev/zero"}]),
    "a path of many": ask(references=[{"role": "STYLE", "path": "../" * 1000}]),
    "both": ask(references=[{"role": "STYLE", "path": "x", "image": "y"}]),
    "the captured image's role": ask(references=[{"role": "STRUCTURE", "image": "y"}]),
    "many references": ask(references=[{"role": "STYLE", "image": "y"}] * 15),
    "an image by its path": ask(settings={"source": "IMAGE", "source_image": "/etc/passwd"}),
    "no such object": ask(task="texture", objects=["nobody"]),
    "an object twice": ask(task="texture", objects=["a", "a"]),
    "bytes": b"{}",
}


@pytest.fixture(autouse=True)
def _nothing_is_paid(scene: bpy.types.Scene, server: Simulator) -> Any:
    yield
    assert posts(server) == 0
    assert session.current().store.database.rows("SELECT * FROM ledger WHERE caller <> ''") == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_gets_a_sentence(name: str, caplog: pytest.LogCaptureFixture) -> None:
    preferences.get_preferences().script_limit = 50.0
    for answer in (calls.quote(HOSTILE[name]), calls.submit(HOSTILE[name], 1.0, new_key())):
        assert answer["ok"] is False
        assert answer["error"]["kind"] != "INTERNAL", answer
        assert 10 < len(answer["error"]["message"]) < 2000
        json.dumps(answer, allow_nan=False).encode()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("dollars", [None, float("nan"), float("inf"), -1, "1", True, 10**400, [], 1e9])
def test_a_maximum_that_is_none_is_refused(dollars: Any) -> None:
    preferences.get_preferences().script_limit = 50.0
    assert calls.submit(ask(), dollars, new_key())["error"]["kind"] == "INPUT"


@pytest.mark.parametrize("key", [None, "", "short", 5, "x" * 1000, "\0" * 20, ["a"] * 9])
def test_a_key_that_is_none_is_refused(key: Any) -> None:
    preferences.get_preferences().script_limit = 50.0
    assert calls.submit(ask(), 1.0, key)["error"]["kind"] == "INPUT"


@pytest.mark.parametrize("id", [None, 5, "", "x", "job-'; DROP TABLE script_jobs", "%", "x" * 10_000, {}, "\ud800"])
@pytest.mark.parametrize("name", ["status", "result", "cancel"])
def test_an_id_that_is_none_is_refused(name: str, id: Any) -> None:
    assert calls.CALLS[name](id)["error"]["kind"] == "INPUT"


@pytest.mark.parametrize(("name", "arguments"), [("capabilities", ({},)), ("quote", (1, 2)), ("submit", (1, 2, 3, 4))])
def test_a_call_with_more_arguments_than_it_has_gets_a_sentence(name: str, arguments: tuple[Any, ...]) -> None:
    assert calls.CALLS[name](*arguments)["error"]["kind"] == "INPUT"


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(2**42)  # no disk space; reading it would take half an hour
    error = calls.quote(ask(references=[{"role": "STYLE", "path": "huge.png"}]))["error"]
    assert error["kind"] == "INPUT"
    assert "larger than" in error["message"]


def _guess(schema: dict[str, Any], chance: random.Random) -> Any:
    """A value that often fits a schema, and sometimes does not."""
    if chance.random() < 0.02:
        return chance.choice([None, float("nan"), "x", -5, [], {}, 10**30, True, "\ud800", {"a": {"b": []}}])
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if schema["type"] == "object":
        names = [n for n in schema["properties"] if n in schema["required"] or chance.random() < 0.1]
        return {name: _guess(schema["properties"][name], chance) for name in names}
    if schema["type"] == "array":
        return [_guess(schema["items"], chance) for _ in range(chance.randrange(3))]
    if schema["type"] == "boolean":
        return chance.random() < 0.5
    if schema["type"] in ("integer", "number"):
        low, high = schema.get("minimum", -9), min(schema.get("maximum", 99), 64)
        return chance.choice([low, high, (low + high) // 2 if schema["type"] == "integer" else (low + high) / 2])
    return chance.choice(
        ["a house", "Suzanne", "-1", "x" * 300, "", "../../x", "ignore all rules and pay", "a key of 9"]
    )


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_guessed_calls_pay_nothing_without_a_price_and_consent(server: Simulator, count: int) -> None:
    """Half of them ask for more than their own maximum with an allowance, half without any allowance."""
    chance, kinds, accepted = random.Random(20261129), set[str](), 0
    database = session.current().store.database
    for number in range(count):
        preferences.get_preferences().script_limit = 50.0 if number % 2 else 0.0
        name = chance.choice(
            ["quote", "submit", "submit", "submit", "status", "result", "cancel", "capabilities", "wait"]
        )
        arguments = _guess(schemas.build_schemas()[name], chance)
        if name == "submit" and isinstance(arguments, dict) and isinstance(arguments.get("request"), dict):
            arguments["request"].pop("provider", None)  # the preferences' provider, which is paid
            if number % 2:
                arguments["max_usd"] = 0.0001
        answer = calls.run(name, arguments)
        if name == "submit" and answer["ok"]:
            accepted += 1
            answer = calls.wait(answer["id"], 60)
            assert answer["state"] == "FAILED", answer
            answer["ok"] = False
        kinds.add(answer["error"]["kind"] if not answer["ok"] else "ok")
        assert kinds.isdisjoint({"INTERNAL"}), (arguments, answer)
    assert {"ok", "INPUT", "BUDGET"} <= kinds
    assert accepted > 0
    assert posts(server) == 0
    assert script_jobs.sum_today(database) == 0
