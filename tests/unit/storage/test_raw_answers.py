# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer whose bytes arrived is never lost: not by a crash, not by a second one, not by a full disk."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind, NanoBananaError
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Failure
from nano_banana_addon.storage import complete_answer, recovery
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.files import pictures, raw_answers
from nano_banana_addon.storage.recovery import recover
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.client.receive import read_copy

from .conftest import arrived, elsewhere, sending

BEGIN = """
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.constants import State
from nano_banana_addon.storage.store import Store
store = Store(home, role="courier")
id = store.add(GenerationRequest("x"), estimate=0.14)
store.claim(id, store.identity().id)
store.begin_sending(id)
store.advance(id, State.RECEIVING)
print(id)
"""


def left_receiving(home: Path) -> str:
    """A generation whose worker was killed while the answer arrived."""
    return elsewhere(home, BEGIN, kill=True)


def write_copy(store: Store, id: str, *, cut: int | None = None) -> bytes:
    """The bytes of an answer where they arrive, whole or cut off; returns its image."""
    folder = pictures.make_receiving_folder(store.places, id)
    path = folder / "image.png"
    Image.new("RGB", (64, 32), "teal").save(path)
    image = path.read_bytes()
    path.unlink()
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(image).decode()}}
    usage = {
        "promptTokenCount": 100,
        "candidatesTokenCount": 1120,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }
    tree = {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}], "usageMetadata": usage}
    raw_answers.get_path(store.places, id).write_bytes(json.dumps(tree).encode()[:cut])
    return image


def check_done(store: Store, id: str, image: bytes) -> None:
    found = store.get(id)
    assert found
    assert found.state is State.DONE, found.failure
    assert found.picture
    assert Path(found.picture.path).read_bytes() == image
    assert Path(found.picture.path).with_suffix(".json").is_file()
    total = ledger.total(store.database)
    assert (total.answers, total.unknown) == (1, 0)
    assert total.usd == pytest.approx(found.cost_usd)
    assert not list(store.places.receiving.iterdir())
    assert not list(store.places.unreadable.iterdir())


def test_a_whole_answer_without_its_images_becomes_a_result(home: Path, open_store: Callable[..., Store]) -> None:
    id = left_receiving(home)
    store = open_store()
    image = write_copy(store, id)
    assert [g.id for g in recover(store).unknown] == []
    check_done(store, id, image)


def test_a_whole_answer_that_was_said_to_be_unknown_becomes_a_result(store: Store) -> None:
    id = sending(store, State.RECEIVING)
    image = write_copy(store, id)
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    recover(store)
    check_done(store, id, image)


def test_the_image_is_a_result_without_the_references_of_its_request(store: Store, tmp_path: Path) -> None:
    from nano_banana_addon.core.constants import ReferenceRole
    from nano_banana_addon.core.request import Reference

    gone = Reference(ReferenceRole.STYLE, str(tmp_path / "gone.png"), mime_type="image/png")
    id = store.add(GenerationRequest("x", references=(gone,)), estimate=0.14)
    store.begin_sending(id)
    store.advance(id, State.RECEIVING)
    image = write_copy(store, id)
    found = store.get(id)
    assert found
    assert complete_answer.complete_from_copy(store, found)
    check_done(store, id, image)
    done = store.get(id)
    assert done
    assert done.answer
    assert not done.answer.turn, "it cannot be continued"


def test_the_bytes_of_a_part_are_kept_and_named_until_the_generation_is_deleted(
    home: Path, open_store: Callable[..., Store]
) -> None:
    id = left_receiving(home)
    store = open_store()
    write_copy(store, id, cut=90)
    (found,) = recover(store).unknown
    kept = store.places.unreadable / id / "answer-1"
    assert len(kept.read_bytes()) == 90
    assert found.failure
    assert str(kept) in found.failure.next_step
    recover(store)
    assert kept.is_file(), "another start changes nothing"
    recovery.discard(store, id)
    store.delete(id)
    assert not kept.parent.exists()


def test_an_image_that_a_dead_recovery_has_moved_is_found_by_the_next_one(
    home: Path, open_store: Callable[..., Store]
) -> None:
    id = left_receiving(home)
    store = open_store()
    arrived(store, id)
    generation = store.get(id)
    assert generation
    complete_answer.keep_the_rest(store, generation)  # and then it was killed
    store.close()
    later = open_store()
    (found,) = recover(later).unknown
    assert found.answer
    assert [Path(picture.path).parent.parent for picture in found.answer.pictures] == [later.places.results]
    assert Path(found.answer.pictures[0].path).is_file()


