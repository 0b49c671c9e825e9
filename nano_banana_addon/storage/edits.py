# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a masked edit becomes the whole image, edited, before anything else sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..core.constants import PictureRole
from ..core.errors import InputError
from ..core.files import compute_sha256
from ..core.image_types import PNG
from ..core.result import Answer, Generation, Picture, Refusal
from .files import pictures
from .store import Store

#: The reason of an answer that could not be laid in place.
NOT_IN_PLACE = "NOT_IN_PLACE"


def lay_answer_in(store: Store, generation: Generation, answer: Answer) -> Answer:
    """The answer with the edited image as its result, and what was received as a draft; others unchanged.

    An answer that cannot be laid in place has no result then, and says so like a refusal. May be repeated. Raises DISK.
    """
    region, received = generation.request.region, answer.result
    if region is None or received is None:
        return answer
    from ..imaging.edit.files import write_edited  # Pillow and NumPy: only for edits
    from ..imaging.formats import xmp

    number = answer.pictures.index(received) + 1
    places = [Path(received.path), pictures.place_picture(store.places, generation, number, received)]
    source = next((path for path in places if path.is_file()), places[0])
    out = store.places.receiving / generation.id / "edited.png"
    drafts = tuple(replace(p, role=PictureRole.DRAFT) if p is received else p for p in answer.pictures)
    origin = xmp.Origin.PREVIEW if generation.offline_preview else xmp.Origin.COMPOSITE
    request = generation.request
    metadata = xmp.packet(origin, prompt=request.prompt, model=request.model, source=received.sha256)
    try:
        edited = write_edited(region, source, out, metadata)
    except InputError as error:
        return replace(answer, pictures=drafts, refusal=Refusal(NOT_IN_PLACE, error.message, error.next_step))
    result = Picture(str(out), compute_sha256(out), PNG.mime_type, *edited.size, out.stat().st_size)
    return replace(answer, pictures=(*drafts, result))
