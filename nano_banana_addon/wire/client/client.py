# SPDX-License-Identifier: GPL-3.0-or-later
"""One call of the image model: the steps of its contract are carried out, what goes out and comes in is streamed."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ...core.bounds import Limits
from ...core.constants import State
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Answer
from ..contract.pictures import AnswerContext
from ..contract.spool import ReceivedImage, Spool
from ..contract.steps import Ask, Contract, ContractJob, Fetch, Keep, Listen, Reply, Step, Steps, Tell, Upload, Wait
from ..contract.turn_record import Turn
from ..gemini import conversation
from ..gemini.encode import build_user_turn, find_user_turn
from ..gemini.refusals import build_refusal
from ..http.call import Call
from ..http.cancel import CancelToken
from ..http.raw_copy import RawCopy
from ..keys import clean_key
from ..providers import Endpoint
from ..redact import Redactor
from .contracts import find_contract
from .download import download
from .exchange import CallProgress, Exchanger, OnProgress
from .listener import SocketListener

__all__ = ["CallProgress", "CancelToken", "Uploader", "generate", "read_timeout"]

#: Seconds that stopping a cancelled generation at the service may take.
_GIVE_UP_FOR = 5.0
#: How often the service is asked in vain for an order that it has taken: for about two minutes.
OPEN_TRIES = 8
_LONGEST_WAIT = 30.0
#: Errors that leave open what becomes of such an order; the lasting ones are not waited for.
_LASTING_KINDS = frozenset({ErrorKind.KEY_INVALID, ErrorKind.PERMISSION, ErrorKind.BILLING})
_OPEN_KINDS = _LASTING_KINDS | {
    *(ErrorKind.NETWORK, ErrorKind.SERVER, ErrorKind.CAPACITY, ErrorKind.RATE, ErrorKind.DEADLINE)
}


class Uploader(Protocol):
    """Brings files to the provider (`wire.files`)."""

    def upload(self, turns: tuple[Turn, ...], call: Call) -> dict[str, str]:
        """The address of each image by its path."""
        ...


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
    on_ticket: Callable[[str], None] = lambda _ticket: None,
    ticket: str = "",
) -> Answer:
    """Make one call. What is paid is ordered once, never repeated here (`retry` decides what may be).

    `request.references` are prepared: their paths are the files that are sent. The returned images are in `folder`,
    bytes unchanged, with the turn's record; nothing else is left there, and nothing at all after an error. A refused
    prompt is an answer with `refusal`. `uploader` is used when the inline body would exceed the provider's limit;
    without it such a request is an `InputError`.

    `copy` is the file in which the body of an answer that may be paid for is kept as it came, also after an error,
    until the caller removes it; `receive.read_copy` reads it again. `request_id` goes with every request of the call.
    `on_ticket` gets what finds the result again after a crash, before it is waited for; given as `ticket`, nothing is
    ordered, and the result of that order is waited for.

    Raises `NanoBananaError`; of the kinds, UNKNOWN_RESULT means that the image may have been generated and billed,
    SIGNATURE that `request.continues` cannot be continued (`conversation.attach_picture`).
    """
    limits = limits or Limits()
    key = clean_key(endpoint, key)
    deadline = time.monotonic() + limits.seconds
    call = Call(cancel or CancelToken(), Redactor(key), read_timeout(request), deadline, request_id)
    exchanger = Exchanger(endpoint, key, request.model, limits, on_progress)
    attempt = _Attempt(exchanger, call, RawCopy(copy, limits.body), uploader, on_ticket, ticket)
    return attempt.run(request, folder, turn_of)


def read_timeout(request: GenerationRequest) -> float:
    """Seconds to wait for the model: 4K takes up to 252 s in nine of ten calls, 2K and 1K up to 142."""
    return 600.0 if request.image_size == "4K" else 300.0


class _Attempt:
    def __init__(
        self,
        exchanger: Exchanger,
        call: Call,
        copy: RawCopy,
        uploader: Uploader | None,
        on_ticket: Callable[[str], None],
        ticket: str,
    ) -> None:
        self._exchanger = exchanger
        self._call = call
        self._copy = copy
        self._uploader = uploader
        self._on_ticket = on_ticket
        self._ticket = ticket
        self._listener = SocketListener(exchanger, call)

    def run(self, request: GenerationRequest, folder: Path, turn_of: conversation.TurnLookup) -> Answer:
        endpoint, limits = self._exchanger.endpoint, self._exchanger.limits
        provider = endpoint.provider
        contract = find_contract(endpoint, request.model)
        history = () if self._ticket else conversation.require_turns(request, provider.id, turn_of)
        known = find_user_turn(request, provider.id)[0] if self._ticket else None
        user_turn = known or build_user_turn(request, provider.id)
        spool = Spool(folder, limits)
        job = ContractJob(
            request,
            endpoint,
            user_turn,
            AnswerContext(request, spool, self._call.redactor, limits),
            history,
            can_upload=self._uploader is not None and provider.files_api,
            seconds=self._call.read_timeout,
        )
        try:
            answer = self._carry_out(contract, job)
            answer = replace(answer, turn="") if self._exchanger.hides_secrets else answer
        except BaseException:
            spool.discard()
            raise
        finally:
            self._listener.close()
        spool.settle((*(picture.path for picture in answer.pictures), answer.turn))
        return answer

    def _carry_out(self, contract: Contract, job: ContractJob) -> Answer:
        steps = contract.steps(job, self._ticket)
        try:
            step = next(steps)
            while True:
                step = self._advance(steps, step, job)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        except NanoBananaError as error:
            if error.kind is ErrorKind.CANCELLED and self._ticket:
                self._give_up(contract, job)
            if error.kind is ErrorKind.REFUSED:
                return Answer(refusal=build_refusal(error.reason or "MODERATION", error.detail), billed_usd=0.0)
            raise

    def _advance(self, steps: Steps, step: Step, job: ContractJob) -> Step:
        try:
            reply = self._perform(step, job)
        except NanoBananaError as error:
            return steps.throw(error)
        try:
            return steps.send(reply)
        except NanoBananaError as error:
            broken = self._exchanger.broken
            if broken and error.kind is ErrorKind.ANSWER:
                raise broken from None
            raise

    def _perform(self, step: Step, job: ContractJob) -> Any:
        if isinstance(step, Ask):
            return self._ask(step, job) if step.generates else self._insist(lambda: self._ask(step, job))
        if isinstance(step, Fetch):
            return self._insist(lambda: self._fetch(step, job))
        if isinstance(step, Upload):
            return self._uploader.upload(step.turns, self._call) if self._uploader else {}
        if isinstance(step, Keep):
            self._ticket = step.ticket
            self._on_ticket(step.ticket)
        elif isinstance(step, Tell):
            self._exchanger.report(State.GENERATING, step.fraction, step.image, step.place)
        elif isinstance(step, Listen):
            messages = self._listener.listen(step)
            self._wait(Wait(0.0))
            return messages
        else:
            self._wait(step)
        return None

    def _wait(self, step: Wait) -> None:
        self._call.cancel.wait(step.seconds)
        self._call.cancel.check()
        if self._call.call_deadline is not None and time.monotonic() > self._call.call_deadline:
            raise NanoBananaError(ErrorKind.UNKNOWN_RESULT, "The service has not finished in time.")

    def _insist(self, exchange: Callable[[], Any]) -> Any:
        """An exchange that orders nothing: repeated once an order is waited for, and then it says what is open."""
        tries = 0
        while True:
            tries += 1
            try:
                return exchange()
            except NanoBananaError as error:
                if error.kind is ErrorKind.UNKNOWN_RESULT:
                    message = "The connection broke; this request orders nothing."
                    error = NanoBananaError(ErrorKind.NETWORK, message, detail=error.detail)
                if not self._ticket or error.kind not in _OPEN_KINDS:
                    raise error from None
                if tries >= OPEN_TRIES or error.kind in _LASTING_KINDS:
                    raise NanoBananaError(ErrorKind.UNKNOWN_RESULT, detail=error.detail or error.message) from None
                seconds = min(max(2.0 ** (tries - 1), error.retry_after or 0.0), _LONGEST_WAIT)
            self._wait(Wait(seconds))

    def _give_up(self, contract: Contract, job: ContractJob) -> None:
        """Stop it at the service, for a few seconds at most; whatever goes wrong, it is cancelled here."""
        deadline = time.monotonic() + _GIVE_UP_FOR
        self._call = replace(self._call, cancel=CancelToken(), read_timeout=_GIVE_UP_FOR, call_deadline=deadline)
        for step in contract.give_up(job, self._ticket):
            with suppress(NanoBananaError):
                self._ask(step, job)

    def _ask(self, step: Ask, job: ContractJob) -> Reply:
        return self._exchanger.ask(step, job.context, self._call, self._copy)

    def _fetch(self, step: Fetch, job: ContractJob) -> ReceivedImage:
        self._exchanger.report_received(0.0)
        headers = self._exchanger.build_headers() if step.own else {}
        return download(step.url, headers, job, self._call, self._exchanger.report_received)
