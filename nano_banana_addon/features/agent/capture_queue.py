# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts have submitted here, captured step by step between Blender's redraws, and sent when it may be paid.

The store holds each submission under its key before anything is drawn. What Blender's end, another file or a refusal
leaves has cost nothing; what is sent is recorded in the same transaction that ends the submission.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy

from ...blender.host import file_session
from ...blender.host.progress_steps import ProgressStep
from ...core import cost
from ...core.errors import ErrorKind, InputError, NanoBananaError
from ...core.scene.capture import DataBlockRef
from ...session import panel_state, pump, session
from ...storage import script_jobs, script_submissions
from ...storage.script_jobs import KeyUsedError, Purchase, SubmissionEndedError
from ...storage.script_submissions import ScriptSubmission
from ..generation import duplicates
from ..texture import bake_queue
from . import allowance, consent, script_request
from .script_request import ScriptDraft

log = logging.getLogger(__name__)

#: What waits here at once: a script that submits in a loop does not bury the artist in questions.
MOST = 16
_START, _CONSENT_INTERVAL, _WAIT = 0.1, 1.0, 0.2  # seconds


@dataclass(slots=True)
class _Entry:
    """A submission, where it was made, and how far it is."""

    submission: ScriptSubmission
    load_id: str
    blend_path: str
    scene: DataBlockRef
    steps: Generator[ProgressStep, None, ScriptDraft] | None = None
    draft: ScriptDraft | None = None
    purchase: Purchase | None = None

    def record(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        """Record the job in the transaction that records its images; nothing before it is known who pays."""
        if self.purchase is None:
            raise SubmissionEndedError
        self.purchase.record(connection, ids)


_entries: dict[str, _Entry] = {}


def push(submission: ScriptSubmission) -> None:
    """Capture a submission in the main loop, or, without a window, by calls of `run_for`."""
    scene = file_session.reference_to(bpy.context.scene, "SCENE")
    load_id = file_session.current_load_id()
    _entries[submission.id] = _Entry(submission, load_id, bpy.data.filepath, scene)
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_START, persistent=True)


def holds(id: str) -> bool:
    """Whether a submission is captured here, or waits here for consent."""
    return id in _entries


def is_full() -> bool:
    """Whether no more may be submitted for now."""
    return len(_entries) >= MOST


def drop(id: str) -> None:
    """Give up a submission; its end is recorded already."""
    if entry := _entries.pop(id, None):
        consent.withdraw(id)
        if entry.steps is not None:
            entry.steps.close()


def stop() -> None:
    """Give up all; the store says that they were not sent."""
    for id in list(_entries):
        drop(id)
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)


def run_for(seconds: float) -> None:
    """Without a main loop: look after what waits, then one step of the next, and more until the time is over."""
    end = time.monotonic() + seconds
    _check_waiting()
    while (entry := _find_next()) is not None:
        _advance(entry)
        if time.monotonic() > end:
            return


def _tick() -> float | None:
    if not _entries:
        return None
    if pump.is_modal_operator_running():
        return _WAIT
    _check_waiting()
    if (entry := _find_next()) is not None:
        _advance(entry)
        return 0.0
    return _CONSENT_INTERVAL if _entries else None


def _check_waiting() -> None:
    for entry in list(_entries.values()):
        if entry.draft is not None:
            _advance(entry)


def _find_next() -> _Entry | None:
    return next((entry for entry in _entries.values() if entry.draft is None), None)


def _advance(entry: _Entry) -> None:
    """One step of a submission; what fails ends it with a sentence."""
    id = entry.submission.id
    try:
        with provide_window():
            _check_place(entry)
            _check_question(entry) if entry.draft else _capture(entry)
    except (KeyUsedError, SubmissionEndedError):  # recorded elsewhere, or cancelled
        drop(id)
    except NanoBananaError as error:
        _end(id, error)
    except Exception:  # the top of a timer
        log.exception("what a script submitted could not be captured")
        _end(id, NanoBananaError(ErrorKind.INTERNAL))


def _end(id: str, error: NanoBananaError) -> None:
    drop(id)
    script_submissions.end(session.current().store.database, id, error)


def _check_place(entry: _Entry) -> None:
    """Raise `InputError` when the scene that was meant is not there any more."""
    if entry.load_id != file_session.current_load_id():
        is_same = bool(entry.blend_path) and entry.blend_path == bpy.data.filepath
        raise _build_gone("The file was opened again" if is_same else "Another file was opened")
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == entry.scene.session_uid), None)
    if scene is None:
        raise _build_gone("The scene was deleted")
    if entry.draft is None and scene != bpy.context.scene:
        raise _build_gone("Another scene was chosen")


