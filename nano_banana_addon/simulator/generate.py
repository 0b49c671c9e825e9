# SPDX-License-Identifier: GPL-3.0-or-later
"""``generateContent`` and its relatives: rules, then cases, then a painted answer."""

from __future__ import annotations

import math
import time
from typing import Any

from . import config, contents, gateway, replies, sse, turns, usage, vertex
from .answers import PartBuilder, build_grounding, compute_response_id
from .asked import ParsedRequest
from .call import ServerCall
from .errors import ApiError, build_bad_request, build_invalid, build_model_not_found
from .models import MODELS, Model
from .painting.job import PaintJob
from .plan import AnswerPlan, CaseContext, ServerReply
from .request import BillingEntry
from .scripting import GENERATE, select_cases, split_directives
from .trees import Tree, get_child, get_children
from .world import ServerState


def find_model(state: ServerState, name: str, version: str, method: str = "generateContent") -> Model:
    """The model of an id, or the 404 (the gateway's 503) that names it."""
    if state.settings.dialect == "cometapi":
        if name not in gateway.MODEL_OF_ID:
            raise gateway.build_unknown_model_error(name)
        return MODELS[gateway.MODEL_OF_ID[name]]
    model = MODELS.get(name)
    if model is None or name in state.settings.retired:
        raise build_model_not_found(name, version, method)
    if method != "get" and method not in (model.methods or ()):
        raise build_model_not_found(name, version, method)
    return model


def generate(call: ServerCall, name: str, *, stream: bool) -> ServerReply:
    """Answer a POST to ``:generateContent`` or ``:streamGenerateContent``."""
    if call.state.settings.dialect == "cometapi":
        find_model(call.state, name, call.version)
    request = call.check_message(call.read_json(GENERATE), "GenerateContentRequest")
    model = find_model(call.state, name, call.version)
    deadline = parse_server_timeout(call)
    parsed = parse_request(call.state, call.key, model, request)
    plan = choose_plan(call, parsed)
    call.received.prompt = parsed.prompt
    if plan.raw is not None:
        reply = plan.raw
    elif plan.error is not None:
        reply = replies.reply_with_error(plan.error, call.state.settings.dialect, "sim", plan)
    else:
        tree = build_result(call.state, parsed, plan, call.received.digest)
        tree["modelVersion"] = name
        reply = sse.build_reply(tree, plan, call.query.get("alt") == "sse") if stream else replies.reply_with_tree(tree)
        reply.headers.update(build_service_headers(call, parsed))
        plan.transport.silence += max(0.0, call.state.settings.delay - measure_elapsed(call))
    reply.headers.update(plan.headers)
    reply.transport = plan.transport
    return limit_wait(reply, deadline, call.state.settings.dialect)


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


def limit_wait(reply: ServerReply, deadline: int | None, dialect: str) -> ServerReply:
    """*reply*, or a 504 if its silence is longer than the deadline (contract case 34)."""
    silence = math.inf if reply.transport.forever else reply.transport.silence
    if deadline is None or silence <= deadline:
        return reply
    error = ApiError(504, "Deadline expired before operation could complete.")
    answer = replies.reply_with_error(error, dialect, "sim")
    answer.transport.silence = float(deadline)
    return answer


def parse_request(state: ServerState, key: str, model: Model, request: Tree) -> ParsedRequest:
    """Apply every rule to a parsed request; raises the service's error."""
    parsed = ParsedRequest(model)
    turn_contents = get_children(request, "contents")
    if state.settings.dialect == vertex.DIALECT:
        vertex.check_roles(turn_contents)
    contents.check_roles(turn_contents)
    turns.check_turns(turn_contents, model)

    def read_file(uri: str, mime: str) -> Any:
        if state.settings.dialect == vertex.DIALECT:
            raise vertex.build_file_error(uri)
        return state.files.read_picture(uri, mime, key)

    contents.gather(parsed, turn_contents, read_file, state.settings.image_limit)
    config.check(parsed, request)
    parsed.mime = vertex.read_mime_type(get_child(request, "generationConfig"))
    parsed.seed = get_child(request, "generationConfig").get("seed") or 0
    return parsed


def choose_plan(call: ServerCall, parsed: ParsedRequest) -> AnswerPlan:
    """The script's cases for this request, then those that its prompt asks for."""
    plan = AnswerPlan()
    parsed.prompt, prompt_directives = split_directives(parsed.prompt)
    context = CaseContext(parsed.model.id, call.state.count_call(call.received.digest), call.secret)
    script_selection = call.state.script.take(GENERATE, early=False)
    for selection in (script_selection, *select_cases(prompt_directives, context.earlier_calls)):
        try:
            selection.apply(plan, context)
        except ValueError as error:
            raise build_bad_request([("", f"[[sim:…]]: {error}")]) from error
        call.received.cases.extend(item.name for item in selection.cases)
    return plan


def plan_by_script(call: ServerCall, on: str, ident: str) -> AnswerPlan:
    """The script's cases for a call to another room than the generating one."""
    plan = AnswerPlan()
    selection = call.state.script.take(on, early=False)
    selection.apply(plan, CaseContext(ident, 0, call.secret))
    call.received.cases.extend(item.name for item in selection.cases)
    return plan


def build_result(state: ServerState, parsed: ParsedRequest, plan: AnswerPlan, digest: str) -> Tree:
    """The body of a 200: a success or a refusal. Bills it; ``inlineData.data`` is bytes."""
    too_short = parsed.max_output is not None and parsed.max_output < parsed.count_image_tokens()
    if too_short and plan.refusal is None:
        cut_candidate = {"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}
        plan.refusal = {"candidates": [cut_candidate]}
    if plan.refusal is not None:
        return build_refusal(state, parsed, plan, digest)
    builder = PartBuilder(parsed, plan, lambda serial: paint(state, parsed, plan, serial))
    parts = builder.build_parts()
    content: Tree = {"parts": parts}
    if plan.shape != "bare_content":
        content = {"role": "model", **content}
    candidate: Tree = {"content": content, "finishReason": "STOP", "index": 0}
    if parsed.search or plan.grounding:
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
    if plan.usage != "none":
        strings = plan.usage == "strings"
        tree["usageMetadata"] = usage.to_strings(counts) if strings else counts
    tree["modelVersion"] = parsed.model.id
    tree["responseId"] = compute_response_id(digest, len(state.billed))
    image = pictures * parsed.count_image_tokens()
    text = counts.get("candidatesTokenCount", 0) - image
    prompt = counts["promptTokenCount"]
    state.bill(BillingEntry(parsed.model.id, image, pictures, prompt, text))


def paint(state: ServerState, parsed: ParsedRequest, plan: AnswerPlan, serial: int) -> bytes:
    """The encoded picture of a request, at the size that the rules or the case give."""
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


def count_tokens(call: ServerCall, name: str) -> ServerReply:
    """``:countTokens``: free, and only partly validated."""
    request = call.check_message(call.read_json("count"), "CountTokensRequest")
    model = find_model(call.state, name, call.version, "countTokens")
    inner = get_child(request, "generateContentRequest") or request
    parsed = ParsedRequest(model)
    contents.check_roles(get_children(inner, "contents"))
    contents.gather(
        parsed,
        inner["contents"],
        lambda uri, mime: call.state.files.read_picture(uri, mime, call.key),
        call.state.settings.image_limit,
    )
    text, images = parsed.count_prompt_tokens()
    details = [{"modality": "TEXT", "tokenCount": text}]
    if images:
        details.append({"modality": "IMAGE", "tokenCount": images})
    return replies.reply_with_tree({"totalTokens": text + images, "promptTokensDetails": details})
