# SPDX-License-Identifier: GPL-3.0-or-later
"""``generateContent`` and its relatives: rules, then the plan, then an image."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from . import replies
from .answers import PartBuilder, build_grounding, compute_response_id
from .call import ServerCall
from .contract import config, contents, turns, usage
from .contract.errors import ApiError, build_invalid, build_model_not_found
from .contract.json_access import Tree, get_child, get_children
from .contract.models import MODELS, Model
from .contract.parsed_request import ParsedRequest
from .contract.plan import AnswerPlan, ServerReply
from .extension import ServiceDialect
from .painting.job import PaintJob
from .state import ServerState

GENERATE = "generate"
Respond = Callable[[Tree, AnswerPlan], ServerReply]


def find_model(state: ServerState, name: str, version: str, method: str = "generateContent") -> Model:
    """The model of an id, or the error that names it."""
    model = MODELS.get(state.dialect.resolve_model(name))
    if model is None or (method != "get" and method not in (model.methods or ())):
        raise build_model_not_found(name, version, method)
    return model


def generate(
    call: ServerCall, name: str, respond: Respond = lambda tree, _plan: replies.reply_with_tree(tree)
) -> ServerReply:
    """Answer a POST to ``:generateContent``; ``respond`` makes the reply of a finished answer."""
    call.state.dialect.resolve_model(name)
    request = call.check_message(call.read_json(GENERATE), "GenerateContentRequest")
    model = find_model(call.state, name, call.version)
    deadline = parse_server_timeout(call)
    parsed = parse_request(call.state, call.key, model, request)
    plan = choose_plan(call, parsed)
    if plan.raw is not None:
        reply = plan.raw
    elif plan.error is not None:
        reply = replies.reply_with_error(plan.error, call.state.dialect, "sim", plan)
    else:
        tree = build_result(call.state, parsed, plan, call.digest)
        tree["modelVersion"] = name
        reply = respond(tree, plan)
        reply.headers.update(build_service_headers(call, parsed))
        reply.silence += max(0.0, call.state.settings.delay - measure_elapsed(call))
    plan.finish(reply)
    return limit_wait(reply, deadline, call.state.dialect)


def measure_elapsed(call: ServerCall) -> float:
    """Seconds since the request's head came in."""
    return time.monotonic() - call.started


def build_service_headers(call: ServerCall, parsed: ParsedRequest) -> dict[str, str]:
    """The headers that the service adds to an answer."""
    return {
        "x-gemini-service-tier": parsed.tier,
        "server-timing": f"gfet4t7; dur={measure_elapsed(call) * 1000:.0f}",
        "vary": "Origin",
    }


def parse_server_timeout(call: ServerCall) -> int | None:
    """``X-Server-Timeout`` in seconds; a 400 when it is not a whole number of at least 1."""
    text = call.headers.get("x-server-timeout")
    if text is None:
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise build_invalid("X-Server-Timeout must be a whole number of seconds, at least 1.")
    return int(text)


def limit_wait(reply: ServerReply, deadline: int | None, dialect: ServiceDialect) -> ServerReply:
    """*reply*, or a 504 if its silence is longer than the deadline (contract case 34)."""
    if deadline is None or reply.silence <= deadline:
        return reply
    answer = replies.reply_with_error(
        ApiError(504, "Deadline expired before operation could complete."), dialect, "sim"
    )
    answer.silence = float(deadline)
    return answer


def parse_request(state: ServerState, key: str, model: Model, request: Tree) -> ParsedRequest:
    """Apply every rule to a parsed request; raises the service's error."""
    parsed = ParsedRequest(model)
    turn_contents = get_children(request, "contents")
    state.dialect.check_turns(turn_contents)
    contents.check_roles(turn_contents)
    turns.check_turns(turn_contents, model)

    def read_file(uri: str, mime: str) -> Any:
        state.dialect.check_file(uri)
        return state.files.read_picture(uri, mime, key)

    contents.gather(parsed, turn_contents, read_file, state.settings.image_limit)
    config.check(parsed, request)
    parsed.mime = state.dialect.read_mime_type(get_child(request, "generationConfig"))
    parsed.seed = get_child(request, "generationConfig").get("seed") or 0
    return parsed


def choose_plan(call: ServerCall, parsed: ParsedRequest) -> AnswerPlan:
    """How the request is answered; the prompt loses what was meant for the server."""
    plan, parsed.prompt = call.state.extension.script.plan(GENERATE, call, parsed.model.id, parsed.prompt)
    call.note(prompt=parsed.prompt)
    return plan


def build_result(state: ServerState, parsed: ParsedRequest, plan: AnswerPlan, digest: str) -> Tree:
    """The body of a 200: a success or a refusal. Bills it; ``inlineData.data`` is bytes."""
    too_short = parsed.max_output is not None and parsed.max_output < parsed.count_image_tokens()
    if too_short and plan.refusal is None:
        cut_candidate = {"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}
        plan.refusal = {"candidates": [cut_candidate]}
    if plan.refusal is not None:
        return build_refusal(state, parsed, plan, digest)
    builder = PartBuilder(parsed, lambda serial: paint(state, parsed, plan, serial), plan.alter_picture)
    parts = plan.build_parts(builder) if plan.build_parts and parsed.wants_image else builder.build_parts()
    candidate: Tree = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
    if parsed.search:
        candidate["groundingMetadata"] = build_grounding()
    tree: Tree = {"candidates": [candidate]}
    counts = usage.build_usage(parsed, builder.picture_count)
    _finish(state, parsed, plan, tree, counts, digest, builder.picture_count)
    return tree


def build_refusal(state: ServerState, parsed: ParsedRequest, plan: AnswerPlan, digest: str) -> Tree:
    """The refusal of *plan* with its usage: prompt and thoughts, no picture."""
    tree = dict(plan.refusal or {})
    counts = usage.build_refused_usage(parsed, answered="promptFeedback" not in tree)
    _finish(state, parsed, plan, tree, counts, digest, 0)
    return tree


def _finish(
    state: ServerState, parsed: ParsedRequest, plan: AnswerPlan, tree: Tree, counts: Tree, digest: str, pictures: int
) -> None:
    tree["usageMetadata"] = counts
    tree["modelVersion"] = parsed.model.id
    tree["responseId"] = compute_response_id(digest, next(state.answer_numbers))
    state.extension.observer.bill(parsed, pictures, counts)
    for alter in plan.alter_answer:
        alter(tree)


def paint(state: ServerState, parsed: ParsedRequest, plan: AnswerPlan, serial: int) -> bytes:
    """The encoded picture of a request, at the size that the rules or the plan give."""
    width, height = parsed.width, parsed.height
    if plan.size in parsed.model.sizes:
        width, height = parsed.model.sizes[plan.size][parsed.ratio]
    pictures = tuple(picture.data for picture in parsed.pictures)
    job = PaintJob(
        parsed.prompt,
        pictures,
        parsed.model.id,
        width,
        height,
        parsed.mime or state.settings.mime,
        parsed.seed,
    )
    return state.pictures.get_picture(job, serial)
