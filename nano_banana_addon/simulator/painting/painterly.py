# SPDX-License-Identifier: GPL-3.0-or-later
"""The default painter: the last picture again, as a painting, every outline in its place."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from . import cross, detail, filters, grey_maps, strokes, texture, weather
from .palette import Mood, choose_mood, hash_to_fraction

if TYPE_CHECKING:
    from PIL.Image import Image

    from .filters import Plane
    from .job import PaintJob

# Painting is done at about a megapixel for 1K and two for more, then enlarged: brush marks have
# no finer detail, and the paper's grain is added at full size.
_SMALL, _LARGE = 800_000, 1_900_000  # pixels
#: Words of a prompt for a surface without shading; its tone, and how much of the picture's own is left.
_EVEN_LIGHT = "flat, even light"
_FLAT_TONE, _FLAT_SHARE = 0.6, 0.08
_SAME_TONE = 0.01
_SAME_SHAPE = 0.04  # relative difference of width / height up to which a picture is stretched


def paint(job: PaintJob) -> Image:
    """Restyle the job's last picture, add what is asked of it, or paint a tiling texture when there is none."""
    if grey_maps.is_wanted(job):
        return grey_maps.paint(job)
    mood = choose_mood(job.prompt)
    if not job.images:
        return texture.paint(job, mood)
    for special in (detail, cross):
        if special.is_asked(job):
            return special.paint(job)
    from PIL import Image

    planes = _decode_planes(job.images[-1], *_choose_working_size(job.width, job.height))
    result = _paint_planes(planes, mood, job)
    image = _to_image(result).resize((job.width, job.height), Image.Resampling.BICUBIC)
    return strokes.add_paper(image, mood.paper, canvas=mood.wash == 0)


def _choose_working_size(width: int, height: int) -> tuple[int, int]:
    max_pixels = _SMALL if width * height < 2_000_000 else _LARGE
    scale = min(1.0, (max_pixels / (width * height)) ** 0.5)
    return max(8, round(width * scale)), max(8, round(height * scale))


def _decode_planes(data: bytes, width: int, height: int) -> Plane:
    """The encoded picture as (3, height, width) planes.

    A picture of (nearly) the same shape fills the frame exactly. Any other is set into its middle,
    and what lies outside is made up from it, as the model would.
    """
    import numpy as np
    from PIL import Image, ImageFilter

    with Image.open(io.BytesIO(data)) as source:
        if source.width % 8 == 0 and source.height % 8 == 0:  # else its edges would shift
            source.draft("RGB", (width, height))
        flat = _flatten(source)
    wide, high = flat.size
    if abs(wide * height / (high * width) - 1) <= _SAME_SHAPE:
        frame = flat.resize((width, height), Image.Resampling.LANCZOS)
    else:
        scale = min(width / wide, height / high)
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        frame = flat.resize((width, height), Image.Resampling.BILINEAR)
        frame = frame.filter(ImageFilter.GaussianBlur(max(width, height) / 24))
        middle = ((width - size[0]) // 2, (height - size[1]) // 2)
        frame.paste(flat.resize(size, Image.Resampling.LANCZOS), middle)
    return np.asarray(frame, dtype=np.float32).transpose(2, 0, 1) / np.float32(255)


def _flatten(picture: Image) -> Image:
    """RGB without transparency, which lies over a mid grey."""
    from PIL import Image

    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, (150, 150, 150, 255))
    return Image.alpha_composite(ground, layered).convert("RGB")


def _paint_planes(planes: Plane, mood: Mood, job: PaintJob) -> Plane:
    import numpy as np

    unit = max(2, round((planes.shape[1] * planes.shape[2]) ** 0.5 / 240))
    source = filters.compute_luminance(planes)
    flat = _EVEN_LIGHT in job.prompt
    colour = planes if flat else filters.apply_kuwahara(filters.apply_kuwahara(planes, 2 * unit), 2 * unit)
    colour = _grade(colour, mood, hash_to_fraction(job.prompt, f"grade{job.seed}"), flat=flat)
    lines = filters.draw_ink_lines(planes, max(1, unit // 2), mood.ink * (_FLAT_SHARE if flat else 1.0))
    brush = strokes.compute_brushwork(source, 2 * unit)
    colour *= 1.0 + np.float32(0.045 * (_FLAT_SHARE if flat else 1.0)) * brush
    dark = np.asarray(mood.stops[0], dtype=np.float32)[:, None, None] * np.float32(0.5)
    colour = dark + (colour - dark) * lines
    return np.clip(weather.add_weather(colour, source, mood, job.seed), 0.0, 1.0)


def _grade(colour: Plane, mood: Mood, turn: float, *, flat: bool) -> Plane:
    """Soft steps of tone, the palette over them, and the picture's own hues within.

    A surface in `flat` light has nearly one tone, whatever light and frame the picture has, before a dark ground: views
    of it agree.
    """
    import numpy as np

    luma = filters.compute_luminance(colour)
    if flat:
        tone = np.where(_find_ground(luma), 0.0, _FLAT_TONE + _FLAT_SHARE * (luma - _FLAT_TONE))
    else:
        low, high = np.percentile(luma[::4, ::4], (1, 99))
        tone = np.clip((luma - low) / max(float(high - low), 0.05), 0.0, 1.0)
        tone = _posterise(tone * 0.85 + luma * 0.15, mood.levels)
    places = np.linspace(0.0, 1.0, len(mood.stops))
    stops = np.asarray(mood.stops, dtype=np.float32)
    mapped = np.stack([np.interp(tone, places, stops[:, n]) for n in range(3)])
    own = tone + (colour - luma) * np.float32(mood.saturation * 1.25)
    share = np.float32(mood.tint * (0.92 + 0.16 * (turn - 0.5)))
    mixed = mapped * share + own * (1 - share) + (colour - luma) * np.float32(mood.hues) * share
    mixed = mixed * np.float32(mood.gain)
    if mood.wash:
        paper = np.asarray((0.97, 0.95, 0.9), dtype=np.float32)[:, None, None]
        mixed = mixed + (paper - mixed) * np.float32(mood.wash * 0.5)
    return mixed.astype(np.float32)


def _find_ground(luma: Plane) -> Plane:
    """Where the plain ground of the picture is: large areas of the tone of its corner; a face may have it, too."""
    import numpy as np
    from PIL import Image, ImageFilter, ImageOps

    same = Image.fromarray(np.uint8(np.abs(luma - luma[0, 0]) < _SAME_TONE) * 255)
    small = same.resize((same.width // 8 + 1, same.height // 8 + 1), Image.Resampling.BOX)
    wide = ImageOps.expand(small, 8, 255)  # the ground goes on beyond the picture
    large = wide.filter(ImageFilter.MinFilter(9)).filter(ImageFilter.MaxFilter(13))
    large = ImageOps.crop(large, 8).resize(same.size)
    return (np.asarray(same) > 0) & (np.asarray(large) > 250)


def _posterise(tone: Plane, levels: int) -> Plane:
    """Posterised with rounded steps."""
    import numpy as np

    scaled = tone * levels
    floor = np.floor(scaled)
    rest = scaled - floor
    smooth = rest * rest * rest * (rest * (rest * 6 - 15) + 10)
    return (floor + 0.75 * smooth + 0.25 * rest) / levels


def _to_image(planes: Plane) -> Image:
    import numpy as np
    from PIL import Image

    pixels: Any = (planes.transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels))
