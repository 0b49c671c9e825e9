# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender gets copies of the maps, and does not wait for them: tens of megabytes for each map of 4K."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.blender.deliver.datablocks import copy_ahead
from nano_banana_addon.blender.deliver.pbr import pbr_material
from nano_banana_addon.blender.host import folders, preferences
from nano_banana_addon.core.material_settings import MaterialSettings
from nano_banana_addon.features.generation import request_builder
from nano_banana_addon.features.material import from_image
from nano_banana_addon.session import panel_state

from ..flow.conftest import google, server, turned, wait  # noqa: F401 - fixtures
from .test_from_image import images_of, turn
from .test_generated import order


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files for which the main thread waited."""
    names: list[str] = []
    copy = copy_ahead._copy_to_folder

    def note(source: Path, folder: Path, name: str) -> tuple[Path, bool]:
        if threading.current_thread() is threading.main_thread():
            names.append(name)
        return copy(source, folder, name)

    monkeypatch.setattr(copy_ahead, "_copy_to_folder", note)
    return names


def list_folders(material: bpy.types.Material) -> set[Path]:
    return {Path(bpy.path.abspath(image.filepath)).parent for image in images_of(material).values()}


@pytest.mark.parametrize("storage", ["STORE", "BESIDE"])
def test_the_button_makes_the_copies_in_the_background(
    storage: str, picture: Path, sphere: bpy.types.Object, held_up: list[str], tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    preferences.get_preferences().keep_pictures = storage
    from_image.start(from_image.read(bpy.context, picture, MaterialSettings(relief=0.048)))
    turn()
    folder = folders.home() / "delivered" if storage == "STORE" else tmp_path / "nano_banana"
    assert list_folders(sphere.active_material) == {folder}
    assert not held_up


@pytest.mark.usefixtures("google")
def test_a_result_is_delivered_when_the_copies_are_there(
    sphere: bpy.types.Object,
    wait: Callable[[], None],  # noqa: F811
    held_up: list[str],
) -> None:
    request_builder.submit(order())
    wait()
    assert pbr_material.find_node(sphere.active_material), panel_state.get_properties().notice
    assert list_folders(sphere.active_material) == {folders.home() / "delivered"}
    assert not held_up
