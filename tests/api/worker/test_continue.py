# SPDX-License-Identifier: GPL-3.0-or-later
"""Continuing a picture through the worker process: the turn byte for byte, and the picture where that
fails."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import Kind, ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.store import Store
from nano_banana_addon.worker.client import WorkerClient

from .conftest import PATIENCE, ROOT, Studio


def continued(studio: Studio, earlier: Generation, prompt: str = "make it night", **choices):
    return studio.make(prompt, continues=earlier.id, kind=Kind.EDIT, **choices)


def roles(studio: Studio) -> list[str]:
    return [turn["role"] for turn in studio.simulator.requests[-1].json["contents"]]


def altered(studio: Studio, generation: Generation) -> None:
    """One letter of the stored picture becomes another."""
    record = studio.store.places.turns / generation.id
    data = bytearray(record.read_bytes())
    data[5000] = ord("A") if data[5000] != ord("A") else ord("B")
    record.write_bytes(data)


def test_a_second_turn_is_accepted_by_a_strict_server(studio: Studio, picture: Callable[..., Reference]) -> None:
    first = studio.make(references=(picture(),))
    second = continued(studio, first)
    assert second.state is State.DONE
    assert roles(studio) == ["user", "model", "user"]
    assert not second.answer.warnings
    assert continued(studio, second, "add rain").state is State.DONE
    assert roles(studio) == ["user", "model"] * 2 + ["user"]
    assert continued(studio, first, "make it winter").state is State.DONE
    thread = studio.store.thread(first.id)
    assert {g.request.prompt for g in thread.branches} == {
        "make it night",
        "add rain",
        "make it winter",
    }


def test_an_altered_byte_is_refused_and_the_picture_is_sent_instead_once_and_said(
    studio: Studio,
) -> None:
    first = studio.make()
    altered(studio, first)
    second = continued(studio, first)
    assert second.state is State.DONE
    assert studio.simulator.posts() == 3  # the first, the refused echo, the fallback
    assert roles(studio) == ["user"]
    assert second.request.continues == first.id
    assert second.request.references[-1].role is ReferenceRole.PREVIOUS
    assert "The image was sent instead" in second.answer.warnings[0]
    assert "could not be continued" in second.answer.warnings[0]
    assert ledger.total(studio.store.database).answers == len(studio.simulator.billed) == 2


def test_a_fallback_can_itself_be_continued_and_the_warning_is_not_repeated(
    studio: Studio,
) -> None:
    first = studio.make()
    altered(studio, first)
    second = continued(studio, first)
    third = continued(studio, second, "add rain")
    assert third.state is State.DONE
    assert roles(studio) == ["user", "model", "user"]
    assert not third.answer.warnings


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda record: record.unlink(), "lost"),
        (lambda record: record.write_bytes(record.read_bytes()[:-3]), "lost"),
    ],
)
def test_a_lost_turn_costs_no_call(studio: Studio, spoil, said: str) -> None:
    first = studio.make()
    spoil(studio.store.places.turns / first.id)
    second = continued(studio, first)
    assert second.state is State.DONE
    assert said in second.request.picture_instead
    assert studio.simulator.posts() == 2


def test_another_model_is_shown_the_picture(studio: Studio) -> None:
    first = studio.make()
    second = continued(studio, first, model="gemini-nano-banana-2.1")
    assert second.state is State.DONE
    assert "another model" in second.answer.warnings[0]
    assert "is the picture to change" in str(studio.simulator.requests[-1].json["contents"])


def test_when_turn_and_picture_are_both_gone_nothing_is_sent(studio: Studio) -> None:
    first = studio.make()
    (studio.store.places.turns / first.id).unlink()
    Path(first.answer.result.path).unlink()
    second = continued(studio, first)
    assert (second.state, second.failure.kind) == (State.FAILED, ErrorKind.INPUT)
    assert "no longer exists" in second.failure.message
    assert studio.simulator.posts() == 1


def test_a_conversation_too_long_for_one_body_goes_on_with_the_picture(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a provider whose limit is below one picture sent again."""
    first = studio.make()
    record = studio.store.places.turns / first.id
    # The worker's limit of Google is 18 MB: a record that claims more is as good as a long thread.
    data = record.read_bytes()
    length = int.from_bytes(data[-16:-8], "big")
    texts, description, end = data[: -16 - length], data[-16 - length : -16], data[-16:]
    begin = texts.index(b"/9j/")  # a JPEG in base64
    grown = texts[: begin + 400] + b"A" * 20_000_000 + texts[begin + 400 :]
    span = f"{len(texts)}".encode()
    assert span in description
    changed = description.replace(span, f"{len(grown)}".encode())
    record.write_bytes(grown + changed + len(changed).to_bytes(8, "big") + end[8:])
    second = continued(studio, first)
    assert second.state is State.DONE
    assert "18 MB" in second.answer.warnings[0]
    assert studio.simulator.posts() == 2


def test_the_conversation_survives_a_move_of_the_store(
    studio: Studio, home: Path, picture: Callable[..., Reference]
) -> None:
    first = studio.make(references=(picture(),))
    studio.link.close(wait=PATIENCE)
    shutil.copytree(home, moved := home.with_name("moved"))
    shutil.rmtree(home / "references")
    shutil.rmtree(home / "turns")
    link = WorkerClient(moved, package_root=ROOT, paths=sys.path, idle=5.0)
    store = Store(moved)
    try:
        assert continued(replace(studio, store=store, link=link), first).state is State.DONE
        assert roles(studio) == ["user", "model", "user"]
    finally:
        store.close()
        link.close(wait=PATIENCE)
