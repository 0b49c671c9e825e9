# SPDX-License-Identifier: GPL-3.0-or-later
"""What costs more than scripts may spend waits for the artist; whatever else happens meanwhile costs nothing."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.host import preferences
from nano_banana_addon.features.agent import calls, capture_queue, consent
from nano_banana_addon.session import session
from nano_banana_addon.storage.database import ledger

from ..interface.test_panels import draw, sidebar  # noqa: F401 - a fixture
from .conftest import ask, new_key, posts, wait


@pytest.fixture(autouse=True)
def artist(monkeypatch: pytest.MonkeyPatch, scene: bpy.types.Scene) -> None:
    """Somebody sits before Blender, as with a window."""
    monkeypatch.setattr("nano_banana_addon.features.agent.consent.can_ask", lambda: True)


def submit(request: dict[str, Any] | None = None, key: str = "") -> str:
    started = calls.submit(request or ask(), 1.0, key or new_key())
    assert started["ok"], started
    return started["id"]


def wait_for_question(job: str) -> consent.Question:
    for _ in range(20):
        if calls.status(job)["state"] == "NEEDS_CONSENT":
            break
    question = consent.find(job)
    assert question, calls.status(job)
    return question


def test_allowed_once_it_is_sent_once_and_the_next_asks_again(server: Simulator) -> None:
    request, key = ask(), new_key()
    job = submit(request, key)
    question = wait_for_question(job)
    assert "allow $0.0" in calls.status(job)["message"]
    assert posts(server) == 0
    consent.answer(job, is_allowed=True)
    consent.answer(job, is_allowed=True)
    ended = wait(job)
    assert (ended["state"], ended["error"]) == ("DONE", None)
    assert calls.submit(request, 1.0, key)["id"] == job
    (line,) = ledger.sums(session.current().store.database, ("caller",))
    assert line.usd <= question.payment.dollars * 1.5
    assert posts(server) == 1
    wait_for_question(submit())
    assert posts(server) == 1


def test_the_tab_says_who_asks_for_what_and_the_price_stands_on_the_button(sidebar: None) -> None:  # noqa: F811
    request = ask(caller="Studio Tool")
    question = wait_for_question(submit(request))
    wait_for_question(submit())
    layout = draw(bpy.types.NANO_BANANA_PT_main)
    texts = [text for name, text, _ in layout.buttons if name == "nano_banana.answer_script"]
    assert texts[1:] == ["Refuse"]
    assert texts[0].startswith("Allow Once  ($0.0")
    shown = " ".join(layout.texts)
    for part in ("Studio Tool asks", request["prompt"], "1 more"):
        assert part in shown
    assert question.payment.count == 1


def test_a_refusal_is_told_and_ends_the_key(server: Simulator) -> None:
    request, key = ask(), new_key()
    job = submit(request, key)
    wait_for_question(job)
    consent.answer(job, is_allowed=False)
    ended = calls.status(job)
    assert (ended["state"], ended["error"]["kind"]) == ("FAILED", "BUDGET")
    assert "refused" in ended["message"]
    assert calls.submit(request, 1.0, key)["state"] == "FAILED"
    assert calls.result(job)["images"] == []
    assert posts(server) == 0


def test_no_answer_ends_it(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nano_banana_addon.features.agent.consent.PATIENCE", -1.0)
    job = submit()
    for _ in range(20):
        calls.status(job)
    assert "did not answer" in calls.status(job)["message"]
    assert consent.list_questions() == ()
    assert posts(server) == 0


def test_a_raised_limit_answers_too(server: Simulator) -> None:
    job = submit()
    wait_for_question(job)
    preferences.get_preferences().script_limit = 5.0
    assert wait(job)["state"] == "DONE"
    assert consent.list_questions() == ()
    assert posts(server) == 1


def test_what_was_cancelled_while_it_asked_cannot_be_allowed(server: Simulator) -> None:
    job = submit()
    question = wait_for_question(job)
    assert calls.cancel(job)["error"]["kind"] == "CANCELLED"
    question.answer(True)
    assert calls.status(job)["state"] == "FAILED"
    assert posts(server) == 0


def _delete_scene(folder: Path) -> None:
    scene = bpy.context.scene
    bpy.data.scenes.new("Other")
    bpy.data.scenes.remove(scene)


def _reopen(folder: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(folder / "shot.blend"))


def _open_another(folder: Path) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


@pytest.mark.parametrize("is_asked", [False, True])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_delete_scene, "scene was deleted"),
        (_reopen, "file was opened again"),
        (_open_another, "Another file was opened"),
    ],
)
def test_a_scene_that_is_gone_costs_nothing(
    change: Any, sentence: str, is_asked: bool, server: Simulator, tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    job = submit()
    if is_asked:
        wait_for_question(job)
    change(tmp_path)
    calls.status(job)
    ended = calls.status(job)
    assert ended["state"] == "FAILED"
    assert sentence in ended["message"]
    assert consent.list_questions() == ()
    assert posts(server) == 0


@pytest.mark.parametrize("is_asked", [False, True])
def test_after_a_restart_the_same_key_goes_on_in_the_same_file_and_pays_once(
    is_asked: bool, server: Simulator, tmp_path: Path
) -> None:
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    request, key = ask(), new_key()
    job = submit(request, key)
    if is_asked:
        wait_for_question(job)
    capture_queue.stop()
    session.close()
    stands = calls.status(job)
    assert stands["state"] == "STOPPED"
    assert "same key" in stands["message"]
    _open_another(tmp_path)
    assert "not open here" in calls.submit(request, 1.0, key)["error"]["message"]
    bpy.ops.wm.open_mainfile(filepath=path)
    assert submit(request, key) == job
    wait_for_question(job)
    consent.answer(job, is_allowed=True)
    assert wait(job)["state"] == "DONE"
    assert posts(server) == 1


def test_a_script_that_calls_the_operator_sends_nothing(server: Simulator) -> None:
    job = submit()
    wait_for_question(job)
    with contextlib.suppress(RuntimeError):
        bpy.ops.nano_banana.answer_script(job=job, allow=True)
    assert calls.status(job)["state"] == "NEEDS_CONSENT"
    assert posts(server) == 0


def test_no_more_wait_than_an_artist_can_answer() -> None:
    for _ in range(capture_queue.MOST):
        submit()
    refused = calls.submit(ask(), 1.0, new_key())
    assert (refused["ok"], refused["error"]["kind"]) == (False, "INPUT")
