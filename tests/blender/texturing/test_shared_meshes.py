# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that share a mesh, and objects that are only there as instances: one map, generated once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

from nano_banana_addon.blender.deliver.material import material
from nano_banana_addon.blender.deliver.material.base_image import find_base_image
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.texture import require_texture_context
from nano_banana_addon.features.texture import job, rebake
from nano_banana_addon.features.texture.maps import texture_info
from nano_banana_addon.features.texture.objects.choice import choose_objects
from nano_banana_addon.features.texture.plan import TexturePlan
from tests.support.nodes import build_instancer

Promised = Callable[..., TexturePlan]


def _ignore(*_: object) -> None:
    """Progress is not looked at."""


def _duplicate(shape: bpy.types.Object, place: tuple[float, float, float], *, select: bool = True) -> bpy.types.Object:
    twin = shape.copy()
    twin.location = place
    bpy.context.scene.collection.objects.link(twin)
    twin.select_set(select)
    bpy.context.view_layer.update()
    return twin


def _image_of(shape: bpy.types.Object) -> bpy.types.Image:
    return find_base_image(shape).image


def _instance_collection(shape: bpy.types.Object, place: tuple[float, float, float]) -> bpy.types.Object:
    """An empty that shows the object, which is in no other collection."""
    collection = bpy.data.collections.new("Assets")
    collection.objects.link(shape)
    for own in list(shape.users_collection):
        if own != collection:
            own.objects.unlink(shape)
    empty = bpy.data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", collection, place
    bpy.context.scene.collection.objects.link(empty)
    empty.select_set(True)
    bpy.context.view_layer.objects.active = empty
    bpy.context.view_layer.update()
    return empty


