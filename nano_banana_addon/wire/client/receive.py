# SPDX-License-Identifier: GPL-3.0-or-later
"""From the body of a success to a result: while it arrives, or later from its copy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from ...core.bounds import Limits
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import ENDED_EARLY, Answer
from .. import errors
from ..gemini.answer import AnswerContext
from ..gemini.encode import build_user_turn
from ..gemini.json_stream import JsonError, JsonReader
from ..gemini.spool import Spool
from ..gemini.turn_record import Turn
from ..http.call import Call, HttpResponse
from ..http.cancel import CancelToken
from ..http.raw_copy import iter_copy, read_head
from ..providers import PROVIDERS
from ..redact import Redactor
from .contracts import DIALECTS, Dialect


@dataclass(frozen=True, slots=True)
class Receiver:
    """Reads the answer to one request. `salvages`: a whole image of an incomplete answer is a result."""

    dialect: Dialect
    request: GenerationRequest
    user_turn: Turn
    call: Call
    limits: Limits
    build_error: Callable[[int, Mapping[str, str], bytes], NanoBananaError]
    report: Callable[[float], None] = lambda _fraction: None
    salvages: bool = True

    def receive(self, response: HttpResponse, spool: Spool) -> Answer:
        """The result. Raises `NanoBananaError`: with an `http_status` for an error that came as a success."""
        from ..http.transport import CONNECTION_ERRORS

        reader = JsonReader(
            self.limits,
            lambda key, parent: spool.open_sink() if self.dialect.is_picture(key, parent) else None,
        )
        context = AnswerContext(self.request, spool, self.call.redactor, self.limits)
        tier = self.call.redactor.redact_text(response.headers.get("x-gemini-service-tier", ""))
        try:
            self._read_all(response, reader)
            tree = reader.finish()
        except (*CONNECTION_ERRORS, JsonError, NanoBananaError) as error:
            self.call.cancel.check()
            no_space = isinstance(error, NanoBananaError) and error.kind is ErrorKind.DISK
            if no_space:
                spool.discard()  # so that there is room for the copy
            if not isinstance(error, CONNECTION_ERRORS):
                with suppress(*CONNECTION_ERRORS):
                    response.drain()
            if no_space:
                raise
            return self._salvage(error, reader.root, context, tier)
        self._raise_error_in(tree, response)
        answer = self.dialect.sort_answer(tree, self.user_turn, context, tier, "")
        return replace(answer, turn="") if reader.may_hide_secrets else answer

    def _read_all(self, response: HttpResponse, reader: JsonReader) -> None:
        total = 0
        for chunk in response.iter_chunks():
            total += len(chunk)
            if total > self.limits.body:
                raise JsonError(f"it is longer than {self.limits.body // 2**20} MiB")
            reader.feed(chunk)
            length = response.length
            self.report(response.received / length if length else 0.0)

    def _salvage(self, error: Exception, tree: object, context: AnswerContext, tier: str) -> Answer:
        """An image that arrived whole is kept, whatever became of the rest: it is paid for."""
        detail = self.call.redactor.redact_detail(str(error)) or type(error).__name__
        truncation = f"{ENDED_EARLY} ({detail}); this is the last image that arrived whole."
        try:
            if self.salvages:
                return self.dialect.sort_answer(tree, self.user_turn, context, tier, truncation)
        except NanoBananaError as answer_error:
            if answer_error.kind is not ErrorKind.ANSWER:
                raise
        if isinstance(error, NanoBananaError):
            raise error
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
        if not error or code == 0:  # it says that there is none: this may be paid for
            return
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        response.drop_copy()  # an error is no answer that was paid for
        raise self.build_error(status, response.headers, json.dumps(tree, default=str).encode())


def read_copy(request: GenerationRequest, copy: Path, folder: Path) -> Answer:
    """The result from a complete copy of an answer's body; its images are in `folder`, as after `client.generate`.

    Sends nothing and needs no key. Raises `NanoBananaError`: as `Receiver.receive`, and for an incomplete answer.
    """
    provider = PROVIDERS.get(request.provider, PROVIDERS["google"])
    call, limits = Call(CancelToken(), Redactor()), Limits()
    try:
        user_turn = build_user_turn(request, provider.id)
    except NanoBananaError:  # a reference is lost: the result is not, but it cannot be continued
        user_turn = None
    empty_turn = Turn(provider.id, request.model, "", (), "", ())
    build_error = partial(errors.build_error, redactor=call.redactor)
    dialect = DIALECTS[provider.dialect]
    receiver = Receiver(dialect, request, user_turn or empty_turn, call, limits, build_error, salvages=False)
    spool = Spool(folder, limits)
    try:
        result = receiver.receive(HttpResponse(200, read_head(copy), iter_copy(copy), call), spool)
        result = result if user_turn else replace(result, turn="")
    except BaseException:
        spool.discard()
        raise
    spool.settle((*(picture.path for picture in result.pictures), result.turn))
    return result
