# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare A/B borrows an Image Editor and gives everything back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import bpy
import pytest

from nano_banana_addon.core.errors import NanoBananaError
from nano_banana_addon.core.result import Generation
from nano_banana_addon.features import compare

Painted = Callable[..., Generation]


@pytest.fixture
def area() -> Iterator[bpy.types.Area]:
    """An Image Editor that shows an image of the artist's."""
    area = max(bpy.context.window_manager.windows[0].screen.areas, key=lambda a: a.width)
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = bpy.data.images.new("own", 8, 8)
    yield area
    compare.stop(area)


def test_both_are_shown_and_nothing_is_left_of_it(painted: Painted, area: bpy.types.Area) -> None:
    left, right = painted("a"), painted("b", colour="red")
    compare.begin(area, left.id, right.id)
    assert area.spaces.active.image.name.startswith(".Comparison")
    assert len(bpy.data.images) == 3
    compare.move_divider(area, 1.7)
    assert compare.get_active_wipe().divider == 1.0
    compare.stop(area)
    assert area.spaces.active.image.name == "own"
    assert [image.name for image in bpy.data.images] == ["own"]
    assert compare.get_active_wipe() is None


def test_a_second_comparison_takes_the_place_of_the_first(painted: Painted, area: bpy.types.Area) -> None:
    one, two = painted("a"), painted("b")
    compare.begin(area, one.id, two.id)
    compare.begin(area, two.id, one.id)
    assert len([i for i in bpy.data.images if i.name.startswith(".Comparison")]) == 2


def test_a_picture_that_is_gone_leaves_the_editor_alone(painted: Painted, area: bpy.types.Area) -> None:
    left, right = painted("a"), painted("b")
    Path(right.answer.result.path).unlink()
    with pytest.raises(NanoBananaError, match="no image to compare"):
        compare.begin(area, left.id, right.id)
    assert area.spaces.active.image.name == "own"
    assert compare.get_active_wipe() is None
