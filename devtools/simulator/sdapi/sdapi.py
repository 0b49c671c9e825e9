# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of AUTOMATIC1111, Forge and SD.Next: one POST that paints, and one number that tells how far it is."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.fields import Rule, anything, boolean, check_fields, integer, number, text
from devtools.simulator.services.service import ImageService, Order, answer_order, bill, read_tree, route
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.painting.gallery import make_draft

from . import controlnet, mixture

SAMPLERS = ("DPM++ 2M", "Euler", "Euler a", "DPM++ SDE")
SCHEDULERS = ("automatic", "karras", "exponential", "simple")
CHECKPOINT = "sd_xl_base_1.0.safetensors [31e35c80fc]"


def refuse(name: str, words: str) -> ServiceError:
    """FastAPI's 422."""
    return ServiceError(
        422, f"{name} {words}", body={"detail": [{"loc": ["body", name], "msg": words, "type": "value_error"}]}
    )


def _list_of_pictures(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise ValueError("value is not a valid list")
    return tuple(_picture(item) for item in value)


def _picture(value: Any) -> bytes:
    data = pictures.decode_either(str(value))
    pictures.measure(data)
    return data


_RULES: dict[str, Rule] = {
    "prompt": text(),
    "negative_prompt": text(),
    "init_images": _list_of_pictures,
    "mask": _picture,
    "denoising_strength": number(0, 1),
    "width": integer(8, 4096),
    "height": integer(8, 4096),
    "steps": integer(1, 150),
    "cfg_scale": number(0, 100),
    "seed": integer(-1, 2**63 - 1),
    "sampler_name": text(),
    "scheduler": text(),
    "batch_size": integer(1, 16),
    "tiling": boolean(),
    "mask_blur": integer(0, 64),
    "inpainting_fill": integer(0, 3),
    "inpaint_full_res": anything,
    "inpaint_full_res_padding": integer(0, 256),
    "inpainting_mask_invert": integer(0, 1),
    "resize_mode": integer(0, 3),
    "override_settings": anything,
    "send_images": boolean(),
    "save_images": boolean(),
    "force_task_id": text(),
    "alwayson_scripts": anything,
}


def check(tree: Tree, *, with_picture: bool) -> Order:
    """The order of a JSON body."""
    fields = check_fields(tree, _RULES, (), refuse, ignore_unknown=True)
    if with_picture and not fields.get("init_images"):
        raise ServiceError(404, "Init image not found")
    if fields.get("sampler_name", SAMPLERS[0]) not in SAMPLERS:
        raise ServiceError(400, "Sampler not found")
    if fields.get("scheduler", "automatic").lower() not in SCHEDULERS:
        raise ServiceError(400, "Scheduler not found")
    guides = controlnet.read_units(fields.get("alwayson_scripts") or {})
    order = Order("sdapi", fields.get("prompt", ""), more=fields)
    order.width, order.height = fields.get("width", 512), fields.get("height", 512)
    order.width, order.height = order.width // 8 * 8, order.height // 8 * 8
    order.images = tuple([*fields.get("init_images", ())[:1], *guides])
    order.count = fields.get("batch_size", 1)
    seed = fields.get("seed", -1)
    order.seed = secrets.randbelow(2**31) if seed == -1 else seed
    return order


@dataclass
class Run:
    """What is painted at the moment; the server does one thing at a time."""

    steps: int = 0
    done: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


class SdapiService(ImageService):
    """A server started with ``--api``. Keys are ``user:password`` of ``--api-auth``; with None it asks for none."""

    name = "sdapi"

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self._run = Run()
        self._one_at_a_time = threading.Lock()
        lists = {
            "sd-models": [
                {"title": CHECKPOINT, "model_name": "sd_xl_base_1.0", "hash": "31e35c80fc", "filename": "/m/x"}
            ],
            "samplers": [{"name": name, "aliases": [], "options": {}} for name in SAMPLERS],
            "schedulers": [{"name": name, "label": name.title(), "aliases": None} for name in SCHEDULERS],
            "options": {"sd_model_checkpoint": CHECKPOINT, "samples_format": "png"},
        }
        self.routes = (
            route("POST", "/sdapi/v1/txt2img", "generate", lambda call, _id: self._generate(call, with_picture=False)),
            route("POST", "/sdapi/v1/img2img", "generate", lambda call, _id: self._generate(call, with_picture=True)),
            route("GET", "/sdapi/v1/progress", "progress", lambda _call, _id: self._show_progress()),
            route("POST", "/sdapi/v1/interrupt", "interrupt", lambda _call, _id: self._interrupt()),
            *(route("GET", f"/sdapi/v1/{name}", "models", _serve(tree)) for name, tree in lists.items()),
            *(route("GET", f"/controlnet/{name}", "models", _serve(tree)) for name, tree in controlnet.LISTS.items()),
        )

    def read_key(self, headers: Mapping[str, str]) -> str | None:
        """Basic authorisation."""
        kind, _, value = headers.get("authorization", "").partition(" ")
        try:
            return base64.b64decode(value, validate=True).decode() if kind == "Basic" else None
        except ValueError:
            return None

    def build_key_error(self, key: str | None) -> ApiError:
        """As FastAPI answers."""
        return ServiceError(401, "Incorrect username or password" if key else "Not authenticated")

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """``{"error", "detail", "body", "errors"}``, or FastAPI's own."""
        del request_id
        if isinstance(error, ServiceError) and error.body:
            return error.code, error.body
        if error.code < 500:
            return error.code, {"detail": error.message}
        return error.code, {"error": "RuntimeError", "detail": "", "body": "", "errors": error.message}

    def _generate(self, call: ServerCall, *, with_picture: bool) -> ServerReply:
        def respond(order: Order, plan: FaultPlan) -> ServerReply:
            with self._one_at_a_time:
                bill(call, order, order.count, 0.0)
                if "run_error" in plan.service:
                    raise _build_run_error(plan.service["run_error"])
                stopped = self._paint_steps(call, order)
                painted = [mixture.mix(pictures.paint(call.state, order, plan, n), order) for n in range(order.count)]
            if stopped:
                painted = [make_draft(data, 1) for data in painted]
            detected = [data for data in order.images if order.more.get("alwayson_scripts")][1:]
            return replies.reply_with_tree(self._build_answer(call, order, [*painted, *detected]))

        return answer_order(call, check(read_tree(call), with_picture=with_picture), respond)

    def _build_answer(self, call: ServerCall, order: Order, images: list[bytes]) -> Tree:
        seeds = [order.seed + number for number in range(order.count)]
        info = {
            "prompt": order.prompt,
            "seed": order.seed,
            "all_seeds": seeds,
            "width": order.width,
            "height": order.height,
        }
        shown = images if order.more.get("send_images", True) else []
        return {"images": shown, "parameters": call.record.json, "info": json.dumps(info)}

    def _paint_steps(self, call: ServerCall, order: Order) -> bool:
        """The server's delay in steps. True when it was interrupted."""
        self._run = run = Run(order.more.get("steps", 20))
        for done in range(1, run.steps + 1):
            run.done = done
            if run.stop.wait(call.state.settings.delay / run.steps):
                break
        stopped = run.stop.is_set()
        self._run = Run()
        return stopped

    def _show_progress(self) -> ServerReply:
        """Global; 0 when idle."""
        run = self._run
        share = run.done / run.steps if run.steps else 0.0
        state = {"job_count": int(run.steps > 0), "sampling_step": run.done, "sampling_steps": run.steps}
        state["interrupted"] = run.stop.is_set()
        return replies.reply_with_tree(
            {"progress": share, "eta_relative": 0.0, "state": state, "current_image": None, "textinfo": None}
        )

    def _interrupt(self) -> ServerReply:
        """Stops whatever runs, whoever asked for it."""
        self._run.stop.set()
        return replies.reply_with_tree({})


def _serve(tree: Any) -> Any:
    return lambda _call, _ident: replies.reply_with_tree(tree)


def _build_run_error(parameters: Mapping[str, str]) -> ServiceError:
    words = "CUDA out of memory. Tried to allocate 2.00 GiB." if parameters.get("kind", "oom") == "oom" else "broken"
    body = {"error": "OutOfMemoryError", "detail": "", "body": "", "errors": words}
    return ServiceError(500, words, body=body)
