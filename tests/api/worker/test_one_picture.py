# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of one picture: asked for in this process, fetched by a worker process, found in the history."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.files import compute_sha256
from nano_banana_addon.core.request import GenerationRequest, Reference
from nano_banana_addon.core.result import Generation
from nano_banana_addon.core.scene.capture import Capture
from nano_banana_addon.storage.database import ledger
from nano_banana_addon.storage.fingerprint import fingerprint
from nano_banana_addon.storage.store import Store
from nano_banana_addon.wire.providers import PROVIDERS, Endpoint
from nano_banana_addon.worker.client import WorkerClient

from .conftest import KEY, PATIENCE, Studio, until


def test_a_request_becomes_a_picture_with_everything_around_it(
    studio: Studio, picture: Callable[..., Reference]
) -> None:
    done = studio.make(references=(picture(),))
    assert done.state is State.DONE
    assert done.answer
    assert done.answer.result
    result = done.answer.result
    with Image.open(result.path) as opened:
        assert opened.size == (result.width, result.height) == (1024, 1024)
    assert compute_sha256(Path(result.path)) == result.sha256
    assert Path(done.thumbnail).is_file()
    assert done.sent
    assert done.created <= done.sent <= done.ended
    told = json.loads(Path(result.path).with_suffix(".json").read_text())
    assert told["prompt"] == "rainy neon alley"
    assert told["picture"]["sha256"] == result.sha256
    end = time.monotonic() + 10
    while any((studio.store.home / "receiving").iterdir()) and time.monotonic() < end:
        time.sleep(0.02)  # the worker process empties it after it has told of the result
    assert not list((studio.store.home / "receiving").iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows gives a folder the permissions of its parent")
def test_other_users_of_the_computer_can_read_nothing_of_it(studio: Studio, picture: Callable[..., Reference]) -> None:
    before = os.umask(0o022)
    try:
        reference = picture()
        masked = Capture("CAMERA", mask=reference.path)
        assert studio.make(references=(reference,), capture=masked).state is State.DONE
    finally:
        os.umask(before)
    paths = [studio.store.home, *(path for path in studio.store.home.rglob("*") if path.is_file())]
    assert len(paths) > 8
    assert [path for path in paths if path.lstat().st_mode & 0o077] == []


def test_the_ledger_says_what_the_service_billed(studio: Studio) -> None:
    done = studio.make()
    billed = studio.simulator.billed[0]
    total = ledger.total(studio.store.database)
    assert total.answers == 1
    assert total.pictures == 1
    assert total.unknown == 0
    assert done.cost_usd == pytest.approx(total.usd)
    assert done.answer
    assert done.answer.usage
    assert done.answer.usage.image == billed.image_tokens


def test_what_was_sent_is_kept_by_its_content(studio: Studio, picture: Callable[..., Reference]) -> None:
    reference = picture()
    original = Path(reference.path).read_bytes()
    done = studio.make(references=(reference,))
    Path(reference.path).unlink()
    kept = done.request.references[0]
    assert Path(kept.path).parent == studio.store.places.references
    assert Path(kept.path).read_bytes() == original
    assert kept.label == "capture"


def test_the_mask_of_a_capture_outlives_the_captures_folder(studio: Studio, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    Image.new("L", (8, 8), 255).save(mask)
    done = studio.make(capture=Capture("CAMERA", mask=str(mask)))
    mask.unlink()
    assert done.request.capture
    with Image.open(done.request.capture.mask) as kept:
        assert kept.size == (8, 8)


def test_progress_goes_through_the_phases_in_order(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    seen: list[Generation] = []
    ids = studio.submit(studio.request())
    studio.link.wait(ids, seen.append, PATIENCE)
    order = [State.QUEUED, State.SENDING, State.GENERATING, State.RECEIVING, State.DONE]
    places = [order.index(g.state) for g in seen]
    assert places == sorted(places)
    assert seen[-1].state is State.DONE
    assert State.GENERATING in {g.state for g in seen}


def test_offline_needs_no_key_and_says_so_in_the_file_name(home: Path, open_link: Callable[..., WorkerClient]) -> None:
    store = Store(home)
    id = store.add(GenerationRequest("a quiet harbour", provider="offline", image_size="1K"))
    link = open_link()
    link.submit(id, key="", endpoint=Endpoint(PROVIDERS["offline"], ""))
    done = link.wait([id], timeout=PATIENCE)[0]
    assert done.state is State.DONE
    assert done.cost_usd == 0
    assert done.offline_preview
    assert done.answer
    assert done.answer.result
    assert "offline-preview" in done.answer.result.path
    store.close()


def test_variants_go_out_together_but_no_more_than_the_limit(studio: Studio) -> None:
    studio.simulator.script("silence", seconds=1)
    base = studio.request()
    ids = studio.submit(*(replace(base, variant=n) for n in range(6)))
    done = studio.wait(*ids)
    assert [g.state for g in done] == [State.DONE] * 6
    assert studio.simulator.busiest == 4
    assert len({g.answer.result.path for g in done if g.answer and g.answer.result}) == 6


def test_an_identical_request_finds_the_result_that_is_there(studio: Studio, picture: Callable[..., Reference]) -> None:
    request = studio.request(references=(picture(),))
    done = studio.wait(*studio.submit(request))[0]
    same = studio.store.find_same(fingerprint(request))
    assert same
    assert same.id == done.id
    assert studio.store.find_same(fingerprint(replace(request, variant=1))) is None
    assert done.answer
    assert done.answer.result
    Path(done.answer.result.path).unlink()
    assert studio.store.find_same(fingerprint(request)) is None


def test_a_conversation_sends_the_earlier_turn_and_shows_as_a_thread(studio: Studio) -> None:
    first = studio.make("a harbour")
    second = studio.make("at night", continues=first.id)
    third = studio.make("with snow", continues=second.id)
    other = studio.make("in fog", continues=first.id)
    assert {g.state for g in (second, third, other)} == {State.DONE}
    thread = studio.store.thread(second.id)
    assert thread
    assert [g.id for g in thread.ancestors] == [first.id]
    assert [g.id for g in thread.branches] == [third.id]
    whole = studio.store.thread(first.id)
    assert whole
    assert {g.id for g in whole.branches} == {second.id, third.id, other.id}


def test_a_refusal_is_kept_with_its_reason(studio: Studio) -> None:
    refused = studio.make("[[sim:refusal_image_safety]]")
    assert refused.state is State.REFUSED
    assert refused.answer
    assert refused.answer.refusal
    assert refused.answer.refusal.reason == "IMAGE_SAFETY"
    assert ledger.sums(studio.store.database, ("outcome",))[0].group == ("REFUSED",)


def test_a_missing_reference_is_told_and_nothing_is_sent(studio: Studio, picture: Callable[..., Reference]) -> None:
    reference = picture("gone")
    Path(reference.path).unlink()
    failed = studio.make(references=(reference,))
    assert failed.state is State.FAILED
    assert failed.failure
    assert failed.failure.kind is ErrorKind.INPUT
    assert "gone" in failed.failure.message
    assert studio.simulator.posts() == 0


def test_a_courier_without_work_ends_and_the_next_request_starts_another(
    home: Path, studio: Studio, open_link: Callable[..., WorkerClient]
) -> None:
    studio.link = open_link(idle=0.2)
    first = studio.make()
    until(lambda: not studio.link.alive, "the worker process ended")
    second = studio.make("another")
    assert first.state is second.state is State.DONE
    assert home.is_dir()


def test_a_python_that_cannot_be_started_fails_the_job_in_words(
    studio: Studio, open_link: Callable[..., WorkerClient]
) -> None:
    studio.link = open_link(python="/nonexistent/python")
    failed = studio.make()
    assert failed.state is State.FAILED
    assert failed.failure
    assert "could not be started" in failed.failure.message
    assert "No such file" in failed.failure.detail


def test_a_courier_that_cannot_import_fails_the_job_with_its_last_words(
    studio: Studio, open_link: Callable[..., WorkerClient], tmp_path: Path
) -> None:
    studio.link = open_link(package_root=tmp_path, paths=[])
    failed = studio.make()
    assert failed.state is State.FAILED
    assert failed.failure
    assert "ModuleNotFoundError" in failed.failure.detail
    assert studio.simulator.posts() == 0


def test_the_key_is_nowhere_but_in_the_header(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    studio.simulator.script("silence+error_echo_key", seconds=2)
    ids = studio.submit(studio.request())
    studio.until_state(ids[0], State.GENERATING)
    if sys.platform == "linux":
        process = Path(f"/proc/{studio.link.process_id}")
        for name in ("cmdline", "environ"):
            assert KEY.encode() not in (process / name).read_bytes()
    studio.wait(*ids)
    for path in studio.store.home.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
