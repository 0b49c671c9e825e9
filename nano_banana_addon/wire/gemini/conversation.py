# SPDX-License-Identifier: GPL-3.0-or-later
"""Continuing an earlier answer: the whole exchange is sent again, the model's turns byte for byte.

That works only with the model and provider that painted it, and while the record is whole. Where it
does not, `continuation` says why, and `with_picture` gives the request that does the same with the
picture as a reference in the user's own turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...core import models
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest, Reference, ReferenceRole
from .turn_record import Turn, TurnImage, read_turn

#: More turns than this are not sent again: the context of the models ends near there.
MAX_TURNS = 16
TurnLookup = Callable[[str], Path | None]


@dataclass(frozen=True, slots=True)
class Continuation:
    """The turns to send again, oldest first; or `obstacle`: why that is impossible, in a
    sentence.
    """

    turns: tuple[Turn, ...] = ()
    obstacle: str = ""

    @property
    def is_possible(self) -> bool:
        """Whether the conversation can really be continued."""
        return not self.obstacle


def find_continuation(request: GenerationRequest, provider: str, turn_of: TurnLookup) -> Continuation:
    """What `request.continues` needs: every earlier turn of the conversation, back to its start.

    Nothing where there is no earlier turn, or where its picture goes instead.
    """
    turns: list[Turn] = []
    turn_id, visited = get_echoed_id(request), set[str]()
    while turn_id:
        if turn_id in visited or len(turns) >= MAX_TURNS:
            return Continuation(obstacle="The conversation is too long to be continued.")
        visited.add(turn_id)
        turn = _load_turn(turn_of(turn_id))
        obstacle = _find_obstacle(turn, request, provider)
        if turn is None or obstacle:
            return Continuation(obstacle=obstacle)
        turns.insert(0, turn)
        turn_id = turn.continues
    return Continuation(tuple(turns))


def require_turns(request: GenerationRequest, provider: str, turn_of: TurnLookup) -> tuple[Turn, ...]:
    """The turns to send again. Raises `NanoBananaError` (SIGNATURE) where that is impossible."""
    history = find_continuation(request, provider, turn_of)
    if not history.is_possible:
        raise NanoBananaError(ErrorKind.SIGNATURE, history.obstacle)
    return history.turns


def get_echoed_id(request: GenerationRequest) -> str:
    """The generation whose turn is sent again, "" where none is."""
    return "" if request.picture_instead else request.continues


def attach_picture(request: GenerationRequest, picture: Reference, reason: str) -> GenerationRequest:
    """The fallback: the same request, in which the earlier picture is a reference of role PREVIOUS
    and no turn is echoed. `why` is the obstacle, in a sentence.

    `picture` is prepared like every reference. It goes last but for a STRUCTURE, because the model
    takes the ratio from the last picture.
    """
    previous = replace(picture, role=ReferenceRole.PREVIOUS)
    return replace(request, picture_instead=reason, references=(*request.references, previous))


def describe_fallback(request: GenerationRequest) -> str:
    """What the artist is told where the picture was sent instead of the turn; "" elsewhere."""
    if not request.picture_instead:
        return ""
    return f"The earlier turn could not be continued: {request.picture_instead} The picture was sent instead."


def _load_turn(path: Path | None) -> Turn | None:
    if path is None:
        return None
    try:
        return _relocate_images(read_turn(path), path)
    except (OSError, ValueError):
        return None


def _find_obstacle(turn: Turn | None, request: GenerationRequest, provider: str) -> str:
    if turn is None or not turn.parts:
        return "The record of the earlier answer is lost."
    if turn.provider != provider:
        return "The earlier picture was painted through another provider."
    if turn.model != models.find_successor(request.model):
        return f"The earlier picture was painted by another model ({turn.model})."
    if not all(_is_unchanged(picture) for picture in turn.pictures):
        return "A reference of the earlier request is lost."
    return ""


def _is_unchanged(picture: TurnImage) -> bool:
    try:
        return Path(picture.path).stat().st_size == picture.byte_count
    except OSError:
        return False


def _relocate_images(turn: Turn, record: Path) -> Turn:
    """The store may have been moved as a whole: then its references lie beside its turns."""
    return replace(turn, pictures=tuple(_relocate_image(p, record) for p in turn.pictures))


def _relocate_image(picture: TurnImage, record: Path) -> TurnImage:
    candidate = record.parent.parent / "references" / Path(picture.path).name
    if not _is_unchanged(picture) and candidate.is_file():
        return replace(picture, path=str(candidate))
    return picture
