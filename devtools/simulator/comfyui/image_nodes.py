# SPDX-License-Identifier: GPL-3.0-or-later
"""What the nodes of pictures and masks do. Each takes its inputs by name and returns its outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

Compute = Callable[..., tuple[Any, ...]]
_CHANNELS = {"red": 0, "green": 1, "blue": 2}
#: The sizes between which FLUX Kontext chooses by the ratio.
_KONTEXT = (
    *((672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104)),
    *(
        (1024, 1024),
        (1104, 944),
        (1184, 880),
        (1248, 832),
        (1328, 800),
        (1392, 752),
        (1456, 720),
        (1504, 688),
        (1568, 672),
    ),
)


def _resize(picture: Image, size: tuple[int, int], method: str) -> Image:
    from PIL import Image

    filters = {
        "nearest-exact": Image.Resampling.NEAREST,
        "bilinear": Image.Resampling.BILINEAR,
        "area": Image.Resampling.BOX,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos": Image.Resampling.LANCZOS,
    }
    return picture.resize(size, filters[method])


def _scale(image: Image, upscale_method: str, width: int, height: int, crop: str) -> tuple[Image]:
    """A side of 0 follows the ratio."""
    if not width and not height:
        return (image,)
    width = width or max(1, round(image.width * height / image.height))
    height = height or max(1, round(image.height * width / image.width))
    if crop == "center":
        wide = min(image.width, round(image.height * width / height))
        high = min(image.height, round(image.width * height / width))
        left, top = (image.width - wide) // 2, (image.height - high) // 2
        image = image.crop((left, top, left + wide, top + high))
    return (_resize(image, (width, height), upscale_method),)


def _scale_by(image: Image, upscale_method: str, scale_by: float) -> tuple[Image]:
    return (_resize(image, (round(image.width * scale_by), round(image.height * scale_by)), upscale_method),)


def _scale_to_total(image: Image, upscale_method: str, megapixels: float, resolution_steps: int) -> tuple[Image]:
    scale = (megapixels * 1024 * 1024 / (image.width * image.height)) ** 0.5
    sides = (round(side * scale / resolution_steps) * resolution_steps for side in image.size)
    return (_resize(image, (next(sides), next(sides)), upscale_method),)


def _scale_for_kontext(image: Image) -> tuple[Image]:
    ratio = image.width / image.height
    size = min(_KONTEXT, key=lambda pair: abs(ratio - pair[0] / pair[1]))
    return (_resize(image, size, "lanczos"),)


def _invert(image: Image) -> tuple[Image]:
    from PIL import ImageOps

    return (ImageOps.invert(image),)


def _blend(image1: Image, image2: Image, blend_factor: float, blend_mode: str) -> tuple[Image]:
    from PIL import Image, ImageChops

    second = image2.resize(image1.size, Image.Resampling.BICUBIC)
    modes = {
        "multiply": ImageChops.multiply,
        "screen": ImageChops.screen,
        "overlay": ImageChops.overlay,
        "soft_light": ImageChops.soft_light,
        "difference": ImageChops.difference,
    }
    mixed = modes[blend_mode](image1, second) if blend_mode in modes else second
    return (Image.blend(image1, mixed, blend_factor),)


def _blur(image: Image, blur_radius: int, sigma: float) -> tuple[Image]:
    from PIL import ImageFilter

    return (image.filter(ImageFilter.GaussianBlur(min(blur_radius, sigma))),)


def _make_empty(width: int, height: int, batch_size: int, color: int) -> tuple[Image]:
    del batch_size
    from PIL import Image

    return (Image.new("RGB", (width, height), (color >> 16, color >> 8 & 255, color & 255)),)


def _composite(
    destination: Image, source: Image, x: int, y: int, resize_source: bool, mask: Any = None
) -> tuple[Image]:
    from PIL import Image

    if resize_source:
        source = source.resize(destination.size, Image.Resampling.BILINEAR)
    cover = mask.resize(source.size, Image.Resampling.BILINEAR) if mask is not None else None
    result = destination.copy()
    result.paste(source, (x, y), cover)
    return (result,)


def _convert_mask(mask: Image) -> tuple[Image]:
    return (mask.convert("RGB"),)


def _convert_to_mask(image: Image, channel: str) -> tuple[Image]:
    from PIL import Image

    return (image.getchannel(_CHANNELS[channel]) if channel in _CHANNELS else Image.new("L", image.size, 255),)


def _grow(mask: Image, expand: int, tapered_corners: bool) -> tuple[Image]:
    from PIL import ImageFilter

    del tapered_corners
    size = 2 * min(abs(expand), 64) + 1
    return (
        mask.filter(ImageFilter.MaxFilter(size) if expand > 0 else ImageFilter.MinFilter(size)) if expand else mask,
    )


def _make_mask(value: float, width: int, height: int) -> tuple[Image]:
    from PIL import Image

    return (Image.new("L", (width, height), round(value * 255)),)


def _crop(image: Image, width: int, height: int, x: int, y: int) -> tuple[Image]:
    x, y = min(x, image.width - 1), min(y, image.height - 1)
    return (image.crop((x, y, min(image.width, x + width), min(image.height, y + height))),)


def _stitch(image1: Image, direction: str, image2: Any = None, **_options: Any) -> tuple[Image]:
    from PIL import Image

    if image2 is None:
        return (image1,)
    across = direction in ("right", "left")
    scale = image1.height / image2.height if across else image1.width / image2.width
    image2 = image2.resize((round(image2.width * scale), round(image2.height * scale)))
    first, second = (image1, image2) if direction in ("right", "down") else (image2, image1)
    size = (first.width + second.width, first.height) if across else (first.width, first.height + second.height)
    result = Image.new("RGB", size)
    result.paste(first, (0, 0))
    result.paste(second, (first.width, 0) if across else (0, first.height))
    return (result,)


def _upscale(upscale_model: Any, image: Image) -> tuple[Image]:
    del upscale_model
    return (_resize(image, (image.width * 4, image.height * 4), "lanczos"),)


COMPUTE: dict[str, Compute] = {
    "ImageScale": _scale,
    "ImageScaleBy": _scale_by,
    "ImageScaleToTotalPixels": _scale_to_total,
    "FluxKontextImageScale": _scale_for_kontext,
    "ImageInvert": _invert,
    "InvertMask": lambda mask: _invert(mask),
    "ImageBlend": _blend,
    "ImageBlur": _blur,
    "EmptyImage": _make_empty,
    "ImageCompositeMasked": _composite,
    "MaskToImage": _convert_mask,
    "ImageToMask": _convert_to_mask,
    "GrowMask": _grow,
    "SolidMask": _make_mask,
    "ImageCrop": _crop,
    "ImageStitch": _stitch,
    "ImageUpscaleWithModel": _upscale,
}
