# SPDX-License-Identifier: GPL-3.0-or-later
"""The cast of a storyboard: who is in a shot, what goes along with its request, sheets, and other files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from devtools.simulator.server import Simulator
from nano_banana_addon.core.constants import ReferenceRole
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.features import payment
from nano_banana_addon.features.generation import scene_settings
from nano_banana_addon.features.storyboard import assignment, orders, stale
from nano_banana_addon.features.storyboard import shots as shot_module
from nano_banana_addon.features.storyboard.cast import members, shot_cast
from nano_banana_addon.features.storyboard.shots import get_shots

from ..interface.test_panels import draw, sidebar  # noqa: F401 - a fixture

_COUNT = iter(range(10_000))


def image(name: str, size: tuple[int, int] = (64, 48)) -> bpy.types.Image:
    made = bpy.data.images.new(name, *size)
    noise = np.random.default_rng(next(_COUNT)).random((size[0] * size[1], 4), np.float32)
    made.pixels.foreach_set(noise.reshape(-1))
    made.pack()
    return made


def member(kind: str, name: str, item: bpy.types.Object | None = None, pictures: int = 1, **fields: Any) -> Any:
    scene = bpy.context.scene
    added = members.add(scene, kind, name, [item] if item else [])
    for field, value in fields.items():
        setattr(added, field, value)
    for number in range(pictures):
        members.add_image(added, image=image(f"{name} {number}"))
    return scene.nano_banana.cast[name]


@pytest.fixture
def shots(scene: bpy.types.Scene) -> bpy.types.Scene:
    """Two shots: the first camera sees the cube, the second looks the other way, where a second cube stands."""
    scene.nano_banana.cast.clear()
    cube = bpy.context.object
    cube.name = "Ada"
    other = cube.copy()
    other.name, other.location.y = "Lamp", -12.0
    scene.collection.objects.link(other)
    second = scene.camera.copy()
    second.rotation_euler.z = 3.14159265
    scene.collection.objects.link(second)
    for name, frame, camera in (("Front", 1, scene.camera), ("Back", 60, second)):
        scene.timeline_markers.new(name, frame=frame).camera = camera
    scene.frame_end = 90
    bpy.context.view_layer.update()
    return scene


def order() -> Any:
    return orders.prepare(bpy.context, scene_settings.settings_of(bpy.context.scene))


def sent(request: Any) -> list[tuple[ReferenceRole, str]]:
    return [(r.role, r.label) for r in request.references if r.role is not ReferenceRole.STRUCTURE]


def shown(scene: bpy.types.Scene, number: int) -> list[str]:
    """What the panel draws for a shot."""
    settings, cast = scene_settings.settings_of(scene), scene.nano_banana.cast
    _, fitted = shot_cast.fit(bpy.context, settings, get_shots(scene)[number])
    return [cast[i.member].name for i in fitted if not i.reason]


def test_each_shot_is_sent_with_those_that_its_camera_sees(shots: bpy.types.Scene, server: Simulator) -> None:
    member("CHARACTER", "Ada", bpy.data.objects["Ada"], description="a tall woman,\n red coat")
    member("PROP", "Lamp", bpy.data.objects["Lamp"])
    member("PLACE", "Hall")
    member("STYLE", "Ink")
    front, back = order().requests
    ink = (ReferenceRole.STYLE, "Ink")
    assert sent(front) == [(ReferenceRole.CHARACTER, "Ada: a tall woman, red coat"), ink]
    assert sent(back) == [(ReferenceRole.OBJECT, "Lamp"), ink]
    assert (shown(shots, 0), shown(shots, 1)) == (["Ada", "Ink"], ["Lamp", "Ink"])
    members.set_attendance(shots, get_shots(shots)[0], "ALWAYS")  # the active one: Ink
    shots.nano_banana.active_member = 2
    members.set_attendance(shots, get_shots(shots)[1], "ALWAYS")
    shots.nano_banana.active_member = 1
    members.set_attendance(shots, get_shots(shots)[1], "NEVER")
    assert [label for _, label in sent(order().requests[1])] == ["Hall", "Ink"]
    assert bpy.ops.nano_banana.storyboard(again=True) == {"FINISHED"}
    text = str(next(r for r in server.requests if r.method == "POST").json["contents"])
    assert "Image 1 is a style reference (Ink)" in text
    assert "Image 2 is a character reference (Ada: a tall woman, red coat)" in text


@pytest.mark.parametrize("hide", ["hide_viewport", "hide_set", "behind", "exclude"])
def test_what_is_hidden_or_out_of_the_frame_is_not_sent(shots: bpy.types.Scene, hide: str) -> None:
    ada = bpy.data.objects["Ada"]
    member("CHARACTER", "Ada", ada)
    if hide == "behind":
        ada.location.x = 50.0
    elif hide == "hide_set":
        ada.hide_set(True)
    elif hide == "exclude":
        inner = bpy.data.collections.new("Inner")
        shots.collection.children.link(inner)
        for own in ada.users_collection:
            own.objects.unlink(ada)
        inner.objects.link(ada)
        bpy.context.view_layer.layer_collection.children["Inner"].exclude = True
    else:
        setattr(ada, hide, True)
    bpy.context.view_layer.update()
    assert [sent(request) for request in order().requests] == [[], []]


def test_an_animated_member_is_looked_at_in_the_shots_own_frame(shots: bpy.types.Scene) -> None:
    ada = bpy.data.objects["Ada"]
    member("CHARACTER", "Ada", ada)
    for frame, y in ((1, 0.0), (59, 0.0), (60, -14.0)):
        ada.location.y = y
        ada.keyframe_insert("location", frame=frame)
    stale.check(bpy.context, scene_settings.settings_of(shots))
    assert (shown(shots, 0), shown(shots, 1)) == (["Ada"], ["Ada"])
    ada.animation_data_clear()
    ada.location.y = 0.0
    stale.check(bpy.context, scene_settings.settings_of(shots))
    assert (shown(shots, 0), shown(shots, 1)) == (["Ada"], [])


def test_an_instance_of_its_collection_is_the_member(shots: bpy.types.Scene) -> None:
    held = bpy.data.collections.new("Held")
    bpy.data.objects["Ada"].users_collection[0].objects.unlink(bpy.data.objects["Ada"])
    held.objects.link(bpy.data.objects["Ada"])
    instance = bpy.data.objects.new("Instance", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", held
    instance.location.y = -12.0
    shots.collection.objects.link(instance)
    member("CHARACTER", "Ada", collection=held)
    assert [len(sent(request)) for request in order().requests] == [0, 1]


def test_the_free_check_names_who_is_in_view_without_an_image(shots: bpy.types.Scene) -> None:
    member("CHARACTER", "Ada", bpy.data.objects["Ada"], pictures=0)
    assert bpy.ops.nano_banana.storyboard_check() == {"FINISHED"}
    assert "Ada is in the shot Front and has no image." in stale.get_problems(shots)


@pytest.mark.full_size
def test_more_cast_than_slots_is_told_and_nothing_passes_the_limit(shots: bpy.types.Scene) -> None:
    for number in range(9):
        member("CHARACTER", f"Crowd {number}", bpy.data.objects["Ada"])
    front = order().requests[0]
    assert len(sent(front)) == 5
    settings = scene_settings.settings_of(shots)
    shot = get_shots(shots)[0]
    problems = shot_cast.find_problems(shot, *shot_cast.fit(bpy.context, settings, shot))
    assert problems[0] == "Front without Crowd 5, image 1: Nano Banana Pro keeps to 5 characters."
    assert len(problems) == 4
    before = payment.estimate_storyboard(bpy.context).dollars
    stale.check(bpy.context, settings)
    assert payment.estimate_storyboard(bpy.context).dollars > before


def test_an_image_that_is_gone_is_told_before_anything_is_paid(shots: bpy.types.Scene, server: Simulator) -> None:
    ada = member("CHARACTER", "Ada", bpy.data.objects["Ada"], pictures=0)
    members.add_image(ada, path="/nowhere/ada.png")
    with pytest.raises(RuntimeError, match=r"The cast's Ada: .*ada\.png does not exist"):
        bpy.ops.nano_banana.storyboard(again=True)
    assert not [r for r in server.requests if r.method == "POST"]


def test_a_sheet_shows_four_sides_and_leaves_the_scene_as_it_was(shots: bpy.types.Scene) -> None:
    ada = bpy.data.objects["Ada"]
    ada.scale = (0.5, 0.5, 2.0)
    bpy.context.view_layer.update()
    entry = member("CHARACTER", "Ada", ada, pictures=0)
    render, camera = shots.render, shots.camera
    before = (render.resolution_x, camera, len(bpy.data.objects), len(bpy.data.cameras), ada.select_get())
    assert bpy.ops.nano_banana.cast_sheet() == {"FINISHED"}
    assert (render.resolution_x, shots.camera, len(bpy.data.objects), len(bpy.data.cameras), ada.select_get()) == before
    entry = shots.nano_banana.cast["Ada"]
    sheet = entry.images[0].image
    assert tuple(sheet.size) == (2752, 1536)
    assert sheet.packed_file
    values = np.empty(2752 * 1536 * 4, np.float32)
    sheet.pixels.foreach_get(values)
    filled = np.abs(values.reshape(1536, 2752, 4)[:, :, 0] - 96 / 255) > 0.02
    columns = filled.any(axis=0).astype(int)
    assert (np.diff(columns) == 1).sum() == 4, "four figures side by side"
    assert 0.8 < filled.any(axis=1).mean() <= 1.0, "as tall as the sheet allows"
    assert bpy.ops.nano_banana.cast_sheet() == {"FINISHED"}
    assert len(entry.images) == 1


@pytest.mark.full_size
def test_a_generated_sheet_becomes_the_members_first_image(shots: bpy.types.Scene, server: Simulator) -> None:
    member("CHARACTER", "Ada", bpy.data.objects["Ada"], pictures=0, description="red coat")
    assert bpy.ops.nano_banana.cast_generate_sheet(again=True) == {"FINISHED"}
    entry = shots.nano_banana.cast["Ada"]
    assert len(entry.images) == 2
    assert entry.images[1].image.name.startswith("Ada Sheet")
    assert entry.images[0].image.size[0] > 1000
    (paid,) = (r for r in server.requests if r.method == "POST")
    assert "A model sheet of Ada: red coat." in str(paid.json["contents"])


def test_a_member_without_objects_has_no_sheet(shots: bpy.types.Scene) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    member("CHARACTER", "Ghost", pictures=0)
    with pytest.raises(RuntimeError, match="has no objects with faces"):
        bpy.ops.nano_banana.cast_sheet()


def test_another_file_gets_a_member_from_an_asset_library(shots: bpy.types.Scene, tmp_path: Path) -> None:
    hero = bpy.data.collections.new("Hero")
    shots.collection.children.link(hero)
    hero.objects.link(bpy.data.objects["Ada"])
    file = tmp_path / "ada.png"
    image("On Disk").save(filepath=str(file))
    ada = member("CHARACTER", "Ada", description="red coat", collection=hero)
    members.add_image(ada, path=str(file))
    identity = ada.member_id
    assert bpy.ops.nano_banana.cast_mark() == {"FINISHED"}
    carrier = next(o for o in bpy.data.objects if o.asset_data)
    assert list(carrier.preview.image_size) == [256, 192]
    library = tmp_path / "library"
    library.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(library / "cast.blend"))
    name = carrier.name
    file.unlink()
    bpy.ops.preferences.asset_library_add(directory=str(library))
    try:
        bpy.ops.wm.read_homefile(use_factory_startup=False)
        bpy.context.scene.nano_banana.cast.clear()
        folder = str(library / "cast.blend" / "Object") + "/"
        bpy.ops.wm.append(directory=folder, filename=name)
        check_arrival(identity)
        bpy.ops.wm.append(directory=folder, filename=name)
        assert len(bpy.context.scene.nano_banana.cast) == 1, "known by its id"
        bpy.context.scene.nano_banana.cast.clear()
        assert bpy.ops.nano_banana.cast_take_in() == {"FINISHED"}
        check_arrival(identity)
        bpy.context.scene.nano_banana.cast.clear()
        for item in [o for o in bpy.data.objects if o.nano_banana_cast.member_id]:
            bpy.data.objects.remove(item)
        bpy.ops.wm.link(directory=folder, filename=name)
        check_arrival(identity)
    finally:
        bpy.ops.preferences.asset_library_remove(index=len(bpy.context.preferences.filepaths.asset_libraries) - 1)


def check_arrival(identity: str) -> None:
    (arrived,) = bpy.context.scene.nano_banana.cast
    assert (arrived.name, arrived.member_id, arrived.description) == ("Ada", identity, "red coat")
    assert len(arrived.images) == 2
    assert all(tuple(entry.image.size) == (64, 48) for entry in arrived.images)
    assert arrived.collection in bpy.context.scene.collection.children_recursive
    assert [o.name.startswith("Ada") for o in arrived.collection.objects] == [True]


def test_an_assignment_by_hand_stays_with_a_shot_of_the_list(shots: bpy.types.Scene) -> None:
    member("PLACE", "Hall")
    assert bpy.ops.nano_banana.shots_update(origin="MARKERS") == {"FINISHED"}
    group = shots.nano_banana.storyboard
    group.active_shot = 1
    assert bpy.ops.nano_banana.cast_attendance(attendance="ALWAYS") == {"FINISHED"}
    group.shots[1].name = "Renamed"
    group.shots.move(1, 0)
    assert [len(sent(request)) for request in order().requests] == [1, 0]
    assignment.assign(shots, ["Hall"])
    assert [len(sent(request)) for request in order().requests] == [1, 1]
    with pytest.raises(InputError, match="has no member 'Nobody'"):
        assignment.assign(shots, ["Nobody"])


def test_a_changed_member_makes_stale_only_the_shots_that_see_it(shots: bpy.types.Scene) -> None:
    ada = member("CHARACTER", "Ada", bpy.data.objects["Ada"])
    before = [request.seen for request in order().requests]
    ada.description = "green coat"
    after = [request.seen for request in order().requests]
    assert [was == now for was, now in zip(before, after, strict=True)] == [False, True]


@pytest.mark.usefixtures("sidebar")
def test_the_panel_reads_one_of_200_shots(shots: bpy.types.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        member("CHARACTER", f"Ada {number}", bpy.data.objects["Ada"])
    for number in range(200):
        shots.timeline_markers.new(f"m{number}", frame=100 + number).camera = shots.camera
    bpy.ops.nano_banana.shots_update(origin="MARKERS")
    listed = get_shots(shots)
    for shot in listed:
        for each in shots.nano_banana.cast:
            members.provide_entry(each, shot).size = 0.3
    shots.nano_banana.storyboard.active_shot = 199
    read, read_entry = [], shot_module._read_entry
    monkeypatch.setattr(shot_module, "_read_entry", lambda entry, *rest: read.append(entry) or read_entry(entry, *rest))
    draw(bpy.types.NANO_BANANA_PT_cast)
    draw(bpy.types.NANO_BANANA_PT_export_board)
    assert [entry.shot_id for entry in read] == [listed[199].id]
