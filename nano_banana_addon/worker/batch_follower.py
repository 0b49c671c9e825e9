# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows batches at the service to their end: asks, cancels, fetches and records. Each step may be repeated."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..core.constants import State
from ..core.errors import ERROR_TEXTS, ErrorKind, NanoBananaError
from ..core.files import move_whole
from ..core.result import Failure, Generation
from ..storage import complete_answer
from ..storage.database import batch_jobs
from ..storage.database.batch_jobs import BatchJob
from ..storage.files import pictures
from ..storage.files.layout import convert_home_errors
from ..storage.store import Store
from ..wire.client.batch_results import iter_lines, read_line
from ..wire.gemini.batches import BatchStatus
from ..wire.http.cancel import CancelToken
from .batch_submitter import Account
from .protocol import Submit
from .services import Services

_log = logging.getLogger(__name__)

#: Seconds until a batch that the service does not list was certainly never taken; its list may lag behind.
SETTLE_FOR = 600.0
#: Seconds that the service has to stop a batch; after that nothing of it is waited for.
CANCEL_FOR = 600.0


@dataclass(slots=True)
class BatchLook:
    """What was found at a batch: whether it has ended, and what is to be carried out anew."""

    has_ended: bool = False
    given_back: list[Submit] = field(default_factory=list[Submit])


