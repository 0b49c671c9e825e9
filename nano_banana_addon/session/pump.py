# SPDX-License-Identifier: GPL-3.0-or-later
"""The one timer: applies changes of the store and delivers results on the main thread, a little at a time.

A turn does one thing, so that Blender is never held up by two: it shows some news, brings the lists of the history up
to date, delivers one result, or shows how far the others are. Where more waits, the next turn comes sooner.
"""

from __future__ import annotations

import logging
import time

import bpy

from ..blender.deliver import delivery
from ..core.constants import BATCH, END_STATES, State
from ..core.errors import NanoBananaError
from ..core.result import Generation
from ..core.text import outcome, progress
from ..core.text.details import format_title
from . import announcements, apply_result, batch_state, events, material_maps, panel_state, session, thumbnails

log = logging.getLogger(__name__)

INTERVAL = 0.1  # seconds between turns while something is in progress
SHORT_INTERVAL = 0.02  # seconds between turns while something waits
RETRY_INTERVAL = 1.0  # after an error of our own
#: What waits here changes by the store's news alone: a storyboard may have hundreds.
_RESTING = frozenset({State.BLOCKED, State.QUEUED})
_TITLE_LENGTH = 40  # characters, in the status bar
#: Requests whose progress is read in one turn.
_MOVING_AT_ONCE = 32


def start() -> None:
    """Start the timer. Without a window there is no event loop and no timer: scripts wait instead."""
    if not bpy.app.background and not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=INTERVAL, persistent=True)


def stop() -> None:
    """Stop the timer."""
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)


def tick() -> float | None:
    """One call of the timer; the seconds to the next, or None when nothing is in progress."""
    try:
        if not run_once():
            return None
        return SHORT_INTERVAL if _turns.is_hurried else INTERVAL
    except NanoBananaError as error:
        panel_state.show_error(error)
    except Exception:  # the top of the timer: it must go on
        log.exception("the pump failed")
    return RETRY_INTERVAL


class _Turns:
    """What the turns know of each other."""

    def __init__(self) -> None:
        self.next_step = 0
        self.is_history_due = False
        self.is_delivery_held = False
        self.is_hurried = False
        self.drawn = 0.0


_turns = _Turns()


def run_once() -> bool:
    """Do one of the things that wait, each in its turn, and refresh the panels. Whether more is to come."""
    active_session = session.find_open()
    if active_session is None:
        return False
    steps = (_show_news, _refresh_history, _deliver_next, _show_progress)
    order = [(_turns.next_step + offset) % len(steps) for offset in range(len(steps))]
    for number in order:
        _turns.next_step = (number + 1) % len(steps)  # also if it fails: the others have their turn
        if steps[number](active_session):
            break
    batch_state.refresh(active_session)
    panel_state.show_blocked(sum(state is State.BLOCKED for state in active_session.under_way.values()))
    is_waiting = active_session.has_unread or _turns.is_history_due
    _turns.is_hurried = is_waiting or bool(active_session.to_deliver and not _turns.is_delivery_held)
    is_active = bool(is_waiting or active_session.under_way or active_session.to_deliver)
    _redraw(now=not is_active)
    return is_active


def _show_news(active_session: session.Session) -> bool:
    generations, deleted_ids = active_session.poll_changes()
    for generation in generations:
        try:
            process_change(active_session, generation)
        except Exception:  # they are told once: one must not keep the others from it
            log.exception("%s could not be shown", generation.id)
    for generation_id in deleted_ids:
        panel_state.remove_generation(generation_id)
    _turns.is_history_due |= any(generation.state in END_STATES for generation in generations)
    return bool(generations or deleted_ids)


def _refresh_history(active_session: session.Session) -> bool:
    """Once for all of the news that has come at once."""
    if not _turns.is_history_due or active_session.has_unread:
        return False
    _turns.is_history_due = False
    events.history_changed.emit()
    return True


def _deliver_next(active_session: session.Session) -> bool:
    """Deliver one result, unless something must be waited for: a stroke, or the copy of its file."""
    if not active_session.to_deliver:
        return False
    _turns.is_delivery_held = is_modal_operator_running() or not deliver_next(active_session)
    return not _turns.is_delivery_held


