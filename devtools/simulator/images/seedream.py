# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of Seedream: models, sizes, references, sequences (docs/dev/images-contract.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.fields import Rule, boolean, check_fields, choice, integer, number, text
from devtools.simulator.services.service import Order
from nano_banana_addon.simulator.contract.json_access import Tree

MAX_FILE = 10 * 1024 * 1024  # bytes of one reference
_MAX_TOTAL = 15  # references and results together
_AREA = {"1K": 1024**2, "2K": 2048**2, "3K": 3072**2, "4K": 4096**2}


@dataclass(frozen=True)
class SeedreamModel:
    """One model by the ending that its ids share."""

    ending: str
    least: int
    most: int
    tiers: tuple[str, ...]
    references: int
    usd: float
    sequences: bool = True
    fifth: bool = False  # output_format, thinking


MODELS = (
    SeedreamModel("4-0-250828", 921_600, 16_777_216, ("1K", "2K", "4K"), 14, 0.03),
    SeedreamModel("4-5-251128", 3_686_400, 16_777_216, ("2K", "4K"), 14, 0.032),
    SeedreamModel("5-0-260128", 3_686_400, 16_777_216, ("2K", "3K", "4K"), 14, 0.035, fifth=True),
    SeedreamModel("5-0-pro-260628", 921_600, 4_624_220, ("1K", "2K"), 10, 0.045, sequences=False, fifth=True),
)


def find_model(ident: str) -> SeedreamModel | None:
    """The model of an id, whatever stands before ``seedream``."""
    return next((model for model in MODELS if ident.endswith(f"seedream-{model.ending}")), None)


def refuse(field: str, words: str) -> ServiceError:
    """Ark's 400 for one field; CometAPI hands it on."""
    code = "MissingParameter" if words == "is required" else "InvalidParameter"
    message = f"The parameter `{field}` specified in the request is not valid: {words}."
    return ServiceError(400, message, code, param=field, kind="BadRequest")


def _rule_list(value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise ValueError("must be a string or an array of strings")
    return [item for item in values if isinstance(item, str)]


_RULES: dict[str, Rule] = {
    "model": text(),
    "prompt": text(least=1),
    "image": _rule_list,
    "size": text(),
    "response_format": choice("url", "b64_json"),
    "watermark": boolean(),
    "sequential_image_generation": choice("disabled", "auto"),
    "sequential_image_generation_options": lambda value: check_fields(
        value, {"max_images": integer(1, 15)}, (), refuse
    ),
    "guidance_scale": number(1, 10),
    "seed": integer(-1, 2_147_483_647),
    "stream": boolean(),
    "output_format": choice("jpeg", "png"),
    "optimize_prompt_options": lambda value: check_fields(
        value, {"mode": choice("standard", "fast"), "thinking": choice("enabled", "disabled", "auto")}, (), refuse
    ),
}


def check(tree: Tree, model: SeedreamModel) -> Order:
    """The order of a JSON body."""
    fields = check_fields(tree, _RULES, ("prompt",), refuse, ignore_unknown=True)
    if not model.fifth and ("output_format" in fields or "thinking" in fields.get("optimize_prompt_options", {})):
        raise refuse("output_format", "is not supported by this model")
    references = tuple(_check_reference(item) for item in fields.get("image", ()))
    if len(references) > model.references:
        raise refuse("image", f"at most {model.references} images")
    if references and fields.get("optimize_prompt_options", {}).get("thinking") == "disabled":
        raise refuse("optimize_prompt_options.thinking", "can be disabled only without images")
    order = Order(model.ending, fields["prompt"], references, more=fields, usd=model.usd)
    order.mime = f"image/{fields.get('output_format', 'jpeg')}"
    order.count = _count_pictures(fields, model, len(references))
    order.width, order.height = choose_size(fields.get("size", "2048x2048"), model, references)
    if model.ending.startswith("5-0-pro"):
        order.usd = (0.045 if order.width * order.height <= 2_610_000 else 0.09) + 0.003 * max(0, len(references) - 1)
    return order


def _count_pictures(fields: Tree, model: SeedreamModel, references: int) -> int:
    """With ``auto`` the model decides: here all that it may, up to three without a limit."""
    if fields.get("sequential_image_generation") != "auto":
        return 1
    if not model.sequences:
        raise refuse("sequential_image_generation", "is not supported by this model")
    limit = fields.get("sequential_image_generation_options", {}).get("max_images", 15 - references)
    if limit + references > _MAX_TOTAL:
        raise refuse("sequential_image_generation_options.max_images", f"images and results exceed {_MAX_TOTAL}")
    return min(limit, 3) if "sequential_image_generation_options" not in fields else limit


def _check_reference(value: str) -> bytes:
    if value.startswith(("http://", "https://")):
        raise refuse("image", "the URL could not be downloaded")
    try:
        data = pictures.decode_data_uri(value)
        width, height = pictures.measure(data)
    except ValueError as wrong:
        raise refuse("image", str(wrong)) from wrong
    if len(data) > MAX_FILE:
        raise refuse("image", "exceeds 10 MB")
    if min(width, height) <= 14 or max(width, height) > 6000 or max(width, height) > 16 * min(width, height):
        raise refuse("image", "sides must be 15 to 6000 pixels, the ratio within 1:16 and 16:1")
    return data


def choose_size(size: str, model: SeedreamModel, references: tuple[bytes, ...]) -> tuple[int, int]:
    """Width and height: exact ones, or for a tier those of the shape that the model chooses."""
    if size in model.tiers:
        wide, high = pictures.measure(references[-1]) if references else (3, 4)
        scale = (_AREA[size] / (wide * high)) ** 0.5
        return 2 * round(wide * scale / 2), 2 * round(high * scale / 2)
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)
    if found is None:
        raise refuse("size", f"{size!r} is not supported by this model")
    width, height = int(found[1]), int(found[2])
    if width * height < model.least:
        raise refuse("size", f"image size must be at least {model.least} pixels")
    if width * height > model.most:
        raise refuse("size", f"image size must be at most {model.most} pixels")
    if width % 2 or height % 2 or max(width, height) > 16 * min(width, height):
        raise refuse("size", "sides must be even and the ratio within 1:16 and 16:1")
    return width, height


def add_watermark(data: bytes, mime: str) -> bytes:
    """The visible mark in the bottom right corner, which is on unless it is turned off."""
    from PIL import ImageDraw

    picture = pictures.open_picture(data).convert("RGB")
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width - width // 5, height - height // 16, width - 1, height - 1), fill=(255, 255, 255))
    draw.text((width - width // 5 + 4, height - height // 16 + 2), "AI generated", fill=(0, 0, 0))
    return pictures.encode(picture, mime)
