# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of gpt-image: models, fields, sizes, masks (docs/dev/images-contract.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.fields import Rule, boolean, check_fields, choice, integer, text
from devtools.simulator.services.multipart import Form, Part
from devtools.simulator.services.service import Order
from nano_banana_addon.simulator.contract import images
from nano_banana_addon.simulator.contract.json_access import Tree

MAX_PROMPT, MAX_IMAGES = 32_000, 16
MAX_FILE, MAX_MASK = 50 * 1024 * 1024, 4 * 1024 * 1024  # bytes
_FIXED_SIZES = ("1024x1024", "1536x1024", "1024x1536")
_MIN_PIXELS, _MAX_PIXELS, _MAX_EDGE, _GRID, _MAX_RATIO = 655_360, 8_294_400, 3840, 16, 3
#: Tokens of one 1024x1024 picture.
_TOKENS = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 6240, "max": 8320}
_DOLLARS_PER_TOKEN = 30e-6


@dataclass(frozen=True)
class GptModel:
    """One model; ``free_sizes``: any size on the grid, else three."""

    id: str
    free_sizes: bool = True
    newest: bool = False  # more qualities, markup
    fidelity: bool = False  # takes input_fidelity


_MODELS = (
    GptModel("gpt-image-2"),
    GptModel("gpt-image-2.5-sunburst", newest=True),
    GptModel("gpt-image-2.5-flare", newest=True),
    GptModel("gpt-image-2.6-sunburst", newest=True),
    GptModel("gpt-image-2.6-flare", newest=True),
    GptModel("gpt-image-1.5", free_sizes=False, fidelity=True),
    GptModel("gpt-image-1-mini", free_sizes=False),
    GptModel("chatgpt-image-latest"),
)
#: ``gpt-image-1`` and DALL-E are shut down.
MODELS = {model.id: model for model in _MODELS}


def find_model(name: Any) -> GptModel:
    """The model of an id, with or without the date of a snapshot."""
    ident = re.sub(r"-20\d\d-\d\d-\d\d$", "", name) if isinstance(name, str) else ""
    if ident not in MODELS:
        raise ServiceError(
            404, f"The model '{name}' does not exist or you do not have access to it.", "model_not_found"
        )
    return MODELS[ident]


def refuse(field: str, words: str) -> ServiceError:
    """The 400 for one field."""
    if words == "is unknown":
        return ServiceError(400, f"Unknown parameter: '{field}'.", "unknown_parameter", param=field)
    if words == "is required":
        return ServiceError(400, f"Missing required parameter: '{field}'.", "missing_required_parameter", param=field)
    return ServiceError(400, f"Invalid value for '{field}': {words}.", "invalid_value", param=field)


def _build_rules(model: GptModel, *, form: bool) -> dict[str, Rule]:
    qualities = ("auto", "low", "medium", "high", *(("xhigh", "max") if model.newest else ()))
    rules: dict[str, Rule] = {
        "model": text(),
        "prompt": text(MAX_PROMPT, least=1),
        "n": integer(1, 10, form=form),
        "size": text(),
        "quality": choice(*qualities),
        "background": choice("auto", "opaque", "transparent"),
        "output_format": choice("png", "jpeg", "webp"),
        "output_compression": integer(0, 100, form=form),
        "moderation": choice("auto", "low"),
        "stream": boolean(form=form),
        "partial_images": integer(0, 3, form=form),
        "user": text(),
    }
    if form and model.fidelity:
        rules["input_fidelity"] = choice("low", "high")
    return rules


def check_generation(tree: Tree) -> Order:
    """The order of a JSON body."""
    return _check(tree, form=False)


def _check(tree: Tree, *, form: bool) -> Order:
    if not tree.get("model"):
        raise refuse("model", "is required")
    model = find_model(tree["model"])
    fields = check_fields(tree, _build_rules(model, form=form), ("prompt",), refuse)
    kind = fields.get("output_format", "png")
    if fields.get("background") == "transparent" and kind == "jpeg":
        raise refuse("background", "transparent needs output_format png or webp")
    if "output_compression" in fields and kind == "png":
        raise refuse("output_compression", "is for jpeg and webp")
    if fields.get("partial_images") and not fields.get("stream"):
        raise refuse("partial_images", "needs stream")
    order = Order(model.id, fields["prompt"], count=fields.get("n", 1), mime=f"image/{kind}", more=fields)
    size = fields.get("size", "auto")
    if size != "auto":
        order.width, order.height = parse_size(size, model)
    return order


