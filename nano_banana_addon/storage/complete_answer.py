# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps after a complete answer, in an order in which a crash at any point can be recovered."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

from ..core import cost, models
from ..core.constants import PictureRole, State
from ..core.errors import ErrorKind, InputError, NanoBananaError
from ..core.result import Answer, Generation
from . import edits
from .files import pictures, raw_answers, sidecar
from .files.layout import convert_home_errors, unusable
from .store import Store


def price_of(generation: Generation, answer: Answer) -> float | None:
    """The price by the service's own count in dollars; None if it reported none. A flat price is the estimate."""
    request = generation.request
    if request.shared:
        return 0.0
    if answer.billed_usd is not None:
        return answer.billed_usd
    if models.find(request.model).prices.is_flat:
        return generation.estimate_usd * min(len(answer.pictures), request.count) / request.count
    tier = answer.service_tier or request.service_tier
    return cost.compute_actual(request.model, answer.usage, provider=request.provider, tier=tier)


def note(store: Store, generation: Generation, answer: Answer) -> None:
    """Step one, right after the last byte: record that the answer is on the disk. Raises DISK.

    Its bytes as they came are no longer needed then, but for those of an incomplete answer.
    """
    with convert_home_errors(store.home):
        pictures.note_answer(store.places, generation.id, answer)
        if answer.is_truncated:
            raw_answers.set_aside(store.places, generation)
        else:
            raw_answers.remove(store.places, generation.id)


def complete(store: Store, generation: Generation, answer: Answer) -> None:
    """All other steps: files to their final place, thumbnail, sidecar, history and ledger.

    The folder in which the answer arrived is removed at the end. May be repeated from the beginning. Raises DISK;
    nothing is lost then.
    """
    answer = answer.limit_counts()  # also in the sidecar
    usd = price_of(generation, answer)
    with convert_home_errors(store.home):
        answer = edits.lay_answer_in(store, generation, answer)
        kept = pictures.keep(store.places, generation, answer)
        thumbnail = pictures.make_thumbnail(store.places, generation.id, kept)
        state = State.DONE if kept.result else State.REFUSED
        done = replace(
            generation,
            answer=kept,
            cost_usd=usd,
            thumbnail=thumbnail,
            state=state,
            failure=None,
            ended=time.time(),
            progress=1.0,
            retry_at=0.0,
        )
        sidecar.write(store.home, done)
    store.finish(generation.id, kept, usd, thumbnail=thumbnail)
    pictures.clear_receiving(store.places, generation.id)


def complete_from_another(store: Store, generation: Generation) -> None:
    """Do all steps with the image that the answer of another generation holds for this one.

    May be repeated from the beginning. Raises DISK, and `InputError` where that image is gone.
    """
    need = generation.request.shared
    whole = store.get(need.generation) if need else None
    picture = whole.answer.find_numbered(need.number) if need and whole and whole.answer else None
    if whole is None or whole.answer is None or picture is None or not Path(picture.path).is_file():
        raise InputError("The answer with this image is no longer in the history.", next_step="Generate it again.")
    with convert_home_errors(store.home):
        arrived = pictures.make_receiving_folder(store.places, generation.id) / Path(picture.path).name
        shutil.copyfile(picture.path, arrived)
    own = replace(picture, path=str(arrived), role=PictureRole.RESULT, number=0)
    answer = replace(whole.answer, pictures=(own,), refusal=None, warnings=(), usage=None, billed_usd=None, turn="")
    note(store, generation, answer)
    complete(store, generation, answer)


def complete_from_copy(store: Store, generation: Generation) -> bool:
    """Read the bytes of an answer once more, and do all steps; False when they are incomplete or cannot be used.

    Raises DISK, also where another process has just taken them; nothing is lost then.
    """
    from ..wire.client.receive import read_copy  # only after a crash or an error

    path = raw_answers.get_path(store.places, generation.id)
    try:
        answer = read_copy(generation.request, path, path.parent)
    except NanoBananaError as error:
        if error.kind is ErrorKind.DISK:
            raise
        if not raw_answers.exists(store.places, generation.id):
            raise unusable(path, FileNotFoundError("another process is completing the answer")) from error
        return False
    note(store, generation, answer)
    complete(store, generation, answer)
    return True


def keep_the_rest(store: Store, generation: Generation) -> Answer | None:
    """The received images of an incomplete answer, moved to their final place; None when there are none.

    May be repeated from the beginning. Raises DISK; nothing is lost then.
    """
    found = pictures.salvage_images(store.places, generation)
    if not found:
        return None
    with convert_home_errors(store.home):
        return pictures.keep(store.places, generation, found)
