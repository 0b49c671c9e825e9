# SPDX-License-Identifier: GPL-3.0-or-later
"""The map between the artist's frame and the API's canvas is exact for every model, ratio and
size."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nano_banana_addon.core.models import MODELS, ImageModel
from nano_banana_addon.core.scene.fit import Fit
from nano_banana_addon.core.scene.frames import (
    Framing,
    build_window_matrix,
    find_nearest_ratio,
    fit_frame,
    multiply_matrices,
)
from tests.support.framing import map_to_frame

sides = st.floats(1.0, 65536.0)
coordinates = st.floats(-2.0, 3.0)
models = st.sampled_from(list(MODELS.values()))
EACH_MODEL = [pytest.param(model, id=model.id) for model in MODELS.values()]


@st.composite
def framings(draw: st.DrawFn, fits: tuple[Fit, ...] = tuple(Fit)) -> Framing:
    model: ImageModel = draw(models)
    ratio = draw(st.sampled_from([None, *model.ratios]))
    size = draw(st.sampled_from(model.sizes))
    return fit_frame((draw(sides), draw(sides)), model, size, ratio, draw(st.sampled_from(fits)))


@given(framings(), coordinates, coordinates)
def test_there_and_back_again(framing: Framing, u: float, v: float):
    assert map_to_frame(framing, *framing.to_canvas(u, v)) == pytest.approx((u, v), abs=1e-6)
    x, y = u * framing.canvas[0], v * framing.canvas[1]
    assert framing.to_canvas(*map_to_frame(framing, x, y)) == pytest.approx((x, y), abs=1e-5)


@given(framings())
def test_nothing_is_stretched(framing: Framing):
    left, top, right, bottom = framing.window
    across = framing.canvas[0] / ((right - left) * framing.frame[0])
    down = framing.canvas[1] / ((bottom - top) * framing.frame[1])
    assert across == pytest.approx(down, rel=1e-9)
    assert framing.scale == pytest.approx(across)


@given(framings())
def test_the_frame_stays_in_the_middle(framing: Framing):
    assert framing.to_canvas(0.5, 0.5) == pytest.approx((framing.canvas[0] / 2, framing.canvas[1] / 2), abs=1e-6)


@given(framings((Fit.EXTEND, Fit.PAD)))
def test_nothing_of_the_frame_is_cropped_and_no_canvas_is_wasted(framing: Framing):
    left, top, right, bottom = framing.window
    slack = 1e-9
    assert left <= slack
    assert top <= slack
    assert right >= 1 - slack
    assert bottom >= 1 - slack
    assert min(right - left, bottom - top) == pytest.approx(1.0)


@given(framings((Fit.CROP,)))
def test_a_cropped_canvas_shows_nothing_but_frame(framing: Framing):
    left, top, right, bottom = framing.window
    slack = 1e-9
    assert left >= -slack
    assert top >= -slack
    assert right <= 1 + slack
    assert bottom <= 1 + slack
    assert max(right - left, bottom - top) == pytest.approx(1.0)


@given(framings(), coordinates, coordinates)
def test_the_camera_matrix_puts_points_where_the_canvas_has_them(framing: Framing, u: float, v: float):
    matrix = build_window_matrix(framing.window)
    ndc = ((2 * u - 1,), (1 - 2 * v,), (0.3,), (1.0,))
    (x,), (y,), (z,), (w,) = multiply_matrices(matrix, ndc)
    across, down = framing.to_canvas(u, v)
    assert (x + 1) / 2 * framing.canvas[0] == pytest.approx(across, abs=1e-5)
    assert (1 - y) / 2 * framing.canvas[1] == pytest.approx(down, abs=1e-5)
    assert (z, w) == (0.3, 1.0)


@given(framings(), st.tuples(*[st.floats(0.1, 9.0)] * 3))
def test_the_camera_matrix_holds_in_perspective_too(framing: Framing, point: tuple[float, ...]):
    x, y, depth = point
    projection = ((1.5, 0, 0.1, 0), (0, 2.0, -0.2, 0), (0, 0, -1.02, -0.2), (0, 0, -1, 0))
    column = ((x,), (y,), (-depth,), (1.0,))
    (a,), (b,), _, (w,) = multiply_matrices(projection, column)
    u, v = (a / w + 1) / 2, (1 - b / w) / 2
    (a,), (b,), _, (w,) = multiply_matrices(multiply_matrices(build_window_matrix(framing.window), projection), column)
    expected = framing.to_canvas(u, v)
    assert (a / w + 1) / 2 * framing.canvas[0] == pytest.approx(expected[0], rel=1e-6, abs=1e-4)
    assert (1 - b / w) / 2 * framing.canvas[1] == pytest.approx(expected[1], rel=1e-6, abs=1e-4)


@given(sides, sides, models)
def test_no_other_ratio_comes_nearer(width: float, height: float, model: ImageModel):
    def stretch(ratio: str) -> float:
        across, down = model.find_pixel_size(ratio, model.sizes[0])
        shape = (width / height) / (across / down)
        return max(shape, 1 / shape)

    chosen = find_nearest_ratio(width, height, model)
    assert stretch(chosen) == pytest.approx(min(stretch(ratio) for ratio in model.ratios))


@pytest.mark.parametrize("model", EACH_MODEL)
def test_a_frame_of_the_canvas_shape_is_the_canvas(model: ImageModel):
    for ratio, size in product(model.ratios, model.sizes):
        width, height = model.find_pixel_size(ratio, size)
        framing = fit_frame((float(width), float(height)), model, size)
        assert framing.ratio == ratio or model.rule, size
        assert framing.canvas == (width, height)
        assert framing.window == pytest.approx((0, 0, 1, 1)), (ratio, size)
        assert framing.scale == pytest.approx(1.0), (ratio, size)


@pytest.mark.parametrize("model", EACH_MODEL)
def test_pixel_sizes_are_near_their_ratio_and_whole(model: ImageModel):
    for ratio, size in product(model.ratios, model.sizes):
        width, height = model.find_pixel_size(ratio, size)
        across, down = (int(part) for part in ratio.split(":"))
        assert isinstance(width, int)
        assert width > 0
        assert height > 0
        assert (width / height) / (across / down) == pytest.approx(1.0, abs=0.03), (ratio, size)


def test_full_hd_is_extended_by_the_sliver_that_the_api_paints_more():
    framing = fit_frame((1920.0, 1080.0), MODELS["gemini-3-pro-image"], "1K")
    assert framing.canvas == (1376, 768)
    (left, top), (right, bottom) = framing.to_canvas(0.0, 0.0), framing.to_canvas(1.0, 1.0)
    assert (top, bottom) == pytest.approx((0, 768))
    assert (left, right) == pytest.approx((1376 / 2 - 768 * 8 / 9, 1376 / 2 + 768 * 8 / 9))


@pytest.mark.parametrize(
    "frame",
    [(0.0, 10.0), (10.0, 0.0), (-5.0, 10.0), (float("nan"), 10.0), (10.0, float("inf")), (float("inf"), float("inf"))],
)
@pytest.mark.parametrize("ratio", [None, "1:1"])
def test_a_frame_without_area_is_refused(frame, ratio):
    with pytest.raises(ValueError, match="above 0"):
        fit_frame(frame, MODELS["gemini-3-pro-image"], "1K", ratio)


def test_what_the_model_lacks_is_refused():
    with pytest.raises(KeyError):
        fit_frame((10.0, 10.0), MODELS["gemini-3-pro-image"], "1K", "8:1")
    with pytest.raises(KeyError):
        fit_frame((10.0, 10.0), MODELS["gemini-3-pro-image"], "8K")
    with pytest.raises(KeyError):
        fit_frame((10.0, 10.0), MODELS["gemini-3-pro-image"], "512")
