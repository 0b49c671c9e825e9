# SPDX-License-Identifier: GPL-3.0-or-later
"""What ComfyUI's refusals and failed runs mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
