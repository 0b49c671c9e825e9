# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the image model: the request goes out and the answer comes in, both streamed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from ...core.constants import State
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer
from .. import errors
from ..gemini import conversation
from ..gemini.answer import AnswerContext
from ..gemini.encode import build_user_turn
from ..gemini.json_stream import JsonError, JsonReader
from ..gemini.spool import Spool
from ..gemini.turn_record import Turn
from ..http.body import Body
from ..http.call import Call, HttpResponse, RequestStream, send_request
from ..http.cancel import CancelToken
from ..keys import clean_key
from ..limits import Limits
from ..providers import Endpoint
from ..redact import Redactor
from .contracts import DIALECTS

__all__ = ["CallProgress", "CancelToken", "Uploader", "generate", "read_timeout"]

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
) -> Answer:
    """Make one call: one POST, never repeated here (`retry` decides what may be).

    `request.references` are prepared: their paths are the files that are sent. The returned images are in `folder`,
    bytes unchanged, with the turn's record; nothing else is left there, and nothing at all after an error. A refused
    prompt is an answer with `refusal`. `uploader` is used when the inline body would exceed the provider's limit;
    without it such a request is an `InputError`.

    Raises `NanoBananaError`; of the kinds, UNKNOWN_RESULT means that the image may have been generated and billed,
    SIGNATURE that `request.continues` cannot be continued (`conversation.attach_picture`).
    """
    attempt = _Attempt(request, endpoint, clean_key(endpoint, key), cancel, on_progress, limits)
    return attempt.run(folder, turn_of, uploader)


def read_timeout(request: GenerationRequest) -> float:
    """Seconds to wait for the model: 4K takes up to 252 s in nine of ten calls, 2K and 1K up to 142."""
    return 600.0 if request.image_size == "4K" else 300.0


class _Attempt:
    def __init__(
        self,
        request: GenerationRequest,
        endpoint: Endpoint,
        key: str,
        cancel: CancelToken | None,
        on_progress: OnProgress,
        limits: Limits | None,
    ) -> None:
        self._request = request
        self._endpoint = endpoint
        self._key = key
        self._limits = limits or Limits()
        self._on_progress = on_progress
        self._reported = 0.0
        self._uses_files = False
        self._dialect = DIALECTS[endpoint.provider.dialect]
        self._call = Call(
            cancel or CancelToken(),
            Redactor(key),
            read_timeout(request),
            time.monotonic() + self._limits.seconds,
        )

    def run(self, folder: Path, turn_of: conversation.TurnLookup, uploader: Uploader | None) -> Answer:
        provider = self._endpoint.provider.id
        history = conversation.require_turns(self._request, provider, turn_of)
        user_turn = build_user_turn(self._request, provider)
        spool = Spool(folder, self._limits)
        try:
            body = self._build_body(user_turn, history, uploader)
            result = self._post(body, user_turn, spool)
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

    def _post(self, body: Body, user_turn: Turn, spool: Spool) -> Answer:
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
        with send_request("POST", url, headers, self._call, request_stream) as response:
            self._report(State.RECEIVING, 0.0, "Receiving")
            if response.status != 200:
                raise self._build_call_error(
                    response.status, response.headers, response.read_body(self._limits.error_body)
                )
            return self._receive(response, user_turn, spool)

    def _receive(self, response: HttpResponse, user_turn: Turn, spool: Spool) -> Answer:
        from ..http.transport import CONNECTION_ERRORS

        reader = JsonReader(
            self._limits,
            lambda key, parent: spool.open_sink() if self._dialect.is_picture(key, parent) else None,
        )
        context = AnswerContext(self._request, spool, self._call.redactor, self._limits)
        tier = self._call.redactor.redact_text(response.headers.get("x-gemini-service-tier", ""))
        try:
            self._read_all(response, reader)
            tree = reader.finish()
        except (*CONNECTION_ERRORS, JsonError) as error:
            self._call.cancel.check()
            return self._salvage(error, reader.root, user_turn, context, tier)
        self._raise_error_in(tree, response)
        return self._dialect.sort_answer(tree, user_turn, context, tier, "")

    def _read_all(self, response: HttpResponse, reader: JsonReader) -> None:
        total = 0
        for chunk in response.iter_chunks():
            total += len(chunk)
            if total > self._limits.body:
                raise JsonError(f"it is longer than {self._limits.body // 2**20} MiB")
            reader.feed(chunk)
            length = response.length
            self._report(State.RECEIVING, response.received / length if length else 0.0, "Receiving")

    def _salvage(self, error: Exception, tree: object, user_turn: Turn, context: AnswerContext, tier: str) -> Answer:
        """An image that arrived whole is kept, whatever became of the rest: it is paid for."""
        detail = self._call.redactor.redact_detail(str(error)) or type(error).__name__
        truncation = f"The answer ended early ({detail}); this is the last image that arrived whole."
        try:
            return self._dialect.sort_answer(tree, user_turn, context, tier, truncation)
        except NanoBananaError as answer_error:
            if answer_error.kind is not ErrorKind.ANSWER:
                raise
        if isinstance(error, JsonError):
            raise NanoBananaError(ErrorKind.ANSWER, "The answer is not the expected JSON.", detail=detail) from None
        raise NanoBananaError(ErrorKind.UNKNOWN_RESULT, detail=detail) from None

    def _raise_error_in(self, tree: object, response: HttpResponse) -> None:
        """Gateways put errors into answers of status 200."""
        if not isinstance(tree, dict) or "error" not in tree or "candidates" in tree:
            return
        entries = cast("dict[str, Any]", tree)
        error: object = entries["error"]
        code: object = cast("dict[str, Any]", error).get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        raise self._build_call_error(status, response.headers, json.dumps(tree, default=str).encode())

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