def parse_size(size: str, model: GptModel) -> tuple[int, int]:
    """Width and height of ``WxH``, if the model takes them."""
    if not model.free_sizes:
        if size not in _FIXED_SIZES:
            raise refuse("size", f"{size!r} is not one of auto, {', '.join(_FIXED_SIZES)}")
        return int(size[:4]), int(size[5:])
    found = re.fullmatch(r"(\d{2,5})x(\d{2,5})", size)
    if found is None:
        raise refuse("size", f"{size!r} is neither auto nor WIDTHxHEIGHT")
    width, height = int(found[1]), int(found[2])
    if width % _GRID or height % _GRID:
        raise refuse("size", f"both sides must be divisible by {_GRID}")
    if max(width, height) > _MAX_RATIO * min(width, height):
        raise refuse("size", f"the ratio must be within 1:{_MAX_RATIO} and {_MAX_RATIO}:1")
    if max(width, height) > _MAX_EDGE or not _MIN_PIXELS <= width * height <= _MAX_PIXELS:
        raise refuse("size", f"edges up to {_MAX_EDGE}, {_MIN_PIXELS} to {_MAX_PIXELS} pixels")
    return width, height


def check_edit(form: Form) -> Order:
    """The order of a multipart body: the first picture gives size and mask their frame."""
    order = _check(dict(form.get_values()), form=True)
    files = form.find_files("image", "image[]")
    if not files:
        raise refuse("image", "is required")
    if len(files) > MAX_IMAGES:
        raise refuse("image", f"at most {MAX_IMAGES} images")
    for part in files:
        _check_file(part)
    # The first one is what is edited; the painter takes it last.
    order.images = tuple(part.data for part in (*files[1:], files[0]))
    _check_overlays(form, order)
    if order.more.get("size", "auto") == "auto":
        order.width, order.height = _choose_size(pictures.measure(files[0].data))
    known = {"image", "image[]", "mask", "markup"}
    for part in form.parts:
        if part.filename is not None and part.name not in known:
            raise refuse(part.name, "is unknown")
    return order


def _check_file(part: Part, name: str = "image") -> None:
    try:
        kind = pictures.find_mime(part.data)
        pictures.measure(part.data)
    except ValueError as wrong:
        raise ServiceError(400, "Invalid image file or mode.", "invalid_image_file", param=name) from wrong
    if kind not in (images.PNG, images.JPEG, images.WEBP) or part.mime != kind:
        words = f"unsupported mimetype ('{part.mime}'). Supported: 'image/jpeg', 'image/png', 'image/webp'"
        raise refuse(name, words)
    if len(part.data) >= MAX_FILE:
        raise refuse(name, "must be below 50 MB")


def _check_overlays(form: Form, order: Order) -> None:
    """The mask (alpha 0 is edited) and the markup: PNGs of the first picture's size with alpha."""
    masks, markups = form.find_files("mask"), form.find_files("markup")
    if masks and markups:
        raise refuse("markup", "cannot be used with a mask")
    if markups and not MODELS[order.model].newest:
        raise refuse("markup", "is unknown")
    for name, part in [("mask", part) for part in masks] + [("markup", part) for part in markups]:
        _check_file(part, name)
        overlay = pictures.open_picture(part.data)
        if pictures.find_mime(part.data) != images.PNG or "A" not in overlay.getbands():
            raise refuse(name, "must be a PNG with an alpha channel")
        if overlay.size != pictures.measure(order.images[-1]):
            raise refuse(name, "must have the size of the first image")
        if len(part.data) >= MAX_MASK:
            raise refuse(name, "must be below 4 MB")
        order.more[name] = part.data


def _choose_size(size: tuple[int, int]) -> tuple[int, int]:
    ratio = size[0] / size[1]
    return (1536, 1024) if ratio > 1.2 else (1024, 1536) if ratio < 1 / 1.2 else (1024, 1024)


def count_tokens(order: Order) -> tuple[int, int, int]:
    """Tokens of (text, input pictures, output)."""
    quality = order.more.get("quality", "auto")
    per_picture = _TOKENS.get(quality, _TOKENS["high"]) * order.width * order.height // (1024 * 1024)
    partial = 100 * order.more.get("partial_images", 0)
    return len(order.prompt) // 4 + 1, 400 * len(order.images), (per_picture + partial) * order.count


def compute_price(order: Order) -> float:
    """Dollars, by the output alone."""
    return count_tokens(order)[2] * _DOLLARS_PER_TOKEN
