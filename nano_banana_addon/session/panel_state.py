# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panels show, written into `WindowManager.nano_banana`: jobs, results, notices."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import bpy

from ..core import cost, progress
from ..core.errors import WORDS, ErrorKind, NanoBananaError
from ..core.result import ENDED, Generation, State
from ..identity import SESSION_PROPERTY

#: Results shown in the sidebar; the others are in the history.
MAX_RESULTS = 12
_AREAS = frozenset({"VIEW_3D", "IMAGE_EDITOR", "NODE_EDITOR", "PREFERENCES"})


def group() -> Any:
    """The session's property group."""
    return getattr(bpy.context.window_manager, SESSION_PROPERTY)


def show_job(generation: Generation) -> None:
    """Show a generation among the jobs under way, or move it to the results when it has ended."""
    shown = group()
    if generation.state in ENDED:
        _remove(shown.jobs, generation.id)
        _fill(_first(shown.results, generation.id), generation)
        while len(shown.results) > MAX_RESULTS:
            shown.results.remove(len(shown.results) - 1)
        shown.active_result = 0
    else:
        item = shown.jobs.get(generation.id) or shown.jobs.add()
        _fill(item, generation)


def refresh_progress(generations: Iterable[Generation]) -> None:
    """Let the clocks run: words and fractions change although the store is silent."""
    jobs, now = group().jobs, time.time()
    for generation in generations:
        if item := jobs.get(generation.id):
            item.phase = progress.words(generation, now)
            item.fraction = progress.fraction(generation, now)


def note_delivery(generation_id: str, names: Iterable[str], notes: Iterable[str]) -> None:
    """Add what was made, and what is to be said of it, to a result."""
    item = group().results.get(generation_id)
    if item:
        item.delivered = bool(list(names))
        item.notes = "\n".join(filter(None, [item.notes, *notes]))


def notice(kind: str, message: str, next_step: str = "") -> None:
    """Show a message at the top of the panel until it is dismissed."""
    shown = group()
    shown.notice_kind, shown.notice, shown.notice_next_step = kind, message, next_step


def notice_error(error: NanoBananaError) -> None:
    """Show an error as a notice."""
    said = f" ({error.detail})" if error.detail else ""
    notice(error.kind.value, error.message + said, error.next_step)


def clear_notice() -> None:
    """Take the notice away."""
    notice("", "", "")


def redraw() -> None:
    """Redraw the regions that may show the news."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _AREAS:
                for region in area.regions:
                    if region.type in {"UI", "WINDOW"} and (region.type == "UI" or area.type == "PREFERENCES"):
                        region.tag_redraw()


def _first(items: Any, generation_id: str) -> Any:
    """The item of an id at the head of a collection, new or moved there."""
    index = items.find(generation_id)
    if index < 0:
        items.add()
        index = len(items) - 1
    items.move(index, 0)
    return items[0]


def _remove(items: Any, generation_id: str) -> None:
    index = items.find(generation_id)
    if index >= 0:
        items.remove(index)


def _fill(item: Any, generation: Generation) -> None:
    request, now = generation.request, time.time()
    item.name = generation.id
    item.state = generation.state.value
    item.title = request.shot or " ".join(request.prompt.split())[:80]
    item.phase = progress.words(generation, now)
    item.fraction = progress.fraction(generation, now)
    item.group = generation.group
    item.thumbnail = generation.thumbnail
    item.offline = generation.offline_preview
    item.has_mask = bool(request.capture and request.capture.mask)
    item.delivered = generation.delivered
    item.of_texture = request.texture is not None
    item.cost = cost.dollars(generation.cost_usd) if generation.state in ENDED else ""
    _fill_outcome(item, generation)


def _fill_outcome(item: Any, generation: Generation) -> None:
    failure, answer = generation.failure, generation.answer
    item.message = item.next_step = item.error_kind = item.notes = ""
    if failure:
        said = f" ({failure.detail})" if failure.detail else ""
        item.message, item.next_step = failure.message + said, failure.next_step
        item.error_kind = failure.kind.value
    elif answer and answer.refusal:
        refusal, words = answer.refusal, WORDS[ErrorKind.REFUSED]
        item.message = refusal.message or f"{words.happened} ({refusal.reason})"
        item.next_step = refusal.advice or words.next_step
        item.error_kind = ErrorKind.REFUSED.value
    if answer and (result := answer.result) and generation.state is State.DONE:
        item.size = f"{result.width} × {result.height}"
        item.notes = "\n".join(answer.warnings)
        item.sources.clear()
        for source in answer.sources:
            entry = item.sources.add()
            entry.name, entry.uri = source.title, source.uri


def drop(generation_id: str) -> None:
    """Take a generation out of the lists; it stays in the history."""
    shown = group()
    _remove(shown.jobs, generation_id)
    _remove(shown.results, generation_id)
