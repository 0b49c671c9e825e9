# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's routes: each also under ``/api``, none with a key unless a proxy before it asks for one."""

from __future__ import annotations

import dataclasses
import math
import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devtools.simulator.services.fields import to_plain
from devtools.simulator.services.pictures import open_picture
from devtools.simulator.services.service import ImageService, Order, answer_order, bill, route
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Handler, Route
from nano_banana_addon.simulator.painting.job import PaintJob

from . import jobs, nodes, socket_route, validation
from .engine import Engine, Job, get_milliseconds
from .file_routes import FileRoutes
from .folders import Folders
from .messages import Reporter
from .run import Painting
from .sockets import Sessions
from .validation import PromptRefused, ServerTrouble, Validation

if TYPE_CHECKING:
    from PIL.Image import Image

_TROUBLE = b"500 Internal Server Error\n\nServer got itself in trouble"
FEATURES: Tree = {
    "supports_preview_metadata": True,
    "supports_model_type_tags": True,
    "max_upload_size": 104_857_600,
    "extension": {"manager": {"supports_v4": True}},
    "node_replacements": True,
    "assets": False,
}


def reply_empty(status: int = 200) -> ServerReply:
    """An answer without a body."""
    return ServerReply(status, [], {"Content-Type": "application/octet-stream"}, 0)


def reply_trouble() -> ServerReply:
    """What the server did not expect."""
    return ServerReply(500, [_TROUBLE], {"Content-Type": "text/plain; charset=utf-8"}, len(_TROUBLE))


