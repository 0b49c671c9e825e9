# SPDX-License-Identifier: GPL-3.0-or-later
"""Submits requests as batches. Each batch is recorded before its file is uploaded, and before it is ordered."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..core.errors import ErrorKind, NanoBananaError
from ..core.result import Failure, Generation
from ..storage.database import batch_jobs, states
from ..storage.files import pictures
from ..storage.store import Store
from ..wire.client.batch_client import BatchClient
from ..wire.gemini import batches, conversation
from ..wire.gemini.encode import build_body, build_user_turn
from ..wire.gemini.files_api import FileUploader
from ..wire.http.body import Body
from ..wire.http.cancel import CancelToken
from .preparation import prepare
from .protocol import Submit
from .services import Services

_log = logging.getLogger(__name__)

#: After these the same is tried again: nothing was ordered.
_RETRIED = frozenset({ErrorKind.NETWORK, ErrorKind.RATE, ErrorKind.CAPACITY, ErrorKind.SERVER, ErrorKind.DEADLINE})


@dataclass(slots=True)
class Submission:
    """What became of some requests: the jobs to follow, and the ids of those to submit again after some seconds."""

    jobs: dict[str, Submit] = field(default_factory=dict[str, Submit])
    postponed: set[str] = field(default_factory=set[str])
    wait: float = 0.0


class Account:
    """The files and the batches of one key. Raises `NanoBananaError` where there can be none."""

    def __init__(self, services: Services, command: Submit, token: CancelToken) -> None:
        endpoint = services.endpoint(command.provider, command.base_url)
        self.body_limit = endpoint.provider.body_limit
        self.files = FileUploader(endpoint, command.key, services.uploads)
        self.batches = BatchClient(endpoint, command.key, token)

    @property
    def id(self) -> str:
        """What tells accounts apart; no secret."""
        return self.files.account


class BatchSubmitter:
    """Belongs to the thread of the batches. `token` ends what may be broken off."""

    def __init__(self, store: Store, services: Services, token: CancelToken) -> None:
        self._store, self._services, self._token = store, services, token

    def submit(self, commands: Iterable[Submit], submission: Submission) -> None:
        """Submit queued requests, those for one model and key together, in as many batches as they need."""
        groups: dict[tuple[str, ...], list[tuple[Submit, Generation]]] = {}
        for command in commands:
            generation = self._store.get(command.id)
            if generation and generation.state in states.SENDABLE:
                place = (command.provider, command.base_url, command.key, generation.request.model)
                groups.setdefault(place, []).append((command, generation))
        for group in groups.values():
            self._submit_group(group, submission)

    def _submit_group(self, group: list[tuple[Submit, Generation]], submission: Submission) -> None:
        command, chunk, size = group[0][0], dict[str, Body](), 0
        try:
            account = Account(self._services, command, self._token)
        except NanoBananaError as error:
            for _, generation in group:
                self._store.fail(generation.id, Failure.from_error(error))
            return
        for _, generation in group:
            body = self._build(generation, account, submission)
            if body is None:
                continue
            if len(chunk) == batches.MAX_ITEMS or (chunk and size + body.length > batches.MAX_FILE_BYTES):
                self._submit_chunk(command, account, chunk, submission)
                chunk, size = {}, 0
            chunk[generation.id] = body
            size += body.length
        if chunk:
            self._submit_chunk(command, account, chunk, submission)

    def _build(self, generation: Generation, account: Account, submission: Submission) -> Body | None:
        """The body of a request; None for one that ended with an error, or is tried again."""
        places = self._store.places
        try:
            self._token.check()
            request, _ = prepare(self._store, self._services, generation)
            history = conversation.require_turns(request, request.provider, lambda id: pictures.turn_of(places, id))
            user_turn = build_user_turn(request, request.provider)
            body = build_body(request, user_turn, history)
            if body.length > account.body_limit:
                turns = (*history, user_turn)
                body = build_body(request, user_turn, history, account.files.upload(turns, account.batches.call))
        except NanoBananaError as error:
            self._put_off(error, [generation.id], submission)
            return None
        return body

    def _put_off(self, error: NanoBananaError, ids: Iterable[str], submission: Submission) -> None:
        """Try again what was not ordered, after an error that passes; else end it."""
        for id in ids:
            if error.kind in _RETRIED or self._token.is_cancelled:
                submission.postponed.add(id)
                submission.wait = max(submission.wait, error.retry_after or 0.0)
            else:
                self._store.fail(id, Failure.from_error(error))

    def _submit_chunk(self, command: Submit, account: Account, chunk: dict[str, Body], submission: Submission) -> None:
        store, owner = self._store, self._store.identity().id
        job, ids = batch_jobs.begin(
            *(store.database, store.home, chunk), owner=owner, account=account.id, budgets=store.get_budgets()
        )
        if not ids:
            return
        is_posted = False
        try:
            lines = batches.build_lines((id, chunk[id]) for id in ids)
            file = account.files.send(f"{job}.jsonl", batches.MIME_TYPE, lines.length, lines, account.batches.call)
            self._token.check()
            batch_jobs.update(store.database, job, posted=time.time())
            is_posted = True
            generation = store.get(ids[0])
            model = generation.request.model if generation else ""
            batch_jobs.name(store.database, job, account.batches.submit(model, job, file.name).name)
        except NanoBananaError as error:
            _log.warning("batch %s: %s %s", job, error.message, error.detail)
            if is_posted and (error.http_status is None or error.http_status >= 500):
                submission.jobs[job] = command  # whether the service took it is found out by its list
                return
            failure = Failure.from_error(error) if not self._token.is_cancelled else None
            self._put_off(error, batch_jobs.undo(store.database, job, failure, time.time()), submission)
            return
        submission.jobs[job] = command
