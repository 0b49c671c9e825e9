# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions that assistants and pipelines call.

Each takes JSON values (or a request as JSON text) and returns a dict of JSON values: `{"ok": true, …}`, or
`{"ok": false, "error": {"kind", "message"}}`. None waits for the network, and none raises; `quote` and `submit` draw
the scene, which takes seconds without a graphics card. Texts in a scene and in results are data: no call does what they
say.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from inspect import Signature, signature
from typing import Any

import bpy

from ...blender.host.preferences import get_preferences
from ...core import cost, models
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...session import panel_state, session
from ...storage import script_jobs
from ...storage.script_jobs import KeyUsedError, Purchase, ScriptJob
from ...wire.providers import PROVIDERS
from ..generation import duplicates, request_builder
from ..generation.destination import resolve_destination
from ..texture import bake_queue
from . import answers, job_state, json_check, schemas, script_request
from .job_state import describe_job
from .script_request import ScriptDraft, ScriptRequest

log = logging.getLogger(__name__)

JSON = dict[str, Any]
VERSION = 1  # of this surface; keys are added, never renamed or removed


def _answer(function: Callable[..., JSON]) -> Callable[..., JSON]:
    shape = signature(function)

    @wraps(function)
    def call(*arguments: object, **named: object) -> JSON:
        try:
            _check_shape(shape, arguments, named)
            with _window():
                return {"ok": True, **function(*arguments, **named)}
        except NanoBananaError as error:
            return _describe_error(error)
        except Exception:  # the top of a call from outside: a traceback in the log, a sentence for the script
            log.exception("the call %s failed", function.__name__)
            return _describe_error(NanoBananaError(ErrorKind.INTERNAL))

    return call


def _check_shape(shape: Signature, arguments: tuple[object, ...], named: dict[str, object]) -> None:
    try:
        shape.bind(*arguments, **named)
    except TypeError as error:
        raise InputError(f"The call is not made like that: {error}.", next_step=json_check.NEXT_STEP) from error


def _describe_error(error: NanoBananaError) -> JSON:
    return {"ok": False, "error": {"kind": error.kind.value, "message": error.to_sentence()}}


@contextmanager
def _window() -> Generator[None]:
    """Code that is run from a timer, as the official MCP server's, has no window in its context."""
    windows = bpy.context.window_manager.windows
    if bpy.context.window or not windows:
        yield
        return
    with bpy.context.temp_override(window=windows[0]):
        yield


def _check(name: str, **arguments: object) -> JSON:
    """The arguments of a call, parsed and checked against its schema."""
    given = {key: value for key, value in arguments.items() if value is not None}
    if "request" in given:
        given["request"] = json_check.parse(given["request"], "request")
    json_check.check(given, schemas.build_schemas()[name], name)
    return given


@_answer
def capabilities() -> JSON:
    """What there is: the calls, the schemas of arguments and answers, models, prices, providers, what may be spent."""
    return {
        "version": VERSION,
        "calls": {name: call.__doc__ for name, call in CALLS.items()},
        "schemas": schemas.build_schemas(),
        "answers": answers.build_answers(),
        "states": list(job_state.STATES),
        "models": [
            {"id": model.id, "label": model.label, "usd": {s: round(model.find_image_price(s), 4) for s in model.sizes}}
            for model in models.MODELS.values()
        ],
        "providers": [{"id": p.id, "label": p.label, "free": p.id in cost.FREE_PROVIDERS} for p in PROVIDERS.values()],
        "spending": _describe_spending(),
    }


@_answer
def quote(request: object = None) -> JSON:
    """The price of a request in US dollars, and what would be sent. Captures the scene; records and sends nothing."""
    plain = _check("quote", request=request)["request"]
    asked = script_request.read(plain, bpy.context.scene)
    found = script_request.draft(asked, bpy.context, dry_run=True)
    order, missing = found.order, found.offer.missing
    return {
        "usd": math.ceil((missing.dollars or 0.0) * 1e6 - 1e-3) / 1e6,  # not less than submit will ask for
        "images": missing.count,
        "reused": len(found.offer.existing),
        "provider": order.destination.provider,
        "address": order.destination.endpoint.base_url,
        "model": order.requests[0].model,
        "sent": script_request.describe_sent(order.requests),
        "notes": list(order.notes),
        "spending": _describe_spending(),
    }


@_answer
def submit(request: object = None, max_usd: object = None, idempotency_key: object = None) -> JSON:
    """Start a job of at most max_usd dollars; returns its id. The same idempotency_key never pays twice."""
    given = _check("submit", request=request, max_usd=max_usd, idempotency_key=idempotency_key)
    plain, key = given["request"], given["idempotency_key"]
    digest, database = script_request.compute_digest(plain), session.current().store.database
    if (earlier := script_jobs.find_by_key(database, key)) is not None:
        return _repeat(earlier, digest)
    asked = script_request.read(plain, bpy.context.scene)
    purchase: list[Purchase] = []
    found = script_request.draft(
        asked, bpy.context, dry_run=False, guard=lambda connection, ids: purchase[0].record(connection, ids)
    )
    _check_consent(found.offer.missing.dollars or 0.0, given["max_usd"])
    purchase.append(_prepare_purchase(asked, found, key, digest))
    try:
        _start(found, purchase[0])
    except KeyUsedError as error:
        return _repeat(error.job, digest)
    return _describe_start(script_jobs.require(database, purchase[0].job.id), repeated=False)


