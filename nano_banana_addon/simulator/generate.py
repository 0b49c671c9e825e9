# SPDX-License-Identifier: GPL-3.0-or-later
"""``generateContent`` and its relatives: rules, then cases, then a painted answer."""

from __future__ import annotations

import math
import time
from typing import Any

from . import config, contents, gateway, replies, sse, turns, usage, vertex
from .answers import Easel, build_grounding, response_id
from .asked import Asked
from .call import Call
from .errors import ApiError, bad_request, invalid, model_not_found
from .models import MODELS, Model
from .painting.job import PaintJob
from .plan import Circumstances, Plan, Reply
from .request import Billed
from .scripting import GENERATE, directives, from_prompt
from .trees import Tree, child, children
from .world import World


def find_model(world: World, name: str, version: str, method: str = "generateContent") -> Model:
    """The model of an id, or the 404 (the gateway's 503) that names it."""
    if world.settings.dialect == "cometapi":
        if name not in gateway.MODEL_OF_ID:
            raise gateway.unknown_model(name)
        return MODELS[gateway.MODEL_OF_ID[name]]
    model = MODELS.get(name)
    if model is None or name in world.settings.retired:
        raise model_not_found(name, version, method)
    if method != "get" and method not in (model.methods or ()):
        raise model_not_found(name, version, method)
    return model


def generate(call: Call, name: str, *, stream: bool) -> Reply:
    """Answer a POST to ``:generateContent`` or ``:streamGenerateContent``."""
    if call.world.settings.dialect == "cometapi":
        find_model(call.world, name, call.version)
    request = call.message(call.json(GENERATE), "GenerateContentRequest")
    model = find_model(call.world, name, call.version)
    deadline = server_timeout(call)
    asked = understand(call.world, call.key, model, request)
    plan = choose_plan(call, asked)
    call.received.prompt = asked.prompt
    if plan.raw is not None:
        reply = plan.raw
    elif plan.error is not None:
        reply = replies.reply_with_error(plan.error, call.world.settings.dialect, "sim", plan)
    else:
        tree = result(call.world, asked, plan, call.received.digest)
        tree["modelVersion"] = name
        reply = sse.reply(tree, plan, call.query.get("alt") == "sse") if stream else replies.reply_with_tree(tree)
        reply.headers.update(service_headers(call, asked))
        plan.transport.silence += max(0.0, call.world.settings.delay - measure_elapsed(call))
    reply.headers.update(plan.headers)
    reply.transport = plan.transport
    return limit_wait(reply, deadline, call.world.settings.dialect)


def measure_elapsed(call: Call) -> float:
    """Seconds since the request's head came in."""
    return time.monotonic() - call.started


def service_headers(call: Call, asked: Asked) -> dict[str, str]:
    """The headers that the service adds to an answer."""
    return {
        "x-gemini-service-tier": asked.tier,
        "server-timing": f"gfet4t7; dur={measure_elapsed(call) * 1000:.0f}",
        "vary": "Origin",
    }


def server_timeout(call: Call) -> int | None:
    """``X-Server-Timeout`` in seconds; a 400 when it is not a whole number of at least 1."""
    text = call.headers.get("x-server-timeout")
    if text is None:
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise invalid("X-Server-Timeout must be a whole number of seconds, at least 1.")
    return int(text)


def limit_wait(reply: Reply, deadline: int | None, dialect: str) -> Reply:
    """*reply*, or a 504 if its silence is longer than the deadline (contract case 34)."""
    silence = math.inf if reply.transport.forever else reply.transport.silence
    if deadline is None or silence <= deadline:
        return reply
    late = ApiError(504, "Deadline expired before operation could complete.")
    answer = replies.reply_with_error(late, dialect, "sim")
    answer.transport.silence = float(deadline)
    return answer


def understand(world: World, key: str, model: Model, request: Tree) -> Asked:
    """Apply every rule to a parsed request; raises the service's error."""
    asked = Asked(model)
    turn_list = children(request, "contents")
    if world.settings.dialect == vertex.DIALECT:
        vertex.check_roles(turn_list)
    contents.check_roles(turn_list)
    turns.check_turns(turn_list, model)

    def read_file(uri: str, mime: str) -> Any:
        if world.settings.dialect == vertex.DIALECT:
            raise vertex.no_files(uri)
        return world.files.picture(uri, mime, key)

    contents.gather(asked, turn_list, read_file, world.settings.image_limit)
    config.check(asked, request)
    asked.mime = vertex.mime_of(child(request, "generationConfig"))
    asked.seed = child(request, "generationConfig").get("seed") or 0
    return asked


