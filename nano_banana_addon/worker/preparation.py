# SPDX-License-Identifier: GPL-3.0-or-later
"""From a recorded request to the one that is sent."""

from __future__ import annotations

from ..core.request import GenerationRequest
from ..core.result import Generation
from ..storage.fingerprint import note_origins, replace_by_content
from ..storage.store import Store
from .services import Services


def prepare(store: Store, services: Services, generation: Generation) -> tuple[GenerationRequest, str]:
    """The request with the files that are sent, and what identifies it; both are recorded. Raises `NanoBananaError`."""
    given = replace_by_content(generation.request, store.database)
    # A resent one is the same request, whatever was made of its images since.
    digest = generation.digest or given.compute_digest()
    request = services.prepare(generation.request)
    note_origins(store.database, given.references, request.references)
    store.set_request(generation.id, request, digest)
    return request, digest