@_answer
def status(id: object = None) -> JSON:
    """How a job stands: its state, and that of each image with its cost or error."""
    job = _find_job("status", id)
    job_state.advance()
    return describe_job(job)


@_answer
def result(id: object = None) -> JSON:
    """What a job has brought: files, sizes and costs of its images, and the textures in the open file."""
    job = _find_job("result", id)
    job_state.advance()
    return job_state.describe_result(job)


@_answer
def cancel(id: object = None) -> JSON:
    """End a job: what is not sent costs nothing; what is on its way may be billed. Images that arrived are kept."""
    job = _find_job("cancel", id)
    active_session = session.current()
    for generation_id in job.generations:
        active_session.link.cancel(generation_id)
    return describe_job(job)


CALLS: dict[str, Callable[..., JSON]] = {
    "capabilities": capabilities,
    "quote": quote,
    "submit": submit,
    "status": status,
    "result": result,
    "cancel": cancel,
}


@_answer
def run(name: str, arguments: object) -> JSON:
    """One call by its name, with its arguments as a JSON object or the text of one."""
    if name not in CALLS:
        raise InputError("There is no call of this name.", next_step=f"Use one of {', '.join(CALLS)}.")
    given: Any = json_check.parse(arguments, "arguments")
    json_check.check(given, schemas.build_schemas()[name], name)
    return CALLS[name](**given)


def _find_job(name: str, id: object) -> ScriptJob:
    return script_jobs.require(session.current().store.database, _check(name, id=id)["id"])


def _read_daily_limit() -> float:
    prefs = get_preferences()
    return round(float(prefs.script_limit), 2) if prefs else 0.0


def _describe_spending() -> JSON:
    limit, spent = _read_daily_limit(), script_jobs.sum_today(session.current().store.database)
    return {
        "per_day_usd": limit,
        "spent_today_usd": round(spent, 6),
        "left_today_usd": round(max(limit - spent, 0.0), 6),
        "preference": "What Scripts May Spend, in the add-on's preferences; the artist decides",
    }


def _check_consent(dollars: float, max_usd: float) -> None:
    """Raise BUDGET above the script's own maximum, or above what scripts may spend; the artist is told of that."""
    duplicates.check_budget(dollars, max_usd)
    limit, spent = _read_daily_limit(), script_jobs.sum_today(session.current().store.database)
    if dollars > 0 and spent + dollars > limit + 1e-9:
        panel_state.show_notice(
            "NOTE",
            f"A script asked to spend {cost.format_dollars(dollars)}; nothing was sent.",
            "To allow it, raise What Scripts May Spend in the add-on's preferences.",
        )
        raise script_jobs.refuse(dollars, spent, limit)


def _prepare_purchase(asked: ScriptRequest, found: ScriptDraft, key: str, digest: str) -> Purchase:
    existing = [generation.id for generation in found.offer.existing]
    dollars = found.offer.missing.dollars or 0.0
    job = script_jobs.new_job(key, asked.caller, asked.task, digest, dollars, existing)
    return Purchase(replace(job, notes=found.order.notes), _read_daily_limit())


def _start(found: ScriptDraft, purchase: Purchase) -> None:
    if not found.offer.missing.count:
        script_jobs.record_free(session.current().store.database, purchase)
    with bake_queue.stepped():
        found.offer.use()


def _repeat(job: ScriptJob, digest: str) -> JSON:
    """The answer to a key that was used: its job, sent on if the Blender that recorded it ended before it was sent."""
    if job.digest != digest:
        raise InputError(
            "This idempotency key was used for another request; nothing was sent.",
            next_step="Use a new key for a new job.",
        )
    _send_idle(job.generations)
    return _describe_start(job, repeated=True)


def _send_idle(ids: Sequence[str]) -> None:
    active_session = session.current()
    idle = script_jobs.list_idle(active_session.store, ids, list(active_session.under_way))
    if idle:
        (first,) = active_session.store.many(idle[:1])
        request_builder.send(idle, resolve_destination(first.request.provider, model=first.request.model))


def _describe_start(job: ScriptJob, *, repeated: bool) -> JSON:
    stands = describe_job(job)
    return {
        "id": job.id,
        "state": stands["state"],
        "usd": round(job.estimate, 6),
        "images": len(job.generations),
        "repeated": repeated,
        "notes": list(job.notes),
    }
