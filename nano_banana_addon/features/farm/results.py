# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of a job folder, taken into the history and put where they were requested for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ...core.constants import State
from ...core.errors import NanoBananaError
from ...core.result import Generation
from ...session import apply_result, session
from ...storage import archive, job_folder
from ...storage.import_check import Refused
from ...storage.job_folder import JobFolder


@dataclass(frozen=True, slots=True)
class FarmDelivery:
    """The results that are here now, how many items have none yet, and what the user should know."""

    generations: tuple[Generation, ...]
    missing: int
    notes: tuple[str, ...]


def deliver(folder: Path) -> FarmDelivery:
    """Take the results of a job folder into the history, with what they cost, and deliver those that are new.

    They are checked as what a stranger wrote. May be repeated while the folder is being generated. Raises
    `NanoBananaError` where the folder or the history cannot be used.
    """
    job = job_folder.read(folder)
    store = session.current().store
    report = archive.import_folder(store, job.folder, adapt=lambda generation: _adapt(job, generation))
    done = [generation for generation in store.list_batch(job.batch) if generation.state is State.DONE]
    notes = [f"Not taken: {name}: {reason}." for name, reason in report.refused]
    notes += [f"Left out: {what}." for what in report.left_out]
    for generation in done:
        notes += () if generation.delivered else _apply(generation)
    return FarmDelivery(tuple(done), max(len(job.requests) - len(done), 0), tuple(notes))


def _adapt(job: JobFolder, generation: Generation) -> Generation:
    """The generation as one of the open file, whose cost is the user's own. Raises `Refused` for any other job's."""
    if generation.batch != job.batch:
        raise Refused("it is not of this job")
    request = replace(generation.request, blend_path=bpy.data.filepath)
    return replace(generation, request=request, imported=False)


def _apply(generation: Generation) -> tuple[str, ...]:
    """Deliver a result; returns why that was not possible, or what the user should know."""
    kinds = apply_result.choose_kinds(generation.request, in_group=bool(generation.group))
    if not kinds:
        return ()
    try:
        return apply_result.apply_result(generation, kinds).notes
    except NanoBananaError as error:
        return (f"{generation.request.shot or generation.id}: {error.to_sentence()}",)
