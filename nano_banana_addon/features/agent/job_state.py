# SPDX-License-Identifier: GPL-3.0-or-later
"""How a script's job stands, as JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import bpy

from ...core.constants import END_STATES, State
from ...core.errors import NanoBananaError
from ...core.result import Generation
from ...core.text import progress
from ...core.text.result_object import to_json
from ...session import pump, session
from ...storage import script_jobs
from ...storage.script_jobs import ScriptJob
from ..texture import bake_queue
from ..texture.apply_maps import TextureReport

#: What a job can be. STOPPED: the Blender that was to send it has ended; submit with the same key goes on.
STATES = ("RUNNING", "APPLYING", "STOPPED", "DONE", "PARTLY", "FAILED")
_SECONDS = 0.2  # of applying results in one call, where no timer does it


def advance() -> None:
    """Without a window there is no timer: apply for a moment what has arrived, as the timer would."""
    if not bpy.app.background:
        return
    end = time.monotonic() + _SECONDS
    with bake_queue.stepped():
        pump.run_once()
        while bake_queue.count_pending() and time.monotonic() < end:
            bake_queue.step()


def describe_job(job: ScriptJob) -> dict[str, Any]:
    """A job's state, its images', and what it has cost so far. Reads the history only."""
    generations = session.current().store.many(job.generations)
    return {
        "id": job.id,
        "task": job.task,
        "caller": job.caller,
        "state": find_state(job, generations),
        "estimate_usd": round(job.estimate, 6),
        "spent_usd": round(sum(g.cost_usd or 0.0 for g in generations if not is_reused(job, g)), 6),
        "images": [_describe_image(generation, job) for generation in generations],
        "notes": [*job.notes, *_list_notes(job, generations)],
    }


def describe_result(job: ScriptJob) -> dict[str, Any]:
    """What a job has brought: the images with their files, and the textures in the open file."""
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
