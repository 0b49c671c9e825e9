# SPDX-License-Identifier: GPL-3.0-or-later
"""The latest prompts of the history, each once, as the artist wrote them."""

from __future__ import annotations

from typing import NamedTuple

import bpy

from ...core.constants import Kind
from ...core.request import GenerationRequest
from ...core.styles.templates import escape
from ...identity import SCENE_PROPERTY
from ...storage.database.query import HistoryQuery
from ..generation.prompt_text import WORDS, read_lists
from ..history import gallery, lookup

_READ, _SHOWN = 60, 12


class RecentPrompt(NamedTuple):
    """A prompt, and the id of the latest generation with it."""

    text: str
    generation: str


def list_recent() -> list[RecentPrompt]:
    """The latest first; takes milliseconds."""
    store = gallery.find_store()
    found: dict[str, str] = {}
    for generation in store.page(HistoryQuery(), 0, _READ) if store else ():
        if text := _read_words(generation.request):
            found.setdefault(text, generation.id)
    return [RecentPrompt(text, id) for text, id in list(found.items())[:_SHOWN]]


def use(scene: bpy.types.Scene, generation_id: str) -> None:
    """Write the prompt of a generation into the scene. Raises `NanoBananaError` if it is gone."""
    group = getattr(scene, SCENE_PROPERTY)
    group.prompt_text = None
    group.prompt = _read_words(lookup.find(generation_id).request)


def _read_words(request: GenerationRequest) -> str:
    """What the artist wrote; "" for what is no prompt of the main panels: changes, and surfaces of materials."""
    if request.kind is Kind.EDIT or request.delivery.material is not None:
        return ""
    return request.choices.get(WORDS) or escape(request.prompt, read_lists())