def _build_gone(what: str) -> InputError:
    return InputError(f"{what} before this was sent; nothing was sent and nothing is paid.", next_step=NEXT_STEP)


NEXT_STEP = "Submit it again with a new key."


def _capture(entry: _Entry) -> None:
    if entry.steps is None:
        asked = script_request.read(json.loads(entry.submission.request), bpy.context.scene)
        entry.steps = script_request.draft_steps(asked, bpy.context, entry.record)
    try:
        next(entry.steps)
    except StopIteration as end:
        _decide(entry, end.value)


def _decide(entry: _Entry, draft: ScriptDraft) -> None:
    """Send what is captured if it may be paid, else ask the artist; without a window there is nobody to ask."""
    submission, payment = entry.submission, draft.offer.missing
    dollars = payment.dollars or 0.0
    duplicates.check_budget(dollars, submission.max_usd)
    if allowance.is_within_limit(dollars):
        _send(entry, draft)
        return
    database = session.current().store.database
    if not consent.can_ask():
        raise script_jobs.refuse(dollars, script_jobs.sum_today(database), allowance.read_daily_limit())
    entry.draft = draft
    script_submissions.ask(database, submission, dollars)
    consent.ask(submission.id, submission.caller, draft.offer, lambda is_allowed: _answer(entry, is_allowed))


def _check_question(entry: _Entry) -> None:
    """While the artist is asked: send it if the limit was raised; end it when it was cancelled, or after a while."""
    id, draft = entry.submission.id, entry.draft
    question, dollars = consent.find(id), draft.offer.missing.dollars or 0.0 if draft else 0.0
    recorded = script_submissions.find(session.current().store.database, id)
    if recorded is None or recorded.kind or question is None:
        drop(id)
    elif time.time() > question.until:
        minutes, price = round(consent.PATIENCE / 60), cost.format_dollars(dollars)
        raise NanoBananaError(
            ErrorKind.BUDGET,
            f"The artist was asked for {price} and did not answer within {minutes} minutes; nothing was sent.",
            next_step=NEXT_STEP,
        )
    elif draft is not None and allowance.is_within_limit(dollars):
        consent.withdraw(id)
        _send(entry, draft)


def _answer(entry: _Entry, is_allowed: bool) -> None:
    """The artist's answer: at most what the button said is paid. Raises `NanoBananaError` for what is not sent."""
    id, draft = entry.submission.id, entry.draft
    if not is_allowed or draft is None:
        dollars = cost.format_dollars(draft.offer.missing.dollars if draft else None)
        _end(
            id,
            NanoBananaError(
                ErrorKind.BUDGET,
                f"The artist refused to pay {dollars} for this; nothing was sent.",
                next_step="Do not ask for the same again without being told to.",
            ),
        )
        return
    try:
        with provide_window():
            _check_place(entry)
            _send(entry, draft, draft.offer.missing.dollars or 0.0)
    except (KeyUsedError, SubmissionEndedError):
        drop(id)
    except NanoBananaError as error:
        _end(id, error)
        raise


def _send(entry: _Entry, draft: ScriptDraft, allowed_usd: float = 0.0) -> None:
    """Record the job with its images, in one transaction, and send them."""
    submission, offer = entry.submission, draft.offer
    store = session.current().store
    job = script_jobs.ScriptJob(
        submission.id,
        submission.key,
        submission.caller,
        submission.task,
        submission.digest,
        time.time(),
        offer.missing.dollars or 0.0,
        tuple(generation.id for generation in offer.existing),
        draft.order.notes,
    )
    entry.purchase = Purchase(job, allowance.read_daily_limit(), allowed_usd, submission.client)
    if not offer.missing.count:
        script_jobs.record_free(store.database, entry.purchase)
    with bake_queue.stepped():
        offer.use()
    drop(submission.id)
    panel_state.redraw()


@contextmanager
def provide_window() -> Generator[None]:
    """Code that is run from a timer, as the official MCP server's, has no window in its context."""
    windows = bpy.context.window_manager.windows
    if bpy.context.window or not windows:
        yield
        return
    with bpy.context.temp_override(window=windows[0]):
        yield


def renew(submission: ScriptSubmission, scene_path: str) -> ScriptSubmission:
    """A submission of a Blender that has ended, captured here. Raises `InputError` with another file open."""
    if scene_path != submission.blend_path:
        path = submission.blend_path or "a file that was not saved"
        raise InputError(
            f"This was submitted in {path}, which is not open here; nothing was sent.",
            next_step="Open that file, or use a new key.",
        )
    taken = script_submissions.take_over(session.current().store, submission)
    if taken is not None:
        push(taken)
    return taken or submission
