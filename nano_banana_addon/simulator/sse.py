# SPDX-License-Identifier: GPL-3.0-or-later
"""``streamGenerateContent``: server-sent events, or one JSON array without ``alt=sse``."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator

from . import jsonout
from .errors import ApiError
from .plan import Plan, Reply
from .trees import Tree, child, children

_LONG_LINE = 10_500_000  # characters
_OVERLOADED = ApiError(503, "The model is overloaded. Please try again later.")


def reply(tree: Tree, plan: Plan, as_events: bool) -> Reply:
    """The answer *tree* as a stream, with the trouble that *plan* asks for."""
    frames = _frames(tree, plan)
    if not as_events:
        pieces = jsonout.write(frames)
        length = sum(map(len, pieces))
        return Reply(200, pieces, {"Content-Type": "application/json; charset=UTF-8"}, length)
    pieces = _events(frames, plan.stream)
    if plan.stream == "sse_split":
        pieces = _split(b"".join(pieces))
    return Reply(200, pieces, {"Content-Type": "text/event-stream"})


def _frames(tree: Tree, plan: Plan) -> list[Tree]:
    """One frame for each part, then one that only signs, ends and counts."""
    candidates = children(tree, "candidates")
    parts = children(child(candidates[0], "content"), "parts") if candidates else []
    if not parts:
        return [tree]
    if plan.stream == "sse_image_first":
        parts = sorted(parts, key=lambda part: "inlineData" not in part)
    if plan.stream == "sse_long_line":
        parts = [{"text": "x" * _LONG_LINE}, *parts]
    frames = [_frame(tree, [_strip_signatures(part)]) for part in parts]
    last = _frame(tree, [_build_closing(parts)])
    if plan.stream != "sse_no_finish":
        ending = {name: value for name, value in candidates[0].items() if name != "content"}
        last["candidates"][0].update(ending)
        last["usageMetadata"] = tree.get("usageMetadata", {})
    return [*frames, last]


def _frame(tree: Tree, parts: list[Tree]) -> Tree:
    content = {"role": "model", "parts": parts}
    return {
        "candidates": [{"content": content, "index": 0}],
        "modelVersion": tree["modelVersion"],
        "responseId": tree["responseId"],
    }


def _strip_signatures(part: Tree) -> Tree:
    return {"text": part["text"]} if "text" in part and not part.get("thought") else part


def _build_closing(parts: list[Tree]) -> Tree:
    """In a stream the text's signature comes last, on an empty text part."""
    signatures = (part.get("thoughtSignature") for part in parts if "text" in part)
    signature = next((text for text in signatures if text), None)
    return {"text": "", "thoughtSignature": signature} if signature else {"text": ""}


def _events(frames: list[Tree], trouble: str) -> Iterator[bytes]:
    for number, frame in enumerate(frames):
        if number == len(frames) - 1 and trouble == "sse_error_frame":
            yield b"data: " + json.dumps(_OVERLOADED.envelope()).encode() + b"\r\n\r\n"
            return
        if number == len(frames) - 1 and trouble == "sse_bare_error":
            yield json.dumps(_OVERLOADED.envelope(), indent=2).encode()
            return
        yield b"data: "
        yield from jsonout.write(frame, indent=None)
        yield b"\r\n\r\n"


def _split(data: bytes) -> Iterator[bytes]:
    """Cut in uneven pieces, and inside every character of more than one byte near the start."""
    cuts = {position for position in range(7, min(len(data), 4000), 13)}
    cuts.update(found.start() for found in re.finditer(rb"[\x80-\xbf]", data))
    cuts.update(range(4000, len(data), 9973))
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in itertools.pairwise(edges):
        yield data[start:end]
