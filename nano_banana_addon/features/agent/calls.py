# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions that assistants and pipelines call.

Each takes JSON values (or a request as JSON text) and returns a dict of JSON values: `{"ok": true, …}`, or
`{"ok": false, "error": {"kind", "message"}}`. None waits for the network or draws, and none raises. What was submitted
is captured afterwards: with a window by Blender itself, without one by the calls of `wait` and `status`. Texts in a
scene and in results are data: no call does what they say.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from functools import wraps
from inspect import Signature, signature
from typing import Any

import bpy

from ...core import cost, models
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...session import session
from ...storage import script_jobs, script_submissions
from ...storage.script_jobs import KeyUsedError, ScriptJob
from ...storage.script_submissions import ScriptSubmission
from ...wire.providers import PROVIDERS
from ..generation import request_builder
from ..generation.destination import resolve_destination
from . import allowance, answers, capture_queue, job_state, json_check, request_outline, schemas, script_request

log = logging.getLogger(__name__)

JSON = dict[str, Any]
VERSION = 1  # of this surface; keys are added, never renamed or removed
WAIT_SECONDS, _POLL = 60.0, 0.05


def _answer(function: Callable[..., JSON]) -> Callable[..., JSON]:
    shape = signature(function)

    @wraps(function)
    def call(*arguments: object, **named: object) -> JSON:
        try:
            _check_shape(shape, arguments, named)
            with capture_queue.provide_window():
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
        "spending": allowance.describe_allowance(),
    }


@_answer
def quote(request: object = None) -> JSON:
    """The price of a request in US dollars, at most, and what would be sent. Draws, records and sends nothing."""
    plain = _check("quote", request=request)["request"]
    asked = script_request.read(plain, bpy.context.scene)
    found = request_outline.outline(asked, bpy.context, dry_run=True)
    return {
        "usd": math.ceil(found.dollars * 1e6 - 1e-3) / 1e6,  # not less than submit will ask for
        "images": found.count,
        "reused": 0,  # known once it is captured, and free then
        "provider": found.destination.provider,
        "address": found.destination.endpoint.base_url,
        "model": found.requests[0].model,
        "sent": script_request.describe_sent(found.requests),
        "notes": list(found.notes),
        "spending": allowance.describe_allowance(),
    }


@_answer
def submit(request: object = None, max_usd: object = None, idempotency_key: object = None) -> JSON:
    """Start a job of at most max_usd dollars; returns its id at once. The same idempotency_key never pays twice.

    The scene is captured afterwards, and what is dearer than max_usd ends the job unpaid. Beyond what scripts may spend
    the artist is asked: the state is NEEDS_CONSENT until then.
    """
    given = _check("submit", request=request, max_usd=max_usd, idempotency_key=idempotency_key)
    plain, key = given["request"], given["idempotency_key"]
    digest, store = script_request.compute_digest(plain), session.current().store
    earlier = script_jobs.find_by_key(store.database, key) or script_submissions.find_by_key(store.database, key)
    if earlier is not None:
        return _repeat(earlier, digest)
    if capture_queue.is_full():
        raise InputError(
            f"{capture_queue.MOST} jobs wait to be captured or for consent.", next_step="Wait until some have ended."
        )
    asked = script_request.read(plain, bpy.context.scene)
    found = request_outline.outline(asked, bpy.context, dry_run=False)
    submission = ScriptSubmission(
        script_jobs.new_id(),
        key,
        asked.caller,
        asked.task,
        digest,
        time.time(),
        json.dumps(plain),
        given["max_usd"],
        bpy.data.filepath,
        store.identity().id,
        estimate=found.dollars,
    )
    try:
        recorded = script_submissions.record(store.database, submission)
    except KeyUsedError as error:
        return _repeat(error.job, digest)
    if recorded.id != submission.id:
        return _repeat(recorded, digest)
    capture_queue.push(recorded)
    return _describe_start(recorded, repeated=False)


@_answer
def status(id: object = None) -> JSON:
    """How a job stands: its state, what it waits for or why it ended, and the state, cost or error of each image."""
    checked = _check("status", id=id)["id"]
    job_state.find(checked)
    job_state.advance()
    return job_state.describe(job_state.find(checked))


@_answer
def wait(id: object = None, seconds: object = None) -> JSON:
    """As status, but without a window waits until the job has ended, or for so many seconds (60). Never with a window.

    Without a window it is this that captures, bakes and applies, as the main loop does with one.
    """
    given = _check("wait", id=id, seconds=seconds)
    job_state.find(given["id"])
    end = time.monotonic() + given.get("seconds", WAIT_SECONDS)
    while True:
        job_state.advance()
        stands = job_state.describe(job_state.find(given["id"]))
        if not bpy.app.background or stands["state"] not in job_state.UNDER_WAY or time.monotonic() > end:
            return stands
        time.sleep(_POLL)


@_answer
def result(id: object = None) -> JSON:
    """What a job has brought: files, sizes and costs of its images, and the textures in the open file."""
    checked = _check("result", id=id)["id"]
    job_state.find(checked)
    job_state.advance()
    return job_state.describe_result(job_state.find(checked))


@_answer
def cancel(id: object = None) -> JSON:
    """End a job: what is not sent costs nothing; what is on its way may be billed. Images that arrived are kept."""
    checked = _check("cancel", id=id)["id"]
    active_session, job = session.current(), job_state.find(checked)
    if isinstance(job, ScriptSubmission):
        cancelled = NanoBananaError(
            ErrorKind.CANCELLED, "It was cancelled before anything was sent.", next_step=capture_queue.NEXT_STEP
        )
        script_submissions.end(active_session.store.database, job.id, cancelled)
        capture_queue.drop(job.id)
        job = job_state.find(checked)  # it may have been sent just now by another Blender
    if isinstance(job, ScriptJob):
        for generation_id in job.generations:
            active_session.link.cancel(generation_id)
    return job_state.describe(job)


CALLS: dict[str, Callable[..., JSON]] = {
    "capabilities": capabilities,
    "quote": quote,
    "submit": submit,
    "status": status,
    "wait": wait,
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


def _repeat(job: ScriptJob | ScriptSubmission, digest: str) -> JSON:
    """The answer to a used key: its job, continued if the Blender that recorded it ended before it was sent."""
    if job.digest != digest:
        raise InputError(
            "This idempotency key was used for another request; nothing was sent.",
            next_step="Use a new key for a new job.",
        )
    if isinstance(job, ScriptJob):
        _send_idle(job.generations)
    elif job_state.is_left(job):
        job = capture_queue.renew(job, bpy.data.filepath)
    return _describe_start(job, repeated=True)


def _send_idle(ids: Sequence[str]) -> None:
    active_session = session.current()
    idle = script_jobs.list_idle(active_session.store, ids, list(active_session.under_way))
    if idle:
        (first,) = active_session.store.many(idle[:1])
        request_builder.send(idle, resolve_destination(first.request.provider, model=first.request.model))


def _describe_start(job: ScriptJob | ScriptSubmission, *, repeated: bool) -> JSON:
    stands = job_state.describe(job)
    return {
        "id": job.id,
        "state": stands["state"],
        "usd": round(job.estimate, 6),
        "images": len(stands["images"]),
        "repeated": repeated,
        "notes": stands["notes"],
        "message": stands["message"],
    }
