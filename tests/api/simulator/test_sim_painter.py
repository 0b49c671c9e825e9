"""The Offline painter: every outline stays, the look changes, textures tile, bytes repeat."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from nano_banana_addon.simulator.painting import painterly
from nano_banana_addon.simulator.painting.gallery import PictureCache, encode
from nano_banana_addon.simulator.painting.job import PaintJob

SIZE = (688, 384)


def scene(size: tuple[int, int] = SIZE) -> bytes:
    """A bright disc and a dark box on a middle ground."""
    image = Image.new("RGB", size, (110, 120, 130))
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.ellipse((width * 0.2, height * 0.3, width * 0.4, height * 0.8), fill=(240, 210, 120))
    draw.rectangle((width * 0.6, height * 0.25, width * 0.8, height * 0.7), fill=(30, 20, 60))
    stream = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.6)).save(stream, "PNG")
    return stream.getvalue()


def box_edges(image: Image.Image) -> np.ndarray:
    """Where the box's left, right, top and bottom edge lie, in pixels: the steepest places."""
    pixels = np.asarray(image.convert("RGB"), dtype=float)
    height, width = pixels.shape[:2]
    across = pixels[int(height * 0.32) : int(height * 0.63)].mean(axis=0)
    down = pixels[:, int(width * 0.64) : int(width * 0.76)].mean(axis=1)
    places = ((across, width * 0.6), (across, width * 0.8), (down, height * 0.25))
    return np.array([steepest(*place) for place in (*places, (down, height * 0.7))])


def steepest(profile: np.ndarray, near: float) -> float:
    """The place of the largest step around *near*, by a parabola through the peak."""
    start = int(near) - 10
    steps = np.abs(np.diff(profile, axis=0)).sum(axis=-1)[start : start + 20]
    peak = int(steps[1:-1].argmax()) + 1
    low, mid, high = steps[peak - 1 : peak + 2]
    return float(start + peak + (low - high) / (2 * (low - 2 * mid + high)))


@pytest.mark.parametrize("prompt", ["oil", "neon night", "ink drawing", "deep snow", "rain"])
def test_outlines_stay_and_the_look_changes(prompt: str) -> None:
    """Restyled, not moved: less than half a pixel; and visibly another picture."""
    data = scene()
    before = Image.open(io.BytesIO(data)).convert("RGB")
    after = painterly.paint(PaintJob(prompt, (data,), width=SIZE[0], height=SIZE[1]))
    assert after.size == SIZE
    assert np.abs(box_edges(after) - box_edges(before)).max() < 0.5
    difference = np.abs(np.asarray(before, dtype=float) - np.asarray(after, dtype=float))
    assert difference.mean() > 12


def test_size_and_place_hold_when_enlarged() -> None:
    """Asked for four times the size, the same outlines are four times further."""
    data = scene()
    large = painterly.paint(PaintJob("oil", (data,), width=SIZE[0] * 4, height=SIZE[1] * 4))
    small = large.resize(SIZE, Image.Resampling.BOX)
    before = Image.open(io.BytesIO(data)).convert("RGB")
    assert np.abs(box_edges(small) - box_edges(before)).max() < 0.5


def test_the_same_job_gives_the_same_bytes_and_another_seed_others() -> None:
    """Deterministic from prompt, pictures and seed."""
    data = scene()

    def bytes_of(prompt: str, seed: int = 0) -> bytes:
        return encode(
            painterly.paint(PaintJob(prompt, (data,), width=344, height=192, seed=seed)),
            "image/jpeg",
        )

    assert bytes_of("a quiet village") == bytes_of("a quiet village")
    assert bytes_of("a quiet village") != bytes_of("a quiet village", 7)
    assert bytes_of("a quiet village") != bytes_of("a loud city at night")


@pytest.mark.parametrize(
    "prompt",
    ["old bricks", "oak planks", "cobblestone", "marble", "linen", "concrete", "a dragon", ""],
)
@pytest.mark.parametrize("size", [(256, 256), (1264, 848)])
def test_textures_tile(prompt: str, size: tuple[int, int]) -> None:
    """Without a picture: the step over the border is like the steps inside."""
    image = painterly.paint(PaintJob(prompt, width=size[0], height=size[1]))
    pixels = np.asarray(image.convert("L"), dtype=float)
    assert image.size == size
    assert pixels.std() > 3
    for axis in (0, 1):
        steps = np.abs(np.diff(pixels, axis=axis)).mean(axis=1 - axis)
        first, last = np.moveaxis(pixels, axis, 0)[[0, -1]]
        assert np.abs(first - last).mean() <= steps.max() * 1.2 + 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "I;16"])
def test_odd_inputs_are_painted(mode: str) -> None:
    """Grey, transparent, indexed, print and 16-bit pictures."""
    kind = "JPEG" if mode == "CMYK" else "PNG"
    stream = io.BytesIO()
    Image.new(mode, (33, 17)).save(stream, kind)
    image = painterly.paint(PaintJob("x", (stream.getvalue(),), width=64, height=32))
    assert image.size == (64, 32)


def test_another_shape_is_set_into_the_middle() -> None:
    """A square picture in a wide frame is not stretched."""
    image = Image.new("RGB", (200, 200), (128, 128, 128))
    ImageDraw.Draw(image).ellipse((50, 50, 150, 150), fill=(255, 255, 255))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    painted = painterly.paint(PaintJob("day", (stream.getvalue(),), width=800, height=400))
    grey = np.asarray(painted.convert("L"), dtype=float)
    inside = grey[100:300, 300:500]
    assert inside[60:140, 60:140].mean() > grey[100:300, 210:290].mean() + 20


def test_a_gallery_paints_once(picture: Callable[..., bytes]) -> None:
    """The same job again comes from memory; an encoded picture is handed on unchanged."""
    jobs: list[PaintJob] = []

    def painter(job: PaintJob) -> Image.Image:
        jobs.append(job)
        return Image.new("RGB", (job.width, job.height))

    gallery = PictureCache(painter)
    job = PaintJob("x", (picture(),), width=40, height=30)
    assert gallery.get_picture(job) == gallery.get_picture(job)
    assert len(jobs) == 1
    assert PictureCache(lambda _job: b"canned").get_picture(job) == b"canned"


def test_png_has_its_credentials_after_the_header() -> None:
    """The caBX chunk lies at offset 33, and the file is still a PNG."""
    data = encode(Image.new("RGB", (20, 10)), "image/png")
    assert data[37:41] == b"caBX"
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.size == (20, 10)


def test_a_surface_in_flat_light_has_one_tone_whatever_the_light_of_the_clay():
    """Offline's views of an object would contradict each other if they followed the light of each."""

    def paint(prompt: str) -> np.ndarray:
        image = Image.new("RGB", (400, 400), (118, 118, 118))
        draw = ImageDraw.Draw(image)
        draw.rectangle((80, 100, 200, 300), fill=(230, 230, 230))
        draw.rectangle((200, 100, 320, 300), fill=(150, 150, 150))
        stream = io.BytesIO()
        image.save(stream, "PNG")
        painted = painterly.paint(PaintJob(prompt, (stream.getvalue(),), width=400, height=400))
        return np.asarray(painted.convert("RGB"), dtype=float)

    def measure(prompt: str) -> list[float]:
        pixels = paint(prompt)
        return [float(pixels[180:220, left : left + 40].mean()) for left in (120, 240, 10)]

    lit, shaded, _ = measure("oil")
    assert abs(lit - shaded) > 30
    lit, shaded, ground = measure("oil, in flat, even light")
    assert abs(lit - shaded) < 8
    assert abs(lit - ground) > 40
