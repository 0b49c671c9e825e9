"""A result on objects' materials: nothing is destroyed, nobody else's material changes, all of it
comes out again.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.blender.deliver.material.unwrap import unwrap_missing
from nano_banana_addon.blender.host import compat
from nano_banana_addon.core.constants import DeliveryKind
from nano_banana_addon.core.errors import InputError

from .staging import add_camera, add_cube, emission, for_objects, render

MATERIAL = (DeliveryKind.MATERIAL,)


def _snapshot(of: bpy.types.Material) -> object:
    tree = of.node_tree
    links = sorted(
        (x.from_node.name, x.from_socket.identifier, x.to_node.name, x.to_socket.identifier) for x in tree.links
    )
    values = sorted(
        (node.name, socket.identifier, tuple(np.ravel(socket.default_value)))
        for node in tree.nodes
        for socket in node.inputs
        if hasattr(socket, "default_value") and socket.type in ("RGBA", "VALUE", "VECTOR")
    )
    return links, values, compat.uses_nodes(of)


def _shown(of: bpy.types.Material) -> bpy.types.Image:
    nodes = material.group_node(of).node_tree.nodes
    return next(node.image for node in nodes if node.type == "TEX_IMAGE")


def test_a_picture_without_a_camera_goes_through_the_objects_own_uvs(scene, finished, tmp_path: Path) -> None:
    """The plane fills the view exactly, so the render must equal the picture."""
    bpy.ops.mesh.primitive_plane_add(size=2)
    plane = bpy.context.object
    plane.data.materials.append(emission("Flat"))
    camera = add_camera(scene, orthographic=True)
    camera.location, camera.rotation_euler = (0, 0, 3), (0, 0, 0)
    camera.data.ortho_scale = 2
    scene.render.resolution_x = scene.render.resolution_y = 64
    pixels = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    deliver(finished(pixels, delivery=for_objects(plane)), MATERIAL)
    assert np.abs(render(scene, tmp_path / "out.png") - pixels).max() <= 1


def test_what_fed_the_base_colour_is_kept_and_comes_back_exactly(scene, finished) -> None:
    cube = add_cube(scene)
    own = cube.data.materials[0]
    tree = own.node_tree
    bsdf = next(n for n in tree.nodes if n.type == "BSDF_PRINCIPLED")
    bsdf.inputs["Base Color"].default_value = (0.1, 0.2, 0.3, 1.0)
    checker = tree.nodes.new("ShaderNodeTexChecker")
    tree.links.new(checker.outputs["Color"], bsdf.inputs["Base Color"])
    before, materials = _snapshot(own), len(bpy.data.materials)

    deliver(finished(delivery=for_objects(cube)), MATERIAL)
    node = material.group_node(own)
    assert bsdf.inputs["Base Color"].links[0].from_node == node
    assert node.inputs["Original"].links[0].from_node == checker

    material.remove(own)
    assert _snapshot(own) == before
    assert len(bpy.data.materials) == materials
    assert not [g for g in bpy.data.node_groups if "Nano" in g.name]


def test_a_factor_of_zero_shows_the_original_value(scene, finished, tmp_path: Path) -> None:
    cube = add_cube(scene)
    cube.data.materials[0] = emission("Red", (1.0, 0.0, 0.0, 1.0))
    add_camera(scene)
    before = render(scene, tmp_path / "before.png")
    deliver(finished(delivery=for_objects(cube)), MATERIAL)
    material.group_node(cube.data.materials[0]).inputs["Factor"].default_value = 0.0
    assert np.abs(render(scene, tmp_path / "after.png") - before).max() <= 1


def test_an_object_without_slots_gets_a_material_that_goes_again(scene, finished) -> None:
    bpy.ops.mesh.primitive_plane_add()
    plane = bpy.context.object
    report = deliver(finished(delivery=for_objects(plane)), MATERIAL)
    made = plane.material_slots[0].material
    assert report.delivered == (made.name,)
    material.remove(made)
    assert len(plane.material_slots) == 0
    assert len(bpy.data.materials) == 0


def test_an_empty_slot_is_filled_and_emptied_again(scene, finished) -> None:
    bpy.ops.mesh.primitive_plane_add()
    plane = bpy.context.object
    plane.data.materials.append(None)
    deliver(finished(delivery=for_objects(plane)), MATERIAL)
    material.remove(plane.material_slots[0].material)
    assert [slot.material for slot in plane.material_slots] == [None]


def test_every_slot_of_an_object_gets_the_picture(scene, finished) -> None:
    cube = add_cube(scene)
    cube.data.materials.append(emission("Second"))
    cube.data.materials.append(None)
    report = deliver(finished(delivery=for_objects(cube)), MATERIAL)
    assert len(report.delivered) == 3
    assert all(material.group_node(slot.material) for slot in cube.material_slots)


def test_a_material_that_others_use_is_copied_and_given_back(scene, finished) -> None:
    cube, other = add_cube(scene), add_cube(scene, "Other")
    shared = cube.data.materials[0]
    other.data.materials[0] = shared
    before = _snapshot(shared)

    report = deliver(finished(delivery=for_objects(cube)), MATERIAL)
    assert any("used elsewhere" in note for note in report.notes)
    assert other.material_slots[0].material == shared
    assert _snapshot(shared) == before
    copy = cube.material_slots[0].material
    assert copy != shared
    assert material.group_node(copy)

    material.remove(copy)
    assert cube.material_slots[0].material == shared
    assert len([m for m in bpy.data.materials if m.name.startswith(shared.name)]) == 1


def test_delivering_again_to_a_copy_makes_no_second_copy(scene, finished) -> None:
    cube, other = add_cube(scene), add_cube(scene, "Other")
    other.data.materials[0] = cube.data.materials[0]
    deliver(finished(delivery=for_objects(cube)), MATERIAL)
    copy, count = cube.material_slots[0].material, len(bpy.data.materials)
    deliver(finished(delivery=for_objects(cube)), MATERIAL)
    assert cube.material_slots[0].material == copy
    # The source is now used by `other` alone, so it is changed in place.
    deliver(finished(delivery=for_objects(other)), MATERIAL)
    assert len(bpy.data.materials) == count


def test_an_instance_that_shares_the_mesh_keeps_its_look(scene, finished) -> None:
    cube = add_cube(scene)
    instance = bpy.data.objects.new("Instance", cube.data)
    scene.collection.objects.link(instance)
    shared = cube.data.materials[0]
    deliver(finished(delivery=for_objects(cube)), MATERIAL)
    assert instance.material_slots[0].material == shared
    assert cube.material_slots[0].material != shared
    material.remove(cube.material_slots[0].material)
    assert cube.material_slots[0].material == shared
    assert cube.material_slots[0].link == "DATA"


def test_a_later_picture_is_a_version_of_the_same_node(scene, finished) -> None:
    cube = add_cube(scene)
    own = cube.data.materials[0]
    first, second = finished(prompt="first"), finished(prompt="second")
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing == cube)  # the requests name no object: the selected one gets the picture
    deliver(first, MATERIAL)
    nodes = len(own.node_tree.nodes)
    shown = _shown(own)
    deliver(second, MATERIAL)
    assert len(own.node_tree.nodes) == nodes
    assert _shown(own) != shown
    material.switch_version(own, 0)
    assert _shown(own) == shown
    with pytest.raises(InputError, match="no version 5"):
        material.switch_version(own, 5)


def test_the_versions_of_a_material_survive_saving(scene, finished, tmp_path: Path) -> None:
    cube = add_cube(scene)
    for prompt in ("first", "second"):
        deliver(finished(prompt=prompt, delivery=for_objects(cube)), MATERIAL)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    own = bpy.data.materials["Cube"]
    assert _shown(own).name == "second"
    material.switch_version(own, 0)
    assert _shown(own).name == "first"
    material.remove(own)


def test_an_object_without_uvs_is_told_and_can_be_unwrapped(scene, finished) -> None:
    cube = add_cube(scene)
    while cube.data.uv_layers:
        cube.data.uv_layers.remove(cube.data.uv_layers[0])
    generation = finished(delivery=for_objects(cube))
    with pytest.raises(InputError, match="no UV map"):
        deliver(generation, MATERIAL)
    assert len(bpy.data.images) == 0

    other = add_cube(scene, "Selected")
    report = deliver(generation, MATERIAL, unwrap=True)
    assert report.delivered
    areas = np.empty(len(cube.data.uv_layers[0].uv) * 2, np.float32)
    cube.data.uv_layers[0].uv.foreach_get("vector", areas)
    assert areas.std() > 0.1
    assert areas.min() >= 0
    assert areas.max() <= 1
    assert bpy.context.view_layer.objects.active == other
    assert [o.name for o in bpy.context.view_layer.objects if o.select_get()] == ["Selected"]


def test_unwrapping_leaves_uv_maps_that_exist_alone(scene) -> None:
    cube = add_cube(scene)
    assert unwrap_missing([cube]) == ()


def test_things_without_materials_and_emptied_surfaces_are_told(scene, finished) -> None:
    empty = bpy.data.objects.new("Marker", None)
    scene.collection.objects.link(empty)
    cube = add_cube(scene)
    bare = cube.data.materials[0]
    bare.node_tree.nodes.clear()
    second = add_cube(scene, "Good")
    report = deliver(finished(delivery=for_objects(empty, cube, second)), MATERIAL)
    assert report.delivered == ("Good",)
    assert any("Marker" in note for note in report.notes)
    assert any("no colour" in note for note in report.notes)


def test_a_linked_object_is_told_with_what_to_do(scene, finished, tmp_path: Path) -> None:
    add_cube(scene, "Prop")
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.objects = [name for name in source.objects if name == "Prop"]
    prop = bpy.data.objects["Prop"]
    bpy.context.scene.collection.objects.link(prop)
    with pytest.raises(InputError, match="Library Override") as caught:
        deliver(finished(delivery=for_objects(prop)), MATERIAL)
    assert "library.blend" in caught.value.to_sentence()
    assert len(bpy.data.images) == 0


def test_a_linked_material_on_a_local_object_is_copied(scene, finished, tmp_path: Path) -> None:
    add_cube(scene, "Prop")
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.materials = list(source.materials)
    bpy.ops.mesh.primitive_cube_add()
    cube = bpy.context.object
    linked = bpy.data.materials["Prop"]
    cube.data.materials.append(linked)
    deliver(finished(delivery=for_objects(cube)), MATERIAL)
    copy = cube.material_slots[0].material
    assert copy.library is None
    material.remove(copy)
    assert cube.material_slots[0].material == linked


def test_a_material_of_an_object_scaled_to_nothing_is_told(scene, finished) -> None:
    from .staging import captured

    add_camera(scene)
    cube = add_cube(scene)
    cube.scale = (0, 1, 1)
    bpy.context.view_layer.update()
    with pytest.raises(InputError, match="scale is zero"):
        deliver(finished(capture=captured(scene), delivery=for_objects(cube)), MATERIAL)
    assert material.group_node(cube.data.materials[0]) is None
    assert len(bpy.data.images) == 0
