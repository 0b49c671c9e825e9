# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches at services: followed after a start, cancelled, their rest sent at full price."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

from ..core.constants import BATCH, State
from ..core.cost import TIER_FACTORS
from ..core.errors import InputError, NanoBananaError
from ..core.result import Generation
from ..session import batch_state, pump, session
from ..storage.database import batch_jobs
from ..storage.database.batch_jobs import BatchJob
from .generation import request_builder
from .generation.destination import resolve_destination
from .generation.offers import Offer, offer_all


def follow_all() -> int:
    """Let the worker process follow the open batches of this history; returns their number. Orders nothing."""
    active_session = session.current()
    jobs = batch_jobs.list_jobs(active_session.store.database)
    me = active_session.store.identity().id
    for job in jobs:
        if not batch_jobs.adopt(active_session.store.database, job.id, me, active_session.store.lives):
            continue  # another Blender follows it
        with suppress(NanoBananaError):  # without a key or the network it waits at the service
            _follow(job)
    batch_state.refresh(active_session, now=True)
    return len(jobs)


def _follow(job: BatchJob) -> None:
    destination = resolve_destination(job.provider)
    members = _list_members(job)
    ids = [generation.id for generation in members if generation.in_batch] or [members[0].id]
    pump.run_once()  # older news of them must not count as their end
    session.current().submit(ids, key=destination.key, endpoint=destination.endpoint)
    session.current().batched.update(dict.fromkeys(ids, True))
    pump.start()


def _list_members(job: BatchJob) -> list[Generation]:
    store = session.current().store
    return batch_jobs.list_members(store.database, store.home, job.id)


def find(id: str) -> BatchJob:
    """A batch that is open or has a rest. Raises `InputError`."""
    jobs = batch_jobs.list_jobs(session.current().store.database, closed=True)
    found = next((job for job in jobs if job.id == id), None)
    if found is None:
        raise InputError("This batch is done.")
    return found


def offer_rest(id: str) -> Offer:
    """The offer to send at full price what a batch has not brought; asked about where it may bring it yet."""
    job = find(id)
    rest = [g for g in _list_members(job) if g.in_batch or g.state is State.FAILED]
    requests = [replace(generation.request, service_tier="") for generation in rest]
    offer = offer_all(requests, job.estimate / TIER_FACTORS[BATCH], partial(send_rest, id))
    return replace(offer, asks=not job.closed)


def send_rest(id: str) -> list[str]:
    """Send the rest of a batch at full price. What it still holds is sent when the service has let it go.

    Returns the ids of what is sent at once. Raises `NanoBananaError`.
    """
    job, active_session = find(id), session.current()
    destination = resolve_destination(job.provider)
    ids = batch_jobs.send_rest(active_session.store.database, active_session.store.home, id)
    request_builder.send(ids, destination)
    if not job.closed:
        _follow(job)
    batch_state.refresh(active_session, now=True)
    return ids


def cancel(id: str) -> None:
    """Cancel all that a batch still holds, and the batch at the service; of one that has ended, dismiss the rest.

    Without a key it is stopped at the service as soon as there is one.
    """
    job, active_session = find(id), session.current()
    members = _list_members(job)
    if job.closed:
        active_session.store.dismiss(g.id for g in members if g.state is State.FAILED)
    else:
        with suppress(NanoBananaError):
            _follow(job)
        for generation in members:
            if generation.in_batch:
                active_session.link.cancel(generation.id)
    batch_state.refresh(active_session, now=True)
