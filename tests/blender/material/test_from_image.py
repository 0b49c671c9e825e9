# SPDX-License-Identifier: GPL-3.0-or-later
"""A material made of an image: what is in it, where it goes, and that it can be taken out again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest
from PIL import Image

from nano_banana_addon.blender.deliver.clean_up import clean_up
from nano_banana_addon.blender.deliver.datablocks import ownership_tags
from nano_banana_addon.blender.deliver.datablocks.ownership_tags import Role
from nano_banana_addon.blender.deliver.pbr import catalog, map_images, pbr_material
from nano_banana_addon.blender.host import folders, preferences
from nano_banana_addon.core.errors import ErrorKind, InputError, NanoBananaError
from nano_banana_addon.core.material_settings import MaterialSettings
from nano_banana_addon.features.material import from_image, made_material
from nano_banana_addon.session import background_tasks, panel_state
from nano_banana_addon.storage.files import material_files
from nano_banana_addon.worker.material import process

from .conftest import SIDE, make


def images_of(material: bpy.types.Material) -> dict[str, bpy.types.Image]:
    """The images in a material's node group by the labels of their nodes."""
    tree = pbr_material.find_node(material).node_tree
    return {node.label: node.image for node in tree.nodes if node.type == "TEX_IMAGE"}


def own(blocks: Any, role: Role) -> list[bpy.types.ID]:
    return list(ownership_tags.find_by_role(blocks, role))


def test_each_map_is_read_in_its_colour_space(picture: Path) -> None:
    images = images_of(make(picture)[0])
    assert images["Base Color"].colorspace_settings.name == "sRGB"
    data = [image for label, image in images.items() if label != "Base Color"]
    assert len(data) == 5
    assert all(image.colorspace_settings.is_data for image in data)
    values = np.empty(SIDE * SIDE * images["Roughness"].channels, np.float32)
    images["Roughness"].pixels.foreach_get(values)
    stored = np.asarray(Image.open(bpy.path.abspath(images["Roughness"].filepath)).convert("L"))
    assert abs(values.reshape(SIDE * SIDE, -1)[:, 0].mean() - stored.mean() / 255) < 0.5 / 255


def test_the_material_is_as_large_as_its_size_says(picture: Path, sphere: bpy.types.Object) -> None:
    material, report = make(picture, size_m=2.0)
    node = pbr_material.find_node(material)
    # The sphere's 4 pi square metres lie on nearly all of the unit square.
    assert node.inputs["UV Size"].default_value == pytest.approx(np.sqrt(4 * np.pi), rel=0.05)
    assert node.inputs["Size"].default_value == 2.0
    assert any(f"{SIDE / 2:.0f} px/m" in note for note in report.notes)
    assert "(step " in made_material.find(bpy.context).report
    node.inputs["Size"].default_value = 0.5
    assert made_material.find(bpy.context).density == f"{SIDE / 0.5:.0f} px/m"
    sphere.scale = (3.0, 3.0, 3.0)
    bpy.context.view_layer.update()
    make(picture, size_m=2.0)
    assert node.inputs["UV Size"].default_value == pytest.approx(3 * np.sqrt(4 * np.pi), rel=0.05)


def test_normals_look_the_same_in_all_versions(picture: Path) -> None:
    tree = pbr_material.find_node(make(picture)[0]).node_tree
    normal = next(node for node in tree.nodes if node.type == "NORMAL_MAP")
    assert getattr(normal, "convention", "OPENGL") == "OPENGL"
    assert getattr(normal, "base", "ORIGINAL") == "ORIGINAL"
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    for name in ("Base Color", "Metallic", "Roughness", "Normal"):
        assert shader.inputs[name].is_linked, name


