"""Sets of views hold the whole object, fill the canvas, and cover it."""

from __future__ import annotations

import numpy as np
import pytest

from nano_banana_addon.blender.bake import views as sets
from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.scene.capture import View
from tests.support.views import box_points

BOX = box_points((-1, -0.5, 0), (2, 0.5, 3))


def _on_canvas(view: View, points: np.ndarray) -> np.ndarray:
    camera = np.linalg.inv(np.array(view.world))
    clip = np.column_stack([points, np.ones(len(points))]) @ (np.array(view.projection) @ camera).T
    return clip[:, :3] / clip[:, 3:]


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize("canvas", [(1024, 1024), (1376, 768), (768, 1376)])
def test_every_view_holds_the_object_and_touches_the_margin(canvas: tuple[int, int], orthographic: bool) -> None:
    lens = sets.Lens(canvas, orthographic)
    for view in (*sets.ring_with_caps(BOX, lens), *sets.hemisphere(BOX, lens, 7, -90.0)):
        place = _on_canvas(view, BOX)
        assert np.abs(place[:, :2]).max() == pytest.approx(1 - lens.margin, abs=1e-6)
        assert np.abs(place[:, 2]).max() < 1
        assert np.allclose(np.array(view.world)[:3, :3] @ np.array(view.world)[:3, :3].T, np.eye(3))


def test_a_ring_starts_at_the_front_and_goes_around() -> None:
    views = sets.ring(BOX, sets.Lens((512, 512)), 4, elevation=0.0)
    back = np.array([np.array(view.world)[:3, 2] for view in views])
    assert np.allclose(back, [(0, -1, 0), (1, 0, 0), (0, 1, 0), (-1, 0, 0)], atol=1e-9)
    assert [view.camera for view in views] == ["Ring 1", "Ring 2", "Ring 3", "Ring 4"]


def test_straight_up_is_a_view_too() -> None:
    view = sets.fit_view((0, 0, 1), BOX, sets.Lens((512, 512)))
    assert np.isfinite(np.array(view.world)).all()


def test_greedy_takes_what_adds_most_and_stops_when_nothing_does() -> None:
    quality = np.array([[1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 0], [1, 0, 0, 0, 0, 1]], float)
    assert sets.select_views(quality, 9) == [1, 0, 3]
    assert sets.select_views(quality, 1, initial_quality=np.array([0, 0, 1, 1, 1, 0])) == [0]


@pytest.mark.parametrize("orthographic", [False, True])
def test_camera_numbers_give_the_projection_back(orthographic: bool) -> None:
    view = sets.fit_view((1, -2, 1), BOX, sets.Lens((1376, 768), orthographic))
    numbers = sets.camera_parameters(view, (1376, 768))
    scale = 2 / numbers.ortho_scale if orthographic else 1 / np.tan(numbers.angle_y / 2)
    assert scale == pytest.approx(view.projection[1][1])
    assert 0 < numbers.clip_start < numbers.clip_end


def test_an_object_without_size_is_refused() -> None:
    with pytest.raises(InputError, match="no size"):
        sets.fit_view((0, 0, 1), np.zeros((8, 3)), sets.Lens((512, 512)))
