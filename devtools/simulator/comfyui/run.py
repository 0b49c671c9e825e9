# SPDX-License-Identifier: GPL-3.0-or-later
"""One run over a graph: what is cached, what is computed, where it stands when it ends."""

from __future__ import annotations

import hashlib
import secrets
import string
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devtools.simulator.script import split_directives
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.painting.job import PaintJob

from . import image_nodes, model_nodes
from .folders import Folders, OutsideFolder
from .nodes import CLASSES
from .values import Interrupted, RunError, get_alpha, get_channel, open_picture, to_png

if TYPE_CHECKING:
    from PIL.Image import Image

    from .messages import JobReport

_SAMPLERS = ("KSampler", "SamplerCustomAdvanced")
#: The words by which a client knows that memory was short.
_OUT_OF_MEMORY = (
    "Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 7.21 GiB\n"
)


@dataclass
class Painting:
    """What a run paints with: the painter, the files, the delay, the cases, and the event that stops it."""

    paint: Callable[[PaintJob], Image]
    folders: Folders
    delay: float
    plan: FaultPlan
    interrupt: threading.Event
    workflow: Tree = field(default_factory=dict[str, Any])


class GraphRun:
    """Runs one graph. ``shown`` is what its outputs made."""

    def __init__(self, graph: Tree, cache: dict[str, Any], told: JobReport, painting: Painting) -> None:
        self._graph, self._cache, self._told, self._painting = graph, cache, told, painting
        self._signatures: dict[str, str] = {}
        self._executed: list[str] = []
        self._position = ""
        self.shown: Tree = {}

    def prepare(self, outputs: list[str]) -> list[str]:
        """The nodes whose result is reused."""
        return [ident for ident in self._order(outputs) if self._sign(ident) in self._cache]

    def execute(self, outputs: list[str]) -> None:
        """Compute what is not cached; raises ``Interrupted`` or ``RunError``."""
        for ident in self._order(outputs):
            self._position = ident
            signature = self._sign(ident)
            if signature in self._cache:
                self._reuse(ident, signature)
                continue
            self._told.begin_node(ident)
            # Looked at before a node, not after it: what is stopped in the last node succeeds.
            if self._painting.interrupt.is_set():
                raise Interrupted
            results, shown, steps = self._compute(ident)
            self._cache[signature] = (results, shown)
            self._executed.append(ident)
            if shown is not None:
                self.shown[ident] = shown
            self._told.end_node(ident, shown, steps)

    def _reuse(self, ident: str, signature: str) -> None:
        """A cached output repeats its old file's name, whether or not that is still there."""
        shown = self._cache[signature][1]
        if shown is not None:
            self.shown[ident] = shown
            self._told.end_node(ident, shown, 1)

    def describe_position(self) -> Tree:
        """Where the run stands."""
        name = self._graph[self._position]["class_type"]
        return {"node_id": self._position, "node_type": name, "executed": list(self._executed)}

    def describe_error(self, ident: str, error: RunError, now: int) -> Tree:
        """The error with what the server tells of itself: its paths, and the inputs."""
        about = {"exception_message": str(error), "exception_type": error.kind}
        trace = ['  File "/srv/ComfyUI/execution.py", line 545, in execute\n    output_data = await get_output_data(\n']
        inputs = {name: [str(value)] for name, value in self._graph[self._position]["inputs"].items()}
        more = {"traceback": trace, "current_inputs": inputs, "current_outputs": list(self._graph), "timestamp": now}
        return {"prompt_id": ident, **self.describe_position(), **about, **more}

    def _order(self, outputs: list[str]) -> list[str]:
        """All nodes that the outputs need, each after those that it needs."""
        order: dict[str, None] = {}

        def visit(ident: str) -> None:
            if ident not in order:
                for value in self._graph[ident]["inputs"].values():
                    if isinstance(value, list):
                        visit(value[0])
                order[ident] = None

        for ident in outputs:
            visit(ident)
        return list(order)

    def _sign(self, ident: str) -> str:
        """A digest of a node and all before it; two nodes with the same one give the same."""
        if ident not in self._signatures:
            node = self._graph[ident]
            parts = [node["class_type"]]
            for name, value in sorted(node["inputs"].items()):
                parts.append(
                    f"{name}={self._sign(value[0])}/{value[1]}" if isinstance(value, list) else f"{name}={value!r}"
                )
            if node["class_type"] in ("LoadImage", "LoadImageMask"):
                data = self._painting.folders.read("input", str(node["inputs"]["image"])) or b""
                parts.append(hashlib.sha256(data).hexdigest())
            self._signatures[ident] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return self._signatures[ident]

    def _gather(self, ident: str) -> dict[str, Any]:
        """A node's inputs as values; texts lose what was meant for the server."""
        inputs: dict[str, Any] = {}
        node = self._graph[ident]
        known = {item.name for item in CLASSES[node["class_type"]].inputs}
        for name, value in node["inputs"].items():
            if name not in known:
                continue
            if isinstance(value, list):
                inputs[name] = self._cache[self._sign(value[0])][0][value[1]]
            else:
                inputs[name] = split_directives(value)[0] if isinstance(value, str) else value
        return inputs

    def _compute(self, ident: str) -> tuple[tuple[Any, ...], Tree | None, float]:
        """A node's outputs, what it shows, and its number of steps."""
        name = self._graph[ident]["class_type"]
        inputs = self._gather(ident)
        self._fail_by_plan(name)
        if name in _SAMPLERS:
            return self._sample(ident, name, inputs)
        if name in ("LoadImage", "LoadImageMask"):
            return self._load(inputs), None, 1.0
        if name in ("SaveImage", "PreviewImage"):
            return (inputs["images"],), self._save(name, inputs), 1.0
        if name == "SaveImageWebsocket":
            self._told.tell_step(ident, 0, 1, inputs["images"], lossless=True)
            return (), None, 1
        if name == "ImageBlur":
            # The one node that takes its time without looking whether it was stopped.
            threading.Event().wait(self._painting.delay)
        compute = image_nodes.COMPUTE.get(name) or model_nodes.COMPUTE[name]
        return compute(**inputs), None, 1.0

    def _fail_by_plan(self, name: str) -> None:
        failing = self._painting.plan.service.get("run_error")
        has_sampler = any(node["class_type"] in _SAMPLERS for node in self._graph.values())
        if failing is None or not (name in _SAMPLERS or (not has_sampler and CLASSES[name].is_output)):
            return
        if failing.get("kind", "oom") == "oom":
            raise RunError("torch.OutOfMemoryError", _OUT_OF_MEMORY)
        raise RunError("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (77x768 and 2048x320)\n")

    def _sample(self, ident: str, name: str, inputs: dict[str, Any]) -> tuple[tuple[Any, ...], None, float]:
        sampling = model_nodes.read_sampling(name, inputs)
        pause = self._painting.delay / sampling.steps

        def step(value: int, total: int, painted: Image | None) -> None:
            if self._painting.interrupt.wait(pause) or self._painting.interrupt.is_set():
                raise Interrupted
            self._told.tell_step(ident, value, total, painted if self._told.wants_preview() else None)

        latent = model_nodes.sample(sampling, self._painting.paint, step)
        return (latent, latent), None, sampling.steps

    def _load(self, inputs: dict[str, Any]) -> tuple[Any, ...]:
        path = str(inputs["image"])
        data = self._painting.folders.read("input", path)
        if data is None:
            raise RunError("FileNotFoundError", f"[Errno 2] No such file or directory: '/srv/ComfyUI/input/{path}'\n")
        picture = open_picture(data, path)
        if "channel" in inputs:
            return (get_channel(picture, inputs["channel"]),)
        return picture.convert("RGB"), get_alpha(picture)

    def _mark_loads(self) -> Tree:
        """The graph as it stands in files: with a key more where a file was read."""
        loads = [ident for ident, node in self._graph.items() if node["class_type"] in ("LoadImage", "LoadImageMask")]
        return self._graph | {ident: {**self._graph[ident], "is_changed": [self._sign(ident)]} for ident in loads}

    def _save(self, name: str, inputs: dict[str, Any]) -> Tree:
        """Write a file, with the graph in it."""
        folder, prefix = "output", str(inputs.get("filename_prefix", ""))
        if name == "PreviewImage":
            folder, prefix = "temp", "ComfyUI_temp_" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(5))
        try:
            subfolder, file = self._painting.folders.find_next_name(folder, prefix)
        except OutsideFolder as outside:
            raise RunError(
                "Exception", f"**** ERROR: Saving image outside the output folder is not allowed.\n {prefix}"
            ) from outside
        data = self._painting.plan.alter_picture(
            to_png(inputs["images"], {"prompt": self._mark_loads(), **self._painting.workflow})
        )
        if "lose_file" not in self._painting.plan.service:
            self._painting.folders.write(folder, f"{subfolder}/{file}".lstrip("/"), data)
        return {"images": [{"filename": file, "subfolder": subfolder, "type": folder}]}
