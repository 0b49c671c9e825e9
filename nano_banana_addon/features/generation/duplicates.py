# SPDX-License-Identifier: GPL-3.0-or-later
"""Identical requests are not paid twice: existing results are reused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ...core import cost
from ...core.cost import Payment
from ...core.errors import ErrorKind, NanoBananaError
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...session import apply_result, panel_state
from ...storage.fingerprint import fingerprint
from ..history import gallery
from . import request_builder
from .offers import Offer
from .request_builder import Order
from .similar import find_alike


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


class Lookup:
    """Finds existing results. With `tolerant`, also those of a capture that differs by noise: `is_alike` is True then.

    Such a result may only be used when the user agrees.
    """

    def __init__(self, *, tolerant: bool = False) -> None:
        """Nothing is read yet."""
        self.tolerant = tolerant
        self.is_alike = False

    def find(self, request: GenerationRequest) -> Generation | None:
        """The latest result of an identical request whose image still exists, aimed where this request wants it.

        Reads the reference files. Raises `InputError` for one that is missing.
        """
        store = gallery.find_store()
        if store is None:
            return None
        found = store.find_same(fingerprint(request, store.database))
        if found is None and self.tolerant:
            found = find_alike(request, store)
            self.is_alike = self.is_alike or found is not None
        return retarget(found, request) if found else None


def split_order(order: Order, *, force_new: bool = False, lookup: Lookup | None = None) -> OrderSplit:
    """Look up each request of an order in the history; with `force_new` none is looked up. Raises `InputError`."""
    find = (lookup or Lookup()).find
    pairs = [(order_request, None if force_new else find(order_request)) for order_request in order.requests]
    missing = tuple(request for request, existing in pairs if existing is None)
    return OrderSplit(
        tuple(found for _, found in pairs if found is not None),
        replace(order, requests=missing, estimate=sum(map(request_builder.price_of, missing))),
        order,
    )


def offer_order(order: Order, *, force_new: bool = False, tolerant: bool = True) -> Offer:
    """The offer to use the existing images of an order; asked about if there are any."""
    lookup = Lookup(tolerant=tolerant)
    split = split_order(order, force_new=force_new, lookup=lookup)
    return Offer(
        order.requests,
        Payment(len(split.missing.requests), split.missing.estimate),
        Payment(len(order.requests), order.estimate),
        partial(_use_existing, split),
        partial(request_builder.submit, order),
        split.existing,
        is_alike=lookup.is_alike,
        asks=bool(split.existing),
    )


def _use_existing(split: OrderSplit) -> None:
    """Reuse existing results, generate the rest."""
    if split.existing:
        deliver_existing(split.existing, in_group=split.in_group)
        apply_result.push_undo_step("Nano Banana: Result")
    if split.missing.requests:
        request_builder.submit(split.missing)


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