@pytest.mark.parametrize("step", ["move", "record"])
def test_a_full_disk_during_the_recovery_loses_no_image(
    home: Path, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    id = left_receiving(home)
    store = open_store()
    arrived(store, id)

    def fail(*_values: object, **_named: object) -> None:
        if step == "move":
            raise OSError(28, "No space left on device")
        raise NanoBananaError(ErrorKind.DISK)

    place = (pictures, "move_whole") if step == "move" else (store, "fail")
    monkeypatch.setattr(*place, fail)
    with pytest.raises(NanoBananaError) as caught:
        recovery.settle(store, store.get(id))
    assert caught.value.kind is ErrorKind.DISK
    monkeypatch.undo()
    store.close()
    (found,) = recover(open_store()).unknown
    assert found.answer
    assert Path(found.answer.pictures[0].path).is_file()


@pytest.mark.parametrize("state", [State.UNKNOWN, State.FAILED, State.CANCELLED])
def test_a_whole_answer_becomes_a_result_whatever_was_decided_without_it(store: Store, state: State) -> None:
    """With a full disk it is UNKNOWN; the user may dismiss that before the next start."""
    id = sending(store, State.RECEIVING)
    image = write_copy(store, id)
    store.fail(id, recovery.build_interrupted_failure(), state)
    recover(store)
    check_done(store, id, image)


def test_resending_takes_the_answer_that_is_on_the_disk(store: Store) -> None:
    id = sending(store, State.RECEIVING)
    image = write_copy(store, id)
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    assert not recovery.resend(store, id), "nothing is to be sent"
    check_done(store, id, image)


def test_resending_without_room_for_the_answer_sends_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    id = sending(store, State.RECEIVING)
    image = write_copy(store, id)
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)

    def fail(*_values: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pictures, "move_whole", fail)
    with pytest.raises(NanoBananaError) as caught:
        recovery.resend(store, id)
    assert caught.value.kind is ErrorKind.DISK
    monkeypatch.undo()
    assert not recovery.resend(store, id)
    check_done(store, id, image)


def test_resending_sends_where_the_bytes_are_no_answer(store: Store) -> None:
    id = sending(store, State.RECEIVING)
    write_copy(store, id, cut=90)
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    assert recovery.resend(store, id)
    found = store.get(id)
    assert found
    assert found.state is State.QUEUED


def test_bytes_that_a_full_disk_left_behind_are_set_aside_and_named(store: Store) -> None:
    id = sending(store, State.RECEIVING)
    write_copy(store, id, cut=90)
    store.fail(id, Failure(ErrorKind.ANSWER, "It is no image."), State.FAILED)
    recover(store)
    kept = store.places.unreadable / id / "answer-1"
    assert len(kept.read_bytes()) == 90
    found = store.get(id)
    assert found
    assert found.failure
    assert str(kept) in found.failure.next_step
    assert ledger.total(store.database).unknown == 1


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="file names are bytes on Linux alone")
def test_a_file_name_that_is_no_text_stops_no_recovery(store: Store) -> None:
    (store.places.receiving / os.fsdecode(b"\xff")).mkdir()
    id = sending(store, State.RECEIVING)
    image = write_copy(store, id)
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    recover(store)
    (store.places.receiving / os.fsdecode(b"\xff")).rmdir()
    check_done(store, id, image)


@pytest.mark.parametrize("when", ["before it looked", "while it reads"])
def test_two_that_start_at_once_do_not_clear_each_others_images(
    store: Store, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """One has noted the answer and removed its bytes, and is about to move the images; the other clears arrivals."""
    id = sending(store, State.RECEIVING)
    image = write_copy(store, id)
    store.fail(id, recovery.build_interrupted_failure(), State.UNKNOWN)
    (generation,) = store.many([id])
    noted: list[str] = []

    def note() -> None:
        if not noted:
            noted.append(id)
            path = raw_answers.get_path(store.places, id)
            complete_answer.note(store, generation, read_copy(generation.request, path, path.parent))

    def read_noted(*values: Any) -> Any:
        found = original_noted(*values)
        if when == "before it looked":
            note()
        return found

    def read_bytes(*values: Any) -> Any:
        if when == "while it reads":
            note()
        return original_read(*values)

    from nano_banana_addon.wire.client import receive

    original_noted, original_read = pictures.read_noted_answer, receive.read_copy
    monkeypatch.setattr(pictures, "read_noted_answer", read_noted)
    monkeypatch.setattr(f"{receive.__name__}.read_copy", read_bytes)
    recover(open_store())
    monkeypatch.undo()
    if store.many([id])[0].state is not State.DONE:
        answer = pictures.read_noted_answer(store.places, id)
        assert answer
        complete_answer.complete(store, generation, answer)
    check_done(store, id, image)
