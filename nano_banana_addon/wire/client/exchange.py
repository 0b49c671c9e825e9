# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchanges of one call: each sends a body while it is made, reads the answer while it comes, and reports both."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from ...core.bounds import Limits
from ...core.constants import State
from ...core.errors import ErrorKind, NanoBananaError
from .. import errors
from ..contract.pictures import AnswerContext
from ..contract.steps import Ask, Reply
from ..http.body import Body
from ..http.call import Call, HttpResponse, RequestStream, send_request
from ..http.raw_copy import RawCopy
from ..providers import Endpoint
from .receive import Receiver

#: Headers of an answer that are kept with its body.
_KEPT_HEADERS = ("date", "content-type", "content-encoding", "content-length", "x-gemini-service-tier")
#: Seconds between two reports of the same phase.
_REPORT_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class CallProgress:
    """The phase of a call, its progress (0 ... 1, 0 where it is unknown), and how the image looks so far.

    `place` is that in the service's queue while it waits there, else 0.
    """

    state: State
    fraction: float
    image: bytes = b""
    place: int = 0


OnProgress = Callable[[CallProgress], None]


class Exchanger:
    """Asks one endpoint. `broken` is why the latest answer is incomplete, `hides_secrets` as in `Receiver`."""

    def __init__(self, endpoint: Endpoint, key: str, model: str, limits: Limits, on_progress: OnProgress) -> None:
        """`model` is the catalogue's id."""
        self.endpoint = endpoint
        self.limits = limits
        self.broken: NanoBananaError | None = None
        self.hides_secrets = False
        self._key = key
        self._model = model
        self._on_progress = on_progress
        self._reported = 0.0

    def build_headers(self) -> dict[str, str]:
        """The headers that identify the caller."""
        return self.endpoint.build_headers(self._key)

    def ask(self, ask: Ask, context: AnswerContext, call: Call, copy: RawCopy) -> Reply:
        """The reply to one `Ask`; `copy` takes the body of an answer that holds the image. Raises `NanoBananaError`."""
        body = ask.body if ask.body is not None or ask.method == "GET" else Body(())
        if body is not None:
            self._check_length(body, ask)
        headers = {**self.build_headers(), "Connection": "close", **ask.headers}
        stream = None
        if body is not None:
            headers["Content-Type"] = ask.content_type
            on_sent = self._on_sent if ask.generates else _ignore
            stream = RequestStream(body, body.length, call.cancel, on_sent)
        if ask.generates:
            self.report(State.SENDING, 0.0)
        is_answer = ask.generates and ask.is_picture is not None
        copy = copy if is_answer else RawCopy(None, 0)

        def build_error(status: int, headers: Mapping[str, str], body: bytes) -> NanoBananaError:
            provider, model = self.endpoint.provider, self.endpoint.get_model_id(self._model)
            found = errors.build_error(status, headers, body, call.redactor, model=model, uses_files=ask.uses_files)
            if found.kind is ErrorKind.MODEL and provider.not_found:
                message = f"The server at {self.endpoint.base_url} does not know this request."
                found.message = message if provider.is_local else found.message
                found.next_step = provider.not_found
            return found

        receiver = Receiver(ask, context, build_error, self.report_received if is_answer else _ignore)
        url = self.endpoint.resolve_path(ask.path)
        with closing(copy), send_request(ask.method, url, headers, call, stream, copy) as response:
            if is_answer:
                self.report_received(0.0)
            if not 200 <= response.status < 300 and response.status not in ask.accepts:
                raise build_error(response.status, response.headers, response.read_body(self.limits.error_body))
            copy.begin(_describe_copy(response, call))
            reply = receiver.receive(response, call.cancel)
        self.broken, self.hides_secrets = receiver.broken, receiver.hides_secrets
        return reply

    def _check_length(self, body: Body, ask: Ask) -> None:
        limit, label = self.endpoint.provider.body_limit, self.endpoint.provider.label
        if body.length <= limit:
            return
        if ask.earlier_turns:
            message = f"The conversation is {body.length / 1e6:.1f} MB; {label} accepts {limit / 1e6:.0f} MB."
            raise NanoBananaError(ErrorKind.SIGNATURE, message)
        raise NanoBananaError(
            ErrorKind.TOO_LARGE,
            f"The request is {body.length / 1e6:.1f} MB; {label} accepts at most {limit / 1e6:.0f} MB."
            " Nothing was sent.",
        )

    def _on_sent(self, sent: int, length: int) -> None:
        if sent < length:
            self.report(State.SENDING, sent / length)
        else:
            self.report(State.GENERATING, 0.0)

    def report_received(self, fraction: float) -> None:
        """A part of the image has come."""
        self.report(State.RECEIVING, fraction)

    def report(self, state: State, fraction: float, image: bytes = b"", place: int = 0) -> None:
        """Tell the caller, not more often than anybody can read."""
        now = time.monotonic()
        if not image and 0.0 < fraction < 1.0 and now - self._reported < _REPORT_EVERY:
            return
        self._reported = now
        self._on_progress(CallProgress(state, min(fraction, 1.0), image, place))


def _ignore(*_counts: float) -> None:
    """How much has gone out or come in interests nobody where it is not the image."""


def _describe_copy(response: HttpResponse, call: Call) -> dict[str, str]:
    """What is needed to read the copy of an answer later, and to ask the service about it."""
    head = {name: call.redactor.redact_text(response.headers.get(name, "")) for name in _KEPT_HEADERS}
    return {"status": str(response.status), "request_id": call.request_id, **head}
