# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivery target of CONTRIBUTING's guide, in a copy of the add-on (tests/blender/test_contributing_guides.py)."""

from __future__ import annotations

import bpy

from nano_banana_addon.blender.deliver.clean_up import clean_up
from nano_banana_addon.blender.deliver.delivery import deliver
from nano_banana_addon.cli import choices
from nano_banana_addon.cli.arguments import parser
from nano_banana_addon.core.request import Delivery
from nano_banana_addon.features.generation import restore_settings, scene_settings


def list_empties() -> list[bpy.types.Object]:
    return [obj for obj in bpy.data.objects if obj.type == "EMPTY"]


def test_a_result_is_delivered_to_it_and_cleaned_up(finished, scene):
    report = deliver(finished(), ["EMPTY"])
    (empty,) = list_empties()
    assert report.delivered == (empty.name,)
    assert (empty.empty_display_type, empty.name in scene.objects) == ("IMAGE", True)
    assert empty.data.size[:] == (172, 96)
    clean_up()
    assert list_empties() == []


def test_the_scene_and_the_command_line_choose_it(finished, scene):
    assert scene.nano_banana.to_empty is False
    scene.nano_banana.to_empty = True
    assert scene_settings.settings_of(scene).deliveries == ("IMAGE", "EMPTY")
    options = parser.parse(["restyle", "--prompt", "ink", "--apply", "empty"])
    assert choices.read_settings(options).deliveries == ("EMPTY",)
    kinds = bpy.ops.nano_banana.apply.get_rna_type().properties["kind"].enum_items
    assert kinds["EMPTY"].name == "Empty"
    assert len({kind.value for kind in kinds}) == len(kinds), "a value means one target"


def test_use_these_settings_restores_it(finished, scene):
    request = finished(delivery=Delivery(("EMPTY",))).request
    scene_settings.write_choices(scene.nano_banana, restore_settings.settings_of(request))
    assert (scene.nano_banana.to_empty, scene.nano_banana.to_image) == (True, False)
