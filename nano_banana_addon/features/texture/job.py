# SPDX-License-Identifier: GPL-3.0-or-later
"""A texture under way: its pictures are asked for in waves; when all have ended it is baked and put on.

Holds values only, lost with Blender: pictures that were sent are in the history, and can be put on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ...blender.host.progress_steps import ProgressListener
from ...core.errors import NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...session import apply_result, events, panel_state
from ..generation import duplicates, request_builder
from ..generation.request_builder import Order
from . import apply_maps, bake_queue
from .apply_maps import TextureReport
from .batches import BatchPlanner
from .maps import bake_maps
from .plan import TexturePlan


@dataclass(frozen=True, slots=True)
class TextureResult:
    """All pictures of a texture, the ids of those that were not paid again, and what came of them (None: nothing)."""

    generations: tuple[Generation, ...]
    reused: frozenset[str]
    report: TextureReport | None
    problem: NanoBananaError | None = None


@dataclass(slots=True)
class _Job:
    """One texture's pictures: those that ended, those that are waited for."""

    planner: BatchPlanner
    again: bool = False
    existing: list[Generation] = field(default_factory=list[Generation])  # views that stay as they are
    ended: list[Generation] = field(default_factory=list[Generation])
    reused: set[str] = field(default_factory=set[str])
    pending: set[str] = field(default_factory=set[str])

    def submit_next_batch(self) -> list[str]:
        """Ask for what is due; the ids to wait for, none when all pictures have ended."""
        while requests := self.planner.next_batch(self.ended):
            missing = [request for request in requests if not self._reuse_result(request)]
            if missing:
                ids = request_builder.submit(_narrow_order(self.planner.plan.order, missing))
                self.pending = set(ids)
                return ids
        return []

    def _reuse_result(self, request: GenerationRequest) -> bool:
        existing_result = None if self.again else duplicates.find(request)
        if existing_result is None:
            return False
        self.ended.append(duplicates.retarget(existing_result, request))
        self.reused.add(existing_result.id)
        return True

    def take(self, generation: Generation) -> bool:
        """Take a picture that has ended; whether it was the last of its wave."""
        if generation.id not in self.pending:
            return False
        self.pending.discard(generation.id)
        self.ended.append(generation)
        return not self.pending

    def bake_and_apply(self, on_progress: ProgressListener) -> TextureReport:
        """Bake what is there and put it on."""
        return apply_maps.apply_maps(bake_maps.bake_maps([*self.existing, *self.ended], on_progress=on_progress))


def _narrow_order(order: Order, requests: Sequence[GenerationRequest]) -> Order:
    return replace(
        order,
        requests=tuple(requests),
        estimate=sum(map(request_builder.price_of, requests)),
        notes=(),
    )


def run(
    plan: TexturePlan,
    on_change: Callable[[Generation], None],
    *,
    again: bool = False,
    limit: float | None = None,
    existing: Sequence[Generation] = (),
    on_bake: ProgressListener = lambda _part, _text: None,
) -> TextureResult:
    """For scripts: ask, wait, bake and put on. Raises BUDGET before anything is sent if the whole costs more than
    `limit` dollars (what is found in the history costs nothing, and is counted nevertheless)."""
    duplicates.check_budget(plan.order.estimate, limit)
    job = _Job(BatchPlanner(plan), again, list(existing))
    while ids := job.submit_next_batch():
        for generation in request_builder.wait_and_deliver(ids, on_change):
            job.take(generation)
    try:
        report, problem = job.bake_and_apply(on_bake), None
    except NanoBananaError as error:
        report, problem = None, error
    return TextureResult(tuple(job.ended), frozenset(job.reused), report, problem)


_running_jobs: list[_Job] = []


def start(plan: TexturePlan, *, again: bool = False, existing: Sequence[Generation] = ()) -> None:
    """Ask for the pictures while the artist goes on working; the texture comes by itself."""
    job = _Job(BatchPlanner(plan), again, list(existing))
    for note in plan.order.notes:
        panel_state.show_notice("NOTE", note)
    if job.submit_next_batch():
        _running_jobs.append(job)
        events.generation_ended.connect(_handle_ended)
    else:
        _bake(job)


def count_pending() -> int:
    """How many textures are being painted or baked."""
    return len(_running_jobs) + bake_queue.count_pending()


def stop() -> None:
    """Forget everything; called when the add-on is disabled."""
    _running_jobs.clear()
    bake_queue.stop()


def _handle_ended(ended: Generation) -> None:
    """The pump's news of a picture that has ended."""
    for job in list(_running_jobs):
        if job.take(ended):
            _advance(job)


def _advance(job: _Job) -> None:
    try:
        if _belongs_here(job) and job.submit_next_batch():
            return
    except NanoBananaError as error:  # a budget, say: what is there is still put on
        panel_state.show_error(error)
    _running_jobs.remove(job)
    _bake(job)


def _belongs_here(job: _Job) -> bool:
    return all(apply_result.is_for_open_file(generation.request) for generation in job.ended)


def _bake(job: _Job) -> None:
    bake_queue.start([*job.existing, *job.ended])
