# SPDX-License-Identifier: GPL-3.0-or-later
"""How a script's job stands, as JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import bpy

from ...core import cost
from ...core.constants import END_STATES, State
from ...core.errors import InputError, NanoBananaError
from ...core.result import Generation
from ...core.text import progress
from ...core.text.result_object import to_json
from ...session import pump, session
from ...storage import script_jobs, script_submissions
from ...storage.script_jobs import ScriptJob
from ...storage.script_submissions import ScriptSubmission, SubmissionState
from ..texture import bake_queue
from ..texture.apply_maps import TextureReport
from . import capture_queue

#: What a job can be. STOPPED: the Blender that was to send it has ended; submit with the same key goes on.
STATES = ("CAPTURING", "NEEDS_CONSENT", "RUNNING", "APPLYING", "STOPPED", "DONE", "PARTLY", "FAILED")
#: Those that change by themselves.
UNDER_WAY = ("CAPTURING", "NEEDS_CONSENT", "RUNNING", "APPLYING")
_STOPPED = "The Blender that was to send it has ended; submit it again with the same key."
_SECONDS = 0.2  # of applying results in one call, where no timer does it


def advance() -> None:
    """Without a window there is no timer: apply for a moment what has arrived, as the timer would."""
    if not bpy.app.background:
        return
    capture_queue.run_for(0.0)
    end = time.monotonic() + _SECONDS
    with bake_queue.stepped():
        pump.run_once()
        while bake_queue.count_pending() and time.monotonic() < end:
            bake_queue.step()


def find(id: str) -> ScriptJob | ScriptSubmission:
    """The job of an id, whether it is sent or not. Raises `InputError` when there is none."""
    database = session.current().store.database
    # In this order: what is sent meanwhile moves from the one to the other.
    found = script_submissions.find(database, id) or script_jobs.find(database, id)
    if found is None:
        raise InputError("There is no job of this id.", next_step="Use the id that submit returned.")
    return found


def is_left(submission: ScriptSubmission) -> bool:
    """Whether nobody captures a submission any more."""
    store = session.current().store
    is_mine = submission.client == store.identity().id
    return script_submissions.is_left(store, submission) or (
        is_mine and submission.state != SubmissionState.FAILED and not capture_queue.holds(submission.id)
    )


def describe(job: ScriptJob | ScriptSubmission) -> dict[str, Any]:
    """How a job stands. Reads the history only."""
    return _describe_submission(job) if isinstance(job, ScriptSubmission) else describe_job(job)


def _describe_submission(submission: ScriptSubmission) -> dict[str, Any]:
    """What is not sent: it has no images, and has cost nothing."""
    state = "STOPPED" if is_left(submission) else submission.state
    error = {"kind": submission.kind, "message": submission.message} if submission.kind else None
    return {
        "id": submission.id,
        "task": submission.task,
        "caller": submission.caller,
        "state": state,
        "estimate_usd": round(submission.estimate, 6),
        "spent_usd": 0.0,
        "images": [],
        "notes": [],
        "message": submission.message or _MESSAGES[state].format(price=cost.format_dollars(submission.estimate)),
        "error": error,
    }


_MESSAGES = {
    "CAPTURING": "The scene is being captured; nothing is sent yet.",
    "NEEDS_CONSENT": "It waits for the artist to allow {price} in the tab Nano Banana; nothing is sent yet.",
    "STOPPED": _STOPPED,
    "FAILED": "",
}


def describe_job(job: ScriptJob) -> dict[str, Any]:
    """A job's state, its images', and what it has cost so far. Reads the history only."""
    generations = session.current().store.many(job.generations)
    state, outcome = find_state(job, generations), _find_outcome(job)
    error = outcome if isinstance(outcome, NanoBananaError) else None
    return {
        "id": job.id,
        "task": job.task,
        "caller": job.caller,
        "state": state,
        "estimate_usd": round(job.estimate, 6),
        "spent_usd": round(sum(g.cost_usd or 0.0 for g in generations if not is_reused(job, g)), 6),
        "images": [_describe_image(generation, job) for generation in generations],
        "notes": [*job.notes, *_list_notes(job, generations)],
        "message": _STOPPED if state == "STOPPED" else error.to_sentence() if error else "",
        "error": {"kind": error.kind.value, "message": error.to_sentence()} if error else None,
    }


def describe_result(job: ScriptJob | ScriptSubmission) -> dict[str, Any]:
    """What a job has brought: the images with their files, and the textures in the open file."""
    if isinstance(job, ScriptSubmission):
        return _describe_submission(job) | {"textures": []}
    generations = session.current().store.many(job.generations)
    outcome = _find_outcome(job)
    textures = outcome.textures if isinstance(outcome, TextureReport) else ()
    return describe_job(job) | {
        "images": [
            to_json(generation, [str(generation.picture.path)] if generation.picture else [])
            | {"name": generation.request.shot, "reused": is_reused(job, generation), "applied": generation.delivered}
            for generation in generations
        ],
        "textures": [
            {
                "object": texture.object,
                "objects": list(texture.objects),
                "image": texture.image,
                "files": list(texture.files),
                "maps": {kind: list(paths) for kind, paths in texture.maps.items()},
                "materials": list(texture.materials),
                "coverage": round(texture.coverage, 4),
            }
            for texture in textures
        ],
    }


def find_state(job: ScriptJob, generations: Sequence[Generation]) -> str:
    """One of `STATES`."""
    active_session = session.current()
    ids = [generation.id for generation in generations]
    if script_jobs.list_idle(active_session.store, ids, list(active_session.under_way)):
        return "STOPPED"
    if any(generation.state not in END_STATES for generation in generations):
        return "RUNNING"
    waiting = {*active_session.under_way, *active_session.to_deliver}
    if waiting & set(ids) or any(map(bake_queue.is_pending, ids)):
        return "APPLYING"
    done = sum(generation.state is State.DONE for generation in generations)
    if isinstance(_find_outcome(job), NanoBananaError):
        return "PARTLY" if done else "FAILED"
    if done == len(job.generations):
        return "DONE"
    return "PARTLY" if done else "FAILED"


def is_reused(job: ScriptJob, generation: Generation) -> bool:
    """Whether a result existed before the job, which does not pay for it."""
    return generation.created < job.created


def _find_outcome(job: ScriptJob) -> TextureReport | NanoBananaError | None:
    return bake_queue.find_outcome(job.generations[-1]) if job.task == "texture" and job.generations else None


def _list_notes(job: ScriptJob, generations: Sequence[Generation]) -> list[str]:
    outcome = _find_outcome(job)
    notes = [outcome.to_sentence()] if isinstance(outcome, NanoBananaError) else []
    notes += outcome.notes if isinstance(outcome, TextureReport) else []
    if missing := len(job.generations) - len(generations):
        notes.append(f"{missing} of its images were deleted from the history.")
    return notes


def _describe_image(generation: Generation, job: ScriptJob) -> dict[str, Any]:
    plain = to_json(generation, [])
    return {
        "id": generation.id,
        "name": generation.request.shot,
        "state": generation.state.value,
        "phase": progress.describe_progress(generation, time.time()),
        "fraction": round(progress.estimate_fraction(generation, time.time()), 3),
        "cost_usd": generation.cost_usd,
        "reused": is_reused(job, generation),
        "error": plain["error"],
    }
