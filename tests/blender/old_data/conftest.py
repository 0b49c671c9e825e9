# SPDX-License-Identifier: GPL-3.0-or-later
"""The project of 0.1.0 opened in this Blender, with its history at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from devtools.identity import EXTENSION
from tests.old_data import addon, written

#: The .blends that this Blender can read.
BLENDS = ["4.5", *(["5.2"] if bpy.app.version >= (5, 2) else [])]


@pytest.fixture
def old_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The history's folder; this Blender uses it."""
    home = written.unpack_store(tmp_path)
    monkeypatch.setenv("NANO_BANANA_HOME", str(home))
    addon.close_session()
    chosen = bpy.context.preferences.addons[EXTENSION].preferences
    chosen.provider, chosen.base_url, chosen.keep_pictures = "offline", "", "BESIDE"
    yield home
    addon.close_session()
    for name in ("provider", "keep_pictures"):
        chosen.property_unset(name)


@pytest.fixture(params=BLENDS)
def opened(request: pytest.FixtureRequest, old_store: Path, tmp_path: Path) -> Iterator[Path]:
    """The .blend, open."""
    path = written.unpack_project(tmp_path, request.param)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    yield path
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


@pytest.fixture
def newer(old_store: Path, tmp_path: Path) -> Iterator[Path]:
    """The .blend of the newest Blender that this one can read, open: where one is enough."""
    path = written.unpack_project(tmp_path, BLENDS[-1])
    bpy.ops.wm.open_mainfile(filepath=str(path))
    yield path
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def select(*names: str) -> None:
    """Select objects, the last of them active."""
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing.name in names)
    bpy.context.view_layer.objects.active = bpy.data.objects[names[-1]]
