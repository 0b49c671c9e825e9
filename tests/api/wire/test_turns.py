# SPDX-License-Identifier: GPL-3.0-or-later
"""Contract cases 17 and 18: continuing a picture, byte for byte, and what happens where that
fails.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nano_banana_addon.core.constants import Kind, ReferenceRole
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import Reference
from nano_banana_addon.core.result import Answer
from nano_banana_addon.wire.client.preview import build_preview, format_preview
from nano_banana_addon.wire.contract.turn_record import read_turn
from nano_banana_addon.wire.gemini.conversation import attach_picture, find_continuation
from nano_banana_addon.wire.gemini.encode import build_body, build_user_turn

from .conftest import Caller, small
from .servers import answering
from .test_kept_bytes import build_answer, build_http


class Thread:
    """A conversation as the store keeps it: records by id."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.turns: dict[str, Path] = {}

    def say(self, name: str, prompt: str, continues: str = "", **choices) -> Answer:
        request = small(prompt, continues=continues, **choices)
        answer = self.caller.ask(request, turn_of=self.turns.get)
        self.turns[name] = Path(answer.turn)
        return answer


@pytest.fixture
def thread(caller) -> Thread:
    return Thread(caller)


def roles(simulator) -> list[str]:
    return [turn["role"] for turn in simulator.requests[-1].json["contents"]]


@pytest.mark.parametrize("shape", ["image_only", "text_image", "thoughts", "draft_unmarked", "twice", "interleaved"])
def test_a_complete_echo_is_accepted_by_a_strict_server(thread, simulator, picture, shape):
    simulator.script(shape, times=1)
    thread.say("a", "a street", references=(picture(),), include_thoughts=True)
    assert thread.say("b", "make it night", "a", kind=Kind.EDIT).result
    assert roles(simulator) == ["user", "model", "user"]


def test_a_thread_can_go_on_and_branch_from_any_picture(thread, simulator, picture):
    thread.say("a", "a street", references=(picture(),))
    thread.say("b", "make it night", "a", references=(picture(ReferenceRole.STYLE, name="style"),))
    thread.say("c", "add rain", "b")
    assert roles(simulator) == ["user", "model", "user", "model", "user"]
    assert thread.say("d", "make it winter instead", "a").result
    assert roles(simulator) == ["user", "model", "user"]


def test_the_record_survives_a_move_of_the_whole_store(thread, simulator, picture, tmp_path):
    old, new = tmp_path / "home", tmp_path / "moved"
    (old / "references").mkdir(parents=True)
    (old / "turns").mkdir()
    kept = shutil.copy(picture().path, old / "references" / "abc.png")
    answer = thread.say("a", "a street", references=(Reference(ReferenceRole.STYLE, str(kept)),))
    shutil.move(answer.turn, old / "turns" / "a")
    old.rename(new)
    thread.turns["a"] = new / "turns" / "a"
    assert thread.say("b", "make it night", "a").result


def test_an_altered_byte_is_refused_and_the_fallback_works(thread, simulator):
    first = thread.say("a", "a street")
    record = thread.turns["a"]
    data = bytearray(record.read_bytes())
    data[5000] = ord("A") if data[5000] != ord("A") else ord("B")
    record.write_bytes(data)
    with pytest.raises(NanoBananaError) as caught:
        thread.say("b", "make it night", "a")
    assert caught.value.kind is ErrorKind.SIGNATURE
    assert caught.value.http_status == 400
    assert first.result
    shown = Reference(ReferenceRole.STYLE, first.result.path, mime_type=first.result.mime_type)
    asked = small("make it night", continues="a", kind=Kind.EDIT)
    fallback = attach_picture(asked, shown, caught.value.message)
    assert fallback.continues == "a"  # the history still shows what it changes
    assert fallback.references[-1].role is ReferenceRole.PREVIOUS
    assert thread.caller.ask(fallback).result
    assert roles(simulator) == ["user"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.turns.pop("a"), "lost"),
        (lambda t: t.turns["a"].write_bytes(b""), "lost"),
        (lambda t: t.turns["a"].write_bytes(t.turns["a"].read_bytes()[:-3]), "lost"),
        (lambda t: t.turns["a"].unlink(), "lost"),
    ],
)
def test_a_lost_record_is_told_before_anything_is_sent(thread, simulator, spoil, words):
    thread.say("a", "a street")
    spoil(thread)
    with pytest.raises(NanoBananaError) as caught:
        thread.say("b", "make it night", "a")
    assert caught.value.kind is ErrorKind.SIGNATURE
    assert words in caught.value.message
    assert simulator.posts() == 1


