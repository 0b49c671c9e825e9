# SPDX-License-Identifier: GPL-3.0-or-later
"""The one timer: news from the store come to the main thread, results onto the scene, a little at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import bpy

from ..core.errors import NanoBananaError
from ..core.result import ENDED, Generation, State
from . import deliver, handover, history, money, news, session, thumbnails

log = logging.getLogger(__name__)

INTERVAL = 0.1  # seconds between turns while something is under way
BUDGET = 0.02  # seconds of deliveries in one turn; one delivery is made in any case
RETRY_INTERVAL = 1.0  # after an error of our own

#: Called with each generation that has ended, for work that goes on from it (the next shot).
_continuations: list[Callable[[Generation], None]] = []


def on_end(continuation: Callable[[Generation], None]) -> None:
    """Call `continuation` with each generation of this session that ends."""
    if continuation not in _continuations:
        _continuations.append(continuation)


def start() -> None:
    """Begin to turn. Without a window there is no event loop and no timer: scripts wait instead."""
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=INTERVAL, persistent=True)


def stop() -> None:
    """End it, whatever is under way."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    _continuations.clear()


def tick() -> float | None:
    """One turn; the seconds to the next, or None when nothing is under way."""
    try:
        return INTERVAL if turn() else None
    except NanoBananaError as error:
        news.notice_error(error)
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
        news.drop(generation_id)
    if here.to_deliver and not modal_operator_runs():
        deliver_some(here)
    news.refresh_progress(here.store.many(list(here.under_way)))
    news.redraw()
    return bool(here.under_way or here.to_deliver)


def take(here: session.Session, generation: Generation) -> None:
    """Show one piece of news; queue its delivery if it has come to an end."""
    news.show_job(generation)
    if generation.state not in ENDED or generation.id not in here.under_way:
        return
    del here.under_way[generation.id]
    thumbnails.load(generation.thumbnail)
    if generation.state is State.DONE:
        here.to_deliver.append(generation.id)
    for continuation in _continuations:
        continuation(generation)
    history.refresh()
    money.refresh()


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
    wanted = handover.wanted_kinds(request, in_group=bool(generation.group))
    return bool(wanted) and handover.belongs_here(request)


def deliver_one(generation: Generation) -> None:
    """Deliver one result as its request says, or keep it for the artist if another file is open."""
    request = generation.request
    if not handover.belongs_here(request):
        news.notice(
            "ELSEWHERE",
            "A picture arrived for another file"
            + (f" ({request.blend_path})." if request.blend_path else "."),
            "It is in the results: apply it here, or open that file.",
        )
        return
    kinds = handover.wanted_kinds(request, in_group=bool(generation.group))
    if not kinds:
        return
    try:
        report = handover.hand_over(generation, kinds)
    except NanoBananaError as error:
        news.notice_error(error)
        return
    if report.delivered:
        handover.one_undo_step("Nano Banana: Result")
