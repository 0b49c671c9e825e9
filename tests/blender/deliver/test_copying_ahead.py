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


def paint(image: bpy.types.Image) -> None:
    image.pixels.foreach_set([0.0] * (image.size[0] * image.size[1] * image.channels))
    image.update()
    image.save()


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


def copied_now(*_given: object) -> None:
    pytest.fail("the main thread copied")


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


@pytest.mark.parametrize("is_beside_writable", [True, False])
def test_a_copy_in_the_store_is_made_ahead_too(
    is_beside_writable: bool, finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_beside_writable:
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
        (tmp_path / "nano_banana").write_bytes(b"a file where the folder should be")
    generation = finished()
    wait_for(generation)
    monkeypatch.setattr(copy_ahead, "_copy_to_folder", copied_now)
    copy = file_of(deliver(generation, IMAGE).delivered)
    assert copy.parent == folders.home() / "delivered"
    assert copy.read_bytes() == Path(generation.answer.result.path).read_bytes()


def test_an_image_that_moves_beside_the_saved_blend_is_copied_ahead(
    finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = finished()
    deliver(generation, IMAGE)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    wait_for(generation)
    monkeypatch.setattr(copy_ahead, "_copy_to_folder", copied_now)
    assert file_of(deliver(generation, IMAGE).delivered).parent == tmp_path / "nano_banana"


def test_an_image_that_is_there_needs_no_copy(finished: Finished, saved: Path) -> None:
    generation = finished()
    image = bpy.data.images[deliver(generation, IMAGE).delivered[0]]
    paint(image)
    wait_for(generation)
    assert is_ready(generation)
    assert list(saved.iterdir()) == [Path(bpy.path.abspath(image.filepath))]


def test_a_copy_that_was_painted_on_meanwhile_is_not_the_picture(finished: Finished, saved: Path) -> None:
    """It was copied ahead, and another image came to show that copy before it was asked for."""
    generation = finished()
    wait_for(generation)
    (copy,) = saved.iterdir()
    paint(bpy.data.images.load(str(copy)))
    strokes = copy.read_bytes()
    wait_for(generation)
    delivered = file_of(deliver(generation, IMAGE).delivered)
    assert delivered.read_bytes() == Path(generation.answer.result.path).read_bytes()
    assert copy.read_bytes() == strokes
