# SPDX-License-Identifier: GPL-3.0-or-later
"""A texture in progress: its images are recorded together, drawn where one shows another, and baked at the end.

Everything is in the history; the values kept here could be drawn again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...blender.host.progress_steps import ProgressListener, ProgressStep, run_all
from ...core.constants import END_STATES, State
from ...core.cost import Payment
from ...core.errors import InputError, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Failure, Generation
from ...core.scene.capture import EarlierImage
from ...core.text import needs
from ...core.texture import require_texture_context
from ...session import apply_result, panel_state, session
from ..generation import duplicates, request_builder
from ..generation.offers import Offer
from . import apply_maps, bake_queue, batches, rebake
from .apply_maps import TextureReport
from .batches import PaintedSoFar, TextureBatch
from .maps import bake_maps
from .plan import TexturePlan


@dataclass(frozen=True, slots=True)
class TextureResult:
    """All images of a texture, the ids of the reused ones, and the texture (None: nothing)."""

    generations: tuple[Generation, ...]
    reused: frozenset[str]
    report: TextureReport | None
    problem: NanoBananaError | None = None


#: The surface generated so far of the texture that was drawn last, by its batch.
_painted: dict[str, PaintedSoFar] = {}


def run(
    plan: TexturePlan,
    on_change: Callable[[Generation], None],
    *,
    again: bool = False,
    limit: float | None = None,
    on_bake: ProgressListener = lambda _part, _text: None,
) -> TextureResult:
    """For scripts: send, wait, bake and apply.

    Raises BUDGET before anything is sent if the whole costs more than `limit` dollars (reused images cost nothing, but
    are counted).
    """
    duplicates.check_budget(plan.order.estimate, limit)
    batch = run_all(_split_steps(plan, None if again else duplicates.Lookup()))

    def handle_change(generation: Generation) -> None:
        on_change(generation)
        if generation.state in END_STATES:
            draw_due(generation.batch, at_once=True)

    ended = request_builder.wait_and_deliver(_submit(plan, batch), handle_change)
    generations = (*batch.existing, *ended)
    try:
        report, problem = _bake_and_apply([*plan.existing, *generations], on_bake, plan.texture.remove_light), None
    except NanoBananaError as error:
        report, problem = None, error
    return TextureResult(generations, frozenset(g.id for g in batch.existing), report, problem)


def _bake_and_apply(
    generations: Sequence[Generation], on_progress: ProgressListener, remove_light: float
) -> TextureReport:
    maps = bake_maps.bake_maps(generations, on_progress=on_progress, remove_light=remove_light)
    return apply_maps.apply_maps(maps)


def offer(plan: TexturePlan, *, again: bool = False, tolerant: bool = True) -> Offer:
    """All steps of `offer_steps` at once. Raises as they do."""
    return run_all(offer_steps(plan, again=again, tolerant=tolerant))


def offer_steps(
    plan: TexturePlan, *, again: bool = False, tolerant: bool = True
) -> Generator[ProgressStep, None, Offer]:
    """The offer to generate a texture, using what exists of its images: those of a sequence are aligned in steps."""
    lookup = duplicates.Lookup(tolerant=tolerant)
    batch = yield from _split_steps(plan, None if again else lookup)
    whole = yield from _split_steps(plan, None)
    return Offer(
        plan.order.requests,
        Payment(len(batch.missing), sum(map(request_builder.price_of, batch.missing))),
        Payment(len(whole.missing), sum(map(request_builder.price_of, whole.missing))),
        partial(_start, plan, batch),
        partial(_start, plan, whole),
        batch.existing,
        is_alike=lookup.is_alike,
    )


def _start(plan: TexturePlan, batch: TextureBatch) -> None:
    """Generate the images in the background; the texture is baked when they have arrived."""
    for note in plan.order.notes:
        panel_state.show_notice("NOTE", note)
    if not _submit(plan, batch):
        bake_queue.start([*plan.existing, *batch.existing], remove_light=plan.texture.remove_light)


def _split_steps(plan: TexturePlan, lookup: duplicates.Lookup | None) -> Generator[ProgressStep, None, TextureBatch]:
    return batches.split_plan_steps(plan, lookup.find if lookup else lambda _: None)


def _submit(plan: TexturePlan, batch: TextureBatch) -> list[str]:
    """Record and send what is missing; each request names the existing images, so that all can be found."""
    if not batch.missing:
        return []
    parts = {g.id: require_texture_context(g.request) for g in (*plan.existing, *batch.existing)}
    earlier = tuple(EarlierImage(id, t.shown, t.targets if t.keyframes else (), t.panels) for id, t in parts.items())
    requests = tuple(
        replace(request, texture=replace(require_texture_context(request), earlier=earlier))
        for request in batch.missing
    )
    estimate = sum(map(request_builder.price_of, requests))
    order = replace(plan.order, requests=requests, estimate=estimate, notes=(), batch=uuid.uuid4().hex)
    ids = request_builder.submit(order)
    if batch.painted is not None:
        _keep_painted(order.batch, batch.painted)
    return ids


def _keep_painted(batch: str, painted: PaintedSoFar) -> None:
    """Of one texture only: it is large."""
    _painted.clear()
    _painted[batch] = painted


def advance(ended: Generation) -> None:
    """Continue the texture of an image that has ended: draw what the next ones show; bake it at the end."""
    if not ended.batch:
        return
    draw_due(ended.batch)
    active_session = session.current()
    generations = active_session.store.list_batch(ended.batch)
    is_last = not any(generation.id in active_session.under_way for generation in generations)
    if is_last and all(generation.state in END_STATES for generation in generations):
        _painted.pop(ended.batch, None)
        bake_queue.start([*rebake.read_earlier(ended.request), *generations])


def draw_due(batch: str, *, at_once: bool = False) -> None:
    """Draw what the next images of a texture show of those that have ended, and release them: step by step.

    One for which that fails ends with the error; one for which it is cancelled is cancelled. `at_once` for scripts
    that wait.
    """
    store = session.current().store
    generations = {generation.id: generation for generation in store.list_batch(batch)}
    for generation in generations.values():
        if not _is_due(generation, generations) or bake_queue.is_pending(generation.id):
            continue
        if not _may_draw(generation):
            panel_state.show_notice("ELSEWHERE", *bake_queue.ANOTHER_FILE)
            return
        if at_once:
            _release(generation)
        else:
            here, give_up = partial(_may_draw, generation), partial(session.current().link.cancel, generation.id)
            bake_queue.draw_for(generation.id, _release_steps(generation), here, give_up)


def _release(generation: Generation) -> None:
    try:
        run_all(_release_steps(generation))
    except NanoBananaError as error:
        panel_state.show_error(error)


def _release_steps(generation: Generation) -> Generator[ProgressStep, None, None]:
    """Draw what a request shows, and release it, unless it is cancelled meanwhile."""
    store = session.current().store
    try:
        request = yield from _draw_steps(generation, {each.id: each for each in store.list_batch(generation.batch)})
        _require_file(generation)
    except NanoBananaError as error:
        if _is_blocked(generation):
            store.fail(generation.id, Failure.from_error(error))
        raise
    if _is_blocked(generation):
        store.set_request(generation.id, request, generation.digest)


def _is_blocked(generation: Generation) -> bool:
    found = session.current().store.many([generation.id])
    return bool(found) and found[0].state is State.BLOCKED


def _is_due(generation: Generation, generations: Mapping[str, Generation]) -> bool:
    request = generation.request
    if generation.state is not State.BLOCKED or not any(need.drawn for need in request.needs):
        return False
    # Where something required is missing, the worker ends it.
    return not needs.is_pending(request, generations) and needs.find_obstacle(request, generations) is None


def _can_draw(generation: Generation) -> bool:
    """Whether what a request shows can be drawn: a sheet is made of images alone, a surface needs its file."""
    is_sheet = bool(require_texture_context(generation.request).panels)
    return is_sheet or apply_result.is_for_open_file(generation.request)


def _may_draw(generation: Generation) -> bool:
    """Whether the steps go on: of a file that was not saved they end with an error."""
    return not generation.request.blend_path or _can_draw(generation)


def _require_file(generation: Generation) -> None:
    if not _can_draw(generation):
        raise InputError(
            "The file that the next view would be drawn from was not saved, and is closed.",
            next_step="What was generated is in the history.",
        )


def _draw_steps(
    generation: Generation, generations: Mapping[str, Generation]
) -> Generator[ProgressStep, None, GenerationRequest]:
    batch = generation.batch
    _require_file(generation)
    if batch not in _painted:
        _keep_painted(batch, PaintedSoFar(generation.request))
    earlier = {image.id: image for image in rebake.read_earlier(generation.request)}
    return (yield from batches.draw_needed_steps(generation.request, earlier | dict(generations), _painted[batch]))


def resume() -> None:
    """After a file was opened: draw what was waiting for it."""
    active_session = session.current()
    blocked = [id for id, state in active_session.under_way.items() if state is State.BLOCKED]
    for batch in {generation.batch for generation in active_session.store.many(blocked) if generation.request.texture}:
        draw_due(batch)


def count_pending() -> int:
    """How many textures are being generated or baked."""
    active_session = session.current()
    generations = active_session.store.many(active_session.under_way)
    return len({g.batch for g in generations if g.request.texture}) + bake_queue.count_pending()


def stop() -> None:
    """Discard everything; called when the add-on is disabled."""
    _painted.clear()
    bake_queue.stop()
