# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a request: states, images, tokens, refusals, and the record that holds them."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

from . import bounds
from .constants import OFFLINE, PictureRole, State
from .errors import ErrorKind, NanoBananaError
from .request import GenerationRequest


@dataclass(frozen=True, slots=True)
class Picture:
    """A returned image: the received bytes, unchanged, in the file `path`."""

    path: str
    sha256: str
    mime_type: str
    width: int
    height: int
    byte_count: int
    role: PictureRole = PictureRole.RESULT
    number: int = 0  # its place among several that were asked for, from 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service counted them; 0 where it said nothing."""

    prompt: int = 0
    candidates: int = 0
    thoughts: int = 0
    total: int = 0
    image: int = 0  # the part of `candidates` that are image tokens
    tool_prompt: int = 0
    cached: int = 0
    reported: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of the model: the service's reason, its message, and our advice."""

    reason: str
    message: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class GroundingSource:
    """A page or image found by search; the service's terms require showing it with its link."""

    title: str
    uri: str
    image_uri: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it is stored: no secrets, at most 500 characters of the service's own message."""

    kind: ErrorKind
    message: str
    next_step: str = ""
    detail: str = ""
    http_status: int | None = None

    @classmethod
    def from_error(cls, error: NanoBananaError) -> Failure:
        """An error as it is recorded."""
        return cls(error.kind, error.message, error.next_step, error.detail[:500], error.http_status)


#: How the warning begins that only a part of an answer arrived.
ENDED_EARLY = "The answer ended early"


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
    warnings: tuple[str, ...] = ()  # "2048 x 2048 was requested, 1024 x 1024 was returned"
    billed_usd: float | None = None  # where the service tells the price itself, or bills no tokens

    @property
    def is_truncated(self) -> bool:
        """Whether only a part of it arrived."""
        return any(warning.startswith(ENDED_EARLY) for warning in self.warnings)

    @property
    def result(self) -> Picture | None:
        """The requested image, or None."""
        return next((p for p in self.pictures if p.role is PictureRole.RESULT), None)

    def find_numbered(self, number: int) -> Picture | None:
        """Of several images that were asked for, the one of a number, from 0; None where the service left it out."""
        numbered = (p for p in self.pictures if p.role is not PictureRole.THOUGHT)
        return next((picture for picture in numbered if picture.number == number), None)

    def limit_counts(self) -> Answer:
        """The answer without counts of tokens that no service can have made, and with a warning if there were any."""
        usage = self.usage
        if usage is None or all(bounds.is_within(count, bounds.MAX_TOKENS) for count in astuple(usage)):
            return self
        limited = Usage(*map(bounds.limit_count, astuple(usage)[:-1]), reported=False)
        warning = "The service reported an impossible count of tokens; the cost is unknown."
        return replace(self, usage=limited, warnings=(*self.warnings, warning))


@dataclass(frozen=True, slots=True)
class Generation:
    """A request and its outcome. Times are seconds since 1970, UTC."""

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
    place: int = 0  # in the service's queue while it waits there; the job that runs has the first
    answer: Answer | None = None
    failure: Failure | None = None
    cost_usd: float | None = None  # None: unknown
    estimate_usd: float = 0.0
    thumbnail: str = ""
    delivered: bool = False
    favourite: bool = False
    group: str = ""  # the variants of one press of the button share it
    batch: str = ""  # requests that make one thing share it: a storyboard, a texture's views
    digest: str = ""  # what identical requests share: computed from the files as they were given
    imported: bool = False  # from another history: its cost was not this user's
    job: str = ""  # the batch at the service in which it was submitted at last

    @property
    def in_batch(self) -> bool:
        """Whether its result is to come with that of a batch."""
        return bool(self.job) and self.state in (State.SENDING, State.GENERATING)

    @property
    def picture(self) -> Picture | None:
        """The resulting image, or None."""
        return self.answer.result if self.answer else None

    @property
    def request_id(self) -> str:
        """The id that the latest attempt carries on the line, for the service's support."""
        return f"{self.id}-{self.tries}"

    @property
    def is_generated(self) -> bool:
        """Whether it produced an image."""
        return self.state is State.DONE and self.picture is not None

    @property
    def offline_preview(self) -> bool:
        """Generated by the bundled server, not by the model."""
        return self.request.provider == OFFLINE