def test_duplicates_show_one_map_that_is_generated_on_the_active_one(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    twin = _duplicate(sculpture, (5, 0, 0))
    bpy.context.view_layer.objects.active = twin
    plan = promised(views="RING", count=2)
    context = require_texture_context(plan.order.requests[0])
    assert [pose.object.name for pose in context.targets] == [twin.name]
    (texture,) = job.run(plan, _ignore).report.textures
    assert texture.objects == (twin.name, sculpture.name)
    assert len(texture.files) == 1
    assert _image_of(sculpture) == _image_of(twin)
    assert sculpture.material_slots[0].link == "DATA"  # no copies of the material where all users are chosen


def test_a_duplicate_that_is_not_selected_keeps_its_look(sculpture: bpy.types.Object, promised: Promised) -> None:
    other = _duplicate(sculpture, (5, 0, 0), select=False)
    before = other.material_slots[0].material
    job.run(promised(views="RING", count=2), _ignore)
    assert other.material_slots[0].material == before
    assert material.group_node(before) is None
    assert texture_info.group_of(sculpture) is not None
    assert texture_info.find_left_out_duplicates(bpy.context) == [other.name]


def test_duplicates_stay_together_when_the_texture_is_baked_again(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    twin = _duplicate(sculpture, (5, 0, 0))
    job.run(promised(views="RING", count=2), _ignore)
    (again,) = rebake.reproject(sculpture, 128).textures
    assert again.objects == (sculpture.name, twin.name)
    assert _image_of(twin) == _image_of(sculpture) == bpy.data.images[again.image]
    twin.data = twin.data.copy()  # made a single user since: it keeps what it has
    before = _image_of(twin)
    (last,) = rebake.reproject(sculpture, 64).textures
    assert last.objects == (sculpture.name,)
    assert _image_of(twin) == before != _image_of(sculpture)


def test_duplicates_whose_modifiers_change_the_uvs_get_a_map_each(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    twin = _duplicate(sculpture, (5, 0, 0))
    array = twin.modifiers.new("Array", "ARRAY")
    array.count, array.offset_u = 2, 0.0
    bpy.context.view_layer.update()
    assert choose_objects(bpy.context).duplicates == []
    smooth = _duplicate(sculpture, (0, 5, 0))
    smooth.modifiers.new("Bend", "SIMPLE_DEFORM").angle = 0.5
    bpy.context.view_layer.update()
    assert choose_objects(bpy.context).duplicates == [smooth]


def test_what_an_empty_shows_is_generated_where_the_empty_shows_it(
    sculpture: bpy.types.Object, promised: Promised
) -> None:
    """The collection is in no view layer: the object is there as an instance only."""
    sculpture.location = (3, 0, 0)
    empty = _instance_collection(sculpture, (0, 7, 0))
    assert sculpture.name not in bpy.context.view_layer.objects
    assert not texture_info.find_blocker(bpy.context)
    plan = promised(views="RING", count=2, true=True)
    context = require_texture_context(plan.order.requests[0])
    assert [pose.object.name for pose in context.targets] == [sculpture.name]
    place = np.array(context.targets[0].world)[:3, 3]
    assert np.allclose(place, (3, 7, 0), atol=1e-5)
    (texture,) = job.run(plan, _ignore).report.textures
    assert texture.object == sculpture.name
    assert texture.coverage > 0.4
    assert _image_of(sculpture) == bpy.data.images[texture.image]
    assert empty.instance_collection.all_objects[0] == sculpture


def test_an_empty_beside_its_own_object_gives_one_map(sculpture: bpy.types.Object) -> None:
    collection = bpy.data.collections.new("Assets")
    collection.objects.link(sculpture)
    empty = bpy.data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection, empty.location = "COLLECTION", collection, (0, 7, 0)
    bpy.context.scene.collection.objects.link(empty)
    empty.select_set(True)
    bpy.context.view_layer.update()
    chosen = choose_objects(bpy.context)
    assert (chosen.objects, chosen.duplicates, chosen.places) == ([sculpture], [], {})


def test_what_geometry_nodes_instance_is_generated(sculpture: bpy.types.Object) -> None:
    holder = build_instancer(sculpture)
    bpy.ops.object.select_all(action="DESELECT")
    holder.select_set(True)
    assert choose_objects(bpy.context).objects == [sculpture]


def test_an_object_with_faces_that_scatters_others_is_generated_alone(sculpture: bpy.types.Object) -> None:
    bpy.ops.mesh.primitive_plane_add()
    ground = bpy.context.object
    sculpture.parent, ground.instance_type = ground, "FACES"
    bpy.ops.object.select_all(action="DESELECT")
    ground.select_set(True)
    chosen = choose_objects(bpy.context)
    assert chosen.objects == [ground]
    assert sculpture.name in " ".join(chosen.notes)


def test_instances_of_no_object_are_refused_with_what_helps(sculpture: bpy.types.Object, promised: Promised) -> None:
    holder = build_instancer(None)
    bpy.ops.object.select_all(action="DESELECT")
    holder.select_set(True)
    with pytest.raises(InputError, match="instances") as refusal:
        promised(views="RING", count=2)
    assert "Realize Instances" in refusal.value.next_step
    tree = holder.modifiers[0].node_group
    realize, end = tree.nodes.new("GeometryNodeRealizeInstances"), tree.nodes["Group Output"]
    tree.links.new(end.inputs[0].links[0].from_socket, realize.inputs[0])
    tree.links.new(realize.outputs[0], end.inputs[0])
    bpy.context.view_layer.update()
    assert choose_objects(bpy.context).objects == [holder]


def test_an_empty_collection_is_refused_with_the_reason(sculpture: bpy.types.Object, promised: Promised) -> None:
    sculpture.hide_viewport = True
    sculpture.select_set(False)
    _instance_collection(sculpture, (0, 0, 0))
    with pytest.raises(InputError, match="no surface is visible"):
        promised(views="RING", count=2)


def test_instances_of_a_linked_object_are_refused_with_the_button_that_helps(
    sculpture: bpy.types.Object, promised: Promised, tmp_path: Path
) -> None:
    library = tmp_path / "library.blend"
    collection = bpy.data.collections.new("Linked")
    collection.objects.link(sculpture)
    bpy.data.libraries.write(str(library), {collection})
    bpy.data.objects.remove(sculpture)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.collections = ["Linked"]
    empty = bpy.data.objects.new("Instance", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", wanted.collections[0]
    bpy.context.scene.collection.objects.link(empty)
    empty.select_set(True)
    bpy.context.view_layer.update()
    with pytest.raises(InputError, match=r"linked from library\.blend") as refusal:
        promised(views="RING", count=2)
    assert refusal.value.remedy == "MAKE_REAL"
