# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation around a picture, written into `WindowManager.nano_banana.conversation`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ...core import details
from ...core.result import Generation, State
from ...identity import SESSION_PROPERTY
from ...session import events, panel_state, session, thumbnails
from ...wire.gemini.conversation import said_of_fallback
from . import continuation

#: Pictures shown at once; a longer conversation shows the latest.
_MOST = 40


def group() -> Any:
    """The property group."""
    return getattr(bpy.context.window_manager, SESSION_PROPERTY).conversation


def show(generation_id: str) -> None:
    """Show the whole conversation of a picture, from its first one, and choose the picture.

    Raises `NanoBananaError` when it is gone from the history.
    """
    wanted = continuation.with_picture(continuation.named(generation_id)).id
    shown = group()
    shown.turns.clear()
    for generation, depth in _tree(wanted):
        _fill(shown.turns.add(), generation, depth)
    shown.name = wanted
    events.generation_ended.connect(_follow)
    panel_state.redraw()


def choose(generation_id: str) -> None:
    """Change this picture next: also an earlier one, from which the conversation then branches."""
    group().name = generation_id
    panel_state.redraw()


def asked(generation_id: str) -> None:
    """An instruction was sent: empty the fields that held it, and show the conversation."""
    item = panel_state.group().results.get(generation_id)
    if item:
        item.instruction = ""
    group().instruction = ""
    show(generation_id)


def close() -> None:
    """Show none."""
    shown = group()
    shown.turns.clear()
    shown.name = ""
    panel_state.redraw()


def _follow(ended: Generation) -> None:
    """A change of a shown picture has ended: show it, and go on from it if it was painted."""
    shown = group()
    if ended.request.continues not in shown.turns:
        return
    show(ended.id if ended.state is State.DONE else shown.name)


def _tree(generation_id: str) -> list[tuple[Generation, int]]:
    """Every picture of the conversation with its depth; those that change one come right after it."""
    store = session.current().store
    found = store.thread(generation_id)
    root = found.ancestors[0] if found and found.ancestors else None
    if root:
        found = store.thread(root.id)
    if found is None:
        return []
    children: dict[str, list[Generation]] = {}
    for branch in found.branches:
        children.setdefault(branch.request.continues, []).append(branch)
    ordered: list[tuple[Generation, int]] = []
    waiting = [(found.generation, 0)]
    while waiting:
        generation, depth = waiting.pop()
        ordered.append((generation, depth))
        waiting += [(each, depth + 1) for each in reversed(children.pop(generation.id, []))]
    return ordered[-_MOST:]


def _fill(item: Any, generation: Generation, depth: int) -> None:
    request = generation.request
    item.name, item.depth = generation.id, depth
    item.title = details.title(generation)
    item.state = generation.state.value
    item.offline = generation.offline_preview
    item.notes = said_of_fallback(request)
    if generation.state is State.DONE:
        next_one = replace(request, continues=generation.id, picture_instead="")
        item.obstacle = continuation.obstacle(next_one)
        item.thumbnail = generation.thumbnail
        thumbnails.load(generation.thumbnail)
