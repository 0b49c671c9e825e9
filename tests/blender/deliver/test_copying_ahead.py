# SPDX-License-Identifier: GPL-3.0-or-later
"""The copy beside the .blend is made while Blender goes on; delivery is as safe as without that."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.deliver.datablocks import copy_ahead
from nano_banana_addon.blender.deliver.delivery import deliver, is_ready
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.result import Generation

IMAGE = (DeliveryKind.IMAGE,)
Finished = Callable[..., Generation]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The folder of pictures beside a saved file."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    return tmp_path / "nano_banana"


def wait_for(generation: Generation) -> None:
    end = time.monotonic() + 30
    while not is_ready(generation):
        assert time.monotonic() < end, "the copy never came"
        time.sleep(0.01)


def file_of(names: tuple[str, ...]) -> Path:
    return Path(bpy.path.abspath(bpy.data.images[names[0]].filepath))


def test_the_picture_is_there_whole_before_anything_points_at_it(
    finished: Finished, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = finished()
    wait_for(generation)
    (copy,) = saved.iterdir()
    assert copy.read_bytes() == Path(generation.answer.result.path).read_bytes()
    assert not bpy.data.images

    def copied_now(*_given: object) -> None:
        pytest.fail("the main thread copied")

    monkeypatch.setattr(copy_ahead, "_copy_to_folder", copied_now)
    assert file_of(deliver(generation, IMAGE).delivered) == copy


def test_a_copy_that_vanished_is_made_again(finished: Finished, saved: Path) -> None:
    generation = finished()
    wait_for(generation)
    for path in saved.iterdir():
        path.unlink()
    assert file_of(deliver(generation, IMAGE).delivered).is_file()


def test_a_copy_that_failed_is_told_and_the_store_is_used(finished: Finished, saved: Path) -> None:
    saved.write_bytes(b"a file where the folder should be")
    generation = finished()
    wait_for(generation)
    report = deliver(generation, IMAGE)
    assert any("could not be copied" in note for note in report.notes)
    assert file_of(report.delivered).parent == folders.home() / "delivered"
    assert file_of(report.delivered).read_bytes() == Path(generation.answer.result.path).read_bytes()


def test_a_file_saved_elsewhere_meanwhile_gets_its_own_copy(finished: Finished, saved: Path, tmp_path: Path) -> None:
    generation = finished()
    wait_for(generation)
    (tmp_path / "other").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "other" / "scene.blend"))
    copy = file_of(deliver(generation, IMAGE).delivered)
    assert copy.parent == tmp_path / "other" / "nano_banana"
    assert saved.is_dir()


def test_an_unsaved_file_has_nothing_to_wait_for(finished: Finished) -> None:
    assert is_ready(finished())
