# SPDX-License-Identifier: GPL-3.0-or-later
"""The older form: a chat whose answer holds pictures as data URIs."""

from __future__ import annotations

import time
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.service import Order
from nano_banana_addon.simulator.contract.json_access import Tree

from .models import PIXELS, RoutedModel


def _refuse(field: str, words: str) -> ServiceError:
    return ServiceError(400, f"{field}: {words}")


def check(tree: Tree, model: RoutedModel) -> Order:
    """The order of a chat: its last turn's words, the pictures of all turns in their order."""
    messages = tree.get("messages")
    if not isinstance(messages, list) or not messages:
        raise _refuse("messages", "is required")
    if "image" not in (tree.get("modalities") or ()):
        raise _refuse("modalities", f'{model.id} needs ["image", "text"]')
    words, images = "", []
    for message in messages:
        if not isinstance(message, dict) or message.get("role") not in ("system", "user", "assistant"):
            raise _refuse("messages", "each needs a role")
        text, found = _read_content(message.get("content"))
        images += [*found, *_read_answer(message.get("images") or ())]
        words = text if message["role"] == "user" else words
    if messages[-1]["role"] != "user":
        raise _refuse("messages", "the last one must be the user's")
    order = Order(model.id, words, tuple(images), usd=model.usd)
    order.width, order.height = _choose_pixels(tree.get("image_config") or {}, images)
    return order


def _read_content(content: Any) -> tuple[str, list[bytes]]:
    """Words and pictures of a message."""
    if isinstance(content, str) or content is None:
        return content or "", []
    words, images = [], []
    for part in content:
        if part.get("type") == "text":
            words.append(str(part.get("text", "")))
        elif part.get("type") == "image_url":
            images.append(_decode(str(part.get("image_url", {}).get("url"))))
        else:
            raise _refuse("content", f"unknown part {part.get('type')!r}")
    return "\n".join(words), images


def _read_answer(items: Any) -> list[bytes]:
    return [_decode(str(item["image_url"]["url"])) for item in items]


def _decode(value: str) -> bytes:
    try:
        data = pictures.decode_data_uri(value)
        pictures.measure(data)
    except ValueError as wrong:
        raise _refuse("image_url", str(wrong)) from wrong
    return data


def _choose_pixels(config: Tree, images: list[bytes]) -> tuple[int, int]:
    """By the ratio; ``image_size`` counts only where it is spelt as the model spells it."""
    edge = PIXELS.get(str(config.get("image_size", "1K")), 1024)
    ratio = str(config.get("aspect_ratio", ""))
    if ratio.count(":") == 1 and ratio.replace(":", "").isdecimal():
        wide, high = (int(part) for part in ratio.split(":"))
    else:
        wide, high = pictures.measure(images[-1]) if images else (1, 1)
    scale = edge / (wide * high) ** 0.5
    return 16 * round(wide * scale / 16), 16 * round(high * scale / 16)


def build_completion(order: Order, picture: bytes, number: int) -> Tree:
    """The answer; no picture for empty bytes."""
    images = []
    if picture:
        link = {"url": pictures.to_data_uri(picture, order.mime)}
        images = [{"type": "image_url", "image_url": link, "index": 0}]
    message = {"role": "assistant", "content": "Here is your image.", "refusal": None, "images": images}
    usage = {"prompt_tokens": 10, "completion_tokens": 1290, "total_tokens": 1300, "cost": order.usd}
    return {
        "id": f"gen-{number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": order.model,
        "provider": "Google",
        "choices": [{"index": 0, "finish_reason": "stop", "native_finish_reason": "STOP", "message": message}],
        "usage": usage,
    }
