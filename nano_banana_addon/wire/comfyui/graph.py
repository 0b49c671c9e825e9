# SPDX-License-Identifier: GPL-3.0-or-later
"""A graph of nodes as `/prompt` takes it and files hold it, and the node classes as `/object_info` lists them."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ...core.errors import InputError
from ..services.parts import as_list, as_mapping

#: Nodes by id: `class_type`, `inputs`, and `_meta` with a title. A link is [id, number of the output].
Graph = dict[str, dict[str, Any]]
#: The classes by name.
NodeClasses = Mapping[str, Any]
#: An input: the node's id, and its own name.
Place = tuple[str, str]

_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_BYTES = 8 * 2**20
_MAX_FILE = 128 * 2**20
_EXPORT = "Use Workflow > Export (API) in ComfyUI, or an image that it saved."
_IMAGE_LOADERS = ("LoadImage", "LoadImageMask", "LoadImageOutput")


def read_graph(path: Path) -> tuple[Graph, str]:
    """The graph of a file, and the SHA-256 of its text. The file is JSON in API format, or an image that ComfyUI saved.

    Raises `InputError` for what is no graph, with what to do.
    """
    text = _read_text(path)
    try:
        tree: object = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{path.name} is no workflow: it is not JSON.", next_step=_EXPORT) from None
    if not isinstance(tree, dict):
        raise InputError(f"{path.name} is no workflow.", next_step=_EXPORT)
    entries = cast("dict[str, Any]", tree)
    if isinstance(entries.get("nodes"), list):
        message = f"{path.name} is a workflow in the format of ComfyUI's editor, which the server does not run."
        raise InputError(message, next_step=_EXPORT)
    wrapped = entries.get("prompt")
    if isinstance(wrapped, dict) and "class_type" not in wrapped:
        entries = cast("dict[str, Any]", wrapped)
    graph = {ident: _read_node(node, path) for ident, node in entries.items()}
    if not graph:
        raise InputError(f"The workflow {path.name} has no nodes.", next_step=_EXPORT)
    return graph, hashlib.sha256(text).hexdigest()


def is_link(value: object) -> bool:
    """Whether an input's value comes from another node."""
    parts = cast("list[object]", value) if isinstance(value, list) else []
    return len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], int)


