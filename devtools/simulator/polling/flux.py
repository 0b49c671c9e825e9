# SPDX-License-Identifier: GPL-3.0-or-later
"""FLUX by Black Forest Labs: submit, ask at the address that came back, fetch the picture from a link."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.fields import Rule, boolean, check_fields, choice, integer, number, text
from devtools.simulator.services.links import LinkStore
from devtools.simulator.services.service import ImageService, Order, answer_order, bill, read_tree, route
from devtools.simulator.services.tasks import Task, TaskStore
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply

LIFE = 600.0  # seconds, of a task and of a link
MAX_OPEN = 24  # tasks at once
_GRID, _MAX_PIXELS, _MAX_RATIO = 32, 4_194_304, 21 / 9
#: How many references each takes.
MODELS = {
    "flux-2-pro": 8,
    "flux-2-max": 8,
    "flux-2-flex": 8,
    "flux-2-klein-4b": 3,
    "flux-2-klein-9b": 3,
    "flux-kontext-pro": 1,
    "flux-kontext-max": 1,
    "flux-pro-1.0-fill": 0,
}


def refuse(field: str, words: str) -> ServiceError:
    """A 422 as FastAPI writes it."""
    kind = "missing" if words == "is required" else "value_error"
    body = {"detail": [{"type": kind, "loc": ["body", field], "msg": words, "input": None}]}
    return ServiceError(422, f"{field} {words}", body=body)


def _rule_picture(value: Any) -> bytes:
    data = pictures.decode_either(text()(value))
    pictures.measure(data)
    return data


def _rule_side(value: Any) -> int:
    side = integer(64, 4096)(value)
    if side % _GRID:
        raise ValueError(f"must be a multiple of {_GRID}")
    return side


def _build_rules(model: str) -> dict[str, Rule]:
    rules: dict[str, Rule] = {
        "prompt": text(),
        "width": _rule_side,
        "height": _rule_side,
        "seed": integer(0, 2**32 - 1),
        "prompt_upsampling": boolean(),
        "safety_tolerance": integer(0, 5),
        "output_format": choice("jpeg", "png"),
        "steps": integer(1, 50),
        "guidance": number(1.5, 100),
        "webhook_url": text(),
    }
    if model.endswith("fill"):
        return rules | {"image": _rule_picture, "mask": _rule_picture}
    names = ["input_image", *(f"input_image_{index}" for index in range(2, MODELS[model] + 1))]
    return rules | dict.fromkeys(names, _rule_picture) | {"aspect_ratio": text()}


def check(tree: Tree, model: str) -> Order:
    """The order of a JSON body."""
    required = ("image", "mask") if model.endswith("fill") else ("prompt",)
    beyond = [name for name in tree if name.startswith("input_image") and name not in _build_rules(model)]
    if beyond:
        raise refuse(beyond[0], f"at most {MODELS[model]} images")
    fields = check_fields(tree, _build_rules(model), required, refuse, ignore_unknown=True)
    images = tuple(fields[name] for name in sorted(fields) if name.startswith("input_image"))
    order = Order(
        model, fields.get("prompt", ""), images, mime=f"image/{fields.get('output_format', 'jpeg')}", more=fields
    )
    order.seed = fields.get("seed", 0)
    if model.endswith("fill"):
        _check_fill(fields, order)
    else:
        order.width, order.height = fields.get("width", 1024), fields.get("height", 1024)
        if "width" not in fields and images:
            wide, high = pictures.measure(images[0])
            order.width, order.height = (max(64, side // _GRID * _GRID) for side in (wide, high))
    wide, high = order.width, order.height
    if wide * high > _MAX_PIXELS or max(wide, high) > _MAX_RATIO * min(wide, high):
        raise refuse("width", "at most 4 megapixels, the ratio within 9:21 and 21:9")
    order.usd = 0.03 + 0.015 * wide * high / 1e6 + 0.015 * len(images)
    return order


def _check_fill(fields: Tree, order: Order) -> None:
    order.images = (fields["image"],)
    order.width, order.height = pictures.measure(fields["image"])
    if pictures.measure(fields["mask"]) != (order.width, order.height):
        raise refuse("mask", "must have the size of the image")


class FluxTasks:
    """Tasks and links of FLUX, as BFL and as CometAPI hand them out."""

    def __init__(self, links: LinkStore) -> None:
        self.links = links
        self.tasks = TaskStore(_make_id, LIFE)

    def submit(self, call: ServerCall, model: str, path: str) -> ServerReply:
        """Check a body and begin a task; it is billed when it is taken."""

        def respond(order: Order, plan: FaultPlan) -> ServerReply:
            if self.tasks.count_open(call.key) >= MAX_OPEN:
                raise ServiceError(429, f"More than {MAX_OPEN} active tasks.")
            if "ok_error" in plan.service:
                return replies.reply_with_tree({"detail": "Something went wrong"})
            task = self.tasks.add(call.key, order, plan)
            bill(call, order, 1, order.usd, task.id)
            address = f"{call.state.base_url}{path}?id={task.id}"
            tree = {"id": task.id, "polling_url": address, "cost": round(100 * order.usd, 2)}
            return replies.reply_with_tree(tree)

        if model not in MODELS:
            raise ServiceError(404, "Not Found")
        return answer_order(call, check(read_tree(call), model), respond)

    def poll(self, call: ServerCall, missing_status: int) -> ServerReply:
        """How far a task is."""
        ident = call.query.get("id", "")
        task = self.tasks.poll(ident, call.key)
        if task is None:
            return replies.reply_with_tree({"id": ident, "status": "Task not found", "result": None}, missing_status)
        return replies.reply_with_tree({"id": ident, "result": None, "details": None, **self._describe(call, task)})

    def _describe(self, call: ServerCall, task: Task) -> Tree:
        moderated = task.plan.service.get("moderation")
        if moderated is not None and moderated.get("stage", "input") == "input":
            return {"status": "Request Moderated", "details": {"Moderation Reasons": ["Content"]}}
        if task.progress < 1:
            status = "Pending" if task.polls == 1 else "Generating"
            return {"status": status, "progress": round(task.progress, 2)}
        if moderated is not None:
            return {"status": "Content Moderated", "details": {"Moderation Reasons": ["Content"]}}
        if "task_failed" in task.plan.service:
            return {"status": "Error", "details": {"error": "Internal error"}}
        return {"status": "Ready", "progress": 1.0, "result": self._build_result(call, task)}

    def _build_result(self, call: ServerCall, task: Task) -> Tree:
        if "sample" not in task.state:
            data = pictures.paint(call.state, task.order, task.plan)
            if "mask" in task.order.more:
                data = fill(data, task.order)
            task.state["sample"] = self.links.publish(call, data, task.order.mime, LIFE, task.plan)
            task.state["end"] = time.time()
        result = {"prompt": task.order.prompt, "seed": task.order.seed, "end_time": task.state["end"]}
        return result if "no_pictures" in task.plan.service else {"sample": task.state["sample"], **result}


def fill(painted: bytes, order: Order) -> bytes:
    """The picture as it was, repainted where the mask is white."""
    from PIL import Image

    new, old = (pictures.open_picture(data).convert("RGB") for data in (painted, order.images[0]))
    mask = pictures.open_picture(order.more["mask"]).convert("L").resize(new.size)
    return pictures.encode(Image.composite(new, old.resize(new.size), mask), order.mime)


def _make_id(count: int) -> str:
    digest = hashlib.sha256(f"flux/{count}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


class FluxService(ImageService):
    """api.bfl.ai. Results are on the address that the submission names, in another region, not on the plain path."""

    name = "bfl"

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.links = LinkStore()
        self.flux = FluxTasks(self.links)
        self.routes = (
            route("GET", "/eu1/v1/get_result", "poll", lambda call, _id: self.flux.poll(call, 404)),
            route("GET", "/v1/get_result", "poll", lambda call, _id: _answer_elsewhere(call)),
            route("POST", r"/v1/(?P<id>flux-[^/]+)", "generate", self._submit),
            *self.links.build_routes(),
        )

    def read_key(self, headers: Mapping[str, str]) -> str | None:
        """In a header of its own."""
        return headers.get("x-key")

    def build_key_error(self, key: str | None) -> ApiError:
        """A 403 either way."""
        del key
        return ServiceError(403, "Not authenticated - Invalid Authentication")

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """FastAPI's ``{"detail": …}``."""
        del request_id
        body = error.body if isinstance(error, ServiceError) else None
        return error.code, body or {"detail": error.message}

    def _submit(self, call: ServerCall, model: str) -> ServerReply:
        return self.flux.submit(call, model, "/eu1/v1/get_result")


def _answer_elsewhere(call: ServerCall) -> ServerReply:
    return replies.reply_with_tree({"id": call.query.get("id"), "status": "Task not found", "result": None}, 404)
