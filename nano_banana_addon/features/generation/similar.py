# SPDX-License-Identifier: GPL-3.0-or-later
"""The same request with a capture that differs by noise: two captures of one scene are not equal to the last bit."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...core.constants import ReferenceRole, State
from ...core.errors import NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...imaging.arrays import Pixels
from ...imaging.noise import differs_by_noise
from ...storage.database.database import Database
from ...storage.database.query import HistoryQuery
from ...storage.fingerprint import replace_by_content
from ...storage.store import Store

Read = Callable[[str], Pixels]

#: The roles of images that Blender draws for each request.
_DRAWN = (ReferenceRole.STRUCTURE, ReferenceRole.GUIDE)
#: How many of the latest results of a provider are compared, and the seconds after which no other is: Blender waits.
_COMPARED, _SECONDS = 64, 1.0


def find_alike(request: GenerationRequest, store: Store) -> Generation | None:
    """The latest result of the same request whose drawn images differ from this one's by noise only."""
    deadline = math.inf
    read = _remember(tuple(reference.path for reference in request.references))
    outline = _list_fields(request)
    query = HistoryQuery(kind=request.kind, provider=request.provider, states=frozenset({State.DONE}))
    for candidate in store.page(query, 0, _COMPARED):
        if _list_fields(candidate.request) != outline or not candidate.picture:
            continue
        if time.monotonic() > deadline:
            break
        deadline = min(deadline, time.monotonic() + _SECONDS)
        if Path(candidate.picture.path).is_file() and _is_alike(request, candidate.request, store.database, read):
            return candidate
    return None


def _list_fields(request: GenerationRequest) -> str:
    """All that decides about the image, with the roles of the references instead of the references."""
    roles = [reference.role.value for reference in request.references]
    fields: dict[str, Any] = {**request.content_fields(), "references": roles}
    return json.dumps(fields, sort_keys=True, default=str)


def _is_alike(request: GenerationRequest, earlier: GenerationRequest, database: Database, read: Read) -> bool:
    pairs = list(zip(request.references, earlier.references, strict=True))
    if not any(reference.role in _DRAWN for reference in request.references):
        return False
    try:
        given, found = (replace_by_content(each, database).references for each in (request, earlier))
        same = [new.sha256 == old.sha256 for new, old in zip(given, found, strict=True)]
        return all(
            is_same or (new.role in _DRAWN and differs_by_noise(read(new.path), read(old.path)))
            for is_same, (new, old) in zip(same, pairs, strict=True)
        )
    except NanoBananaError:  # a file that is gone, or cannot be read
        return False


def _remember(paths: tuple[str, ...]) -> Read:
    """Reads the pixels of an image; those of `paths` once, because they are compared with many."""
    from ...imaging.formats.preparation import read_drawn  # Pillow: not for those who do not need it

    known: dict[str, Pixels] = {}

    def read(path: str) -> Pixels:
        pixels = known[path] if path in known else read_drawn(Path(path))
        if path in paths:
            known[path] = pixels
        return pixels

    return read
