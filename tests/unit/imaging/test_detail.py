# SPDX-License-Identifier: GPL-3.0-or-later
"""An image gets the detail of its tiles, and nothing else of them: neither their colours nor their drift."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nano_banana_addon.core.models import MODELS
from nano_banana_addon.imaging.arrays import Floats, Pixels
from nano_banana_addon.imaging.detail.enlargement import Enlargement, smooth
from nano_banana_addon.imaging.detail.tiles import compute_fade, find_cell, lay_tiles
from nano_banana_addon.imaging.resample import resample_box

EDGE, SCALE = 1024, 4  # of the truth; the image is its reduction by so much


def draw_truth(seed: int, width: int = EDGE, height: int = EDGE) -> Pixels:
    """Shapes of many colours with grain of all sizes, and thin scratches."""
    rng = np.random.default_rng(seed)
    canvas = Image.new("RGB", (width, height), (96, 90, 84))
    draw = ImageDraw.Draw(canvas)
    for _ in range(60):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(40, 260)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(int(v) for v in rng.integers(50, 200, 3)))
    for _ in range(400):
        x, y, dx, dy = (*rng.uniform(0, width, 2), *rng.normal(0, 60, 2))
        draw.line((x, y, x + dx, y + dy), fill=tuple(int(v) for v in rng.integers(30, 220, 3)), width=2)
    values = np.asarray(canvas, np.float32)
    for size, strength in ((2, 9), (6, 8), (24, 8)):
        coarse = rng.normal(0, strength, (height // size + 1, width // size + 1)).astype(np.float32)
        grain = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        values = values + np.asarray(grain)[..., None]
    return np.clip(values, 12, 243).astype(np.uint8)


@dataclass
class Case:
    """A truth, the soft image made of it, and the enlargement of that."""

    truth: Pixels
    per_side: int = 2
    canvas: tuple[int, int] = (512, 512)
    enlarged: Enlargement = field(init=False)
    draft: Pixels = field(init=False)

    def __post_init__(self) -> None:
        height, width = (length // SCALE for length in self.truth.shape[:2])
        self.draft = np.asarray(Image.fromarray(self.truth).resize((width, height), Image.Resampling.LANCZOS))
        self.enlarged = Enlargement(self.draft, self.per_side, SCALE)
        self.crops = lay_tiles((width, height), self.per_side, {"any": self.canvas})

    def answer(self, number: int, shift: tuple[float, float] = (0, 0)) -> Pixels:
        """The truth of a tile, moved by pixels of its canvas."""
        crop = self.crops[number]
        box = [edge * SCALE - shift[k % 2] * SCALE / crop.scale for k, edge in enumerate(crop.box)]
        return np.asarray(resample_box(Image.fromarray(self.truth), tuple(box), crop.canvas))

    def add(self, number: int, answer: Pixels) -> bool:
        box = [edge * SCALE / self.truth.shape[1 - k % 2] for k, edge in enumerate(self.crops[number].box)]
        return self.enlarged.add(number, tuple(box), answer)

    @property
    def plain(self) -> Pixels:
        return Enlargement(self.draft, self.per_side, SCALE).pixels


def spoil(answer: Pixels, seed: int) -> Pixels:
    """Each channel by up to 7 % lighter or darker, and up to 5 of 255."""
    rng = np.random.default_rng(seed)
    gain, offset = rng.choice([0.93, 1.07], 3), rng.choice([-5, 5], 3)
    return np.clip(answer * gain + offset, 0, 255).astype(np.uint8)


def measure_low_band(pixels: Pixels, draft: Pixels, sigma: float = 16) -> float:
    """How far, of 255 in the mean, the low frequencies of two images are apart."""
    return float(np.mean([np.abs(gauss(pixels[..., k] - draft[..., k].astype(np.float32), sigma)) for k in range(3)]))


def gauss(plane: Floats, sigma: float) -> Floats:
    """A Gaussian by Fourier's transform, the plane mirrored at its borders as far as it reaches."""
    height, width = plane.shape
    reach = int(5 * sigma) + 1
    # Sides of many small factors: others take several times as long.
    mirrored = np.pad(plane, [(reach, reach + -(side + 2 * reach) % 64) for side in plane.shape], mode="symmetric")
    y, x = np.fft.fftfreq(mirrored.shape[0])[:, None], np.fft.rfftfreq(mirrored.shape[1])[None]
    kernel = np.exp(-2 * (np.pi * sigma) ** 2 * (x * x + y * y)).astype(np.float32)
    softened = np.fft.irfft2(np.fft.rfft2(mirrored) * kernel, s=mirrored.shape)
    return softened[reach : reach + height, reach : reach + width].astype(np.float32)


def measure_detail(pixels: Pixels) -> float:
    """The deviation of what is finer than some 4 pixels."""
    grey = pixels.astype(np.float32).mean(axis=2)
    return float((grey - gauss(grey, 2)).std())


