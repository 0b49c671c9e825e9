# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a request: states, pictures, tokens, refusals, and the record that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .errors import ErrorKind, NanoBananaError
from .request import GenerationRequest


class State(StrEnum):
    """Where a generation stands."""

    BLOCKED = "BLOCKED"  # until the generations that it needs have ended
    QUEUED = "QUEUED"
    SENDING = "SENDING"
    GENERATING = "GENERATING"
    RECEIVING = "RECEIVING"
    WAITING = "WAITING"  # for another try, at `retry_at`
    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"  # sent, and the answer is lost: perhaps billed, never sent again by itself


END_STATES = frozenset({State.DONE, State.REFUSED, State.FAILED, State.CANCELLED, State.UNKNOWN})
ACTIVE_STATES = frozenset(State) - END_STATES


class PictureRole(StrEnum):
    """What a returned picture is: the last one that is no thought is the result."""

    RESULT = "RESULT"
    DRAFT = "DRAFT"
    THOUGHT = "THOUGHT"


@dataclass(frozen=True, slots=True)
class Picture:
    """A returned picture: the received bytes, unchanged, in the file `path`."""

    path: str
    sha256: str
    mime_type: str
    width: int
    height: int
    byte_count: int
    role: PictureRole = PictureRole.RESULT


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them; 0 where it said nothing."""

    prompt: int = 0
    candidates: int = 0
    thoughts: int = 0
    total: int = 0
    image: int = 0  # the part of `candidates` that are picture tokens
    tool_prompt: int = 0
    cached: int = 0
    reported: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's no: the service's own reason, its words, and ours."""

    reason: str
    message: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class GroundingSource:
    """A page or picture that search grounding used; the terms ask to show it with its link."""

    title: str
    uri: str
    image_uri: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is kept: no secrets, at most 500 characters of the service's own words."""

    kind: ErrorKind
    message: str
    next_step: str = ""
    detail: str = ""
    http_status: int | None = None

    @classmethod
    def from_error(cls, error: NanoBananaError) -> Failure:
        """An error as it is recorded."""
        return cls(error.kind, error.message, error.next_step, error.detail[:500], error.http_status)


@dataclass(frozen=True, slots=True)
class Answer:
    """One finished call: what the service returned, sorted."""

    pictures: tuple[Picture, ...] = ()
    text: str = ""
    thoughts: str = ""
    usage: Usage | None = None
    refusal: Refusal | None = None
    finish_reason: str = ""
    response_id: str = ""
    model_version: str = ""
    service_tier: str = ""
    turn: str = ""  # the file that holds the model's turn, to be echoed byte for byte
    sources: tuple[GroundingSource, ...] = ()
    search_entry_point: str = ""
    warnings: tuple[str, ...] = ()  # "2048 x 2048 was asked for, 1024 x 1024 came"

    @property
    def result(self) -> Picture | None:
        """The picture that was asked for, or None."""
        return next((p for p in self.pictures if p.role is PictureRole.RESULT), None)


@dataclass(frozen=True, slots=True)
class Generation:
    """A request and all that is known of it. Times are seconds since 1970, UTC."""

    id: str
    request: GenerationRequest
    state: State = State.QUEUED
    created: float = 0.0
    changed: float = 0.0
    sent: float = 0.0  # when the request left completely
    ended: float = 0.0
    retry_at: float = 0.0
    tries: int = 0
    progress: float = 0.0  # 0 ... 1 of the phase, where it can be known (bytes sent, bytes received)
    answer: Answer | None = None
    failure: Failure | None = None
    cost_usd: float | None = None  # None: unknown
    estimate_usd: float = 0.0
    thumbnail: str = ""
    delivered: bool = False
    favourite: bool = False
    group: str = ""  # the variants of one press of the button share it
    batch: str = ""  # requests that make one thing share it: a storyboard, a texture's views
    digest: str = ""  # what identical requests share: told by the pictures as they were given

    @property
    def picture(self) -> Picture | None:
        """The image that came of it, None where none did."""
        return self.answer.result if self.answer else None

    @property
    def is_generated(self) -> bool:
        """Whether it came to an image."""
        return self.state is State.DONE and self.picture is not None

    @property
    def offline_preview(self) -> bool:
        """Painted by the embedded server, not by the model."""
        return self.request.provider == "offline"
