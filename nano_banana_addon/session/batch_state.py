# SPDX-License-Identifier: GPL-3.0-or-later
"""The batches at services, as the panels show them."""

from __future__ import annotations

import time
from typing import Any

from ..core.constants import BATCH
from ..core.cost import TIER_FACTORS
from ..storage.database import batch_jobs
from ..storage.database.batch_jobs import BatchJob
from . import panel_state
from .session import Session

#: Seconds between two looks, and the longest time after which all is shown anew.
_EVERY, _AT_LEAST_EVERY = 0.5, 10.0
_seen: list[tuple[float, tuple[int, int]]] = []


def refresh(session: Session, *, now: bool = False) -> None:
    """Show the batches if anything of them may have changed."""
    moment, commits = _seen[-1] if _seen else (0.0, (0, 0))
    elapsed = time.monotonic() - moment
    if not now and (elapsed < _EVERY or not (session.batched or panel_state.get_properties().batches)):
        return
    latest = session.store.database.commits()
    if not now and latest == commits and elapsed < _AT_LEAST_EVERY:
        return
    _seen[:] = [(time.monotonic(), latest)]
    items = panel_state.get_properties().batches
    items.clear()
    waiting = [id for id, is_in_batch in session.batched.items() if not is_in_batch]
    # What the news has not told yet, the jobs below say already.
    if waiting and (pending := batch_jobs.count_unsubmitted(session.store.database, waiting)):
        items.add().text = f"Batch of {pending}: being submitted"
    for job in batch_jobs.list_jobs(session.store.database, closed=True):
        _fill(items.add(), job)


def _fill(item: Any, job: BatchJob) -> None:
    item.name, item.problem = job.id, job.problem
    item.fraction = min(job.done / max(job.count, 1), 1.0)
    item.text = f"Batch of {job.count}: {_describe(job)}"
    is_offered = job.closed or (job.is_late and not job.resends)
    item.rest = job.failed + job.open * (not job.closed) if is_offered else 0
    item.price = job.estimate / TIER_FACTORS[BATCH]


def _describe(job: BatchJob) -> str:
    if job.closed:
        return f"{job.failed} without an image"
    if job.cancelled or job.resends or not job.open:
        return "being stopped"
    since = time.strftime("%d %b %H:%M", time.localtime(job.created))
    return f"in batch since {since}" + (f", {job.done} done" if job.done else "")
