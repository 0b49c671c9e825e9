# SPDX-License-Identifier: GPL-3.0-or-later
"""A masked edit: the surroundings stay as they are to the byte, the change lies where it belongs, no border shows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy import typing as npt
from PIL import Image, ImageDraw

from nano_banana_addon.core.errors import InputError
from nano_banana_addon.core.models import MODELS
from nano_banana_addon.imaging.edit.composite import check_surroundings, cut_crop, lay_in
from nano_banana_addon.imaging.edit.crop import choose_crop, extend_canvas
from nano_banana_addon.imaging.edit.files import cut_mask, draw_empty, draw_outline, read_original
from nano_banana_addon.imaging.edit.seam import fade_inwards
from nano_banana_addon.imaging.registration.edges import blur

from .restyled import affine, scene

Pixels = npt.NDArray[Any]
CANVASES = {r: MODELS["gemini-3-pro-image"].find_pixel_size(r, "1K") for r in MODELS["gemini-3-pro-image"].ratios}


def random_mask(width: int, height: int, rng: np.random.Generator, *, soft: bool = False) -> Pixels:
    """A blob, with a hole now and then."""
    image = Image.new("L", (width, height))
    draw = ImageDraw.Draw(image)
    x, y = rng.uniform(0.15, 0.85) * width, rng.uniform(0.15, 0.85) * height
    for _ in range(rng.integers(1, 5)):
        dx, dy = rng.normal(0, 50, 2)
        across, down = rng.uniform(25, 130, 2)
        draw.ellipse((x + dx - across, y + dy - down, x + dx + across, y + dy + down), fill=255)
    if rng.random() < 0.3:
        draw.ellipse((x - 15, y - 15, x + 15, y + 15), fill=0)
    mask = np.asarray(image).copy()
    if soft:
        mask = np.where(mask > 0, 128 + mask // 3, 0).astype(np.uint8)
    return mask


def natural(width: int, height: int, seed: int) -> Pixels:
    """Shapes with stripes and blotches, neither black nor burnt out."""
    return (scene(width, height, seed).painted * 0.7 + 30).astype(np.uint8)


def change(image: Pixels, mask: Pixels, colour: tuple[int, int, int] = (200, 60, 40)) -> Pixels:
    """What the painter means: a new thing in the inner part of the mask, the rest as it is."""
    inner = fade_inwards(mask, 60)[..., None]
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    stripes = np.array(colour) + 25 * np.sin((x + y) / 9.0)[..., None]
    return (image * (1 - inner) + stripes * inner + 0.5).clip(0, 255).astype(np.uint8)


def disturb(picture: Pixels, rng: np.random.Generator, *, vignette: float = 0.12) -> tuple[Pixels, Pixels]:
    """What comes back: shifted up to 12 px, zoomed up to 2 %, gain up to 8 %, vignette, noise, as JPEG; and the map."""
    height, width = picture.shape[:2]
    matrix = affine((width, height), tuple(rng.uniform(-12, 12, 2)), 1 + rng.uniform(-0.02, 0.02), 0.0)
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    inverse[:, 2] += 64
    padded = np.pad(picture, ((64, 64), (64, 64), (0, 0)), mode="edge")
    mapped = Image.fromarray(padded).transform(
        (width, height), Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC
    )
    y, x = np.mgrid[0:height, 0:width]
    falloff = 1 - vignette * 2 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
    gain = 1 + rng.uniform(-0.08, 0.08, 3)
    values = np.asarray(mapped) * gain * falloff[..., None] + rng.normal(0, 3, picture.shape)
    buffer = io.BytesIO()
    Image.fromarray(values.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=92)
    return np.asarray(Image.open(buffer).convert("RGB")), matrix


def softened(values: Pixels) -> Pixels:
    """Means of 8 x 8 pixels: what the eye sees as a difference of brightness."""
    height, width = (side // 8 * 8 for side in values.shape[:2])
    return values[:height, :width].reshape(height // 8, 8, width // 8, 8, -1).mean(axis=(1, 3))


@pytest.mark.parametrize("number", [pytest.param(n, marks=[pytest.mark.soak] * (n > 4)) for n in range(30)])
def test_the_surroundings_are_the_same_bytes_and_the_change_is_what_was_meant(number: int) -> None:
    rng = np.random.default_rng(number)
    width, height = ((1376, 768), (1024, 1024), (900, 1300))[number % 3]
    image = natural(width, height, number)
    mask = random_mask(width, height, rng, soft=number % 5 == 4)
    crop = choose_crop(mask, CANVASES)
    meant = change(image, mask)
    answer, _ = disturb(cut_crop(meant, crop), rng)
    found = lay_in(image, mask, crop, answer)

    assert found.pixels.dtype == image.dtype
    assert np.array_equal(found.pixels[mask == 0], image[mask == 0])
    inside = fade_inwards(mask, 24)
    core = inside >= 0.999
    if core.sum() > 500:  # what the painter meant, in colour
        difference = softened(np.where(core[..., None], found.pixels.astype(float) - meant, 0))
        full = softened(core[..., None].astype(float))[..., 0] >= 1
        assert np.abs(difference[full]).mean() <= 5.0
    ring = (inside > 0) & (inside < 0.5)
    expected = image * (1 - inside[..., None]) + meant * inside[..., None]
    drift = np.stack([blur((found.pixels - expected)[..., k].astype(np.float32), 6)[ring] for k in range(3)])
    assert np.abs(drift).mean() <= 0.6
    assert np.percentile(np.abs(drift), 95) <= 1.5


def edit(image: Pixels, mask: Pixels) -> Pixels:
    crop = choose_crop(mask, CANVASES)
    meant = np.where((mask > 0)[..., None], 255 - image, image).astype(image.dtype)
    answer, _ = disturb(cut_crop(meant, crop), np.random.default_rng(1))
    return lay_in(image, mask, crop, answer).pixels


def rectangle(width: int, height: int, box: tuple[int, int, int, int], value: int = 255) -> Pixels:
    mask = np.zeros((height, width), np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = value
    return mask


@pytest.mark.parametrize(
    "box", [(100, 100, 101, 101), (0, 0, 60, 300), (300, 0, 400, 300), (0, 240, 400, 300), (398, 298, 400, 300)]
)
def test_masks_of_one_pixel_and_at_each_border_are_edited(box: tuple[int, int, int, int]) -> None:
    image, mask = natural(400, 300, 3), rectangle(400, 300, box)
    found = edit(image, mask)
    assert np.array_equal(found[mask == 0], image[mask == 0])
    assert not np.array_equal(found[mask > 0], image[mask > 0])


def test_a_mask_along_all_four_borders_is_edited() -> None:
    image, mask = natural(400, 300, 3), rectangle(400, 300, (0, 0, 400, 300))
    mask[40:260, 40:360] = 0
    found = edit(image, mask)
    assert np.array_equal(found[mask == 0], image[mask == 0])
    assert not np.array_equal(found[mask > 0], image[mask > 0])


def test_an_image_of_more_than_eight_bits_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((40, 40), 30000, np.uint16)).save(path)
    with pytest.raises(InputError, match="has 16 bits per channel"):
        read_original(path)


def test_sixteen_bits_and_transparency_are_kept_outside_and_opaque_inside() -> None:
    colours = natural(400, 300, 4).astype(np.uint16) * 257 + np.random.default_rng(0).integers(0, 90, (300, 400, 3))
    alpha = np.full((300, 400, 1), 40000)
    image = np.dstack([colours, alpha]).astype(np.uint16)
    mask = rectangle(400, 300, (150, 100, 260, 200))
    found = edit(image, mask)
    assert found.dtype == np.uint16
    assert np.array_equal(found[mask == 0], image[mask == 0])
    assert found[150, 200, 3] == 65535


def test_an_answer_that_shows_something_else_is_not_pasted() -> None:
    image, mask = natural(600, 400, 5), rectangle(600, 400, (200, 150, 380, 260))
    crop = choose_crop(mask, CANVASES)
    with pytest.raises(InputError, match="does not show the surroundings"):
        lay_in(image, mask, crop, natural(crop.canvas[0], crop.canvas[1], 77))


@pytest.mark.parametrize("size", [(1024, 1024), (1376, 768), (500, 700)])
def test_an_answer_of_another_size_or_shape_is_laid_in_place(size: tuple[int, int]) -> None:
    image, mask = natural(700, 700, 6), rectangle(700, 700, (250, 250, 420, 400))
    crop = choose_crop(mask, {"1:1": (1024, 1024)})
    sent = Image.fromarray(cut_crop(image, crop))
    fit = min(size[0] / sent.width, size[1] / sent.height)
    inner = sent.resize((round(sent.width * fit), round(sent.height * fit)), Image.Resampling.LANCZOS)
    answer = Image.new("RGB", size)
    answer.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    found = lay_in(image, mask, crop, np.asarray(answer)).pixels
    assert np.abs(found.astype(int) - image)[mask > 0].mean() < 4


def test_what_could_not_be_laid_in_place_is_told_before_it_is_paid_for() -> None:
    plain = np.full((400, 600, 3), 120, np.uint8)
    plain[:, :, 0] += (np.arange(600) // 12).astype(np.uint8)  # a gradient has no edges
    mask = rectangle(600, 400, (200, 100, 300, 200))
    crop = choose_crop(mask, CANVASES)
    with pytest.raises(InputError, match="nothing by which"):
        check_surroundings(plain, mask, crop)
    check_surroundings(natural(600, 400, 1), mask, crop)
    everything = rectangle(600, 400, (0, 0, 600, 400))
    whole = choose_crop(everything, CANVASES)
    with pytest.raises(InputError, match="nothing by which"):
        check_surroundings(natural(600, 400, 1), everything, whole)


def test_an_empty_mask_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="empty"):
        choose_crop(np.zeros((40, 40), np.uint8), CANVASES)


def test_a_crop_has_exactly_the_shape_of_its_canvas_and_holds_the_mask_with_surroundings() -> None:
    rng = np.random.default_rng(9)
    for _ in range(200):
        width, height = (int(side) for side in rng.integers(300, 4096, 2))
        left, top = int(rng.integers(0, width - 2)), int(rng.integers(0, height - 2))
        box = (left, top, int(rng.integers(left + 1, width)), int(rng.integers(top + 1, height)))
        crop = choose_crop(rectangle(width, height, box), CANVASES)
        size = (crop.box[2] - crop.box[0], crop.box[3] - crop.box[1])
        assert size[0] / size[1] == pytest.approx(crop.canvas[0] / crop.canvas[1], rel=1e-9)
        assert crop.canvas in CANVASES.values()
        assert crop.box[0] <= max(0, left - 63) + 1
        assert crop.box[1] <= max(0, top - 63) + 1
        assert crop.box[2] >= min(width, box[2] + 63) - 1
        assert crop.box[3] >= min(height, box[3] + 63) - 1


def test_the_area_is_outlined_by_one_line_that_leaves_it_visible() -> None:
    image, mask = natural(400, 300, 2), rectangle(400, 300, (150, 100, 250, 200))
    crop = choose_crop(mask, CANVASES)
    sent, white = cut_crop(image, crop), cut_mask(mask, crop)
    changed = (draw_outline(sent, white) != sent).any(axis=2)
    inside = white[..., 0] > 0
    assert not changed[inside].any()
    middle = changed[changed.shape[0] // 2]
    assert np.count_nonzero(np.diff(middle.astype(int)) > 0) == 2  # one line on each side


def test_an_empty_area_is_sent_in_one_colour_and_all_else_as_it_is() -> None:
    image, mask = natural(400, 300, 2), rectangle(400, 300, (150, 100, 250, 200))
    crop = choose_crop(mask, CANVASES)
    sent, white = cut_crop(image, crop), cut_mask(mask, crop)
    shown, inside = draw_empty(sent, white), white[..., 0] > 0
    assert (shown[inside] == (255, 0, 255)).all()
    assert np.array_equal(shown[~inside], sent[~inside])


@pytest.mark.parametrize(
    ("ratio", "size", "shape"),
    [("16:9", (1600, 900), (900, 900)), ("1:1", (900, 900), (700, 900)), ("9:16", (675, 1200), (675, 800))],
)
def test_an_extended_image_keeps_its_pixels_and_goes_on_without_a_seam(
    ratio: str, size: tuple[int, int], shape: tuple[int, int]
) -> None:
    whole = natural(*size, 4)
    left, top = (size[0] - shape[0]) // 2, (size[1] - shape[1]) // 2
    inner = np.s_[top : top + shape[1], left : left + shape[0]]
    extended, mask = extend_canvas(whole[inner], ratio)
    assert extended.shape == whole.shape
    assert not mask[inner].any()
    assert np.count_nonzero(mask) == size[0] * size[1] - shape[0] * shape[1]
    crop = choose_crop(mask, CANVASES)
    answer, _ = disturb(cut_crop(whole, crop), np.random.default_rng(2))
    found = lay_in(extended, mask, crop, answer, extends=True).pixels
    assert np.array_equal(found[inner], whole[inner])
    difference = softened(np.where(mask[..., None] > 0, found.astype(float) - whole, 0))
    assert np.abs(difference)[softened(mask[..., None] / 255.0)[..., 0] >= 1].mean() <= 5.0


def test_an_image_that_has_the_ratio_is_not_extended() -> None:
    with pytest.raises(InputError, match="16:9 already"):
        extend_canvas(np.zeros((768, 1366, 3), np.uint8), "16:9")
