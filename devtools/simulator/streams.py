# SPDX-License-Identifier: GPL-3.0-or-later
"""``streamGenerateContent``: server-sent events, or one JSON array without ``alt=sse``."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator

from nano_banana_addon.simulator import generate
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract import json_writer
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree, get_child, get_children
from nano_banana_addon.simulator.contract.plan import AnswerPlan, ServerReply
from nano_banana_addon.simulator.extension import Route

from .transport import FaultPlan

_LONG_LINE = 10_500_000  # characters
_OVERLOADED = ApiError(503, "The model is overloaded. Please try again later.")


def build_reply(tree: Tree, trouble: str, as_events: bool) -> ServerReply:
    """The answer *tree* as a stream, with the trouble of that name."""
    frames = _build_frames(tree, trouble)
    if not as_events:
        pieces = json_writer.write(frames)
        length = sum(map(len, pieces))
        return ServerReply(200, pieces, {"Content-Type": "application/json; charset=UTF-8"}, length)
    pieces = _iter_events(frames, trouble)
    if trouble == "sse_split":
        pieces = _split(b"".join(pieces))
    return ServerReply(200, pieces, {"Content-Type": "text/event-stream"})


def _build_frames(tree: Tree, trouble: str) -> list[Tree]:
    """One frame for each part, then one that only signs, ends and counts."""
    candidates = get_children(tree, "candidates")
    parts = get_children(get_child(candidates[0], "content"), "parts") if candidates else []
    if not parts:
        return [tree]
    if trouble == "sse_image_first":
        parts = sorted(parts, key=lambda part: "inlineData" not in part)
    if trouble == "sse_long_line":
        parts = [{"text": "x" * _LONG_LINE}, *parts]
    frames = [_build_frame(tree, [_strip_signatures(part)]) for part in parts]
    last = _build_frame(tree, [_build_closing(parts)])
    if trouble != "sse_no_finish":
        ending = {name: value for name, value in candidates[0].items() if name != "content"}
        last["candidates"][0].update(ending)
        last["usageMetadata"] = tree.get("usageMetadata", {})
    return [*frames, last]


def _build_frame(tree: Tree, parts: list[Tree]) -> Tree:
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


def _iter_events(frames: list[Tree], case_name: str) -> Iterator[bytes]:
    for number, frame in enumerate(frames):
        if number == len(frames) - 1 and case_name == "sse_error_frame":
            yield b"data: " + json.dumps(_OVERLOADED.to_envelope()).encode() + b"\r\n\r\n"
            return
        if number == len(frames) - 1 and case_name == "sse_bare_error":
            yield json.dumps(_OVERLOADED.to_envelope(), indent=2).encode()
            return
        yield b"data: "
        yield from json_writer.write(frame, indent=None)
        yield b"\r\n\r\n"


def _split(data: bytes) -> Iterator[bytes]:
    """Cut in uneven pieces, and inside every character of more than one byte near the start."""
    cuts = {position for position in range(7, min(len(data), 4000), 13)}
    cuts.update(match.start() for match in re.finditer(rb"[\x80-\xbf]", data))
    cuts.update(range(4000, len(data), 9973))
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in itertools.pairwise(edges):
        yield data[start:end]


def stream(call: ServerCall, name: str) -> ServerReply:
    """``:streamGenerateContent``: the same answer, in frames."""
    as_events = call.query.get("alt") == "sse"

    def respond(tree: Tree, plan: AnswerPlan) -> ServerReply:
        return build_reply(tree, plan.stream if isinstance(plan, FaultPlan) else "", as_events)

    return generate.generate(call, name, respond)


ROUTES: tuple[Route, ...] = (
    ("POST", r"/(?P<version>v1|v1beta)/models/(?P<id>[^/:?]+):streamGenerateContent", "generate", stream),
)
