# SPDX-License-Identifier: GPL-3.0-or-later
"""What ComfyUI says of a job: why it was refused, how far it is, how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from ...core.errors import ErrorKind, NanoBananaError
from ..contract.steps import Reply
from ..redact import Redactor
from ..services.parts import as_list, as_mapping
from .graph import Graph, get_title

#: The folders of a path: the server's own are nobody's business, its last name says enough.
_FOLDERS = re.compile(r"(?<![\w./\\])(?:[A-Za-z]:)?[/\\](?:[^/\\\s'\":,]+[/\\])+")
_KINDS = {
    "missing_node_type": ErrorKind.MODEL,
    "value_not_in_list": ErrorKind.MODEL,
    "custom_validation_failed": ErrorKind.INPUT,
}
_NEXT_STEPS = {
    ErrorKind.MODEL: "Install what is named on the server and restart it, or choose another workflow or model.",
    ErrorKind.INPUT: "Upload that image to the server, or mark its node with a title such as NB Capture.",
}

#: What the samplers of a graph take of the whole.
_SAMPLING = 0.8
_ENDS = ("execution_success", "execution_error", "execution_interrupted")
#: Before a preview's file: the number of its event, and of its format.
_PREVIEW, _HEAD = (0, 0, 0, 1), 8


class RunProgress:
    """One job's share of done nodes and steps; `image` is the latest preview, `has_ended` once its end was heard of."""

    def __init__(self, ident: str) -> None:
        self.image = b""
        self.has_ended = False
        self._ident = ident
        self._weights: dict[str, float] = {}
        self._done: dict[str, float] = {}
        self._current = ""

    @property
    def fraction(self) -> float:
        """0 ... 1; 0 while nothing is known."""
        return min(sum(self._weights.get(node, 0.0) * done for node, done in self._done.items()), 1.0)

    def weigh(self, graph: Graph) -> None:
        """Learn which nodes there are: samplers take most of the time."""
        names = {ident: str(as_mapping(node).get("class_type")).lower() for ident, node in graph.items()}
        samplers = [ident for ident, name in names.items() if "sampler" in name and not name.endswith("select")]
        share = _SAMPLING if samplers else 0.0
        others = (1.0 - share) / max(len(names) - len(samplers), 1)
        self._weights = {ident: share / len(samplers) if ident in samplers else others for ident in names}

    def read(self, messages: Iterable[object]) -> bool:
        """Take messages in; whether any was about this job. Others tell of the queue, or of somebody else's."""
        return any([self._read(message) for message in messages])

    def _read(self, message: object) -> bool:
        if isinstance(message, bytes):
            is_preview = tuple(message[:4]) == _PREVIEW
            self.image = message[_HEAD:] if is_preview else self.image
            return is_preview
        kind, data = as_mapping(message).get("type"), as_mapping(as_mapping(message).get("data"))
        if data.get("prompt_id") != self._ident:
            return False
        node, value, largest = str(data.get("node") or ""), data.get("value"), data.get("max")
        if kind == "execution_cached":
            self._done |= {str(ident): 1.0 for ident in as_list(data.get("nodes"))}
        elif kind == "executing":
            self._done |= {self._current: 1.0}
            self._current = node
        elif kind == "progress" and isinstance(value, (int, float)) and isinstance(largest, (int, float)) and largest:
            self._done[node] = min(max(value / largest, 0.0), 1.0)
        self.has_ended = self.has_ended or kind in _ENDS or (kind == "executing" and not node)
        return True


def hide_paths(text: str) -> str:
    """A text without the folders of its paths."""
    return _FOLDERS.sub("", text)


