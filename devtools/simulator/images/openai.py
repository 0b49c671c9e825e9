# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAI's image routes: generations in JSON, edits as a form, both also as a stream of events."""

from __future__ import annotations

import time
from collections.abc import Iterator

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError, find_name
from devtools.simulator.services.multipart import read_form
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
from nano_banana_addon.simulator.contract import json_writer
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.painting.gallery import make_draft

from . import gpt_image, masks

_NAMES = {401: "invalid_api_key", 402: "insufficient_quota", 404: "not_found", 429: "rate_limit_exceeded"}
_KINDS = {400: "invalid_request_error", 401: "invalid_request_error", 404: "invalid_request_error", 429: "requests"}


class OpenAIService(ImageService):
    """api.openai.com, of which only the image routes and the list of models are here."""

    name = "openai"

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.routes = (
            route("GET", "/v1/models", "models", lambda _call, _id: replies.reply_with_tree(build_model_list())),
            route("POST", "/v1/images/generations", "generate", self._generate),
            route("POST", "/v1/images/edits", "generate", self._edit),
        )

    def build_key_error(self, key: str | None) -> ApiError:
        """Its words show a piece of the key."""
        if not key:
            return ServiceError(401, "You didn't provide an API key.", kind="invalid_request_error")
        shown = f"{key[:4]}{'*' * 8}{key[-4:]}"
        return ServiceError(401, f"Incorrect API key provided: {shown}.", "invalid_api_key")

    def build_moderation_error(self, stage: str) -> ApiError:
        """A 400 with a code of its own."""
        words = f"Your request was rejected by the safety system ({stage}). safety_violations=[sexual]."
        return ServiceError(400, words, "moderation_blocked", kind="image_generation_user_error")

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """``{"error": {"message", "type", "param", "code"}}``."""
        del request_id
        code = 429 if error.code == 402 else error.code
        kind = error.kind if isinstance(error, ServiceError) else ""
        body = {
            "message": error.message,
            "type": kind or ("insufficient_quota" if error.code == 402 else _KINDS.get(code, "server_error")),
            "param": (error.param if isinstance(error, ServiceError) else "") or None,
            "code": find_name(error) or _NAMES.get(error.code),
        }
        return code, {"error": body}

    def _generate(self, call: ServerCall, _ident: str) -> ServerReply:
        return answer_gpt_image(self, call, gpt_image.check_generation(read_tree(call)), "image_generation")

    def _edit(self, call: ServerCall, _ident: str) -> ServerReply:
        return answer_gpt_image(self, call, gpt_image.check_edit(read_form(call)), "image_edit")


def answer_gpt_image(service: ImageService, call: ServerCall, order: Order, event: str) -> ServerReply:
    """The reply to a checked order, as one body or as events named after *event*."""

    def respond(order: Order, plan: FaultPlan) -> ServerReply:
        refuse_if_moderated(service, plan)
        bill(call, order, order.count, gpt_image.compute_price(order))
        if "huge_b64" in plan.service:
            return reply_endless(b'{"created":1,"data":[{"b64_json":"', plan.service["huge_b64"])
        if "ok_error" in plan.service:
            return replies.reply_with_tree({"error": {"message": "Internal error", "type": "server_error"}})
        painted = [paint(call, order, plan, number) for number in range(order.count)]
        if order.more.get("stream"):
            events = list(_build_events(order, painted[0], event))
            return ServerReply(200, _write_events(events), {"Content-Type": "text/event-stream"})
        data = [] if "no_pictures" in plan.service else [{"b64_json": pictures.to_base64(item)} for item in painted]
        return reply_when_painted(call, {**_describe(order), "data": data}, plan)

    return answer_order(call, order, respond)


def paint(call: ServerCall, order: Order, plan: FaultPlan, number: int) -> bytes:
    """One picture, with the mask and the background that were asked for."""
    data = pictures.paint(call.state, order, plan, number)
    if "mask" in order.more:
        data = masks.blend(data, order.images[-1], order.more["mask"], order.mime)
    return masks.cut_out(data, order.mime) if order.more.get("background") == "transparent" else data


def _describe(order: Order) -> Tree:
    text, image, output = gpt_image.count_tokens(order)
    return {
        "created": int(time.time()),
        "background": order.more.get("background", "opaque"),
        "output_format": order.mime.partition("/")[2],
        "quality": order.more.get("quality", "high"),
        "size": f"{order.width}x{order.height}",
        "usage": {
            "input_tokens": text + image,
            "input_tokens_details": {"text_tokens": text, "image_tokens": image},
            "output_tokens": output,
            "output_tokens_details": {"text_tokens": 0, "image_tokens": output},
            "total_tokens": text + image + output,
        },
    }


def _build_events(order: Order, picture: bytes, event: str) -> Iterator[Tree]:
    about = _describe(order)
    usage = about.pop("usage")
    about["created_at"] = about.pop("created")
    for index in range(order.more.get("partial_images", 0)):
        draft = make_draft(picture, index + 1)
        yield {"type": f"{event}.partial_image", "partial_image_index": index, "b64_json": draft, **about}
    yield {"type": f"{event}.completed", "b64_json": picture, "usage": usage, **about}


def _write_events(events: list[Tree]) -> Iterator[bytes]:
    for event in events:
        yield f"event: {event['type']}\ndata: ".encode()
        yield from json_writer.write(event, indent=None)
        yield b"\n\n"


def build_model_list() -> Tree:
    """``GET /v1/models``."""
    return {"object": "list", "data": [build_model(name) for name in gpt_image.MODELS]}


def build_model(name: str, owner: str = "openai") -> Tree:
    """One entry of the list."""
    return {"id": name, "object": "model", "created": 1_750_000_000, "owned_by": owner}
