# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture source of CONTRIBUTING's guide, in a copy of the add-on (tests/blender/test_contributing_guides.py)."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from PIL import Image

from nano_banana_addon.cli import choices
from nano_banana_addon.cli.arguments import parser
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.request import GenerationRequest
from nano_banana_addon.features.generation import restore_settings, scene_settings


def test_it_is_captured(take, scene, tmp_path):
    Image.new("RGB", (64, 48), "red").save(tmp_path / "plate.png")
    background = scene.camera.data.background_images.new()
    background.image = bpy.data.images.load(str(tmp_path / "plate.png"))
    result = take("PLATE")
    assert Path(result.reference.path) == tmp_path / "plate.png"
    assert result.capture.source == "PLATE"


def test_without_an_image_it_says_what_to_do(take):
    with pytest.raises(InputError, match="no background image"):
        take("PLATE")


def test_the_scene_and_the_command_line_choose_it(take, scene):
    scene.nano_banana.source = "PLATE"
    assert scene_settings.settings_of(scene).source == "PLATE"
    scene.nano_banana.source = "CAMERA"
    options = parser.parse(["restyle", "--prompt", "ink", "--source", "plate"])
    assert choices.read_settings(options).source == "PLATE"


def test_use_these_settings_restores_it(take, scene, tmp_path):
    background = scene.camera.data.background_images.new()
    background.image = bpy.data.images.new("Plate", 8, 8)
    request = GenerationRequest("ink", capture=take("PLATE").capture)
    assert restore_settings.settings_of(request).source == "PLATE"
