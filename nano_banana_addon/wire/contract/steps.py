# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps by which a contract reaches its result: values alone. `client.client` carries them out.

A contract is a generator: it yields steps, gets a reply for each, and returns the answer. It opens no connection, waits
for nothing and repeats nothing; so it can be tested by feeding it replies.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, cast

from ...core.request import GenerationRequest
from ...core.result import Answer
from ..http.body import Body
from ..providers import Endpoint
from .pictures import AnswerContext
from .spool import ReceivedImage
from .turn_record import Turn

#: Whether the string under a key ("" in an array), in what stands under a parent key, is an image in base64.
PictureTest = Callable[[str, str], bool]
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Ask:
    """An exchange of JSON with the service; the key goes with it. The reply is a `Reply`.

    `path` begins after the service's address, or is a whole address of the same host. `generates`: it orders what is
    paid, so a connection that breaks leaves its result unknown, and it is never repeated. `is_picture` finds images in
    the answer. An answer with "error" and none of `answer_keys` is an error, whatever its status; `accepts` are
    statuses of errors that the contract reads itself. `earlier_turns` are those that `body` sends again.
    """

    method: str
    path: str
    body: Body | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    generates: bool = False
    is_picture: PictureTest | None = None
    answer_keys: tuple[str, ...] = ()
    accepts: tuple[int, ...] = ()
    earlier_turns: int = 0
    uses_files: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is done for some seconds. The reply is None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Fetch:
    """An image at an address that the service named; no key goes with it. The reply is a `ReceivedImage`.

    `own`: it is on the service itself, which wants the key.
    """

    url: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """What finds the result again after a crash; it is on the disk when the reply, None, comes. No secrets."""

    ticket: str


@dataclass(frozen=True, slots=True)
class Tell:
    """How far the service is, 0 ... 1, and how the image looks so far, as a file. The reply is None.

    `place` is the job's in the service's queue, where the one that runs has the first; 0 once it runs.
    """

    fraction: float
    image: bytes = b""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Listen:
    """What the service says by itself over a WebSocket at `path`, which stays open for the further ones.

    The reply is a tuple of messages, JSON as trees and others as bytes, at once when there are any. Where it cannot be
    had it is (), after the seconds: a contract must work without.
    """

    path: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Upload:
    """Images too large for one body go to the service's store of files. The reply has their addresses by path."""

    turns: tuple[Turn, ...]


Step = Ask | Wait | Fetch | Keep | Tell | Listen | Upload


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an `Ask`. Header names are in lower case; `tree` holds images as `ReceivedImage`.

    `truncation`: the connection ended early, and `tree` is what had come until then.
    """

    status: int
    headers: Mapping[str, str]
    tree: object
    truncation: str = ""

    def get(self, *keys: str) -> Any:
        """The value under nested keys, None where there is none."""
        value: object = self.tree
        for key in keys:
            value = cast("dict[str, Any]", value).get(key) if isinstance(value, dict) else None
        return value

    def get_text(self, *keys: str) -> str:
        """A text or a number under nested keys as text, "" for anything else."""
        value = self.get(*keys)
        return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


@dataclass(frozen=True, slots=True)
class ContractJob:
    """What a contract needs to know. `user_turn`: the composed text and the prepared images, in the order of sending.

    `can_upload`: an `Upload` may be asked for. `seconds`: how long the image may take.
    """

    request: GenerationRequest
    endpoint: Endpoint
    user_turn: Turn
    context: AnswerContext
    history: tuple[Turn, ...] = ()
    can_upload: bool = False
    seconds: float = 300.0


Steps = Generator[Step, Any, Answer]


class Contract(Protocol):
    """How one kind of service is spoken to."""

    def steps(self, job: ContractJob, ticket: str = "") -> Steps:
        """All steps of a request; with the `ticket` of an earlier `Keep` those that are left.

        Errors of a step are raised where it is yielded. Raises `NanoBananaError`: REFUSED with the service's words for
        a refusal, and `errors.build_never_arrived` where the service knows nothing of a ticket.
        """
        ...

    def give_up(self, job: ContractJob, ticket: str) -> tuple[Ask, ...]:
        """What stops it at the service after a cancel; nothing where that is impossible."""
        ...


def ask(step: Ask) -> Generator[Step, Any, Reply]:
    """Yield an `Ask`; its reply, typed."""
    reply: Reply = yield step
    return reply


def listen(path: str, seconds: float) -> Generator[Step, Any, tuple[object, ...]]:
    """Yield a `Listen`; its reply, typed."""
    messages: tuple[object, ...] = yield Listen(path, seconds)
    return messages


def fetch(url: str, *, own: bool = False) -> Generator[Step, Any, ReceivedImage]:
    """Yield a `Fetch`; its reply, typed."""
    received: ReceivedImage = yield Fetch(url, own)
    return received
