# SPDX-License-Identifier: GPL-3.0-or-later
"""The same request with a capture that differs by noise: two captures of one scene are not equal to the last bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...core.constants import ReferenceRole, State
from ...core.errors import NanoBananaError
from ...core.request import GenerationRequest, Reference
from ...core.result import Generation
from ...imaging.noise import differs_by_noise
from ...storage.database.database import Database
from ...storage.database.query import HistoryQuery
from ...storage.fingerprint import replace_by_content
from ...storage.store import Store

#: The roles of images that Blender draws for each request.
_DRAWN = (ReferenceRole.STRUCTURE, ReferenceRole.GUIDE)
#: How many of the latest results of a provider are compared.
_COMPARED = 64


def find_alike(request: GenerationRequest, store: Store) -> Generation | None:
    """The latest result of the same request whose drawn images differ from this one's by noise only."""
    outline = _list_fields(request)
    query = HistoryQuery(kind=request.kind, provider=request.provider, states=frozenset({State.DONE}))
    for candidate in store.page(query, 0, _COMPARED):
        if _list_fields(candidate.request) != outline or not candidate.picture:
            continue
        if Path(candidate.picture.path).is_file() and _is_alike(request, candidate.request, store.database):
            return candidate
    return None


def _list_fields(request: GenerationRequest) -> str:
    """All that decides about the image, with the roles of the references instead of the references."""
    roles = [reference.role.value for reference in request.references]
    fields: dict[str, Any] = {**request.content_fields(), "references": roles}
    return json.dumps(fields, sort_keys=True, default=str)


def _is_alike(request: GenerationRequest, earlier: GenerationRequest, database: Database) -> bool:
    pairs = list(zip(request.references, earlier.references, strict=True))
    if not any(reference.role in _DRAWN for reference in request.references):
        return False
    try:
        given, found = (replace_by_content(each, database).references for each in (request, earlier))
        same = [new.sha256 == old.sha256 for new, old in zip(given, found, strict=True)]
        return all(
            is_same or (new.role in _DRAWN and _looks_alike(new, old))
            for is_same, (new, old) in zip(same, pairs, strict=True)
        )
    except NanoBananaError:  # a file that is gone, or cannot be read
        return False


def _looks_alike(first: Reference, second: Reference) -> bool:
    from ...imaging.formats.preparation import read_drawn  # Pillow: not for those who do not need it

    return differs_by_noise(read_drawn(Path(first.path)), read_drawn(Path(second.path)))
