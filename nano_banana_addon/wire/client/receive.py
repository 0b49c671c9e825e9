# SPDX-License-Identifier: GPL-3.0-or-later
"""From the body of a success to a reply: while it arrives, or later from its copy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from ...core.bounds import Limits
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import ENDED_EARLY, Answer
from .. import errors
from ..contract.json_stream import JsonError, JsonReader
from ..contract.pictures import AnswerContext
from ..contract.spool import Spool
from ..contract.steps import Ask, ContractJob, Reply
from ..gemini.encode import find_user_turn
from ..http.call import Call, HttpResponse
from ..http.cancel import CancelToken
from ..http.raw_copy import iter_copy, read_head
from ..providers import PROVIDERS, Endpoint
from ..redact import Redactor
from .contracts import find_contract

BuildError = Callable[[int, Mapping[str, str], bytes], NanoBananaError]


class Receiver:
    """Reads the answer to one `Ask`. Afterwards `broken` is why it is incomplete, if it is.

    `hides_secrets`: a secret may have passed the redaction, so the texts of its images must not be kept.
    """

    def __init__(
        self, ask: Ask, context: AnswerContext, build_error: BuildError, report: Callable[[float], None]
    ) -> None:
        self.broken: NanoBananaError | None = None
        self.hides_secrets = False
        self._ask = ask
        self._spool = context.spool
        self._redactor = context.redactor
        self._limits = context.limits
        self._build_error = build_error
        self._report = report

    def receive(self, response: HttpResponse, cancel: CancelToken) -> Reply:
        """The reply. Raises `NanoBananaError`: with an `http_status` for an error that came as a success."""
        from ..http.transport import CONNECTION_ERRORS

        is_picture = self._ask.is_picture
        reader = JsonReader(
            self._limits,
            lambda key, parent: self._spool.open_sink() if is_picture and is_picture(key, parent) else None,
        )
        try:
            self._read_all(response, reader)
            tree = reader.finish() if response.received else None
        except (*CONNECTION_ERRORS, JsonError, NanoBananaError) as error:
            cancel.check()
            no_space = isinstance(error, NanoBananaError) and error.kind is ErrorKind.DISK
            if no_space:
                self._spool.discard()  # so that there is room for the copy
            if not isinstance(error, CONNECTION_ERRORS):
                with suppress(*CONNECTION_ERRORS):
                    response.drain()
            if no_space:
                raise
            return self._salvage(error, reader.root, response)
        self._raise_error_in(tree, response)
        self.hides_secrets = reader.may_hide_secrets
        return Reply(response.status, response.headers, tree)

    def _read_all(self, response: HttpResponse, reader: JsonReader) -> None:
        total = 0
        for chunk in response.iter_chunks():
            total += len(chunk)
            if total > self._limits.body:
                raise JsonError(f"it is longer than {self._limits.body // 2**20} MiB")
            reader.feed(chunk)
            length = response.length
            self._report(response.received / length if length else 0.0)

    def _salvage(self, error: Exception, tree: object, response: HttpResponse) -> Reply:
        """What had come of an incomplete answer: an image that arrived whole is kept, because it is paid for."""
        detail = self._redactor.redact_detail(str(error)) or type(error).__name__
        if isinstance(error, NanoBananaError):
            self.broken = error
        elif isinstance(error, JsonError):
            message = "The answer is not the expected JSON."
            self.broken = NanoBananaError(ErrorKind.ANSWER, message, detail=detail)
        else:
            self.broken = NanoBananaError(ErrorKind.UNKNOWN_RESULT, detail=detail)
        if not self._ask.is_picture:
            raise self.broken
        truncation = f"{ENDED_EARLY} ({detail}); this is the last image that arrived whole."
        return Reply(response.status, response.headers, tree, truncation)

    def _raise_error_in(self, tree: object, response: HttpResponse) -> None:
        """Gateways put errors into answers of status 200."""
        if not isinstance(tree, dict) or "error" not in tree or any(key in tree for key in self._ask.answer_keys):
            return
        if response.status in self._ask.accepts:
            return
        entries = cast("dict[str, Any]", tree)
        error: object = entries["error"]
        code: object = cast("dict[str, Any]", error).get("code") if isinstance(error, dict) else None
        if not error or code == 0:  # it says that there is none: this may be paid for
            return
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        response.drop_copy()  # an error is no answer that was paid for
        raise self._build_error(status, response.headers, json.dumps(tree, default=str).encode())


def read_copy(request: GenerationRequest, copy: Path, folder: Path) -> Answer:
    """The result from a complete copy of an answer's body; its images are in `folder`, as after `client.generate`.

    Sends nothing and needs no key. Raises `NanoBananaError`: as `Receiver.receive`, and for an incomplete answer.
    """
    provider = PROVIDERS.get(request.provider, PROVIDERS["google"])
    call, limits = Call(CancelToken(), Redactor()), Limits()
    user_turn, is_whole = find_user_turn(request, provider.id)
    if not is_whole:  # a reference is lost: the result is not, but it cannot be continued
        request = replace(request, references=())
    spool = Spool(folder, limits)
    try:
        endpoint = Endpoint(provider, provider.base_url or "http://127.0.0.1")
        job = ContractJob(request, endpoint, user_turn, AnswerContext(request, spool, call.redactor, limits))
        answer = _read_steps(job, copy, call)
        answer = answer if is_whole else replace(answer, turn="")
    except BaseException:
        spool.discard()
        raise
    spool.settle((*(picture.path for picture in answer.pictures), answer.turn))
    return answer


def _read_steps(job: ContractJob, copy: Path, call: Call) -> Answer:
    steps, receiver = find_contract(job.endpoint, job.request.model).steps(job), None
    build_error = partial(errors.build_error, redactor=call.redactor)
    try:
        step = next(steps)
        while not (isinstance(step, Ask) and step.generates):
            step = steps.send(Reply(200, {}, {}) if isinstance(step, Ask) else {})
        receiver = Receiver(step, job.context, build_error, lambda _fraction: None)
        reply = receiver.receive(HttpResponse(200, read_head(copy), iter_copy(copy), call), call.cancel)
        if receiver.broken:
            raise receiver.broken
        steps.send(reply)
    except StopIteration as end:
        answer: Answer = end.value
        return replace(answer, turn="") if receiver and receiver.hides_secrets else answer
    raise NanoBananaError(ErrorKind.ANSWER, "The answer's images are not in its copy.")