def test_another_model_or_provider_is_told_before_anything_is_sent(thread, simulator, picture):
    reference = picture()
    thread.say("a", "a street", references=(reference,))
    other = small("make it night", continues="a", model="gemini-nano-banana-2.1")
    assert "another model" in find_continuation(other, "google", thread.turns.get).obstacle
    assert "another provider" in find_continuation(small(continues="a"), "cometapi", thread.turns.get).obstacle
    Path(reference.path).unlink()
    assert "reference" in find_continuation(small(continues="a"), "google", thread.turns.get).obstacle
    assert simulator.posts() == 1


def test_a_conversation_that_bites_its_tail_ends(thread):
    thread.say("a", "a street")
    thread.say("b", "make it night", "a")
    thread.turns["a"] = thread.turns["b"]
    assert not find_continuation(small(continues="b"), "google", thread.turns.get).is_possible


def test_the_description_shows_what_is_sent_again(thread, simulator, picture):
    reference = picture(size=(90, 60))
    thread.say("a", "a street", references=(reference,))
    request = small("make it night", continues="a", references=(reference,))
    shown = build_preview(request, thread.caller.endpoint, thread.turns.get)
    thread.caller.ask(request, turn_of=thread.turns.get)
    sent = simulator.requests[-1]
    assert shown.earlier_turns == 1
    assert shown.body_bytes == sent.body_length
    assert [turn["role"] for turn in shown.body["contents"]] == roles(simulator)
    assert shown.body["contents"][2]["parts"][0]["text"] == shown.text == sent.prompt or shown.text
    text = format_preview(shown)
    assert "make it night" in text
    assert "Image 1: STRUCTURE" in text
    assert "imageConfig" in text
    assert len(json.dumps(shown.body)) < 20_000, "no picture's bytes in it"


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        ({"text": "x", "partMetadata": {"received": [0, 9]}}, True),
        ({"text": "x", "partMetadata": {"received": {"literal": [0, 9]}}}, True),
        ({"text": "x", "partMetadata": {"weight": "INFINITE"}}, False),
        ({"functionResponse": {"parts": [{"inlineData": {"data": "no base64!"}}]}}, False),
        ({"inlineData": {"data": "AAAA"}, "inline_data": {"data": "no base64!"}}, False),
    ],
)
def test_whatever_the_model_sends_the_next_turn_is_sent_or_replaced_by_the_image(tmp_path, part, kept):
    body = build_answer(part).replace(b'"INFINITE"', b"1e999")
    with answering(build_http(body)) as url:
        answer = Caller(url, tmp_path / "results").ask(small("a street"))
    assert answer.result
    request = small("make it night", continues="a", kind=Kind.EDIT)
    found = find_continuation(request, "google", {"a": Path(answer.turn)}.get if answer.turn else lambda _id: None)
    assert found.is_possible is kept
    if kept:
        sent = json.loads(b"".join(build_body(request, build_user_turn(request, "google"), found.turns)))
        assert sent["contents"][1]["parts"][0] == part


def test_an_older_record_with_a_number_that_json_has_not_is_no_obstacle_to_the_image(thread):
    thread.say("a", "a street")
    record = thread.turns["a"]
    content = record.read_bytes()
    start = content.rindex(b'{"provider"')
    text = content[start:-16].replace(b'"parts": [', b'"parts": [{"weight": Infinity}, ')
    record.write_bytes(content[:start] + text + len(text).to_bytes(8, "big") + content[-8:])
    with pytest.raises(NanoBananaError) as caught:
        thread.say("b", "make it night", "a")
    assert caught.value.kind is ErrorKind.SIGNATURE, "the kind after which the image is sent instead"


def test_the_record_holds_no_thoughts_and_names_no_key(thread, simulator):
    simulator.script("thoughts", times=1)
    thread.say("a", "a street", include_thoughts=True)
    turn = read_turn(thread.turns["a"])
    assert turn.parts
    assert not any(part.get("thought") for part in turn.parts)
    assert b"test-key" not in thread.turns["a"].read_bytes()
