# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Blender with the built extension installed as a user has it. `nano_banana_addon.x` means its
own modules.

Installed while this file is imported: test modules import from the extension when they are
collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import installed

_RESOURCES = installed.ensure()


@pytest.fixture(scope="session")
def resources() -> Path:
    """Blender's folder of user files in this run."""
    return _RESOURCES


@pytest.fixture(autouse=True, scope="session")
def _leave_blender() -> Iterator[None]:
    yield
    installed.leave()


@pytest.fixture(autouse=True)
def _empty_file() -> None:
    """Each test starts in Blender's factory file without objects."""
    import bpy

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