def choose_plan(call: Call, asked: Asked) -> Plan:
    """The script's cases for this request, then those that its prompt asks for."""
    plan = Plan()
    asked.prompt, found = directives(asked.prompt)
    about = Circumstances(asked.model.id, call.world.count(call.received.digest), call.secret)
    scripted = call.world.script.take(GENERATE, early=False)
    for chosen in (scripted, *from_prompt(found, about.earlier)):
        try:
            chosen.apply(plan, about)
        except ValueError as error:
            raise bad_request([("", f"[[sim:…]]: {error}")]) from error
        call.received.cases.extend(item.name for item in chosen.cases)
    return plan


def plan_by_script(call: Call, on: str, ident: str) -> Plan:
    """The script's cases for a call to another room than the generating one."""
    plan = Plan()
    chosen = call.world.script.take(on, early=False)
    chosen.apply(plan, Circumstances(ident, 0, call.secret))
    call.received.cases.extend(item.name for item in chosen.cases)
    return plan


def result(world: World, asked: Asked, plan: Plan, digest: str) -> Tree:
    """The body of a 200: a success or a refusal. Bills it; ``inlineData.data`` is bytes."""
    too_short = asked.max_output is not None and asked.max_output < asked.image_tokens()
    if too_short and plan.refusal is None:
        cut = {"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}
        plan.refusal = {"candidates": [cut]}
    if plan.refusal is not None:
        return refusal(world, asked, plan, digest)
    easel = Easel(asked, plan, lambda serial: paint(world, asked, plan, serial))
    parts = easel.parts()
    content: Tree = {"parts": parts}
    if plan.shape != "bare_content":
        content = {"role": "model", **content}
    candidate: Tree = {"content": content, "finishReason": "STOP", "index": 0}
    if asked.search or plan.grounding:
        candidate["groundingMetadata"] = build_grounding()
    tree: Tree = {"candidates": [candidate]}
    counted = usage.usage(asked, easel.billed)
    _close(world, asked, plan, tree, counted, digest, easel.billed)
    return tree


def refusal(world: World, asked: Asked, plan: Plan, digest: str) -> Tree:
    """The refusal of *plan* with its usage: prompt and thoughts, no picture."""
    tree = dict(plan.refusal or {})
    counted = usage.build_refused_usage(asked, answered="promptFeedback" not in tree)
    _close(world, asked, plan, tree, counted, digest, 0)
    return tree


def _close(world: World, asked: Asked, plan: Plan, tree: Tree, counted: Tree, digest: str, pictures: int) -> None:
    if plan.usage != "none":
        strings = plan.usage == "strings"
        tree["usageMetadata"] = usage.as_strings(counted) if strings else counted
    tree["modelVersion"] = asked.model.id
    tree["responseId"] = response_id(digest, len(world.billed))
    image = pictures * asked.image_tokens()
    text = counted.get("candidatesTokenCount", 0) - image
    prompt = counted["promptTokenCount"]
    world.bill(Billed(asked.model.id, image, pictures, prompt, text))


def paint(world: World, asked: Asked, plan: Plan, serial: int) -> bytes:
    """The encoded picture of a request, at the size that the rules or the case give."""
    width, height = asked.width, asked.height
    if plan.size in asked.model.sizes:
        width, height = asked.model.sizes[plan.size][asked.ratio]
    pictures = tuple(picture.data for picture in asked.pictures)
    job = PaintJob(
        asked.prompt,
        pictures,
        asked.model.id,
        width,
        height,
        asked.mime or world.settings.mime,
        asked.seed,
    )
    return world.gallery.picture(job, serial)


def count_tokens(call: Call, name: str) -> Reply:
    """``:countTokens``: free, and only partly validated."""
    request = call.message(call.json("count"), "CountTokensRequest")
    model = find_model(call.world, name, call.version, "countTokens")
    inner = child(request, "generateContentRequest") or request
    asked = Asked(model)
    contents.check_roles(children(inner, "contents"))
    contents.gather(
        asked,
        inner["contents"],
        lambda uri, mime: call.world.files.picture(uri, mime, call.key),
        call.world.settings.image_limit,
    )
    text, images = asked.prompt_tokens()
    details = [{"modality": "TEXT", "tokenCount": text}]
    if images:
        details.append({"modality": "IMAGE", "tokenCount": images})
    return replies.reply_with_tree({"totalTokens": text + images, "promptTokensDetails": details})
