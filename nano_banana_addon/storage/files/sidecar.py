# SPDX-License-Identifier: GPL-3.0-or-later
"""The file beside each picture that tells how it came about. It is enough to build the history
anew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core import serial
from ...core.result import Generation, Picture
from ...identity import DISPLAY_NAME, VERSION
from ..database import records
from .files import write_whole

FORMAT = 1
_NOTE = "AI-generated. Pictures by Google's models carry the invisible SynthID watermark."
_OFFLINE_NOTE = "An offline preview, painted by the add-on's own server and not by the model."


def write(home: Path, generation: Generation) -> None:
    """Write a sidecar for each picture of an answer: `<picture>.json`. It holds no secrets.

    Raises `OSError`.
    """
    if not generation.answer:
        return
    for picture in generation.answer.pictures:
        text = json.dumps(_content(home, generation, picture), ensure_ascii=False, indent=1)
        write_whole(Path(picture.path).with_suffix(".json"), records.clean(text).encode())


def _content(home: Path, generation: Generation, picture: Picture) -> dict[str, Any]:
    request, answer = generation.request, generation.answer
    return {
        "format": FORMAT,
        "made_with": f"{DISPLAY_NAME} {VERSION}",
        "note": _OFFLINE_NOTE if generation.offline_preview else _NOTE,
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/"
        + ("algorithmicMedia" if generation.offline_preview else "trainedAlgorithmicMedia"),
        "picture": {
            **{"file": Path(picture.path).name, "sha256": picture.sha256},
            **{"width": picture.width, "height": picture.height, "role": picture.role.value},
        },
        "prompt": request.prompt,
        "model": request.model,
        "model_version": answer.model_version if answer else "",
        "provider": request.provider,
        "response_id": answer.response_id if answer else "",
        "cost_usd": generation.cost_usd,
        "references": [
            {"role": r.role.value, "label": r.label, "sha256": r.sha256, "mime_type": r.mime_type}
            for r in request.references
        ],
        "generation": as_record(home, generation),
    }


def as_record(home: Path, generation: Generation) -> dict[str, Any]:
    """A generation as plain values, paths inside the store relative to it."""

    def relative(path: str) -> str:
        return records.inside(home, path)

    answer = generation.answer
    moved = replace(
        generation,
        request=records.map_request_paths(generation.request, relative),
        answer=records.map_answer_paths(answer, relative) if answer else None,
        thumbnail=relative(generation.thumbnail),
    )
    return serial.to_plain(moved)


def from_record(home: Path, record: object) -> Generation:
    """The inverse. Raises `ValueError`, `TypeError` for what is no record."""

    def absolute(path: str) -> str:
        return records.outside(home, path)

    generation = serial.from_plain(Generation, record)
    answer = generation.answer
    return replace(
        generation,
        request=records.map_request_paths(generation.request, absolute),
        answer=records.map_answer_paths(answer, absolute) if answer else None,
        thumbnail=absolute(generation.thumbnail),
    )


def read(home: Path, path: Path) -> Generation | None:
    """The generation of a sidecar, or None for any other or broken file."""
    try:
        plain = json.loads(path.read_bytes())
        return from_record(home, plain["generation"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