def measure_step(pixels: Pixels, truth: Pixels, column: int) -> float:
    """By how much, of 255, the image is another exposure on both sides of a column."""
    rest = (pixels.astype(np.float32) - truth).mean(axis=2)
    return float(abs(rest[:, column - 12 : column].mean() - rest[:, column : column + 12].mean()))


@pytest.mark.parametrize("seed", range(3))
def test_detail_comes_from_the_tiles_and_the_low_band_from_the_image(seed: int) -> None:
    case = Case(draw_truth(seed))
    shifts = [(6, -5), (-6, 4), (3, 6), (-4, -6)]
    for number, shift in enumerate(shifts):
        assert case.add(number, spoil(case.answer(number, shift), seed * 10 + number))
    made = case.enlarged.pixels
    assert measure_low_band(made, case.plain) <= 0.3
    assert measure_detail(made) >= 2 * measure_detail(case.plain)
    assert 0.9 <= measure_detail(made) / measure_detail(case.truth) <= 1.1
    # Far more of the truth than the image had.
    error, plain_error = (np.abs(each.astype(float) - case.truth).mean() for each in (made, case.plain))
    assert error < 0.5 * plain_error


def test_tiles_of_other_exposures_leave_no_step() -> None:
    case = Case(draw_truth(5))
    for number in range(4):
        lighter = 1.07 if number % 2 else 0.93
        answer = case.answer(number) * lighter + (5 if number % 2 else -5)
        assert case.add(number, np.clip(answer, 0, 255).astype(np.uint8))
    cell = find_cell((EDGE // SCALE, EDGE // SCALE), 2, 1)
    for column in range(int(cell[0] * SCALE) - 30, EDGE // 2 + 100, 10):
        assert measure_step(case.enlarged.pixels, case.truth, column) <= 1.5
        assert measure_step(case.enlarged.pixels.swapaxes(0, 1), case.truth.swapaxes(0, 1), column) <= 1.5


def test_an_answer_of_something_else_changes_nothing() -> None:
    case = Case(draw_truth(7))
    before = case.enlarged.pixels.copy()
    other = Case(draw_truth(8))
    assert not case.add(0, other.answer(0))
    assert not case.add(1, np.zeros((512, 512, 3), np.uint8))
    assert not case.add(2, np.random.default_rng(1).integers(0, 256, (512, 512, 3), dtype=np.uint8))
    assert not case.add(3, np.zeros((1, 1, 3), np.uint8))
    assert (case.enlarged.pixels == before).all()


def test_where_a_tile_is_missing_the_image_stays_and_its_neighbours_fade_into_it() -> None:
    case = Case(draw_truth(9))
    for number in (0, 1, 2):
        assert case.add(number, case.answer(number))
    made, plain = case.enlarged.pixels, case.plain
    own = slice(int(EDGE * 0.55), None)
    assert (made[own, own] == plain[own, own]).all()
    assert measure_low_band(made, plain) <= 0.3
    assert measure_step(made, case.truth, EDGE // 2) <= 1.5


@pytest.mark.parametrize("size", [(256, 256), (1024, 1024), (700, 500)])
def test_an_answer_of_another_size_is_taken(size: tuple[int, int]) -> None:
    case = Case(draw_truth(11))
    answers = [np.asarray(Image.fromarray(case.answer(n)).resize(size, Image.Resampling.LANCZOS)) for n in range(4)]
    for number, answer in enumerate(answers):
        assert case.add(number, answer)
    assert measure_detail(case.enlarged.pixels) > 1.3 * measure_detail(case.plain)
    assert measure_low_band(case.enlarged.pixels, case.plain) <= 0.3


@pytest.mark.parametrize("per_side", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(2048, 2048), (1376, 768), (433, 611)])
def test_tiles_have_the_models_shapes_and_cover_the_image(size: tuple[int, int], per_side: int) -> None:
    model = MODELS["gemini-3-pro-image"]
    canvases = {ratio: model.find_pixel_size(ratio, "4K") for ratio in model.ratios}
    crops = lay_tiles(size, per_side, canvases)
    assert len(crops) == per_side**2
    for number, crop in enumerate(crops):
        assert crop.canvas == canvases[crop.ratio]
        across, down = crop.box[2] - crop.box[0], crop.box[3] - crop.box[1]
        assert across / down == pytest.approx(crop.canvas[0] / crop.canvas[1], rel=1e-9)
        cell = find_cell(size, per_side, number)
        assert crop.box[0] <= cell[0] + 1e-6
        assert crop.box[3] >= cell[3] - 1e-6
        assert across * down < 1.35 * (cell[2] - cell[0]) * (cell[3] - cell[1])
    for length in size:
        at = np.arange(length) + 0.5
        shares = [compute_fade(length, per_side, place, at) for place in range(per_side)]
        assert sum(shares) == pytest.approx(1, abs=1e-6)


def test_what_is_smooth_is_smooth_whatever_the_size() -> None:
    plane = np.add.outer(np.arange(301.0), np.arange(77.0)).astype(np.float32)
    assert np.abs(smooth(plane, 16) - plane)[60:-60, 38:39].max() < 2
    assert smooth(np.full((3, 2), 7, np.float32), 16) == pytest.approx(7)