class ComfyService(ImageService):
    """A server of 2026. ``models`` are its files by folder, which tests may change."""

    name = "comfyui"
    version = "0.33.0"
    is_old = False

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.models = {folder: list(names) for folder, names in nodes.MODEL_FILES.items()}
        self.missing: set[str] = set()  # node classes that are not installed
        self.folders = Folders()
        self.sessions = Sessions()
        self.engine = Engine(Reporter(self.sessions), self._build_painting)
        self._state: Any = None
        self._numbers = 0
        self._files = FileRoutes(self.folders)
        self.routes = tuple(self._build_routes())

    def _build_routes(self) -> list[Route]:
        def serve(on: str, path: str, run: Callable[[ServerCall, str], ServerReply], method: str = "GET") -> Route:
            return route(method, f"(?:/api)?{path}", on, _guard(run, is_old=self.is_old))

        name = "(?P<id>[^/]+)"
        routes = [
            serve(
                "socket", "/ws", lambda call, _id: socket_route.open_socket(call, self.sessions, self.engine, FEATURES)
            ),
            serve("generate", "/prompt", self._post_prompt, "POST"),
            serve("stats", "/system_stats", lambda _call, _id: self._show_system()),
            serve("stats", "/features", lambda _call, _id: replies.reply_with_tree(FEATURES)),
            serve("stats", "/prompt", lambda _call, _id: replies.reply_with_tree(self._describe_queue())),
            serve("nodes", "/object_info", lambda _call, _id: self._list_classes(list(nodes.CLASSES))),
            serve("nodes", f"/object_info/{name}", lambda _call, ident: self._list_classes([ident])),
            serve("models", "/models", lambda _call, _id: replies.reply_with_tree(list(self.models))),
            serve("models", f"/models/{name}", self._list_models),
            serve("models", "/embeddings", lambda _call, _id: replies.reply_with_tree(self.models["embeddings"])),
            serve("upload", "/upload/image", self._files.upload, "POST"),
            serve("view", "/view", self._files.view),
            serve("history", "/history", lambda call, _id: self._list_history(call)),
            serve("history", f"/history/{name}", self._show_history),
            serve("history", "/history", self._change_history, "POST"),
            serve("queue", "/queue", lambda _call, _id: self._show_queue()),
            serve("queue", "/queue", self._change_queue, "POST"),
            serve("interrupt", "/interrupt", self._interrupt, "POST"),
            serve("free", "/free", self._free, "POST"),
        ]
        return routes if self.is_old else [*routes, *jobs.build_routes(self.engine, _guard)]

    def translate_error(self, error: ApiError, request_id: str) -> tuple[int, Tree]:
        """As a proxy before it would say it; the server itself has no keys and no limits."""
        del request_id
        return error.code, {"error": {"type": "error", "message": error.message, "details": "", "extra_info": {}}}

    def _post_prompt(self, call: ServerCall, _ident: str) -> ServerReply:
        tree = read_json(call)
        if not isinstance(tree, dict):
            return reply_trouble()
        try:
            graph, ident = self._check_head(tree)
            check = Validation(graph, self._get_classes(), self._list_files, self._has_picture)
            outputs, node_errors = check.check(self.is_old)
        except PromptRefused as refused:
            return replies.reply_with_tree(refused.tree, 400)
        except (ServerTrouble, AttributeError):
            return reply_trouble()
        order = Order("comfyui", _gather_texts(graph), count=len(outputs))
        return answer_order(call, order, partial(self._queue, call, tree, ident, outputs, node_errors))

    def _check_head(self, tree: Tree) -> tuple[Tree, str]:
        """The graph and the job's id."""
        if "prompt" not in tree:
            raise PromptRefused("no_prompt", "No prompt provided", "No prompt provided")
        graph, ident = tree["prompt"], tree.get("prompt_id")
        if not isinstance(graph, dict):
            raise ServerTrouble
        if ident is None:
            return graph, str(uuid.uuid4())
        if not self.is_old:
            validation.check_prompt_id(ident)
        return graph, str(ident)

    def _queue(
        self,
        call: ServerCall,
        tree: Tree,
        ident: str,
        outputs: list[str],
        node_errors: Tree,
        order: Order,
        plan: FaultPlan,
    ) -> ServerReply:
        """Queue what was checked. The same id again is another job."""
        number = tree.get("number")
        if number is None:
            number = -self._numbers if tree.get("front") else self._numbers
            self._numbers += 1
        extra = {**tree.get("extra_data", {}), "create_time": get_milliseconds()}
        if "client_id" in tree:
            extra["client_id"] = tree["client_id"]
        self._state = call.state
        bill(call, order, len(outputs), 0.0, ident)
        job = Job(number, ident, tree["prompt"], extra, outputs, plan)
        self.engine.put(job, call.state.stop_event)
        return replies.reply_with_tree({"prompt_id": ident, "number": number, "node_errors": node_errors})

    def _build_painting(self, job: Job) -> Painting:
        state = self._state

        def paint(order: PaintJob) -> Image:
            picture = open_picture(state.pictures.get_picture(dataclasses.replace(order, mime="image/png")))
            return picture.convert("RGB")

        workflow = job.extra.get("extra_pnginfo") or {}
        return Painting(paint, self.folders, state.settings.delay, job.plan, self.engine.interrupt, workflow)

    def _get_classes(self) -> dict[str, nodes.NodeClass]:
        return {name: found for name, found in nodes.CLASSES.items() if name not in self.missing}

    def _list_files(self, folder: str) -> list[str]:
        return self.folders.list_pictures() if not folder else list(self.models.get(folder, ()))

    def _has_picture(self, value: Any) -> bool:
        return isinstance(value, str) and self.folders.read("input", value) is not None

    def _list_classes(self, names: list[str]) -> ServerReply:
        """An unknown class is left out, with a 200."""
        known = [found for name, found in self._get_classes().items() if name in names]
        return replies.reply_with_tree({found.name: nodes.build_info(found, self._list_files) for found in known})

    def _list_models(self, _call: ServerCall, folder: str) -> ServerReply:
        return replies.reply_with_tree(self.models[folder]) if folder in self.models else reply_empty(404)

    def _show_system(self) -> ServerReply:
        memory = 25_276_510_208
        system = {"os": "linux", "ram_total": memory, "ram_free": memory // 2, "comfyui_version": self.version}
        system |= {
            "python_version": "3.11.7",
            "pytorch_version": "2.14.1+cpu",
            "embedded_python": False,
            "argv": ["main.py"],
        }
        sizes = dict.fromkeys(("vram_total", "vram_free", "torch_vram_total", "torch_vram_free"), memory)
        device = {"name": "cpu", "type": "cpu", "index": None, **sizes}
        return replies.reply_with_tree({"system": system, "devices": [device]})

    def _describe_queue(self) -> Tree:
        return {"exec_info": {"queue_remaining": self.engine.count()}}

    def _show_queue(self) -> ServerReply:
        running = [self.engine.running.to_entry()] if self.engine.running else []
        pending = [job.to_entry() for job in self.engine.list_pending()]
        return replies.reply_with_tree({"queue_running": running, "queue_pending": pending})

    def _change_queue(self, call: ServerCall, _ident: str) -> ServerReply:
        tree = read_json(call)
        if tree.get("clear"):
            self.engine.clear()
        for ident in tree.get("delete", ()):
            self.engine.delete(ident)
        return reply_empty()

    def _list_history(self, call: ServerCall) -> ServerReply:
        items = list(self.engine.history.items())
        most = int(call.query.get("max_items", math.inf if not items else len(items)) or 0) if items else 0
        return replies.reply_with_tree(dict(items[-most:] if most else []))

    def _show_history(self, _call: ServerCall, ident: str) -> ServerReply:
        """Empty for what is unfinished, unknown or deleted."""
        entry = self.engine.history.get(ident)
        return replies.reply_with_tree({ident: entry} if entry else {})

    def _change_history(self, call: ServerCall, _ident: str) -> ServerReply:
        tree = read_json(call)
        if tree.get("clear"):
            self.engine.history.clear()
        for ident in tree.get("delete", ()):
            self.engine.history.pop(ident, None)
        return reply_empty()

    def _interrupt(self, call: ServerCall, _ident: str) -> ServerReply:
        """Without an id whatever runs; a pending job is not concerned."""
        tree = read_json(call) if call.parse_length() else {}
        self.engine.stop(tree.get("prompt_id") or "")
        return reply_empty()

    def _free(self, call: ServerCall, _ident: str) -> ServerReply:
        read_json(call)
        return reply_empty()


class OldComfyService(ComfyService):
    """A server of 2025: other refusals, no jobs, any id is taken."""

    name = "comfyui-0.3"
    version = "0.3.64"
    is_old = True


def read_json(call: ServerCall) -> Any:
    """The body, whatever its content type; raises ``ServerTrouble`` for what is no JSON."""
    try:
        tree = call.read_json("generate")
    except ApiError as error:
        raise ServerTrouble from error
    call.note(json=tree)
    return to_plain(tree)


def _gather_texts(graph: Tree) -> str:
    """All texts of a graph, where a case may be asked for."""
    inputs = [node.get("inputs", {}) for node in graph.values()]
    return " ".join(value for group in inputs for value in group.values() if isinstance(value, str))


def _guard(run: Handler, *, is_old: bool = False) -> Handler:
    """Refuse what comes from a foreign page, and answer trouble as the server does. Old ones look at `Origin` alone."""

    def handle(call: ServerCall, ident: str) -> ServerReply:
        origin, host = call.headers.get("origin"), call.headers.get("host", "")
        is_foreign = not is_old and call.headers.get("sec-fetch-site") == "cross-site"
        if is_foreign or (origin and urlsplit(origin).netloc != host):
            return reply_empty(403)
        try:
            return run(call, ident)
        except ServerTrouble:
            return reply_trouble()

    return handle
