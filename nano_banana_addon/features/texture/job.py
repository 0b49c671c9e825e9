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
from ..generation import existing_results, request_builder
from ..generation.request_builder import Order
from . import apply_maps, bake_queue
from .apply_maps import TextureReport
from .batches import BatchPlanner
from .maps import bake_maps
from .plan import Plan


@dataclass(frozen=True, slots=True)
class TextureResult:
    """All pictures of a texture, the ids of those that were not paid again, and what came of them (None: nothing)."""

    generations: tuple[Generation, ...]
    reused: frozenset[str]
    report: TextureReport | None
    problem: NanoBananaError | None = None


@dataclass(slots=True)
class _Run:
    """One texture's pictures: those that ended, those that are waited for."""

    waves: BatchPlanner
    again: bool = False
    kept: list[Generation] = field(default_factory=list[Generation])  # views that stay as they are
    ended: list[Generation] = field(default_factory=list[Generation])
    reused: set[str] = field(default_factory=set[str])
    waiting: set[str] = field(default_factory=set[str])

    def next_wave(self) -> list[str]:
        """Ask for what is due; the ids to wait for, none when all pictures have ended."""
        while requests := self.waves.next_batch(self.ended):
            missing = [request for request in requests if not self._reuse_result(request)]
            if missing:
                ids = request_builder.submit(_part(self.waves.plan.order, missing))
                self.waiting = set(ids)
                return ids
        return []

    def _reuse_result(self, request: GenerationRequest) -> bool:
        known = None if self.again else existing_results.find(request)
        if known is None:
            return False
        self.ended.append(existing_results.retarget(known, request))
        self.reused.add(known.id)
        return True

    def take(self, generation: Generation) -> bool:
        """Take a picture that has ended; whether it was the last of its wave."""
        if generation.id not in self.waiting:
            return False
        self.waiting.discard(generation.id)
        self.ended.append(generation)
        return not self.waiting

    def put(self, tell: ProgressListener) -> TextureReport:
        """Bake what is there and put it on."""
        return apply_maps.apply_maps(bake_maps.bake_maps([*self.kept, *self.ended], on_progress=tell))


def _part(order: Order, requests: Sequence[GenerationRequest]) -> Order:
    return replace(
        order,
        requests=tuple(requests),
        estimate=sum(map(request_builder.price_of, requests)),
        notes=(),
    )


def run(
    plan: Plan,
    on_change: Callable[[Generation], None],
    *,
    again: bool = False,
    limit: float | None = None,
    kept: Sequence[Generation] = (),
    on_bake: ProgressListener = lambda _part, _text: None,
) -> TextureResult:
    """For scripts: ask, wait, bake and put on. Raises BUDGET before anything is sent if the whole costs more than
    `limit` dollars (what is found in the history costs nothing, and is counted nevertheless)."""
    existing_results.check_budget(plan.order.estimate, limit)
    work = _Run(BatchPlanner(plan), again, list(kept))
    while ids := work.next_wave():
        for generation in request_builder.wait_and_deliver(ids, on_change):
            work.take(generation)
    try:
        report, problem = work.put(on_bake), None
    except NanoBananaError as error:
        report, problem = None, error
    return TextureResult(tuple(work.ended), frozenset(work.reused), report, problem)


_under_way: list[_Run] = []


def start(plan: Plan, *, again: bool = False, kept: Sequence[Generation] = ()) -> None:
    """Ask for the pictures while the artist goes on working; the texture comes by itself."""
    work = _Run(BatchPlanner(plan), again, list(kept))
    for note in plan.order.notes:
        panel_state.show_notice("NOTE", note)
    if work.next_wave():
        _under_way.append(work)
        events.generation_ended.connect(_continue)
    else:
        _bake(work)


def under_way() -> int:
    """How many textures are being painted or baked."""
    return len(_under_way) + bake_queue.under_way()


def stop() -> None:
    """Forget everything; called when the add-on is disabled."""
    _under_way.clear()
    bake_queue.stop()


def _continue(ended: Generation) -> None:
    """The pump's news of a picture that has ended."""
    for work in list(_under_way):
        if work.take(ended):
            _go_on(work)


def _go_on(work: _Run) -> None:
    try:
        if _belongs_here(work) and work.next_wave():
            return
    except NanoBananaError as error:  # a budget, say: what is there is still put on
        panel_state.show_error(error)
    _under_way.remove(work)
    _bake(work)


def _belongs_here(work: _Run) -> bool:
    return all(apply_result.is_for_open_file(generation.request) for generation in work.ended)


def _bake(work: _Run) -> None:
    bake_queue.start([*work.kept, *work.ended])