def build_refusal(reply: Reply, graph: Graph, redactor: Redactor) -> NanoBananaError:
    """The error for a graph that the server did not accept: nothing was queued."""
    sentences: list[str] = []
    kinds: list[ErrorKind] = []
    for ident, value in as_mapping(reply.get("node_errors")).items():
        report = as_mapping(value)
        for error in map(as_mapping, as_list(report.get("errors"))):
            title = get_title(graph.get(ident, {"class_type": report.get("class_type", "?")}))
            details = hide_paths(str(error.get("details", "")).splitlines()[0] if error.get("details") else "")
            sentences.append(f'"{title}": {error.get("message", "")} {_cut(details)}'.strip())
            kinds.append(_KINDS.get(str(error.get("type")), ErrorKind.REQUEST))
    kind_name, message = reply.get_text("error", "type"), reply.get_text("error", "message")
    if not sentences:
        sentences.append(f"{message} {_cut(hide_paths(reply.get_text('error', 'details')))}".strip())
        is_class = kind_name == "missing_node_type" or "does not exist" in message
        kinds.append(ErrorKind.MODEL if is_class else ErrorKind.REQUEST)
    kind = next((kind for kind in (ErrorKind.MODEL, ErrorKind.INPUT) if kind in kinds), ErrorKind.REQUEST)
    detail = redactor.redact_detail("; ".join(dict.fromkeys(sentences)))
    text = "ComfyUI did not accept the workflow."
    return NanoBananaError(kind, text, next_step=_NEXT_STEPS.get(kind, ""), detail=detail, http_status=reply.status)


def read_messages(entry: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The messages of a job in the history, by their types."""
    pairs = [as_list(pair) for pair in as_list(as_mapping(entry.get("status")).get("messages"))]
    return {str(pair[0]): as_mapping(pair[-1]) for pair in pairs if pair}


def read_graph(entry: Mapping[str, Any]) -> Graph:
    """The graph of a job in the history."""
    prompt = as_list(entry.get("prompt"))
    return cast("Graph", as_mapping(prompt[2])) if len(prompt) > 2 else {}


def list_images(entry: Mapping[str, Any], output: str) -> list[Mapping[str, Any]]:
    """Where the images lie that a node gave: `filename`, `subfolder`, `type`."""
    node = as_mapping(as_mapping(entry.get("outputs")).get(output))
    return [as_mapping(image) for image in as_list(node.get("images"))]


def build_run_error(messages: Mapping[str, Mapping[str, Any]], graph: Graph, redactor: Redactor) -> NanoBananaError:
    """The error of a run that failed or was stopped, by the messages of its history."""
    if "execution_error" not in messages:
        return NanoBananaError(ErrorKind.CANCELLED, "The image was stopped in ComfyUI.")
    report = messages["execution_error"]
    kind, text = str(report.get("exception_type", "")), str(report.get("exception_message", "")).strip()
    node = graph.get(str(report.get("node_id")), {"class_type": report.get("node_type", "?")})
    detail = redactor.redact_detail(hide_paths(f"{kind.rpartition('.')[2]}: {text}"))
    if is_out_of_memory(messages):
        message = f'The memory of ComfyUI\'s graphics card was too small for the node "{get_title(node)}".'
        next_step = "Choose a smaller size, or a smaller model; close what else uses the card."
        return NanoBananaError(ErrorKind.TOO_LARGE, message, next_step=next_step, detail=detail)
    if "UnidentifiedImage" in kind:
        message = f'The node "{get_title(node)}" got a file that is no image.'
        return NanoBananaError(ErrorKind.INPUT, message, detail=detail)
    if "Safetensor" in kind:
        message = f'A model file of the node "{get_title(node)}" is damaged.'
        return NanoBananaError(ErrorKind.MODEL, message, next_step="Download that file again.", detail=detail)
    message = f'The node "{get_title(node)}" of the workflow failed.'
    next_step = "Read the details; ComfyUI's own console says more."
    return NanoBananaError(ErrorKind.REQUEST, message, next_step=next_step, detail=detail)


def is_out_of_memory(messages: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a run failed for want of memory."""
    report = messages.get("execution_error", {})
    text = f"{report.get('exception_type', '')} {report.get('exception_message', '')}".lower()
    return any(words in text for words in ("outofmemory", "out of memory", "allocation on device", "not enough memory"))


def _cut(text: str, length: int = 160) -> str:
    """Details list all files that a menu has."""
    return text if len(text) <= length else text[:length] + "…"
