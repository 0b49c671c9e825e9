# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation around an image, written into `WindowManager.nano_banana.conversation`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bpy

from ...core import cost
from ...core.constants import State
from ...core.result import Generation
from ...core.text import details
from ...identity import SESSION_PROPERTY
from ...session import events, panel_state, session, thumbnails
from ...wire.gemini.conversation import describe_fallback
from ..generation import request_builder
from ..generation.request_builder import Order
from . import continuation

#: Images shown at once; a longer conversation shows the latest.
_MAX_TURNS = 40


def get_conversation() -> Any:
    """The property group."""
    return getattr(bpy.context.window_manager, SESSION_PROPERTY).conversation


def show(generation_id: str) -> None:
    """Show the whole conversation of an image, from its first one, and choose the image.

    Raises `NanoBananaError` when it is gone from the history.
    """
    picture_id = continuation.require_picture(continuation.resolve_id(generation_id)).id
    conversation = get_conversation()
    conversation.turns.clear()
    for generation, depth in _build_tree(picture_id):
        _fill_turn(conversation.turns.add(), generation, depth)
    conversation.name = picture_id
    events.generation_ended.connect(_show_change)
    panel_state.redraw()


def choose(generation_id: str) -> None:
    """Change this image next; from an earlier one the conversation branches."""
    get_conversation().name = generation_id
    panel_state.redraw()


def send_instruction(order: Order) -> None:
    """Send the change of an image, clear the fields that held the instruction, and show the conversation."""
    request_builder.submit(order)
    generation_id = order.requests[0].continues
    item = panel_state.get_properties().results.get(generation_id)
    if item:
        item.instruction = ""
    get_conversation().instruction = ""
    show(generation_id)


def close() -> None:
    """Show no conversation."""
    conversation = get_conversation()
    conversation.turns.clear()
    conversation.name = ""
    panel_state.redraw()


def _show_change(generation: Generation) -> None:
    """A change of a shown image has ended: show it, and continue from it if it was generated."""
    conversation = get_conversation()
    if generation.request.continues not in conversation.turns:
        return
    show(generation.id if generation.state is State.DONE else conversation.name)


def _build_tree(generation_id: str) -> list[tuple[Generation, int]]:
    """Every image of the conversation with its depth; those that change one come right after it."""
    store = session.current().store
    family = store.thread(generation_id)
    root = family.ancestors[0] if family and family.ancestors else None
    if root:
        family = store.thread(root.id)
    if family is None:
        return []
    children: dict[str, list[Generation]] = {}
    for branch in family.branches:
        children.setdefault(branch.request.continues, []).append(branch)
    rows: list[tuple[Generation, int]] = []
    stack = [(family.generation, 0)]
    while stack:
        generation, depth = stack.pop()
        rows.append((generation, depth))
        stack += [(child, depth + 1) for child in reversed(children.pop(generation.id, []))]
    return rows[-_MAX_TURNS:]


def _fill_turn(item: Any, generation: Generation, depth: int) -> None:
    request = generation.request
    item.name, item.depth = generation.id, depth
    item.title = details.format_title(generation)
    item.state = generation.state.value
    item.offline = generation.offline_preview
    item.notes = describe_fallback(request)
    item.change_price = cost.estimate_change(request)
    if generation.state is State.DONE:
        next_request = replace(request, continues=generation.id, picture_instead="")
        item.obstacle = continuation.find_obstacle(next_request)
        item.thumbnail = generation.thumbnail
        thumbnails.load(generation.thumbnail)
