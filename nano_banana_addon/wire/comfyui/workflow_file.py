# SPDX-License-Identifier: GPL-3.0-or-later
"""A workflow's file: JSON in API format, or an image that ComfyUI saved, which carries it."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any, cast

from ...core.errors import InputError
from .graph import Graph

_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_BYTES = 8 * 2**20
_MAX_FILE = 128 * 2**20
_EXPORT = "Use Workflow > Export (API) in ComfyUI, or an image that it saved."


def read_graph(path: Path) -> tuple[Graph, str]:
    """The graph of a file, and the SHA-256 of its text. Raises `InputError` for what is no graph, with what to do."""
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
