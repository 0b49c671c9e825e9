# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that the panels show, written into `WindowManager.nano_banana`: jobs, results, notices."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import bpy

from ..core import cost
from ..core.constants import END_STATES, ReferenceRole, State
from ..core.errors import NanoBananaError
from ..core.result import Generation
from ..core.text import progress
from ..core.text.details import format_time, format_title
from ..core.text.outcome import find_outcome
from ..identity import SESSION_PROPERTY
from ..storage.database.records import clean
from . import thumbnails

if TYPE_CHECKING:
    from ..storage.files.layout import Home

#: Results shown in the sidebar; the others are in the history.
MAX_RESULTS = 12
_AREAS = frozenset({"VIEW_3D", "IMAGE_EDITOR", "NODE_EDITOR", "SEQUENCE_EDITOR", "PREFERENCES"})


def get_properties() -> Any:
    """The session's property group."""
    return getattr(bpy.context.window_manager, SESSION_PROPERTY)


def show_job(generation: Generation) -> None:
    """Show a generation among the jobs in progress, or move it to the results when it has ended.

    Those that are BLOCKED are only counted (`show_blocked`).
    """
    properties = get_properties()
    properties.has_generated = True
    if generation.state in END_STATES:
        _remove(properties.jobs, generation.id)
        _fill_item(_move_to_front(properties.results, generation.id), generation)
        while len(properties.results) > MAX_RESULTS:
            properties.results.remove(len(properties.results) - 1)
        properties.active_result = 0
    elif generation.state is not State.BLOCKED:
        item = properties.jobs.get(generation.id) or properties.jobs.add()
        _fill_item(item, generation)


def show_results(generations: Iterable[Generation]) -> None:
    """Show generations that have ended among the results, the last one on top."""
    for generation in generations:
        thumbnails.load(generation.thumbnail)
        show_job(generation)


def clear_results(*, failed_only: bool) -> None:
    """Take the results out of the list, or only those without an image; they stay in the history."""
    results = get_properties().results
    for index in reversed(range(len(results))):
        if not failed_only or results[index].state != State.DONE:
            results.remove(index)
    get_properties().active_result = 0


def show_blocked(count: int) -> None:
    """Show how many generations wait for others."""
    properties = get_properties()
    if properties.blocked != count:
        properties.blocked = count


def refresh_progress(generations: Iterable[Generation], places: Home) -> None:
    """Update phases and fractions, which change with time even when the store does not, and how images look so far."""
    jobs, now = get_properties().jobs, time.time()
    for generation in generations:
        if item := jobs.get(generation.id):
            item.phase = progress.describe_progress(generation, now)
            item.fraction = progress.estimate_fraction(generation, now)
            if generation.progress and thumbnails.refresh(path := str(places.find_thumbnail(generation.id))):
                item.thumbnail = path


def record_delivery(generation_id: str, names: Iterable[str], notes: Iterable[str]) -> None:
    """Add the created data-blocks and the notes to a result."""
    item = get_properties().results.get(generation_id)
    if item:
        item.delivered = bool(list(names))
        item.notes = "\n".join(filter(None, [item.notes, *notes]))


def show_notice(kind: str, message: str, next_step: str = "", button: str = "") -> None:
    """Show a message at the top of the panel until it is dismissed, and at the button of an operator."""
    properties = get_properties()
    properties.notice_kind, properties.notice_button = kind, button
    properties.notice, properties.notice_next_step = clean(message), clean(next_step)


def show_error(error: NanoBananaError) -> None:
    """Show an error as a notice."""
    detail = f" ({error.detail})" if error.detail else ""
    show_notice(error.remedy or error.kind.value, error.message + detail, error.next_step)


def clear_notice() -> None:
    """Remove the notice."""
    show_notice("", "", "")


def redraw() -> None:
    """Redraw the regions that may show changes."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in _AREAS:
                for region in area.regions:
                    if region.type in {"UI", "WINDOW"} and (region.type == "UI" or area.type == "PREFERENCES"):
                        region.tag_redraw()


def _move_to_front(items: Any, generation_id: str) -> Any:
    """The item of an id, moved or added to the front of a collection."""
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


def _fill_item(item: Any, generation: Generation) -> None:
    request, now = generation.request, time.time()
    item.name = generation.id
    item.state = generation.state.value
    item.title = format_title(generation)
    item.kind, item.batch, item.shot_id = request.kind.value, generation.batch, request.shot_id
    item.phase = progress.describe_progress(generation, now)
    item.fraction = progress.estimate_fraction(generation, now)
    item.group = generation.group
    item.thumbnail = generation.thumbnail
    item.offline = generation.offline_preview
    is_of_scene = request.region is None and request.texture is None
    item.has_source = is_of_scene and any(r.role is ReferenceRole.STRUCTURE for r in request.references)
    item.has_mask = bool(request.capture and request.capture.mask)
    item.is_edit = bool(request.region and request.region.target)
    item.camera = request.capture.view.camera if request.capture and request.capture.view else ""
    item.delivered = generation.delivered
    item.of_texture = request.texture is not None
    item.price, item.change_price = generation.estimate_usd, cost.estimate_change(request)
    item.ended = format_time(generation.ended)
    item.cost = cost.format_dollars(generation.cost_usd) if generation.state in END_STATES else ""
    _fill_outcome(item, generation)


def _fill_outcome(item: Any, generation: Generation) -> None:
    outcome, answer = find_outcome(generation), generation.answer
    item.message = item.next_step = item.error_kind = item.notes = ""
    if outcome:
        item.message, item.next_step, item.error_kind = outcome.message, outcome.next_step, outcome.kind.value
    if answer and (result := answer.result) and generation.state is State.DONE:
        item.size = f"{result.width} × {result.height}"
        item.notes = "\n".join(answer.warnings)
        item.sources.clear()
        for source in answer.sources:
            entry = item.sources.add()
            entry.name, entry.uri = source.title, source.uri


def remove_generation(generation_id: str) -> None:
    """Remove a generation from the lists; it stays in the history."""
    properties = get_properties()
    _remove(properties.jobs, generation_id)
    _remove(properties.results, generation_id)
