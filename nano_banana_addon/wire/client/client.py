# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the image model: the request goes out and the answer comes in, both streamed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...core.bounds import Limits
from ...core.constants import State
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer
from .. import errors
from ..gemini import conversation
from ..gemini.encode import build_user_turn
from ..gemini.spool import Spool
from ..gemini.turn_record import Turn
from ..http.body import Body
from ..http.call import Call, HttpResponse, RequestStream, send_request
from ..http.cancel import CancelToken
from ..http.raw_copy import RawCopy
from ..keys import clean_key
from ..providers import Endpoint
from ..redact import Redactor
from .contracts import DIALECTS
from .receive import Receiver

__all__ = ["CallProgress", "CancelToken", "Uploader", "generate", "read_timeout"]

#: Headers of an answer that are kept with its body.
_KEPT_HEADERS = ("date", "content-type", "content-encoding", "content-length", "x-gemini-service-tier")
#: Seconds between two reports of the same phase.
_REPORT_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class CallProgress:
    """The phase of a call, its progress (0 ... 1, 0 where it is unknown), and a text."""

    state: State
    fraction: float
    text: str


class Uploader(Protocol):
    """Brings files to the provider (`wire.files`)."""

    def upload(self, turns: tuple[Turn, ...], call: Call) -> dict[str, str]:
        """The address of each image by its path."""
        ...


OnProgress = Callable[[CallProgress], None]


def generate(
    request: GenerationRequest,
    endpoint: Endpoint,
    key: str,
    folder: Path,
    *,
    on_progress: OnProgress = lambda _progress: None,
    cancel: CancelToken | None = None,
    turn_of: conversation.TurnLookup = lambda _id: None,
    uploader: Uploader | None = None,
    limits: Limits | None = None,
    copy: Path | None = None,
    request_id: str = "",
) -> Answer:
    """Make one call: one POST, never repeated here (`retry` decides what may be).

    `request.references` are prepared: their paths are the files that are sent. The returned images are in `folder`,
    bytes unchanged, with the turn's record; nothing else is left there, and nothing at all after an error. A refused
    prompt is an answer with `refusal`. `uploader` is used when the inline body would exceed the provider's limit;
    without it such a request is an `InputError`.

    `copy` is the file in which the body of an answer that may be paid for is kept as it came, also after an error,
    until the caller removes it; `receive.read_copy` reads it again. `request_id` goes with every request of the call.

    Raises `NanoBananaError`; of the kinds, UNKNOWN_RESULT means that the image may have been generated and billed,
    SIGNATURE that `request.continues` cannot be continued (`conversation.attach_picture`).
    """
    limits = limits or Limits()
    key = clean_key(endpoint, key)
    deadline = time.monotonic() + limits.seconds
    call = Call(cancel or CancelToken(), Redactor(key), read_timeout(request), deadline, request_id)
    attempt = _Attempt(request, endpoint, key, call, on_progress, limits)
    return attempt.run(folder, turn_of, uploader, RawCopy(copy, limits.body))


def read_timeout(request: GenerationRequest) -> float:
    """Seconds to wait for the model: 4K takes up to 252 s in nine of ten calls, 2K and 1K up to 142."""
    return 600.0 if request.image_size == "4K" else 300.0


class _Attempt:
    def __init__(
        self,
        request: GenerationRequest,
        endpoint: Endpoint,
        key: str,
        call: Call,
        on_progress: OnProgress,
        limits: Limits,
    ) -> None:
        self._request = request
        self._endpoint = endpoint
        self._key = key
        self._call = call
        self._limits = limits
        self._on_progress = on_progress
        self._reported = 0.0
        self._uses_files = False
        self._dialect = DIALECTS[endpoint.provider.dialect]

    def run(self, folder: Path, turn_of: conversation.TurnLookup, uploader: Uploader | None, copy: RawCopy) -> Answer:
        provider = self._endpoint.provider.id
        history = conversation.require_turns(self._request, provider, turn_of)
        user_turn = build_user_turn(self._request, provider)
        spool = Spool(folder, self._limits)
        try:
            body = self._build_body(user_turn, history, uploader)
            result = self._post(body, user_turn, spool, copy)
        except BaseException:
            spool.discard()
            raise
        spool.settle((*(picture.path for picture in result.pictures), result.turn))
        return result

    def _build_body(self, user_turn: Turn, history: tuple[Turn, ...], uploader: Uploader | None) -> Body:
        body = self._dialect.build_body(self._request, user_turn, history, {})
        limit = self._endpoint.provider.body_limit
        if body.length <= limit:
            return body
        if uploader is not None and self._endpoint.provider.files_api:
            uploads = uploader.upload((*history, user_turn), self._call)
            self._uses_files = True
            body = self._dialect.build_body(self._request, user_turn, history, uploads)
        if body.length > limit and history:
            raise NanoBananaError(
                ErrorKind.SIGNATURE,
                f"The conversation is {body.length / 1e6:.1f} MB;"
                f" {self._endpoint.provider.label} accepts {limit / 1e6:.0f} MB.",
            )
        if body.length > limit:
            raise NanoBananaError(
                ErrorKind.TOO_LARGE,
                f"The request is {body.length / 1e6:.1f} MB; {self._endpoint.provider.label} accepts at most"
                f" {limit / 1e6:.0f} MB. Nothing was sent.",
            )
        return body

    def _post(self, body: Body, user_turn: Turn, spool: Spool, copy: RawCopy) -> Answer:
        headers = {
            **self._endpoint.build_headers(self._key),
            "Content-Type": "application/json",
            "Connection": "close",
            # A little less than ours, so that the service says that it gave up.
            "X-Server-Timeout": str(max(math.ceil(self._call.read_timeout) - 10, 1)),
        }
        url = self._dialect.build_url(self._endpoint, self._request.model)
        request_stream = RequestStream(body, body.length, self._call.cancel, self._on_sent)
        self._report(State.SENDING, 0.0, "Sending")
        receiver = Receiver(
            self._dialect,
            self._request,
            user_turn,
            self._call,
            self._limits,
            self._build_call_error,
            lambda fraction: self._report(State.RECEIVING, fraction, "Receiving"),
        )
        with (
            closing(copy),
            send_request("POST", url, headers, self._call, request_stream, copy) as response,
        ):
            self._report(State.RECEIVING, 0.0, "Receiving")
            if not 200 <= response.status < 300:
                raise self._build_call_error(
                    response.status, response.headers, response.read_body(self._limits.error_body)
                )
            copy.begin(self._describe_copy(response))
            return receiver.receive(response, spool)

    def _describe_copy(self, response: HttpResponse) -> dict[str, str]:
        """What is needed to read the copy of an answer later, and to ask the service about it."""
        head = {name: self._call.redactor.redact_text(response.headers.get(name, "")) for name in _KEPT_HEADERS}
        return {"status": str(response.status), "request_id": self._call.request_id, **head}

    def _build_call_error(self, status: int, headers: Any, body: bytes) -> NanoBananaError:
        return errors.build_error(
            status,
            headers,
            body,
            self._call.redactor,
            model=self._endpoint.get_model_id(self._request.model),
            uses_files=self._uses_files,
        )

    def _on_sent(self, sent: int, length: int) -> None:
        if sent < length:
            self._report(State.SENDING, sent / length, "Sending")
        else:
            self._report(State.GENERATING, 0.0, "Generating")

    def _report(self, state: State, fraction: float, text: str) -> None:
        now = time.monotonic()
        if 0.0 < fraction < 1.0 and now - self._reported < _REPORT_EVERY:
            return
        self._reported = now
        self._on_progress(CallProgress(state, min(fraction, 1.0), text))