def test_displacement_is_used_where_it_is_wanted(picture: Path) -> None:
    material, _report = make(picture)
    output = material.node_tree.get_output_node("ALL")
    assert not output.inputs["Displacement"].is_linked
    again, _report = make(picture, displace=True)
    assert again == material
    assert output.inputs["Displacement"].is_linked
    assert material.displacement_method == "DISPLACEMENT"
    make(picture)
    assert not output.inputs["Displacement"].is_linked


def test_the_same_image_fills_the_same_group_anew(picture: Path, sphere: bpy.types.Object) -> None:
    first, _report = make(picture, roughness=0.3)
    second, _report = make(picture, roughness=0.9)
    assert second == first == sphere.active_material
    assert len(own(bpy.data.node_groups, Role.PBR_GROUP)) == 1
    assert len(own(bpy.data.images, Role.MAP)) == 6
    values = np.empty(SIDE * SIDE * images_of(second)["Roughness"].channels, np.float32)
    images_of(second)["Roughness"].pixels.foreach_get(values)
    assert values.reshape(SIDE * SIDE, -1)[:, 0].mean() > 0.6


def test_the_asset_has_its_preview_in_another_blender(picture: Path, tmp_path: Path) -> None:
    material, _report = make(picture)
    assert {tag.name for tag in material.asset_data.tags} >= {"PBR", "Seamless"}
    blend = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    catalog.write(tmp_path)
    catalog.write(tmp_path)
    code = (
        "import bpy, json, sys; bpy.ops.wm.open_mainfile(filepath=sys.argv[1]); m = bpy.data.materials[sys.argv[2]];"
        "p = m.preview; v = list(p.image_pixels_float);"
        "print('TOLD' + json.dumps([list(p.image_size), sum(v) / len(v), m.asset_data.catalog_id, v[3]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(blend), material.name], capture_output=True, text=True, timeout=120
    )
    size, mean, catalog_id, corner = json.loads(done.stdout.partition("TOLD")[2])
    assert min(size) >= 128
    assert 0.15 < mean < 0.95
    assert corner == 0.0  # transparent around the sphere
    lines = (tmp_path / "blender_assets.cats.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith(catalog_id)] == [
        f"{catalog_id}:Nano Banana/Materials:Nano Banana-Materials"
    ]


def test_a_library_that_the_file_is_saved_in_gets_the_catalog_and_keeps_its_own(picture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    written = folder / "blender_assets.cats.txt"
    written.write_bytes(b"VERSION 1\n\n2e1f5c1c-0000-4000-8000-000000000001:Wood:Wood \xe4\n")
    known = bpy.context.preferences.filepaths.asset_libraries
    library = known.new(name="Team", directory=str(folder))
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "nothing yet.blend"))
        assert b"Nano Banana" not in written.read_bytes()
        material, _report = make(picture)
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "stones.blend"))
    finally:
        known.remove(library)
    assert written.read_bytes().count(material.asset_data.catalog_id.encode()) == 1
    assert b"Wood:Wood \xe4\n" in written.read_bytes()


def test_tags_say_what_the_material_is_now(picture: Path) -> None:
    material, _report = make(picture)
    again, _report = make(picture, seamless=False)
    assert again == material
    assert {tag.name for tag in material.asset_data.tags} == {"Nano Banana", "PBR"}