def get_inputs(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node's inputs by name."""
    inputs: object = node.get("inputs")
    return cast("dict[str, Any]", inputs) if isinstance(inputs, dict) else {}


def get_title(node: Mapping[str, Any]) -> str:
    """The title that the artist gave a node, else its class."""
    meta: object = node.get("_meta")
    title: object = cast("dict[str, Any]", meta).get("title") if isinstance(meta, dict) else None
    return str(title or node.get("class_type", "?"))


def is_image_loader(node: Mapping[str, Any]) -> bool:
    """Whether a node takes the name of an image on the server."""
    return node.get("class_type") in _IMAGE_LOADERS


def list_values(classes: NodeClasses, class_name: str, input_name: str) -> list[str] | None:
    """The values of a menu, such as the files of a loader; None for an input that is none."""
    config = _get_configs(classes, class_name).get(input_name)
    if not isinstance(config, list) or not config:
        return None
    parts = cast("list[Any]", config)
    options: object = parts[0]
    if options == "COMBO" and len(parts) > 1 and isinstance(parts[1], dict):
        options = cast("dict[str, Any]", parts[1]).get("options")
    return [str(value) for value in cast("list[object]", options)] if isinstance(options, list) else None


def find_file(classes: NodeClasses, class_name: str, input_name: str, *patterns: str, but: str = "") -> str:
    """The first file of a loader that fits the first possible of some patterns; "" for none."""
    names = list_values(classes, class_name, input_name) or []
    for pattern in patterns:
        for name in names:
            if re.search(pattern, name, re.IGNORECASE) and not (but and re.search(but, name, re.IGNORECASE)):
                return name
    return ""


def add_defaults(graph: Graph, classes: NodeClasses) -> None:
    """Give inputs that a server of another version wants their defaults."""
    for node in graph.values():
        inputs = get_inputs(node)
        for name, config in _get_configs(classes, str(node["class_type"]), "required").items():
            options = as_mapping((as_list(config) or [None])[-1])
            if name not in inputs and "default" in options:
                inputs[name] = options["default"]


def rename_image(graph: Graph, name: str, new: str) -> None:
    """Replace the name of an image wherever one is loaded."""
    for node in graph.values():
        inputs = get_inputs(node)
        inputs |= {key: new for key, value in inputs.items() if value == name and not is_link(value)}


def find_missing(graph: Graph, classes: NodeClasses, given: set[Place]) -> Iterator[str]:
    """A sentence for each class, model or file that the server lacks. Images at the `given` places were uploaded."""
    absent = {str(node["class_type"]) for node in graph.values()} - classes.keys()
    for name in sorted(absent):
        titles = [f'"{get_title(node)}"' for node in graph.values() if node["class_type"] == name]
        yield f"The node class {name} of {', '.join(titles[:3])} is not installed."
    for ident, node in graph.items():
        for name, value in get_inputs(node).items():
            values = list_values(classes, str(node["class_type"]), name)
            if (ident, name) in given or values is None or not isinstance(value, (str, int, float)):
                continue
            elsewhere = is_image_loader(node) and re.search(r"[/\\\[]", str(value))  # such lists show one folder
            if str(value) not in values and not elsewhere:
                what = "image" if is_image_loader(node) else "file" if re.search(r"\.\w+$", str(value)) else "value"
                yield f'The {what} {value} of "{get_title(node)}" ({name}) is not on the server.'


def _get_configs(classes: NodeClasses, class_name: str, *groups: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    entry: object = classes.get(class_name)
    inputs: object = cast("dict[str, Any]", entry).get("input") if isinstance(entry, dict) else None
    for group in groups or ("required", "optional"):
        configs: object = cast("dict[str, Any]", inputs).get(group) if isinstance(inputs, dict) else None
        found |= cast("dict[str, Any]", configs) if isinstance(configs, dict) else {}
    return found


def _read_node(node: object, path: Path) -> dict[str, Any]:
    entries = cast("dict[str, Any]", node) if isinstance(node, dict) else {}
    if not isinstance(entries.get("class_type"), str) or not isinstance(entries.get("inputs"), dict):
        raise InputError(f"{path.name} is no workflow: one of its nodes has no class.", next_step=_EXPORT)
    return {key: value for key, value in entries.items() if key in ("class_type", "inputs", "_meta")}


def _read_text(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _MAX_FILE:
            raise InputError(f"The workflow {path.name} is too large.", next_step=_EXPORT)
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        next_step = "Choose the workflow's file again."
        raise InputError(f"The workflow {path} cannot be read: {reason}.", next_step=next_step) from None
    text = _find_prompt(data) if data.startswith(_PNG) else data
    if not text:
        raise InputError(f"The image {path.name} carries no workflow of ComfyUI.", next_step=_EXPORT)
    if len(text) > _MAX_BYTES:
        raise InputError(f"The workflow {path.name} is too large.", next_step=_EXPORT)
    return text


def _find_prompt(data: bytes) -> bytes:
    """The text chunk "prompt" of a PNG; b"" where there is none."""
    position = len(_PNG)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = data[position + 8 : position + 8 + length]
        key, _, rest = chunk.partition(b"\0")
        if key == b"prompt" and kind in (b"tEXt", b"zTXt", b"iTXt"):
            return _unpack(kind, rest)
        position += 12 + length
    return b""


def _unpack(kind: bytes, rest: bytes) -> bytes:
    compressed = kind == b"zTXt" or (kind == b"iTXt" and rest[:1] == b"\1")
    if kind == b"iTXt":  # flag, method, language, translated keyword
        rest = rest[2:].split(b"\0", 2)[-1]
    elif kind == b"zTXt":
        rest = rest[1:]
    if not compressed:
        return rest if kind == b"iTXt" else rest.decode("latin-1").encode()
    try:
        return zlib.decompressobj().decompress(rest, _MAX_BYTES + 1)
    except zlib.error:
        return b""
