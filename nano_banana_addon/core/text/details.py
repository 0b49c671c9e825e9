# SPDX-License-Identifier: GPL-3.0-or-later
"""A generation in words: what was asked for exactly, what came, when, and at what price."""

from __future__ import annotations

import time
from collections.abc import Iterator

from .. import cost
from ..result import Generation
from ..settings import OPTIONS
from . import progress
from .outcome import find_outcome

_MAX_TITLE_LENGTH = 60  # characters
PROVENANCE = "AI-generated (SynthID)"
OFFLINE_PROVENANCE = "Offline preview: painted by the embedded server, not by the model"


def format_title(generation: Generation, limit: int = _MAX_TITLE_LENGTH) -> str:
    """The shot, or the first whole words of the prompt, in at most `limit` characters."""
    request = generation.request
    return shorten(request.shot or request.prompt, limit) or "(no prompt)"


def shorten(text: str, limit: int) -> str:
    """The first whole words of a text, in one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0]


def describe_provenance(generation: Generation) -> str:
    """Where the picture comes from, as it is to be said beside it; "" where there is none."""
    if not generation.answer or not generation.answer.pictures:
        return ""
    return OFFLINE_PROVENANCE if generation.offline_preview else PROVENANCE


def describe_outcome(generation: Generation) -> str:
    """What happened and what to do, for all that did not come to an image; else the warnings."""
    if outcome := find_outcome(generation):
        return f"{outcome.message}\n{outcome.next_step}"
    return "\n".join(generation.answer.warnings) if generation.answer else ""


def format_time(seconds: float) -> str:
    """A time of the history, here."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds else ""


def list_facts(generation: Generation) -> Iterator[tuple[str, str]]:
    """What was asked for and what came, in lines; empty ones are left out."""
    lines = (*_list_request_facts(generation), *_list_answer_facts(generation))
    return ((name, value) for name, value in lines if value)


def _list_request_facts(generation: Generation) -> Iterator[tuple[str, str]]:
    request = generation.request
    yield "State", progress.describe_progress(generation, generation.changed)
    yield "Kind", request.kind.title()
    yield "Model", request.model
    yield "Provider", request.provider
    yield "Size", f"{request.image_size}  {request.aspect_ratio}".strip()
    yield "Variant", str(request.variant + 1) if request.variant or generation.group else ""
    for row in OPTIONS.values():
        if row.field and not row.key:
            yield row.label, _format_value(getattr(request, row.field))
    yield "Continues", request.continues
    yield "Project", request.project
    yield "File", request.blend_path
    yield "Scene", request.scene
    yield "Camera", request.capture.view.camera if request.capture and request.capture.view else ""


def _format_value(value: object) -> str:
    """An option's value; "" for one that was left to the service."""
    if isinstance(value, bool):
        return "On" if value else ""
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _list_answer_facts(generation: Generation) -> Iterator[tuple[str, str]]:
    answer = generation.answer
    picture = answer.result if answer else None
    yield "Picture", f"{picture.width} × {picture.height}, {picture.mime_type}" if picture else ""
    drafts = len(answer.pictures) - (1 if picture else 0) if answer else 0
    yield "Drafts", str(drafts) if drafts else ""
    yield "Asked", format_time(generation.created)
    yield "Sent", format_time(generation.sent)
    yield "Ended", format_time(generation.ended)
    yield "Tries", str(generation.tries) if generation.tries > 1 else ""
    yield "Estimate", cost.format_dollars(generation.estimate_usd)
    if answer:
        yield "Cost", cost.format_dollars(generation.cost_usd)
        yield from _list_token_facts(generation)
        yield "Model Version", answer.model_version
        yield "Response", answer.response_id
    yield "ID", generation.id


def _list_token_facts(generation: Generation) -> Iterator[tuple[str, str]]:
    usage = generation.answer.usage if generation.answer else None
    if usage and usage.reported:
        yield "Input", f"{usage.prompt + usage.tool_prompt} tokens"
        yield "Output", f"{usage.image} picture tokens"
        text = max(usage.candidates - usage.image, 0) + usage.thoughts
        yield "Thinking", f"{text} tokens, with text"
