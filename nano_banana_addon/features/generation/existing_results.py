# SPDX-License-Identifier: GPL-3.0-or-later
"""Same request, no second payment: what was painted before by an identical request is used again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...core import cost
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...session import apply_result, panel_state
from ...storage.fingerprint import fingerprint
from ..history import gallery
from . import request_builder
from .request_builder import Order


@dataclass(frozen=True, slots=True)
class Known:
    """An order, split into what is there already and what is still to be painted."""

    found: tuple[Generation, ...]  # aimed at where this order wants them
    missing: Order
    whole: Order

    @property
    def in_group(self) -> bool:
        """Whether the artist asked for several variants, to pick one."""
        return len(self.whole.requests) > 1


def split(order: Order, *, again: bool = False) -> Known:
    """Look for each request of an order in the history; with `again` none is looked for.

    Reads the reference files. Raises `InputError` for one that is missing.
    """
    pairs = [(each, None if again else find(each)) for each in order.requests]
    missing = tuple(request for request, found in pairs if found is None)
    return Known(
        tuple(aimed(found, request) for request, found in pairs if found is not None),
        replace(order, requests=missing, estimate=sum(map(request_builder.price_of, missing))),
        order,
    )


def find(request: GenerationRequest) -> Generation | None:
    """The latest result of an identical request whose picture is still there."""
    store = gallery.store_if_any()
    return store.find_same(fingerprint(request, store.database)) if store else None


def aimed(found: Generation, request: GenerationRequest) -> Generation:
    """A result that is delivered as another, identical request wants it."""
    capture, before = request.capture, found.request.capture
    if capture and before and before.mask:
        capture = replace(capture, mask=before.mask)  # the same, and it stays where it is
    return replace(found, request=replace(request, capture=capture, references=found.request.references))


def deliver(found: Sequence[Generation], *, in_group: bool) -> None:
    """Put results where their requests want them, and show them. Raises `NanoBananaError`."""
    for generation in found:
        panel_state.show_job(generation)
        kinds = apply_result.wanted_kinds(generation.request, in_group=in_group)
        if kinds:
            apply_result.hand_over(generation, kinds)


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    *,
    again: bool = False,
    limit: float | None = None,
) -> tuple[list[Generation], frozenset[str]]:
    """For scripts: use what is there, paint the rest within `limit` dollars, wait, deliver.

    Returns all generations, and the ids of those that were there. Raises BUDGET before anything is
    sent.
    """
    known = split(order, again=again)
    hold(known.missing.estimate, limit)
    deliver(known.found, in_group=known.in_group)
    painted: list[Generation] = []
    if known.missing.requests:
        painted = request_builder.finish(request_builder.place(known.missing), on_change)
    return [*known.found, *painted], frozenset(g.id for g in known.found)


def hold(estimate: float, limit: float | None) -> None:
    """Raise BUDGET when a command would cost more than it was allowed."""
    if limit is not None and estimate > limit + 1e-9:
        raise NanoBananaError(
            ErrorKind.BUDGET,
            f"This would cost {cost.dollars(estimate)}, and at most {cost.dollars(limit)}"
            " was allowed for it; nothing was sent.",
            next_step="Allow more, or ask for fewer, smaller pictures.",
        )


_offered: list[Known] = []


def offer(known: Known) -> None:
    """Keep what the dialog asks about until it is answered."""
    _offered[:] = [known]


def offered() -> Known | None:
    """What the dialog asks about."""
    return _offered[0] if _offered else None


def use_offered() -> None:
    """Use what is there, paint the rest."""
    if not _offered:
        return
    known = _offered.pop()
    deliver(known.found, in_group=known.in_group)
    apply_result.one_undo_step("Nano Banana: Result")
    if known.missing.requests:
        request_builder.place(known.missing)


def paint_offered_again() -> None:
    """Pay once more."""
    if _offered:
        request_builder.place(_offered.pop().whole)
