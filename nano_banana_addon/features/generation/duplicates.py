# SPDX-License-Identifier: GPL-3.0-or-later
"""Identical requests are not paid twice: existing results are reused."""

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
class OrderSplit:
    """An order, split into existing results and requests that are still to be generated."""

    existing: tuple[Generation, ...]  # aimed at where this order wants them
    missing: Order
    full: Order

    @property
    def in_group(self) -> bool:
        """Whether several variants were requested, to pick one."""
        return len(self.full.requests) > 1


def split_order(order: Order, *, force_new: bool = False) -> OrderSplit:
    """Look up each request of an order in the history; with `force_new` none is looked up.

    Reads the reference files. Raises `InputError` for one that is missing.
    """
    pairs = [(order_request, None if force_new else find(order_request)) for order_request in order.requests]
    missing = tuple(request for request, existing in pairs if existing is None)
    return OrderSplit(
        tuple(retarget(found, request) for request, found in pairs if found is not None),
        replace(order, requests=missing, estimate=sum(map(request_builder.price_of, missing))),
        order,
    )


def find(request: GenerationRequest) -> Generation | None:
    """The latest result of an identical request whose image still exists."""
    store = gallery.find_store()
    return store.find_same(fingerprint(request, store.database)) if store else None


def retarget(generation: Generation, request: GenerationRequest) -> Generation:
    """A result with the delivery of another, identical request."""
    capture, previous_capture = request.capture, generation.request.capture
    if capture and previous_capture and previous_capture.mask:
        capture = replace(capture, mask=previous_capture.mask)  # the same, and it stays where it is
    return replace(generation, request=replace(request, capture=capture, references=generation.request.references))


def deliver_existing(generations: Sequence[Generation], *, in_group: bool) -> None:
    """Deliver results to the targets of their requests, and show them. Raises `NanoBananaError`."""
    for generation in generations:
        panel_state.show_job(generation)
        kinds = apply_result.choose_kinds(generation.request, in_group=in_group)
        if kinds:
            apply_result.apply_result(generation, kinds)


def run(
    order: Order,
    on_change: Callable[[Generation], None],
    *,
    force_new: bool = False,
    limit: float | None = None,
) -> tuple[list[Generation], frozenset[str]]:
    """For scripts: reuse existing results, generate the rest within `limit` dollars, wait, deliver.

    Returns all generations, and the ids of the reused ones. Raises BUDGET before anything is sent.
    """
    order_split = split_order(order, force_new=force_new)
    check_budget(order_split.missing.estimate, limit)
    deliver_existing(order_split.existing, in_group=order_split.in_group)
    new_generations: list[Generation] = []
    if order_split.missing.requests:
        new_generations = request_builder.wait_and_deliver(request_builder.submit(order_split.missing), on_change)
    return [*order_split.existing, *new_generations], frozenset(g.id for g in order_split.existing)


def check_budget(estimate: float, limit: float | None) -> None:
    """Raise BUDGET when a command would cost more than its limit."""
    if limit is not None and estimate > limit + 1e-9:
        raise NanoBananaError(
            ErrorKind.BUDGET,
            f"This would cost {cost.format_dollars(estimate)}, but at most {cost.format_dollars(limit)}"
            " was allowed; nothing was sent.",
            next_step="Raise the limit, or request fewer or smaller images.",
        )


_pending_offer: list[OrderSplit] = []


def set_offer(order_split: OrderSplit) -> None:
    """Store the order that the dialog asks about."""
    _pending_offer[:] = [order_split]


def get_offer() -> OrderSplit | None:
    """The order that the dialog asks about."""
    return _pending_offer[0] if _pending_offer else None


def accept_offer() -> None:
    """Reuse existing results, generate the rest."""
    if not _pending_offer:
        return
    order_split = _pending_offer.pop()
    deliver_existing(order_split.existing, in_group=order_split.in_group)
    apply_result.push_undo_step("Nano Banana: Result")
    if order_split.missing.requests:
        request_builder.submit(order_split.missing)


def generate_offer_again() -> None:
    """Generate and pay for all of the order."""
    if _pending_offer:
        request_builder.submit(_pending_offer.pop().full)