class BatchFollower:
    """Belongs to the thread of the batches. `token` ends what may be broken off."""

    def __init__(self, store: Store, services: Services, token: CancelToken) -> None:
        self._store, self._services, self._token = store, services, token

    def look(self, id: str, command: Submit) -> BatchLook:
        """Look at a batch, and do what is due; why that failed is noted at the batch, and it is tried again."""
        look, store = BatchLook(), self._store
        job = batch_jobs.find(store.database, id)
        if job is None:
            look.has_ended = True
        elif batch_jobs.claim(store.database, id, store.identity().id, store.lives):
            try:
                self._advance(job, command, look)
                problem = ""
            except NanoBananaError as error:
                problem = "" if error.kind is ErrorKind.CANCELLED else error.to_sentence()[:500]
                _log.warning("batch %s: %s %s", id, error.message, error.detail)
            if problem != job.problem:
                batch_jobs.update(store.database, id, problem=problem)
        return look

    def _advance(self, job: BatchJob, command: Submit, look: BatchLook) -> None:
        account = Account(self._services, command, self._token)
        if account.id != job.account:
            message = "This batch was submitted with another key, or to another address."
            raise NanoBananaError(ErrorKind.PERMISSION, message, next_step="Use that one again to receive its results.")
        name = job.name or self._find_name(job, account, command, look)
        if not name:
            return
        status = self._ask(name, account)
        if status is None:
            self._end(job, command, look, "The service has forgotten this batch.", unbilled=False)
            return
        if status.done != job.done:
            batch_jobs.update(self._store.database, job.id, done=status.done)
        if status.has_ended:
            self._finish(job, status, account, command, look)
        elif job.cancelled and time.time() - job.cancelled > CANCEL_FOR:
            self._end(job, command, look, "The service did not stop this batch.", unbilled=False)
        elif not job.cancelled and (job.resends or not job.open):
            account.batches.cancel(name)
            batch_jobs.update(self._store.database, job.id, cancelled=time.time())

    def _find_name(self, job: BatchJob, account: Account, command: Submit, look: BatchLook) -> str:
        """The service's name of a batch whose order was interrupted; "" where it was never taken, or is not known."""
        status = account.batches.find(job.id) if job.posted else None
        if status:
            batch_jobs.name(self._store.database, job.id, status.name)
            return status.name
        if not job.posted or time.time() - job.posted > SETTLE_FOR:
            ids = batch_jobs.undo(self._store.database, job.id)
            look.given_back += [replace(command, id=id) for id in ids]
            look.has_ended = True
        return ""

    def _ask(self, name: str, account: Account) -> BatchStatus | None:
        """The state of a batch, None where the service knows nothing of it."""
        try:
            return account.batches.ask(name)
        except NanoBananaError as error:
            if error.http_status == 404:
                return None
            raise

    def _finish(self, job: BatchJob, status: BatchStatus, account: Account, command: Submit, look: BatchLook) -> None:
        """Record what a batch brought, and end the rest."""
        places, is_gone = self._store.places, False
        path = places.batches / f"{job.id}.jsonl"
        if status.file and not path.is_file():
            try:
                account.batches.download(status.file, path)
            except NanoBananaError as error:
                is_gone = error.http_status in (403, 404)
                if not is_gone:
                    raise
        damaged = self._record_all(job, path) if path.is_file() else 0
        said = ""
        if is_gone:
            said = "The service keeps the results of a batch for two days; they are gone."
        elif damaged or status.state == "SUCCEEDED":
            said = "The result of the batch holds nothing for this." + (" Lines of it are damaged." if damaged else "")
        unbilled = not said and (status.state in ("FAILED", "EXPIRED") or not status.done)
        self._end(job, command, look, said, status=status, unbilled=unbilled, kept=path if damaged else None)

    def _record_all(self, job: BatchJob, path: Path) -> int:
        """Record all lines of a result, in any order; returns how many are damaged. Raises DISK."""
        members = batch_jobs.list_members(self._store.database, self._store.home, job.id)
        waiting = {g.id: g for g in members if g.in_batch or g.state is State.CANCELLED}
        damaged = 0
        for line in iter_lines(path):
            self._token.check()
            if line.problem:
                damaged += 1
                _log.warning("batch %s: a line of its result is damaged: %s", job.id, line.problem)
            elif generation := waiting.pop(line.key, None):
                folder = self._make_folder(generation.id)
                try:
                    answer = read_line(path, line, generation.request, folder)
                except NanoBananaError as error:
                    self._record_error(generation, error)
                    continue
                complete_answer.note(self._store, generation, answer)
                complete_answer.complete(self._store, generation, answer)
            else:
                _log.info("batch %s: a line for %r, which does not wait", job.id, line.key[:80])
        return damaged

    def _make_folder(self, id: str) -> Path:
        with convert_home_errors(self._store.home):
            return pictures.make_receiving_folder(self._store.places, id)

    def _record_error(self, generation: Generation, error: NanoBananaError) -> None:
        if error.kind is ErrorKind.DISK:
            raise error
        pictures.clear_receiving(self._store.places, generation.id)
        if generation.in_batch:
            self._store.fail(generation.id, Failure.from_error(error))

    def _end(
        self,
        job: BatchJob,
        command: Submit,
        look: BatchLook,
        said: str,
        *,
        unbilled: bool,
        status: BatchStatus | None = None,
        kept: Path | None = None,
    ) -> None:
        """End a job: its rest is sent at full price where that was decided; `said` is why that may be billed."""
        members = batch_jobs.list_members(self._store.database, self._store.home, job.id)
        rest = [generation for generation in members if generation.in_batch]
        if not job.resends or (said and status):
            self._fail_rest(rest, _describe_end(status, said), said, kept)
        (self._store.places.batches / f"{job.id}.jsonl").unlink(missing_ok=True)
        ids = batch_jobs.close(self._store.database, self._store.home, job.id, unbilled=unbilled)
        look.given_back += [replace(command, id=id) for id in ids]
        look.has_ended = True

    def _fail_rest(self, rest: Sequence[Generation], failure: Failure, said: str, kept: Path | None) -> None:
        if rest and kept:
            target = self._store.places.unreadable / rest[0].id / "batch.jsonl"
            with convert_home_errors(self._store.home):
                move_whole(kept, target)
            failure = replace(failure, next_step=f"What was received is kept in {target}. {failure.next_step}")
        state = State.UNKNOWN if said else State.CANCELLED if failure.kind is ErrorKind.CANCELLED else State.FAILED
        for generation in rest:
            self._store.fail(generation.id, failure, state)


def _describe_end(status: BatchStatus | None, said: str) -> Failure:
    """Why a request of a batch that has ended has no result. An HTTP status says that it was not billed."""
    if said:
        words = ERROR_TEXTS[ErrorKind.UNKNOWN_RESULT]
        return Failure(ErrorKind.UNKNOWN_RESULT, f"{said} It may have been billed.", words.next_step)
    state, message = (status.state, status.message) if status else ("", "")
    next_step = "Send it again, in a batch or at full price."
    if state == "CANCELLED":
        return Failure(ErrorKind.CANCELLED, "The batch was cancelled.", next_step, message, 499)
    happened = "The batch expired before this was done" if state == "EXPIRED" else "The batch failed at the service"
    return Failure(ErrorKind.SERVER, f"{happened}; nothing was billed for it.", next_step, message, 504)
