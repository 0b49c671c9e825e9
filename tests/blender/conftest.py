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

#: The folders whose tests measure what a 3D view shows, to the pixel; for all others its edges may be jagged, which
#: software OpenGL draws seven times as fast.
_MEASURED = {"capture", "bake", "texturing"}


#: What is asked, sent and paid here, and the images made of it, do not depend on Blender's version, and take long. The
#: tests that are named deliver into data that does: they run everywhere.
_LONG: dict[str, tuple[str, ...]] = {
    "texturing/test_add_detail.py": (),
    "texturing/test_grey_maps.py": ("test_the_shader_gets_the_maps_and_is_as_it_was_without_them",),
    "texturing/test_add_view.py": ("test_only_what_the_view_sees_changes", "test_each_udim_tile_keeps_its_bytes"),
    "texturing/test_keyframes.py": ("test_each_keyframe_lands_on_its_own_pose",),
    "texturing/test_wrong_views.py": ("test_inverted_faces_are_told_before_paying_and_can_be_textured",),
    "texturing/test_remove_light.py": ("test_it_is_removed_at_once_and_from_views_that_are_used_again",),
    "flow/test_edit.py": (),
    "flow/test_continue.py": (),
    "flow/test_continuity.py": ("test_only_what_depends_on_a_new_shot_is_paid_again",),
    "history/test_same_request.py": (
        "test_a_script_gets_the_picture_that_is_there",
        "test_the_command_line_says_what_was_not_paid_again",
    ),
    "material/test_cross.py": ("test_only_the_edges_change_and_they_meet",),
    "material/test_generated_maps.py": ("test_the_answer_replaces_two_maps_of_the_same_material",),
}
_FROM = (5, 0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long files to the newest Blender; with --soak both run them."""
    import bpy

    if config.getoption("--soak") or bpy.app.version >= _FROM:
        return
    for item in items:
        kept = _LONG.get("/".join(item.path.parts[-2:]))
        if kept is not None and item.name.partition("[")[0] not in kept:
            item.add_marker(pytest.mark.skip(reason="long: runs with the newest Blender, here with --soak"))


@pytest.fixture(scope="session")
def resources() -> Path:
    """Blender's folder of user files in this run."""
    return _RESOURCES


@pytest.fixture(autouse=True, scope="session")
def _leave_blender() -> Iterator[None]:
    yield
    installed.leave()


@pytest.fixture(autouse=True)
def _empty_file(request: pytest.FixtureRequest) -> None:
    """Each test starts in Blender's factory file without objects."""
    import bpy

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    is_measured = request.path.parent.name in _MEASURED
    bpy.context.preferences.system.viewport_aa = "8" if is_measured else "OFF"
