# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking in steps: seen, given up without loss, over renamed, deleted and reopened objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import bpy
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.blender.deliver.material.material import group_node
from nano_banana_addon.blender.host import folders
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features.texture import bake_queue
from nano_banana_addon.features.texture.job import run
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.plan import TexturePlan
from nano_banana_addon.session import panel_state, session

from .test_single import posts, quiet

Promised = Callable[..., TexturePlan]


@pytest.fixture
def painted(sculpture: bpy.types.Object, promised: Promised, monkeypatch: pytest.MonkeyPatch) -> tuple[Generation, ...]:
    """Three views that were painted and paid, and not baked yet: as after a bake that was given up."""
    from nano_banana_addon.features.texture import job

    with monkeypatch.context() as without:
        without.setattr(job, "_bake_and_apply", lambda *_: None)
        return run(promised(count=3, texture_size=64, guides=("CLAY",)), quiet).generations


@pytest.fixture(autouse=True)
def _given_up() -> Iterator[None]:
    """What a test leaves unfinished does not reach the next."""
    yield
    bake_queue.stop()


def finish_baking() -> list[str]:
    said: list[str] = []
    while bake_queue.count_pending():
        bake_queue.step()
        said.append(panel_state.get_properties().baking)
    return said


def test_each_step_is_told_before_it_is_done(painted: tuple[Generation, ...], sculpture: bpy.types.Object) -> None:
    bake_queue.push(painted)
    assert group_node(sculpture.active_material) is None
    said = [text for text, _ in groupby(finish_baking())]  # what a thread does is told again while it lasts
    assert said[1:4] == [f"Aligning Ring {number}" for number in (1, 2, 3)]
    assert said[4:7] == [f"Looking through view {number} of 3" for number in (1, 2, 3)]
    name = sculpture.name
    assert [text for text in said[7:] if name in text] == [
        f"Projecting onto {name}",
        f"Filling what no view sees of {name}",
        f"Bringing the seams of {name} together",
        f"Growing the islands of {name}",
    ]
    assert said[-1] == "", "the bar goes away"
    assert len(texture_info.views_of(texture_info.group_of(sculpture))) == 3


def test_a_bake_that_was_given_up_changes_nothing_and_can_be_made_later_for_nothing(
    painted: tuple[Generation, ...], sculpture: bpy.types.Object, server: Simulator
) -> None:
    asked = posts(server)
    bake_queue.push(painted)
    while not panel_state.get_properties().baking.startswith("Bringing the seams"):
        bake_queue.step()
    assert bpy.ops.nano_banana.texture_cancel_bake() == {"FINISHED"}
    assert bake_queue.count_pending() == 0
    assert panel_state.get_properties().baking == ""
    assert "Bake Texture" in panel_state.get_properties().notice_next_step
    assert group_node(sculpture.active_material) is None
    assert bpy.ops.nano_banana.texture_bake(generation=painted[1].id) == {"FINISHED"}
    assert len(texture_info.views_of(texture_info.group_of(sculpture))) == 3
    assert posts(server) == asked


def test_an_object_that_is_renamed_or_deleted_between_two_steps(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    other = sculpture.copy()
    other.data = sculpture.data.copy()
    bpy.context.scene.collection.objects.link(other)
    other.location.x = 3
    other.select_set(True)
    bpy.context.view_layer.update()
    done = run(promised(count=2, texture_size=64), quiet).generations
    bake_queue.push(done)
    for _ in range(3):
        bake_queue.step()
    other.name = "Renamed"
    bpy.data.objects.remove(sculpture)
    before = {i.name for i in bpy.data.images}
    finish_baking()
    assert len(texture_info.views_of(texture_info.group_of(bpy.data.objects["Renamed"]))) == 2
    assert "is no longer in this file" in panel_state.get_properties().notice
    assert any("Renamed" in i.name for i in bpy.data.images if i.name not in before)


def test_when_all_objects_are_gone_it_is_told_and_nothing_is_left_behind(
    painted: tuple[Generation, ...], sculpture: bpy.types.Object
) -> None:
    bake_queue.push(painted)
    for _ in range(3):
        bake_queue.step()
    bpy.data.objects.remove(sculpture)
    before, files = len(bpy.data.images), textures()
    finish_baking()
    assert "is no longer in this file" in panel_state.get_properties().notice
    assert len(bpy.data.images) == before
    assert textures() == files


def textures() -> set[Path]:
    return set((folders.home() / "textures").glob("*"))


def test_a_full_disk_is_told_and_nothing_changes(painted: tuple[Generation, ...], sculpture: bpy.types.Object) -> None:
    folder = folders.home() / "textures"
    aside = folder.rename(folder.with_name("aside")) if folder.exists() else None
    folder.write_text("a file where a folder should be")
    try:
        bake_queue.push(painted)
        finish_baking()
        assert panel_state.get_properties().notice_kind == "DISK"
        assert group_node(sculpture.active_material) is None
    finally:
        folder.unlink()
        if aside:
            aside.rename(folder)


def test_views_that_came_while_the_file_was_closed_are_baked_when_it_is_open_again(
    sculpture: bpy.types.Object, promised: Promised, tmp_path: Path
) -> None:
    path = str(tmp_path / "asset.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    done = run(promised(count=2, texture_size=64), quiet)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bake_queue.push(done.generations)
    finish_baking()
    assert panel_state.get_properties().notice_kind == "ELSEWHERE"
    with pytest.raises(RuntimeError, match="belongs to another file"):
        bpy.ops.nano_banana.texture_bake(generation=done.generations[0].id)
    bpy.ops.wm.open_mainfile(filepath=path)
    name = sculpture_name()
    assert group_node(bpy.data.objects[name].active_material) is None
    assert bpy.ops.nano_banana.texture_bake(generation=done.generations[0].id) == {"FINISHED"}
    assert len(texture_info.views_of(texture_info.group_of(bpy.data.objects[name]))) == 2


def sculpture_name() -> str:
    return next(o.name for o in bpy.data.objects if o.type == "MESH")


def test_after_a_crash_applying_one_view_bakes_all_of_them(
    painted: tuple[Generation, ...], sculpture: bpy.types.Object
) -> None:
    here = session.current()
    assert not any(g.delivered for g in here.store.many([p.id for p in painted]))
    bpy.ops.nano_banana.recovery_take(generation=painted[2].id)
    assert len(texture_info.views_of(texture_info.group_of(sculpture))) == 3
    assert all(g.delivered for g in here.store.many([p.id for p in painted]))


def test_a_picture_that_is_no_view_cannot_be_baked(sculpture: bpy.types.Object) -> None:
    scene = bpy.context.scene.nano_banana
    request = GenerationRequest(scene.prompt, model=scene.model, image_size="512")
    found = session.current().store.add(request)
    with pytest.raises(RuntimeError, match="not a view of a texture"):
        bpy.ops.nano_banana.texture_bake(generation=found)
