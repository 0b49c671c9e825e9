# SPDX-License-Identifier: GPL-3.0-or-later
"""References that outgrow one body travel once, whoever sends them, and can be deleted."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from devtools.simulator import solid
from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.request import Reference
from nano_banana_addon.storage.database.uploads import StoredUploads
from nano_banana_addon.wire.gemini.files_api import FileUploader, UploadedFile
from nano_banana_addon.wire.providers import resolve_endpoint

from .conftest import KEY, Studio, until

#: Noise of so many pixels makes PNGs of 6.5 MB: three pass the 18 MB that every server lets through.
_SIZE = (1470, 1470)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reference, ...]:
    """Three references that do not fit into one body."""
    folder = tmp_path_factory.mktemp("styles")

    def noise(number: int) -> Reference:
        path = folder / f"style-{number}.png"
        size = len(pixels := os.urandom(_SIZE[0] * _SIZE[1] * 3))
        assert size > 6_400_000
        Image.frombytes("RGB", _SIZE, pixels).save(path, compress_level=0)
        return Reference(ReferenceRole.STYLE, str(path), label=f"style {number}")

    return tuple(noise(number) for number in range(3))


def starts(simulator: Simulator) -> int:
    return sum(r.headers.get("x-goog-upload-command") == "start" for r in simulator.requests)


def test_large_references_are_uploaded_once_for_all_couriers(
    studio: Studio, large: tuple[Reference, ...], open_link
) -> None:
    assert studio.make(references=large).state is State.DONE
    assert starts(studio.simulator) == 3
    sent = studio.simulator.requests[-1]
    assert sent.body_length < 20_000
    assert "fileUri" in str(sent.json)
    studio.link.close(wait=30)
    studio.link = open_link()
    assert studio.make("the next shot", references=large).state is State.DONE
    assert starts(studio.simulator) == 3


def test_what_the_service_forgot_is_uploaded_again_by_itself(studio: Studio, large: tuple[Reference, ...]) -> None:
    studio.make(references=large)
    studio.simulator.expire_files()
    again = studio.make("the next shot", references=large)
    assert again.failure is None
    assert (again.state, again.tries) == (State.DONE, 2)
    assert starts(studio.simulator) == 6


def test_deleting_leaves_nothing_there_and_nothing_remembered(studio: Studio, large: tuple[Reference, ...]) -> None:
    studio.make(references=large)
    uploads = StoredUploads(studio.store.database)
    files = FileUploader(resolve_endpoint("google", studio.simulator.base_url), KEY, uploads)
    assert files.delete_all() == 3
    assert uploads.items() == ()
    assert studio.make("again", references=large).state is State.DONE
    assert starts(studio.simulator) == 6


def test_another_key_has_other_files(studio: Studio, large: tuple[Reference, ...]) -> None:
    with Simulator(solid.paint, keys=frozenset({KEY, "second-key"})) as both:
        studio.simulator = both
        studio.make(references=large)
        uploads = StoredUploads(studio.store.database)
        other = FileUploader(resolve_endpoint("google", both.base_url), "second-key", uploads)
        assert other.delete_all() == 0
        assert len(uploads.items()) == 3


def test_no_key_can_be_read_from_what_is_remembered(studio: Studio, large: tuple[Reference, ...]) -> None:
    studio.make(references=large)
    assert KEY not in str(StoredUploads(studio.store.database).items())


def test_what_is_over_is_forgotten(studio: Studio) -> None:
    uploads = StoredUploads(studio.store.database)
    uploads.put("old", UploadedFile("files/a", "https://x/files/a", "image/png", 1.0))
    assert uploads.get("old") is None
    uploads.put("new", UploadedFile("files/b", "https://x/files/b", "image/png", 9e9))
    assert [key for key, _ in uploads.items()] == ["new"]
    uploads.forget("new")
    assert uploads.items() == ()


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="Windows: a flag at its start")
def test_the_courier_steps_back_behind_blender(studio: Studio) -> None:
    studio.make()
    pid = studio.link.process_id
    assert pid
    here = os.getpriority(os.PRIO_PROCESS, 0)
    until(lambda: os.getpriority(os.PRIO_PROCESS, pid) > here, "the worker process stepped back", 10)
