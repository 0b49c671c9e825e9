"""What a .blend from a stranger records of deliveries: Blender neither freezes nor fails at it."""

from __future__ import annotations

from typing import Any

import bpy
import pytest

from nano_banana_addon.blender.deliver.compositor import masks
from nano_banana_addon.blender.deliver.datablocks import ownership_tags, versions
from nano_banana_addon.features.texture.maps import texture_info

MANY = 2**31 - 1


@pytest.fixture
def group() -> bpy.types.NodeTree:
    """A node group with one version and one check image."""
    group = bpy.data.node_groups.new("Group", "ShaderNodeTree")
    image = bpy.data.images.new("Shown", 4, 4)
    versions.add_version(group, image, {"lies": "UV"})
    ownership_tags.set_fact(group, "check_0", image)
    ownership_tags.set_fact(group, "checks", 1)
    return group


@pytest.mark.parametrize("name", ["versions", "checks", "blocks"])
def test_a_count_is_no_larger_than_what_is_there(group: bpy.types.NodeTree, name: str) -> None:
    before = len(group.keys())
    ownership_tags.set_fact(group, name, MANY)
    assert ownership_tags.get_count(group, name) <= before + 1
    assert versions.list_versions(group)[0].image == bpy.data.images["Shown"]
    assert texture_info.checks_of(group) == [bpy.data.images["Shown"]]  # panels ask for them in draw()
    masks._record_blocks(group, [])
    assert ownership_tags.get_count(group, "blocks") == 0


@pytest.mark.parametrize("value", [-5, "many", 0.5, [1, 2], {"a": 1}])
def test_a_count_that_is_none_counts_as_nothing(group: bpy.types.NodeTree, value: Any) -> None:
    ownership_tags.set_fact(group, "versions", value)
    assert versions.count(group) == 0
    assert versions.list_versions(group) == ()


@pytest.mark.parametrize("text", ["[" * 200_000, "{", "[]", "7", "null", "", 7, [1]])
def test_facts_that_are_none_are_empty(group: bpy.types.NodeTree, text: Any) -> None:
    ownership_tags.set_fact(group, "facts_0", text)
    assert versions.get_version(group, 0).facts == {}


@pytest.mark.parametrize("text", ["[" * 200_000, "{", "{}", "7", '[7, null, {}, "view", {"name": "Ring 1"}]'])
def test_views_that_are_none_are_left_out(group: bpy.types.NodeTree, text: str) -> None:
    image = bpy.data.images["Shown"]
    for name in ("views", "generations", "missing_maps"):
        ownership_tags.set_fact(image, name, text)
    assert texture_info.views_of(group) == []
    assert texture_info.list_used_views(image) == []
    assert all(isinstance(number, int) for number in texture_info.list_missing_maps(group))
    assert all(isinstance(id, str) for id in texture_info.list_generations(image))


def test_a_million_views_are_not_drawn(group: bpy.types.NodeTree) -> None:
    view = '{"name": "Ring", "index": 0}'
    ownership_tags.set_fact(bpy.data.images["Shown"], "views", f"[{', '.join([view] * 1_000_000)}]")
    assert len(texture_info.views_of(group)) <= 1000
