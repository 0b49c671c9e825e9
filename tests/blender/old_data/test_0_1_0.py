# SPDX-License-Identifier: GPL-3.0-or-later
"""A .blend that version 0.1.0 wrote opens with its choices, and what was delivered is known again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import pytest

from nano_banana_addon.features import layers
from tests.old_data import choices_0_1_0 as choices
from tests.old_data.written import IDS

from .conftest import select

TAG = "nano_banana"


def group_of(scene: str) -> Any:
    return bpy.data.scenes[scene].nano_banana


def values_of(group: Any, names: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(group, name) for name in names}


def images_of(name: str) -> list[bpy.types.Image]:
    return [i for i in bpy.data.images if i.get(f"{TAG}_generation") == IDS[name]]


def counted() -> tuple[int, ...]:
    """What another delivery to the same place must not add to."""
    data = bpy.data
    return tuple(map(len, (data.images, data.materials, data.node_groups, data.scenes)))


def images_in(tree: bpy.types.NodeTree) -> set[bpy.types.Image]:
    """The images that a tree and its groups show."""
    found = {node.image for node in tree.nodes if getattr(node, "image", None)}
    inner = {node.node_tree for node in tree.nodes if getattr(node, "node_tree", None)}
    return found.union(*map(images_in, inner))


def shown_on(thing: str) -> set[bpy.types.Image]:
    slots = bpy.data.objects[thing].material_slots
    return set().union(*(images_in(slot.material.node_tree) for slot in slots))


def put(name: str, kind: str) -> None:
    assert bpy.ops.nano_banana.apply(generation=IDS[name], kind=kind) == {"FINISHED"}


def test_every_changed_choice_is_as_it_was(opened: Path) -> None:
    group = group_of(choices.CHANGED_SCENE)
    assert values_of(group, choices.CHOICES) == choices.CHOICES
    assert values_of(group.texturing, choices.TEXTURING) == choices.TEXTURING
    assert group.prompt_text == bpy.data.texts["Long Prompt"]


@pytest.mark.parametrize("number", range(choices.MENU_SCENES))
def test_every_item_of_a_menu_is_as_it_was(newer: Path, number: int) -> None:
    group = group_of(choices.scene_name(number))
    for owner, menus in ((group, choices.MENUS), (group.texturing, choices.TEXTURING_MENUS)):
        expected = {name: choices.item_of(items, number) for name, items in menus.items()}
        assert values_of(owner, expected) == expected
    guide = {choices.item_of(choices.GUIDES, number)}
    assert (group.capture_guides, group.texturing.guides) == (guide, guide)
    assert group.references[0].role == choices.item_of(choices.ROLES, number)


def test_an_untouched_choice_has_the_value_that_it_had(opened: Path) -> None:
    group = group_of("Scene")
    chosen = {"model": "gemini-3.1-flash-image", "image_size": "512", "shading": "SOLID"}
    usual = {"source": "CAMERA", "fit": "EXTEND", "aspect_ratio": "AUTO", "to_image": True}
    assert values_of(group, chosen | usual) == chosen | usual
    usual = {"views": "RING", "mode": "SINGLE", "guides": {"CLAY", "DEPTH"}, "count": 2}
    assert values_of(group.texturing, usual) == usual


def test_the_references_are_in_the_list(opened: Path) -> None:
    group = group_of("Scene")
    found = [(r.name, r.role, r.path, r.image and r.image.name, r.enabled) for r in group.references]
    assert found == list(choices.REFERENCES)
    assert group.active_reference == len(choices.REFERENCES) - 1


def test_the_views_have_their_cameras_and_words(opened: Path) -> None:
    texturing = group_of("Scene").texturing
    first, second = texturing.view_list
    assert (first.prompt, first.enabled, first.camera.type) == ("the face is here", True, "CAMERA")
    assert (second.prompt, second.enabled, second.camera.type) == ("", False, "CAMERA")
    assert texturing.active_view == 1
    cameras = len(bpy.data.cameras)
    assert bpy.ops.nano_banana.texture_hide_views() == {"FINISHED"}
    assert len(bpy.data.cameras) == cameras - 2
    assert len(texturing.view_list) == 0


DELIVERED = ("restyle", "texture", "variant 0", "variant 1", "continued", "shot 1", "shot 2")


@pytest.mark.parametrize("name", DELIVERED)
def test_a_delivered_image_is_there_and_is_not_loaded_twice(newer: Path, name: str) -> None:
    (image,) = images_of(name)
    assert tuple(image.size) == (512, 512)
    assert image.filepath.startswith("//nano_banana")
    before = counted()
    put(name, "IMAGE")
    assert counted() == before


def test_a_packed_image_needs_no_file(opened: Path) -> None:
    (image,) = images_of("paid")
    assert image.packed_file
    before = counted()
    put("paid", "IMAGE")
    assert counted() == before


def test_an_image_says_where_it_came_from(opened: Path) -> None:
    (preview,), (paid,) = images_of("restyle"), images_of("paid")
    assert preview[f"{TAG}_prompt"] == "a harbour at dusk"
    assert preview[f"{TAG}_model"] == "gemini-3.1-flash-image"
    assert "ffline preview" in preview[f"{TAG}_origin"]
    assert "SynthID" in paid[f"{TAG}_origin"]


def test_another_picture_comes_into_the_same_projection(opened: Path) -> None:
    select("House")
    before = counted()
    for name in ("continued", "restyle"):
        put(name, "MATERIAL")
        assert set(images_of(name)) <= shown_on("House")
        assert counted() == before


def test_another_picture_comes_into_the_same_material_on_uvs(opened: Path) -> None:
    select("Wall")
    assert set(images_of("picture instead")) <= shown_on("Wall")
    before = counted()
    put("variant 0", "MATERIAL")
    assert set(images_of("variant 0")) <= shown_on("Wall")
    assert counted() == before


def test_another_picture_comes_into_the_same_compositor_group(opened: Path) -> None:
    before = counted()
    put("shot 1", "COMPOSITOR")
    assert counted() == before


def test_the_compositor_group_of_an_old_file_is_a_layer_that_takes_masks(opened: Path) -> None:
    (layer,) = layers.list_layers(bpy.context.scene)
    select("House")
    assert bpy.ops.nano_banana.mask_add(kind="OBJECT") == {"FINISHED"}
    (layer,) = layers.list_layers(bpy.context.scene)
    assert [mask.label for mask in layer.masks] == ["House"]
    assert layer.blend == "Mix"
    assert bpy.ops.nano_banana.layer_remove() == {"FINISHED"}
    assert layers.list_layers(bpy.context.scene) == []


def test_an_earlier_background_is_hidden_by_another(opened: Path) -> None:
    backgrounds = bpy.context.scene.camera.data.background_images
    (first,), (second,) = images_of("restyle"), images_of("continued")
    shown = {b.image: b.show_background_image for b in backgrounds}
    assert shown == {first: False, second: True}
    put("restyle", "CAMERA_BACKGROUND")
    shown = {b.image: b.show_background_image for b in backgrounds}
    assert shown == {first: True, second: False}


def test_another_strip_comes_into_the_same_storyboard(opened: Path) -> None:
    (board,) = (s for s in bpy.data.scenes if s.sequence_editor and len(s.sequence_editor.strips))
    strips = board.sequence_editor.strips
    names = [strip.name for strip in strips]
    assert len(names) == 2
    before = counted()
    put("continued", "STRIP")
    assert len(strips) == 3
    assert counted() == before


def test_a_texture_shows_its_pictures_for_judging(opened: Path) -> None:
    select("Statue")
    texture = images_of("view 1")
    assert set(texture) <= shown_on("Statue")
    for check in ("Coverage", "Views", "Seams", "View 1", "View 2"):
        assert bpy.ops.nano_banana.texture_check(check=check) == {"FINISHED"}
        assert not set(texture) & shown_on("Statue")
    assert bpy.ops.nano_banana.texture_check(check="") == {"FINISHED"}
    assert set(texture) <= shown_on("Statue")


def test_a_texture_is_baked_again_from_its_views(opened: Path) -> None:
    select("Statue")
    before = set(images_of("view 1"))
    group_of("Scene").texturing.texture_size = 128
    assert bpy.ops.nano_banana.texture_reproject() == {"FINISHED"}
    (made,) = set(images_of("view 1")) - before
    assert (tuple(made.size), made.source) == ((128, 128), "FILE")
    assert made in shown_on("Statue")


def test_a_sheet_of_views_is_baked_onto_its_object(newer: Path) -> None:
    before = set(images_of("sheet"))
    assert bpy.ops.nano_banana.texture_bake(generation=IDS["sheet"]) == {"FINISHED"}
    (made,) = set(images_of("sheet")) - before
    assert tuple(made.size) == (32, 32)
    assert made in shown_on("Vase")


def test_a_new_texture_can_be_painted_over_the_old_one(newer: Path) -> None:
    select("Statue")
    groups = len(bpy.data.node_groups)
    group_of("Scene").texturing.view_list.clear()
    asked = {"prompt": "granite", "count": 1, "texture_size": 64}
    assert bpy.ops.nano_banana.texture(**asked) == {"FINISHED"}
    assert len(bpy.data.node_groups) == groups