@pytest.mark.parametrize(("storage", "relief"), [("STORE", 0.061), ("PACK", 0.062), ("BESIDE", 0.063)])
@pytest.mark.parametrize("is_saved", [False, True])
def test_a_map_that_was_painted_on_is_kept_beside_the_new_one(
    storage: str, relief: float, is_saved: bool, picture: Path, tmp_path: Path
) -> None:
    preferences.get_preferences().keep_pictures = storage
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    first, _report = make(picture, relief=relief)
    painted = images_of(first)["Base Color"]
    values = np.empty(SIDE * SIDE * painted.channels, np.float32)
    painted.pixels.foreach_get(values)
    values[: len(values) // 2] = 1.0
    painted.pixels.foreach_set(values)
    if is_saved and painted.packed_file:
        painted.pack()
    elif is_saved:
        painted.save()
    again, report = make(picture, relief=relief, roughness=0.31)
    assert again == first
    assert images_of(again)["Base Color"] != painted
    assert any(painted.name in note and "changed by hand" in note for note in report.notes)
    assert not [i for i in bpy.data.images if i.name.startswith("Old Stones_rough") and not i.users]
    clean_up()
    bpy.ops.wm.save_mainfile()
    name = painted.name
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.data.images[name].pixels.foreach_get(values)
    assert values[: len(values) // 2].min() > 0.99
    assert len([each for each in bpy.data.images if each.has_data]) == 1, "the other maps are gone"


@pytest.mark.parametrize("storage", ["STORE", "PACK", "BESIDE"])
def test_what_is_painted_on_a_map_stays_out_of_the_store_and_of_other_materials(
    storage: str, picture: Path, tmp_path: Path
) -> None:
    preferences.get_preferences().keep_pictures = storage
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    first, _report = make(picture, relief=0.064)
    painted = images_of(first)["Base Color"]
    cached = map_images.find_source(painted)
    before = cached.read_bytes()
    painted.pixels.foreach_set(np.ones(SIDE * SIDE * painted.channels, np.float32))
    if painted.packed_file:
        painted.unpack(method="USE_LOCAL")
    painted.save()
    strokes = Path(bpy.path.abspath(painted.filepath))
    stored = strokes.read_bytes()
    assert stored != before
    assert cached.read_bytes() == before
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    again, _report = make(picture, relief=0.064)
    assert min(images_of(again)["Base Color"].pixels) < 0.9
    assert strokes.read_bytes() == stored, "what was painted is not lost"


def test_a_new_material_leaves_a_painted_map_to_the_artist(picture: Path) -> None:
    first, _report = make(picture, relief=0.064)
    painted = images_of(first)["Base Color"]
    painted.pixels.foreach_set(np.ones(SIDE * SIDE * painted.channels, np.float32))
    painted.update()
    same, _report = make(picture, relief=0.064, displace=True)
    assert images_of(same)["Base Color"] == painted, "the artist's own material keeps it"
    bpy.data.materials.remove(first)
    again, _report = make(picture, relief=0.064)
    assert images_of(again)["Base Color"] != painted
    assert min(images_of(again)["Base Color"].pixels) < 0.9
    assert min(painted.pixels) == 1.0


def test_what_was_in_the_slot_comes_back(picture: Path, sphere: bpy.types.Object) -> None:
    mine, other = sphere.active_material, bpy.data.materials.new("Other")
    sphere.data.materials.append(other)
    material, _report = make(picture)
    assert [slot.material for slot in sphere.material_slots] == [material, other]
    assert clean_up(images=False) == 1
    assert [slot.material for slot in sphere.material_slots] == [mine, other]
    assert not own(bpy.data.images, Role.MAP)
    assert not own(bpy.data.node_groups, Role.PBR_GROUP)
    assert material_files.read_record  # the files stay in the store
    assert list((folders.home() / "materials").glob("*/*_diff.png"))


def test_one_undo_takes_it_out(picture: Path, sphere: bpy.types.Object) -> None:
    name = sphere.name
    bpy.ops.ed.undo_push(message="before")
    make(picture)
    assert bpy.data.objects[name].active_material.name != "Mine"
    bpy.ops.ed.undo()
    assert bpy.data.objects[name].active_material.name == "Mine"
    assert not own(bpy.data.materials, Role.PBR_MATERIAL)


def test_it_goes_onto_a_mesh_that_is_being_edited(picture: Path, sphere: bpy.types.Object) -> None:
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.transform.resize(value=(2.0, 2.0, 2.0))
    meshes = set(bpy.data.meshes)
    material, _report = make(picture)
    assert bpy.context.mode == "EDIT_MESH"
    assert sphere.active_material == material
    width = pbr_material.find_node(material).inputs["UV Size"].default_value
    assert width == pytest.approx(2 * np.sqrt(4 * np.pi), rel=0.05), "as it is now, before the mode is left"
    assert set(bpy.data.meshes) == meshes


def test_what_is_no_mesh_gets_nothing_and_is_told(picture: Path) -> None:
    bpy.ops.curve.primitive_bezier_circle_add()
    _material, report = make(picture)
    assert any("No mesh was selected" in note for note in report.notes)
    _material, report = make(picture, on_objects=False)
    assert not any("No mesh" in note for note in report.notes)


def test_nothing_goes_onto_objects_where_that_is_not_wanted(picture: Path, sphere: bpy.types.Object) -> None:
    make(picture, on_objects=False)
    assert sphere.active_material.name == "Mine"


def test_an_object_without_uv_map_is_told_and_the_material_is_made(picture: Path, sphere: bpy.types.Object) -> None:
    sphere.data.uv_layers.remove(sphere.data.uv_layers[0])
    material, report = make(picture)
    assert sphere.active_material.name == "Mine"
    assert any("no UV map" in note for note in report.notes)
    assert material.asset_data


@pytest.mark.parametrize("kind", ["painted", "packed", "linked", "grey", "alpha", "one pixel"])
def test_every_kind_of_image_becomes_a_material(kind: str, picture: Path, tmp_path: Path) -> None:
    image = bpy.data.images.load(str(picture))
    if kind == "painted":
        image.pixels[:4] = (1.0, 0.0, 0.0, 1.0)
        image.update()
    elif kind == "packed":
        image.pack()
        picture.unlink()
    elif kind == "linked":
        image.use_fake_user = True
        blend = tmp_path / "library.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(blend))
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        with bpy.data.libraries.load(str(blend), link=True) as (_found, wanted):
            wanted.images = [picture.name]
        image = bpy.data.images[picture.name]
        assert image.library
    elif kind in {"grey", "alpha"}:
        with Image.open(picture) as opened:
            changed = opened.convert("L" if kind == "grey" else "RGBA")
        changed.save(tmp_path / "other.png")
        image = bpy.data.images.load(str(tmp_path / "other.png"))
    elif kind == "one pixel":
        Image.new("RGB", (1, 1), (90, 90, 90)).save(tmp_path / "one.png")
        image = bpy.data.images.load(str(tmp_path / "one.png"))
    with suppress(InputError) if kind == "one pixel" else nullcontext():  # a sentence is fine, a traceback is not
        material, _report = make(image)
        assert images_of(material)["Base Color"].size[0] > 0


@pytest.mark.parametrize("source", ["no file", "text", "movie"])
def test_what_is_no_image_gets_a_sentence(source: str, tmp_path: Path) -> None:
    path = tmp_path / "note.png"
    image: Any = path
    if source == "text":
        path.write_text("not an image")
    elif source == "movie":
        image = bpy.data.images.new("Movie", 8, 8)
        image.source = "MOVIE"
    with pytest.raises(NanoBananaError) as caught:
        make(image)
    assert caught.value.kind in (ErrorKind.INPUT, ErrorKind.DISK)
    assert caught.value.next_step
    assert "MPO" not in caught.value.detail, "what went wrong, and not a detail of the reader"
    assert not own(bpy.data.materials, Role.PBR_MATERIAL)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of a file's size")
def test_a_full_disk_leaves_no_half_material(picture: Path) -> None:
    import resource

    draft = from_image.read(bpy.context, picture, MaterialSettings(relief=0.031))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(NanoBananaError) as caught:
            from_image.run(bpy.context, draft)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.kind is ErrorKind.DISK
    assert not own(bpy.data.images, Role.MAP)
    assert from_image.run(bpy.context, draft)[1].delivered


def test_maps_in_the_file_are_packed_where_pictures_are(picture: Path) -> None:
    preferences.get_preferences().keep_pictures = "PACK"
    images = images_of(make(picture)[0]).values()
    assert all(image.packed_file for image in images)


def test_maps_lie_beside_the_file_where_pictures_do(picture: Path, tmp_path: Path) -> None:
    preferences.get_preferences().keep_pictures = "BESIDE"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    images = images_of(make(picture)[0]).values()
    assert {Path(bpy.path.abspath(image.filepath)).parent for image in images} == {tmp_path / "nano_banana"}
    assert all(image.filepath.startswith("//") for image in images)


def test_maps_move_beside_a_file_that_is_saved_now(picture: Path, tmp_path: Path) -> None:
    preferences.get_preferences().keep_pictures = "BESIDE"
    material, report = make(picture)
    assert sum("not saved yet" in note for note in report.notes) == 1
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    again, report = make(picture)
    assert again == material
    assert not any("not saved yet" in note for note in report.notes)
    paths = {Path(bpy.path.abspath(image.filepath)) for image in images_of(again).values()}
    assert {path.parent for path in paths} == {tmp_path / "nano_banana"}
    assert all(path.is_file() for path in paths)


def test_the_button_computes_in_the_background_and_can_be_cancelled(picture: Path, sphere: bpy.types.Object) -> None:
    draft = from_image.read(bpy.context, picture, MaterialSettings(relief=0.044))
    from_image.start(draft)
    assert "Computing" in panel_state.get_properties().notice
    background_tasks.cancel()
    turn()
    assert sphere.active_material.name == "Mine"
    assert "ancel" in panel_state.get_properties().notice
    from_image.start(draft)
    turn()
    assert pbr_material.find_node(sphere.active_material)
    assert "px/m" in panel_state.get_properties().notice_next_step


def test_cancelling_takes_effect_while_the_other_process_is_busy(picture: Path) -> None:
    from_image.start(from_image.read(bpy.context, picture, MaterialSettings(relief=0.047)))
    time.sleep(0.2)  # it starts, and says nothing yet
    began = time.monotonic()
    background_tasks.cancel()
    turn()
    assert time.monotonic() - began < 0.5
    assert not own(bpy.data.materials, Role.PBR_MATERIAL)


def test_objects_and_images_may_be_deleted_while_the_maps_are_computed(picture: Path, sphere: bpy.types.Object) -> None:
    image = bpy.data.images.load(str(picture))
    draft = from_image.read(bpy.context, image, MaterialSettings(relief=0.045))
    from_image.start(draft)
    bpy.data.images.remove(image)
    bpy.data.objects.remove(sphere)
    turn()
    assert len(own(bpy.data.materials, Role.PBR_MATERIAL)) == 1
    assert "no longer in this file" in panel_state.get_properties().notice_next_step


def test_another_file_gets_nothing(picture: Path) -> None:
    from_image.start(from_image.read(bpy.context, picture, MaterialSettings(relief=0.046)))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    turn()
    assert not own(bpy.data.materials, Role.PBR_MATERIAL)
    assert "Another file" in panel_state.get_properties().notice


def test_a_process_that_dies_is_told(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.child_process, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(9)"])
    with pytest.raises(NanoBananaError, match="ended early"):
        make(picture, relief=0.047)


def test_a_process_that_is_gone_before_it_is_told_its_work(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.child_process, "command", lambda *_: [sys.executable, "-c", "raise SystemExit(9)"])
    start = process._start

    def start_and_wait() -> subprocess.Popen[bytes]:
        started = start()
        started.wait()
        return started

    monkeypatch.setattr(process, "_start", start_and_wait)
    with pytest.raises(NanoBananaError, match="ended early"):
        make(picture, relief=0.047)


def turn() -> None:
    """Let the background task end, as the window's timer does."""
    end = time.monotonic() + 60
    while background_tasks.is_running():
        assert time.monotonic() < end
        background_tasks._poll()
        time.sleep(0.05)
