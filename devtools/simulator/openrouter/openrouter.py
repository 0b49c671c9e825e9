# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenRouter: its Image API, whose answers tell the price, and chat completions with pictures."""

from __future__ import annotations

import re
import time
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.fields import (
    Rule,
    anything,
    boolean,
    check_fields,
    choice,
    integer,
    text,
)
from devtools.simulator.services.links import LinkStore
from devtools.simulator.services.service import (
    ImageService,
    Order,
    answer_order,
    bill,
    read_tree,
    refuse_if_moderated,
    reply_endless,
    reply_when_painted,
    route,
)
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply

from . import chat
from .models import MODELS, PIXELS, WIDE_RATIOS, RoutedModel

_MAX_REFERENCES = 16


def refuse(field: str, words: str) -> ServiceError:
    """The 400 for one field."""
    return ServiceError(400, f"{field}: {words}")


def find_model(name: Any) -> RoutedModel:
    """The model of an id; a 404 for any other."""
    if not isinstance(name, str) or not name:
        raise refuse("model", "is required")
    if name not in MODELS:
        raise ServiceError(404, f"No endpoints found for {name}.")
    return MODELS[name]


def _rule_references(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise ValueError("must be an array")
    if len(value) > _MAX_REFERENCES:
        raise ValueError(f"at most {_MAX_REFERENCES}")
    return tuple(_read_reference(item) for item in value)


def _read_reference(item: Any) -> bytes:
    if not isinstance(item, dict) or item.get("type") != "image_url" or not isinstance(item.get("image_url"), dict):
        raise ValueError('items must be {"type": "image_url", "image_url": {"url": …}}')
    data = pictures.decode_data_uri(str(item["image_url"].get("url")))
    pictures.measure(data)
    return data


_RULES: dict[str, Rule] = {
    "model": text(),
    "prompt": text(least=1),
    "input_references": _rule_references,
    "aspect_ratio": choice(*WIDE_RATIOS, "auto"),
    "resolution": choice(*PIXELS),
    "size": text(),
    "n": integer(1, 10),
    "seed": integer(0, 2**31 - 1),
    "quality": choice("auto", "low", "medium", "high"),
    "background": choice("auto", "opaque", "transparent"),
    "output_format": choice("png", "jpeg", "webp"),
    "output_compression": integer(0, 100),
    "provider": anything,
    "stream": boolean(),
    "user": text(),
}


def check(tree: Tree) -> Order:
    """The order of a JSON body. What a model does not take is clamped or dropped without a word."""
    model = find_model(tree.get("model"))
    fields = check_fields(tree, _RULES, ("prompt",), refuse)
    if "resolution" in fields and "size" in fields:
        raise refuse("size", "cannot be used with resolution")
    images = fields.get("input_references", ())
    most = model.parameters["input_references"]["max"]
    if len(images) > most:
        raise refuse("input_references", f"{model.id} takes at most {most}")
    kind = _clamp(model, "output_format", fields.get("output_format", "png"))
    order = Order(model.id, fields["prompt"], images, mime=f"image/{kind}", more=fields)
    order.seed = fields.get("seed", 0)
    order.count = fields.get("n", 1) if "n" in model.parameters else 1
    order.width, order.height = choose_pixels(model, fields, images)
    scale = order.width * order.height / 1e6 if model.unit == "megapixel" else 1
    order.usd = round(model.usd * scale, 6)
    return order


def _clamp(model: RoutedModel, name: str, value: str) -> str:
    """The value, or the first that the model has."""
    values = model.parameters.get(name, {}).get("values", ["png"])
    return value if value in values else values[0]


def choose_pixels(model: RoutedModel, fields: Tree, images: tuple[bytes, ...]) -> tuple[int, int]:
    """Width and height, each a multiple of 16."""
    exact = re.fullmatch(r"(\d{2,5})x(\d{2,5})", fields.get("size", ""))
    if exact:
        return int(exact[1]), int(exact[2])
    tier = fields.get("size", "") or fields.get("resolution", "1K")
    if tier not in PIXELS:
        raise refuse("size", "must be a tier or WIDTHxHEIGHT")
    edge = PIXELS[_clamp(model, "resolution", tier)] if "resolution" in model.parameters else 1024
    ratio = fields.get("aspect_ratio", "auto")
    if ratio == "auto":
        wide, high = pictures.measure(images[-1]) if images else (1, 1)
    else:
        wide, high = (int(part) for part in _clamp(model, "aspect_ratio", ratio).split(":"))
    scale = edge / (wide * high) ** 0.5
    return 16 * round(wide * scale / 16), 16 * round(high * scale / 16)


class OpenRouterService(ImageService):
    """openrouter.ai."""

    name = "openrouter"

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.links = LinkStore()
        self.routes = (
            route("GET", "/api/v1/images/models", "models", lambda _call, _id: _list_models()),
            route(
                "GET", "/api/v1/images/models/(?P<id>.+)/endpoints", "models", lambda _call, name: _list_endpoints(name)
            ),
            route("POST", "/api/v1/images", "generate", self._generate),
            route("POST", "/api/v1/chat/completions", "generate", self._chat),
            *self.links.build_routes(),
        )

    def build_key_error(self, key: str | None) -> ApiError:
        """A 401 either way."""
        return ServiceError(401, "User not found." if key else "No auth credentials found")

    def build_moderation_error(self, stage: str) -> ApiError:
        """A 403 with what was found."""
        metadata = {"reasons": ["violence"], "flagged_input": "…", "provider_name": "OpenAI", "model_slug": ""}
        return ServiceError(403, f"Your {stage} was flagged", body=metadata)

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """``{"error": {"code": number, "message", "metadata"}}``."""
        del request_id
        body: Tree = {"code": error.code, "message": error.message}
        if isinstance(error, ServiceError) and error.body:
            body["metadata"] = error.body
        return error.code, {"error": body, "user_id": "user_1"}

    def _generate(self, call: ServerCall, _ident: str) -> ServerReply:
        def respond(order: Order, plan: FaultPlan) -> ServerReply:
            refuse_if_moderated(self, plan)
            bill(call, order, order.count, order.usd * order.count)
            if "huge_b64" in plan.service:
                return reply_endless(b'{"created":1,"data":[{"b64_json":"', plan.service["huge_b64"])
            if "ok_error" in plan.service:
                return replies.reply_with_tree({"error": {"code": 502, "message": "Provider returned error"}})
            data = [self._build_item(call, order, plan, number) for number in range(order.count)]
            usage = {
                "prompt_tokens": 10,
                "completion_tokens": 4175,
                "total_tokens": 4185,
                "cost": order.usd * order.count,
            }
            shown = [] if "no_pictures" in plan.service else data
            return reply_when_painted(call, {"created": int(time.time()), "data": shown, "usage": usage}, plan)

        return answer_order(call, check(read_tree(call)), respond)

    def _build_item(self, call: ServerCall, order: Order, plan: FaultPlan, number: int) -> Tree:
        data = pictures.paint(call.state, order, plan, number)
        if "links" in plan.service:
            return {"url": self.links.publish(call, data, order.mime, 3600.0, plan)}
        return {"b64_json": pictures.to_base64(data), "media_type": order.mime}

    def _chat(self, call: ServerCall, _ident: str) -> ServerReply:
        tree = read_tree(call)
        order = chat.check(tree, find_model(tree.get("model")))

        def respond(order: Order, plan: FaultPlan) -> ServerReply:
            refuse_if_moderated(self, plan)
            bill(call, order, 1, order.usd)
            if "ok_error" in plan.service:
                return replies.reply_with_tree({"error": {"code": 502, "message": "Provider returned error"}})
            data = b"" if "no_pictures" in plan.service else pictures.paint(call.state, order, plan)
            return reply_when_painted(call, chat.build_completion(order, data, next(call.state.answer_numbers)), plan)

        return answer_order(call, order, respond)


def _list_models() -> ServerReply:
    return replies.reply_with_tree({"data": [model.to_record() for model in MODELS.values()]})


def _list_endpoints(name: str) -> ServerReply:
    return replies.reply_with_tree(find_model(name).to_endpoints())
