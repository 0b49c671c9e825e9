# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of stable-diffusion.cpp: jobs with an id, a place in the queue and a cancel, limits as data."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.fields import Rule, anything, check_fields, integer, number, text
from devtools.simulator.services.service import ImageService, Order, answer_order, bill, read_tree, route
from devtools.simulator.services.tasks import Task, TaskStore
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply

from .mixture import blend

LIFE = 3600.0  # seconds
MAX_SIDE = 2048
FEATURES = ("init_image", "mask_image", "control_image", "ref_images", "cancel_queued", "cancel_generating")


def refuse(name: str, words: str) -> ServiceError:
    """The 400 for one field."""
    return ServiceError(400, f"{name} {words}", "invalid_request")


def _picture(value: Any) -> bytes:
    data = pictures.decode_either(text()(value))
    pictures.measure(data)
    return data


def _pictures(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise ValueError("must be an array")
    return tuple(_picture(item) for item in value)


def _side(value: Any) -> int:
    side = integer(64, MAX_SIDE)(value)
    if side % 8:
        raise ValueError("must be a multiple of 8")
    return side


_RULES: dict[str, Rule] = {
    "prompt": text(),
    "negative_prompt": text(),
    "width": _side,
    "height": _side,
    "seed": integer(-1, 2**63 - 1),
    "batch_count": integer(1, 8),
    "strength": number(0, 1),
    "control_strength": number(0, 2),
    "init_image": _picture,
    "mask_image": _picture,
    "control_image": _picture,
    "ref_images": _pictures,
    "sample_params": anything,
    "output_format": text(),
}


def check(tree: Tree) -> Order:
    """The order of a JSON body."""
    fields = check_fields(tree, _RULES, ("prompt",), refuse, ignore_unknown=True)
    if "mask_image" in fields and "init_image" not in fields:
        raise refuse("mask_image", "needs init_image")
    order = Order("sdcpp", fields["prompt"], more=fields, count=fields.get("batch_count", 1))
    order.width, order.height = fields.get("width", 512), fields.get("height", 512)
    seed = fields.get("seed", -1)
    order.seed = secrets.randbelow(2**31) if seed == -1 else seed
    last = [fields[name] for name in ("init_image", "control_image") if name in fields]
    order.images = (*fields.get("ref_images", ()), *last)
    return order


class SdcppService(ImageService):
    """A local server without keys, where one in front of it may ask for a bearer token."""

    name = "sdcpp"

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.tasks = TaskStore(lambda n: hashlib.sha256(f"sdcpp/{n}".encode()).hexdigest()[:16], LIFE)
        self.routes = (
            route("GET", "/sdcpp/v1/capabilities", "models", lambda _call, _id: replies.reply_with_tree(_CAPABILITIES)),
            route("POST", "/sdcpp/v1/img_gen", "generate", self._submit),
            route("GET", r"/sdcpp/v1/jobs/(?P<id>[^/]+)", "poll", self._poll),
            route("POST", r"/sdcpp/v1/jobs/(?P<id>[^/]+)/cancel", "cancel", self._cancel),
        )

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """``{"error": code, "message": words}``."""
        del request_id
        name = error.name if isinstance(error, ServiceError) and error.name else f"http_{error.code}"
        return error.code, {"error": name, "message": error.message}

    def _submit(self, call: ServerCall, _ident: str) -> ServerReply:
        def respond(order: Order, plan: FaultPlan) -> ServerReply:
            task = self.tasks.add(call.key, order, plan)
            bill(call, order, order.count, 0.0, task.id)
            tree = {"id": task.id, "kind": "img_gen", "status": "queued", "poll_url": f"/sdcpp/v1/jobs/{task.id}"}
            return replies.reply_with_tree(tree, 202)

        return answer_order(call, check(read_tree(call)), respond)

    def _poll(self, call: ServerCall, ident: str) -> ServerReply:
        task = self.tasks.poll(ident, call.key)
        if task is None:
            raise ServiceError(404, "job not found", "not_found")
        return replies.reply_with_tree({"id": ident, "kind": "img_gen", **self._describe(call, task)})

    def _describe(self, call: ServerCall, task: Task) -> Tree:
        tree: Tree = {"status": "queued", "queue_position": 0, "result": None, "error": None}
        if task.state.get("cancelled"):
            return {**tree, "status": "cancelled", "error": {"code": "cancelled", "message": "job cancelled"}}
        if task.progress < 1:
            first = task.polls == 1
            return {**tree, "status": "queued" if first else "generating", "queue_position": int(first)}
        if "task_failed" in task.plan.service:
            error = {"code": "generation_failed", "message": "generate_image returned no results"}
            return {**tree, "status": "failed", "error": error}
        images = [{"index": n, "b64_json": self._paint(call, task, n)} for n in range(task.order.count)]
        result = {"output_format": "png", "images": [] if "no_pictures" in task.plan.service else images}
        return {**tree, "status": "completed", "result": result}

    def _paint(self, call: ServerCall, task: Task, number: int) -> bytes:
        fields = task.order.more
        painted = pictures.paint(call.state, task.order, task.plan, number)
        if "init_image" not in fields:
            return painted
        return blend(painted, fields["init_image"], fields.get("strength", 0.75), fields.get("mask_image"))

    def _cancel(self, call: ServerCall, ident: str) -> ServerReply:
        task = self.tasks.find(ident, call.key)
        if task is None:
            raise ServiceError(410, "job is gone", "gone")
        if task.progress >= 1:
            raise ServiceError(409, "job is already finished", "not_cancellable")
        task.state["cancelled"] = True
        return replies.reply_with_tree({"id": ident, "kind": "img_gen", "status": "cancelled"})


_CAPABILITIES: Tree = {
    "model": {"name": "flux-2-klein-4b.gguf", "stem": "flux-2-klein-4b", "path": "/models/flux-2-klein-4b.gguf"},
    "current_mode": "img_gen",
    "supported_modes": ["img_gen"],
    "defaults": {"width": 512, "height": 512, "strength": 0.75, "seed": -1, "batch_count": 1},
    "features": dict.fromkeys(FEATURES, True) | {"vid_gen": False},
    "limits": {"min_width": 64, "max_width": MAX_SIDE, "min_height": 64, "max_height": MAX_SIDE, "max_batch_count": 8},
    "samplers": ["euler", "dpm++2m"],
    "schedulers": ["discrete", "karras"],
    "output_formats": ["png", "jpeg", "webp"],
    "loras": [],
}