def _show_progress(active_session: session.Session) -> bool:
    states, batched = active_session.under_way, active_session.batched
    moving = [id for id, state in states.items() if state not in _RESTING and id not in batched]
    panel_state.refresh_progress(active_session.store.many(moving[:_MOVING_AT_ONCE]), active_session.store.places)
    return bool(moving)


def _redraw(*, now: bool) -> None:
    """Not at each of the turns that follow each other: to draw the panels takes longer than a turn."""
    moment = time.monotonic()
    if now or moment - _turns.drawn >= INTERVAL:
        _turns.drawn = moment
        panel_state.redraw()
        announcements.redraw_status_bars()


def process_change(active_session: session.Session, generation: Generation) -> None:
    """Show one piece of news; queue its delivery if it has come to an end."""
    was_blocked = active_session.under_way.get(generation.id) is State.BLOCKED
    has_ended = generation.state in END_STATES
    if generation.request.service_tier == BATCH and not has_ended:
        active_session.batched[generation.id] = generation.in_batch
    elif not (was_blocked and has_ended):  # the one that it needed reports what ends without being sent
        panel_state.show_job(generation)
    if generation.id not in active_session.under_way:
        return
    active_session.under_way[generation.id] = generation.state
    if not has_ended:
        return
    active_session.batched.pop(generation.id, None)
    del active_session.under_way[generation.id]
    thumbnails.refresh(generation.thumbnail)
    if generation.state is State.DONE:
        active_session.to_deliver.append(generation.id)
    if not generation.batch:  # what is made together tells of its end as a whole
        announce_end(generation)
    events.generation_ended.emit(generation)


def announce_end(generation: Generation) -> None:
    """Tell how a generation ended. A failure is told in few words and never in a popup: it is in Results."""
    level, message = outcome.describe_end(generation)
    if level != "INFO":
        level, message = "WARNING", f"{progress.END_STATE_LABELS[generation.state]}. See Results."
    title = format_title(generation, _TITLE_LENGTH).rstrip(",;:")
    announcements.announce(f"{title}: {message}", level)


def is_modal_operator_running() -> bool:
    """Whether a modal operator runs (a grab, a stroke), which an undo step would interrupt."""
    windows = bpy.context.window_manager.windows
    return any(len(window.modal_operators) for window in windows)


def deliver_next(active_session: session.Session) -> bool:
    """Deliver the result that has waited longest; False while its copy is not ready."""
    generation = active_session.store.get(active_session.to_deliver[0])
    if generation is not None and is_due(generation) and not is_ready(generation):
        return False
    active_session.to_deliver.pop(0)
    if generation is not None:
        deliver_one(generation)
    return True


def is_due(generation: Generation) -> bool:
    """Whether a result is delivered automatically."""
    request = generation.request
    kinds = apply_result.choose_kinds(request, in_group=bool(generation.group))
    return bool(kinds) and apply_result.is_for_open_file(request)


def is_ready(generation: Generation) -> bool:
    """Whether its delivery would hold up Blender for its own work only; else that was begun in the background."""
    kinds = apply_result.choose_kinds(generation.request, in_group=bool(generation.group))
    return delivery.is_ready(generation) and material_maps.is_ready(generation, kinds)


def deliver_one(generation: Generation) -> None:
    """Deliver one result as its request says, or keep it for the user if another file is open."""
    request = generation.request
    if not apply_result.is_for_open_file(request):
        panel_state.show_notice(
            "ELSEWHERE",
            "An image arrived for another file" + (f" ({request.blend_path})." if request.blend_path else "."),
            "It is in Results: apply it here, or open that file.",
        )
        return
    kinds = apply_result.choose_kinds(request, in_group=bool(generation.group))
    if not kinds:
        return
    try:
        report = apply_result.apply_result(generation, kinds)
    except NanoBananaError as error:
        panel_state.show_error(error)
        return
    if report.delivered:
        apply_result.push_undo_step("Nano Banana: Result")
        events.result_arrived.emit(generation)
