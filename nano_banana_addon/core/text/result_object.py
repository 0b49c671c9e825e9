# SPDX-License-Identifier: GPL-3.0-or-later
"""A generation as the JSON object that the command line and scripts get."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..result import Generation
from .outcome import find_outcome


def to_json(generation: Generation, files: list[str]) -> dict[str, Any]:
    """The result object: id, state, files, width, height, model, usage, cost_usd, error."""
    answer = generation.answer
    picture = answer.result if answer else None
    plain: dict[str, Any] = {
        "id": generation.id,
        "state": generation.state.value,
        "files": files,
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
        "model": generation.request.model,
        "provider": generation.request.provider,
        "offline_preview": generation.offline_preview,
        "usage": asdict(answer.usage) if answer and answer.usage else None,
        "cost_usd": generation.cost_usd,
        "warnings": list(answer.warnings) if answer else [],
        "sources": [asdict(source) for source in answer.sources] if answer else [],
        "search_entry_point": answer.search_entry_point if answer else "",
        "continues": generation.request.continues or None,
        "picture_instead": generation.request.picture_instead or None,
        "error": _describe_outcome(generation),
    }
    if generation.request.shot:
        plain["shot"] = generation.request.shot
    return plain


def _describe_outcome(generation: Generation) -> dict[str, str] | None:
    outcome = find_outcome(generation)
    if outcome is None:
        return None
    plain = {"kind": outcome.kind.value, "message": outcome.to_sentence()}
    return plain | ({"reason": outcome.reason} if outcome.reason else {})
