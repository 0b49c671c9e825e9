# SPDX-License-Identifier: GPL-3.0-or-later
"""One generation from QUEUED to its end, in a thread of the worker process. Each step is recorded before it is done."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..core.constants import State
from ..core.errors import ErrorKind, NanoBananaError
from ..core.request import GenerationRequest
from ..core.result import Answer, Failure, Generation
from ..storage import complete_answer
from ..storage.database import states
from ..storage.files import pictures, raw_answers, tickets
from ..storage.files.layout import unusable
from ..storage.store import Store
from ..wire.client.client import CallProgress, CancelToken, generate
from ..wire.gemini.conversation import describe_fallback
from ..wire.gemini.files_api import FileUploader
from ..wire.retry import compute_wait, should_repeat_refusal
from . import conversation_fallback
from .full_disk import insist
from .preparation import prepare
from .protocol import Submit
from .services import Services

_log = logging.getLogger(__name__)

#: Seconds between two notes of progress in the store.
_NOTE_EVERY = 0.25

#: Seconds after which pacing is checked again: the user may have raised the limit meanwhile.
_LOOK_AGAIN = 4.0

_STATE_OF_ERROR = {ErrorKind.UNKNOWN_RESULT: State.UNKNOWN, ErrorKind.CANCELLED: State.CANCELLED}

#: Of an order that is asked for by its ticket: errors by which it has ended.
_ANSWERED = frozenset({ErrorKind.ANSWER, ErrorKind.REQUEST, ErrorKind.CANCELLED})


class Released(Exception):
    """The worker process ends; this generation was not sent and goes back to the queue."""


class Taken(Exception):
    """Another process has taken this generation over, and may be receiving its answer."""


class Job:
    """Carries out one `Submit`. `cancel` and `drain` may be called from other threads."""

    def __init__(self, store: Store, services: Services, command: Submit) -> None:
        self.id = command.id
        self._store = store
        self._services = services
        self._command = command
        self._token = CancelToken()
        self._wake = threading.Event()
        self._draining = False
        self._state = State.QUEUED
        self._noted = 0.0
        self._tries = 0
        self._digest = ""
        self._resumed = False
        self.is_answered = False  # the answer is there and is being recorded

    def cancel(self) -> None:
        """End it in any phase; an answer that is complete already is kept."""
        self._token.cancel()
        self._wake.set()

    def drain(self) -> None:
        """Start nothing new: sent requests are waited for, all others go back to the queue."""
        self._draining = True
        self._wake.set()

    def run(self) -> None:
        """From the claimed record to its end. Raises nothing."""
        try:
            self._carry_out()
        except Released:
            pictures.clear_receiving(self._store.places, self.id)
            insist(self.id, lambda: self._store.release(self.id))
        except Taken:
            _log.warning("%s: another process has it now", self.id)
        except NanoBananaError as error:
            self._end(error)
        except Exception:  # noqa: BLE001
            _log.exception("%s: unexpected", self.id)
            kind = ErrorKind.INTERNAL
            if self._state in states.PERHAPS_SENT - {State.SENDING}:
                kind = ErrorKind.UNKNOWN_RESULT
            self._end(NanoBananaError(kind))

    def _carry_out(self) -> None:
        generation = self._store.get(self.id)
        if generation is None:
            return
        if generation.state is State.GENERATING:
            self._resume(generation)
            return
        request = self._prepare(generation)
        if request.shared:
            complete_answer.complete_from_another(self._store, self._record())
            return
        endpoint = self._services.endpoint(self._command.provider, self._command.base_url)
        uploader = self._services.files(endpoint, self._command.key)
        while True:
            folder = self._folder()
            self._may_go()
            try:
                answer = generate(
                    request,
                    endpoint,
                    self._command.key,
                    folder,
                    on_progress=self._on_progress,
                    cancel=self._token,
                    uploader=uploader,
                    turn_of=lambda id: pictures.turn_of(self._store.places, id),
                    copy=raw_answers.get_path(self._store.places, self.id),
                    request_id=self._record().request_id,
                    on_ticket=partial(tickets.keep, self._store.places, self.id),
                )
            except NanoBananaError as error:
                if conversation_fallback.is_due(error, request):
                    request = self._with_picture(request, error)
                else:
                    self._wait_after(error, uploader)
                continue
            if not self._is_repeated(answer):
                self._keep(answer)
                return

    def _resume(self, generation: Generation) -> None:
        """Ask for the result of an order that was sent before; it is not ordered again."""
        self._state, self._resumed, places = generation.state, True, self._store.places
        endpoint = self._services.endpoint(self._command.provider, self._command.base_url)
        answer = generate(
            *(generation.request, endpoint, self._command.key, places.receiving / self.id),
            on_progress=self._on_progress,
            cancel=self._token,
            request_id=generation.request_id,
            on_ticket=partial(tickets.keep, places, self.id),
            ticket=tickets.read(places, self.id),
        )
        self._keep(answer)

    def _prepare(self, generation: Generation) -> GenerationRequest:
        request, self._digest = prepare(self._store, self._services, generation)
        return request

    def _with_picture(self, request: GenerationRequest, error: NanoBananaError) -> GenerationRequest:
        """After a turn that could not be continued: the request with the earlier image instead.

        Nothing was generated or billed. It is recorded before it is sent.
        """
        _log.info("%s: %s %s; the image instead", self.id, error.message, error.detail)
        self._stop_if_wanted()
        changed = conversation_fallback.send_image_instead(self._store, request, error.message)
        changed = self._services.prepare(changed)
        self._store.set_request(self.id, changed, self._digest)
        self._store.advance(self.id, State.WAITING, retry_at=time.time())
        self._state = State.WAITING
        return changed

    def _folder(self) -> Path:
        """The folder in which the answer arrives, after a check of its final folder, before anything is billed."""
        places = self._store.places
        if self._store.is_taken(self.id):
            raise Taken
        try:
            places.results.mkdir(parents=True, exist_ok=True)
            raw_answers.set_aside(places, self._record())
            return pictures.make_receiving_folder(places, self.id)
        except OSError as error:
            raise unusable(Path(error.filename or places.receiving), error) from error

    def _may_go(self) -> None:
        """Return once the record says SENDING. Raises CANCELLED, BUDGET, DISK, `Released`."""
        while True:
            self._stop_if_wanted()
            seconds = self._store.begin_sending(self.id)
            if seconds <= 0:
                self._state = State.SENDING
                self._tries += 1
                return
            self._state = State.WAITING
            self._sleep(min(seconds, _LOOK_AGAIN))

    def _stop_if_wanted(self) -> None:
        self._token.check()
        if self._draining:
            raise Released

    def _sleep(self, seconds: float) -> None:
        """Wait until cancelled or drained; by the monotonic clock, because the wall clock can jump."""
        self._wake.wait(seconds)
        self._stop_if_wanted()

    def _wait_after(self, error: NanoBananaError, uploader: FileUploader | None) -> None:
        """Wait as the rules require, or raise the error again: only what was certainly not billed is repeated."""
        seconds = None if self._token.is_cancelled else compute_wait(error, self._tries)
        if seconds is None:
            raise error
        if error.kind is ErrorKind.FILE_GONE and uploader:
            uploader.forget_all()
        _log.info("%s: %s; again in %.1f s", self.id, error.kind.value, seconds)
        self._store.advance(self.id, State.WAITING, retry_at=time.time() + seconds, failure=Failure.from_error(error))
        self._state = State.WAITING
        self._sleep(seconds)

    def _is_repeated(self, answer: Answer) -> bool:
        """Whether a refusal often passes the second time: its cost is recorded, and it is sent once more."""
        if not answer.refusal or not should_repeat_refusal(answer.refusal, self._tries) or self._draining:
            return False
        generation = self._record()
        usd = complete_answer.price_of(generation, answer)
        self._store.record_refusal(self.id, answer, usd)
        pictures.clear_receiving(self._store.places, self.id)
        self._state = State.WAITING
        return True

    def _keep(self, answer: Answer) -> None:
        self.is_answered = True
        generation = self._record()
        if said := describe_fallback(generation.request):
            answer = replace(answer, warnings=(said, *answer.warnings))
        insist(self.id, lambda: complete_answer.note(self._store, generation, answer))
        insist(self.id, lambda: complete_answer.complete(self._store, generation, answer))

    def _record(self) -> Generation:
        generation = self._store.get(self.id)
        if generation is None:
            raise NanoBananaError(ErrorKind.INTERNAL, "The generation was deleted while in progress.")
        return generation

    def _on_progress(self, progress: CallProgress) -> None:
        """Called by the wire, also between two pieces of a body: a full disk must not end the call."""
        now = time.monotonic()
        if progress.image:
            pictures.show_preview(self._store.places, self.id, progress.image)
        try:
            if progress.state is not self._state:
                self._store.advance(self.id, progress.state, progress=progress.fraction)
                self._state = progress.state
            elif now - self._noted >= _NOTE_EVERY:
                self._store.record_progress(self.id, progress.state, progress.fraction, progress.place)
            else:
                return
        except NanoBananaError as error:
            if error.kind is not ErrorKind.DISK:
                raise
            _log.warning("%s: progress could not be recorded: %s", self.id, error.detail)
        self._noted = now

    def _end(self, error: NanoBananaError) -> None:
        with suppress(NanoBananaError):
            if self._store.is_taken(self.id):
                _log.warning("%s: %s; another process has it now", self.id, error.message)
                return
        state = _STATE_OF_ERROR.get(error.kind, State.FAILED)
        if self._resumed and error.kind not in _ANSWERED and error.http_status != 404:
            state = State.UNKNOWN  # it could not be asked for
        _log.info("%s: %s %s", self.id, state.value, error.kind.value)
        failure, places = Failure.from_error(error), self._store.places
        if error.kind is ErrorKind.DISK and raw_answers.exists(places, self.id):
            # The images had no room, the answer had: the next start completes it.
            state = State.UNKNOWN
            failure = replace(
                failure, next_step="Free some disk space; the next start of Blender completes the answer."
            )
            insist(self.id, lambda: self._store.fail(self.id, failure, state))
            return
        if error.kind is not ErrorKind.CANCELLED:
            failure = raw_answers.name_copy(failure, self._set_aside())
        insist(self.id, lambda: self._store.fail(self.id, failure, state))
        places.find_thumbnail(self.id).unlink(missing_ok=True)
        if not pictures.read_noted_answer(places, self.id):
            pictures.clear_receiving(places, self.id, keep_ticket=state is State.UNKNOWN)

    def _set_aside(self) -> Path | None:
        """Keep the bytes of an answer that cannot be used; on a full disk they stay where they are."""
        try:
            return raw_answers.set_aside(self._store.places, self._record())
        except (OSError, NanoBananaError) as error:
            _log.warning("%s: its answer is not set aside: %s", self.id, error)
            return None
