# SPDX-License-Identifier: GPL-3.0-or-later
"""Seedream's route: on BytePlus Ark, and what CometAPI makes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError, find_name
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
from nano_banana_addon.simulator.contract import json_writer
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply

from . import seedream
from .seedream import SeedreamModel

LINK_LIFE = 24 * 3600.0  # seconds
_NAMES = {401: "AuthenticationError", 403: "AccountOverdueError", 404: "NotFound", 429: "RateLimitExceeded"}


class ArkService(ImageService):
    """The international Ark: ids without ``doubao-``, or an endpoint of the account."""

    name = "ark"

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.links = LinkStore()
        self.routes = (
            route("POST", "/api/v3/images/generations", "generate", self._generate),
            *self.links.build_routes(),
        )

    def build_key_error(self, key: str | None) -> ApiError:
        """A 401 either way."""
        words = "The API key in the request is missing or invalid." if key else "The API key is missing."
        return ServiceError(401, words, "AuthenticationError", kind="Unauthorized")

    def build_moderation_error(self, stage: str) -> ApiError:
        """By what was found: the prompt, or what was painted."""
        code = "OutputImageRiskDetection" if stage == "output" else "InputTextRiskDetection"
        return ServiceError(400, "The request failed because it may contain sensitive information.", code)

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """``{"error": {"code", "message", "param", "type"}}``, the request's id inside of the message."""
        code = 403 if error.code == 402 else error.code
        named = error if isinstance(error, ServiceError) else None
        body = {
            "code": _NAMES[403] if error.code == 402 else find_name(error) or _NAMES.get(code, "InternalServiceError"),
            "message": f"{error.message} Request id: {request_id}",
            "param": named.param if named else "",
            "type": (named.kind if named else "") or ("BadRequest" if code < 500 else "InternalServerError"),
        }
        return code, {"error": body}

    def _generate(self, call: ServerCall, _ident: str) -> ServerReply:
        tree = read_tree(call)
        ident = str(tree.get("model", ""))
        model = seedream.MODELS[1] if ident.startswith("ep-") else seedream.find_model(ident)
        if not ident:
            raise seedream.refuse("model", "is required")
        if model is None or ident.startswith("doubao-"):
            words = f"The model or endpoint {ident} does not exist or you do not have access to it."
            raise ServiceError(404, words, "InvalidEndpointOrModel.NotFound", kind="NotFound")
        return answer_seedream(self, self.links, call, seedream.check(tree, model), model, streams=True)


def answer_seedream(
    service: ImageService, links: LinkStore, call: ServerCall, order: Order, model: SeedreamModel, *, streams: bool
) -> ServerReply:
    """The reply to a checked order; billed by the pictures that come."""

    def respond(order: Order, plan: FaultPlan) -> ServerReply:
        if "not_activated" in plan.service:
            words = f"Your account has not activated the model {order.model}. Activate it in the console."
            raise ServiceError(404, words, "ModelNotOpen", kind="NotFound")
        refuse_if_moderated(service, plan)
        if "follow_picture" in plan.service and order.images:
            order.width, order.height = pictures.measure(order.images[-1])
        if "huge_b64" in plan.service:
            bill(call, order, 1, order.usd)
            return reply_endless(b'{"created":1,"data":[{"b64_json":"', plan.service["huge_b64"])
        data = (
            []
            if "no_pictures" in plan.service
            else [_build_item(call, order, plan, n, links) for n in range(order.count)]
        )
        came = sum("error" not in item for item in data)
        bill(call, order, came, order.usd * came)
        if "ok_error" in plan.service:
            failed = {"error": {"code": "InternalServiceError", "message": "The service encountered an error."}}
            return replies.reply_with_tree(failed)
        usage = {"generated_images": came, "output_tokens": came * order.width * order.height // 256}
        usage["total_tokens"] = usage["output_tokens"]
        tree = {"model": order.more.get("model"), "created": int(time.time()), "data": data, "usage": usage}
        if streams and order.more.get("stream") and model.sequences:
            return ServerReply(200, _write_events(tree), {"Content-Type": "text/event-stream"})
        return reply_when_painted(call, tree, plan)

    return answer_order(call, order, respond)


def _build_item(call: ServerCall, order: Order, plan: FaultPlan, number: int, links: LinkStore) -> Tree:
    left_out = plan.service.get("sequence_partial")
    if left_out is not None and number == int(left_out.get("at", 1)):
        return {
            "error": {"code": "OutputImageRiskDetection", "message": "The image may contain sensitive information."}
        }
    # A seed is taken, and promises nothing.
    order.seed = 1000 * next(call.state.answer_numbers)
    data = pictures.paint(call.state, order, plan, number)
    if order.more.get("watermark", True):
        data = seedream.add_watermark(data, order.mime)
    size = f"{order.width}x{order.height}"
    if order.more.get("response_format", "url") == "b64_json" and "links" not in plan.service:
        return {"b64_json": pictures.to_base64(data), "size": size}
    return {"url": links.publish(call, data, order.mime, LINK_LIFE, plan), "size": size}


def _write_events(tree: Tree) -> Iterator[bytes]:
    for index, item in enumerate(tree["data"]):
        kind = "partial_failed" if "error" in item else "partial_succeeded"
        yield from _write_event({"type": f"image_generation.{kind}", "image_index": index, **item})
    yield from _write_event({"type": "image_generation.completed", "usage": tree["usage"]})
    yield b"data: [DONE]\n\n"


def _write_event(event: Tree) -> Iterator[bytes]:
    yield f"event: {event['type']}\ndata: ".encode()
    yield from json_writer.write(event, indent=None)
    yield b"\n\n"
