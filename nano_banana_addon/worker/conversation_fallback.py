# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an earlier turn cannot be continued, its image is sent with the request instead, once, with a note."""

from __future__ import annotations

from pathlib import Path

from ..core.constants import ReferenceRole
from ..core.errors import ErrorKind, InputError, NanoBananaError
from ..core.request import GenerationRequest, Reference
from ..core.text import validate
from ..storage.store import Store
from ..wire.gemini.conversation import attach_picture, get_echoed_id


def is_due(error: NanoBananaError, request: GenerationRequest) -> bool:
    """Whether an error is caused by the turn and not by the request."""
    return error.kind is ErrorKind.SIGNATURE and bool(get_echoed_id(request))


def earlier_picture(store: Store, id: str) -> Reference:
    """The result of a generation as a reference. Raises `InputError` when it no longer exists."""
    earlier = store.get(id)
    picture = earlier.answer.result if earlier and earlier.answer else None
    if picture is None or not Path(picture.path).is_file():
        raise InputError(
            "The earlier image no longer exists, and its turn cannot be continued.",
            next_step="Restore the file, or start from another image.",
        )
    return Reference(ReferenceRole.PREVIOUS, picture.path, label="the earlier picture")


def send_image_instead(store: Store, request: GenerationRequest, why: str) -> GenerationRequest:
    """The request with the earlier image, not prepared yet.

    Raises `InputError`, also when no further image fits into the request.
    """
    changed = attach_picture(request, earlier_picture(store, request.continues), why)
    validate.check(changed)
    return changed
