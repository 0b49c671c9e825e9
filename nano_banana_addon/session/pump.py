# SPDX-License-Identifier: GPL-3.0-or-later
"""The one timer: news from the store come to the main thread, results onto the scene, a little at a time."""

from __future__ import annotations

import logging
import time

import bpy

from ..blender import deliver
from ..core.errors import NanoBananaError
from ..core.result import ENDED, Generation, State
from . import apply_result, events, panel_state, session, thumbnails

log = logging.getLogger(__name__)

INTERVAL = 0.1  # seconds between turns while something is under way
BUDGET = 0.02  # seconds of deliveries in one turn; one delivery is made in any case
RETRY_INTERVAL = 1.0  # after an error of our own


def start() -> None:
    """Begin to turn. Without a window there is no event loop and no timer: scripts wait instead."""
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=INTERVAL, persistent=True)


def stop() -> None:
    """End it, whatever is under way."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def tick() -> float | None:
    """One turn; the seconds to the next, or None when nothing is under way."""
    try:
        return INTERVAL if turn() else None
    except NanoBananaError as error:
        panel_state.notice_error(error)
    except Exception:  # the top of the timer: it must go on
        log.exception("the pump failed")
    return RETRY_INTERVAL


def turn() -> bool:
    """Take the news, deliver within the budget, refresh the panels. Whether more is to come."""
    here = session.opened()
    if here is None:
        return False
    changed, deleted = here.changed()
    for generation in changed:
        take(here, generation)
    for generation_id in deleted:
        panel_state.drop(generation_id)
    if here.to_deliver and not modal_operator_runs():
        deliver_some(here)
    panel_state.refresh_progress(here.store.many(list(here.under_way)))
    panel_state.redraw()
    return bool(here.under_way or here.to_deliver)


def take(here: session.Session, generation: Generation) -> None:
    """Show one piece of news; queue its delivery if it has come to an end."""
    panel_state.show_job(generation)
    if generation.state not in ENDED or generation.id not in here.under_way:
        return
    del here.under_way[generation.id]
    thumbnails.load(generation.thumbnail)
    if generation.state is State.DONE:
        here.to_deliver.append(generation.id)
    events.generation_ended.emit(generation)


def modal_operator_runs() -> bool:
    """Whether the artist is in the middle of something (a grab, a stroke): an undo step would cut it."""
    windows = bpy.context.window_manager.windows
    return any(len(window.modal_operators) for window in windows)


def deliver_some(here: session.Session) -> None:
    """Deliver until the budget is used up, or the copy of the next picture is not there yet."""
    end = time.perf_counter() + BUDGET
    while here.to_deliver and time.perf_counter() < end:
        generation = here.store.get(here.to_deliver[0])
        if generation is not None and is_due(generation) and not deliver.ready(generation):
            return
        here.to_deliver.pop(0)
        if generation is not None:
            deliver_one(generation)


def is_due(generation: Generation) -> bool:
    """Whether a result goes somewhere by itself."""
    request = generation.request
    wanted = apply_result.wanted_kinds(request, in_group=bool(generation.group))
    return bool(wanted) and apply_result.belongs_here(request)


def deliver_one(generation: Generation) -> None:
    """Deliver one result as its request says, or keep it for the artist if another file is open."""
    request = generation.request
    if not apply_result.belongs_here(request):
        panel_state.notice(
            "ELSEWHERE",
            "A picture arrived for another file" + (f" ({request.blend_path})." if request.blend_path else "."),
            "It is in the results: apply it here, or open that file.",
        )
        return
    kinds = apply_result.wanted_kinds(request, in_group=bool(generation.group))
    if not kinds:
        return
    try:
        report = apply_result.hand_over(generation, kinds)
    except NanoBananaError as error:
        panel_state.notice_error(error)
        return
    if report.delivered:
        apply_result.one_undo_step("Nano Banana: Result")
