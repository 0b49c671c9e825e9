# SPDX-License-Identifier: GPL-3.0-or-later
"""After a crash or a quit: interrupted generations are offered by state; nothing is sent automatically."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..core import cost
from ..core.constants import DeliveryKind, State
from ..core.errors import ErrorKind, NanoBananaError
from ..core.result import Generation
from ..core.text import details
from ..session import apply_result, panel_state, pump, session, thumbnails
from ..storage import damage, recovery
from ..storage.database.records import clean
from ..storage.database.states import NOT_SENT, PERHAPS_SENT
from ..storage.files import tickets
from ..storage.recovery import RecoveryReport
from . import batches, costs
from .generation import request_builder
from .generation.destination import resolve_destination
from .generation.offers import Offer, offer_all
from .history import gallery, lookup


def offer() -> int:
    """Show what earlier sessions left: not sent, of unknown outcome, or received and not delivered.

    Returns the count. Does nothing when there is no store yet: displaying must not create one.
    """
    count = refresh()
    _ask_for_open()
    if gallery.find_store() is not None:
        batches.follow_all()
    if count:
        panel_state.show_notice("RECOVERED", *_describe_waiting())
    gallery.refill()
    costs.refresh()
    return count


def _ask_for_open() -> None:
    """Ask the services for the results of interrupted orders that they know by a ticket: that orders nothing."""
    for item in panel_state.get_properties().recovered:
        generation = session.current().store.get(item.name) if item.known == "UNKNOWN" else None
        if generation and _has_ticket(generation):
            with suppress(NanoBananaError):  # without a key or the network it stays as it is
                _ask(generation)


def _has_ticket(generation: Generation) -> bool:
    """Whether the result of a request of unknown outcome can still be asked for."""
    store = session.current().store
    return generation.state is State.UNKNOWN and bool(tickets.read(store.places, generation.id))


def _ask(generation: Generation) -> None:
    """Let the worker process ask for a result by its ticket."""
    destination = resolve_destination(generation.request.provider)
    pump.run_once()  # older news of it must not count as its end
    session.current().submit([generation.id], key=destination.key, endpoint=destination.endpoint)
    pump.start()


def _describe_waiting() -> tuple[str, str]:
    """What the dialog lists, and what to do."""
    kinds = [item.known for item in panel_state.get_properties().recovered]
    damaged, problems = kinds.count("DAMAGED"), kinds.count("PROBLEM")
    waiting = len(kinds) - damaged - problems
    said: list[str] = []
    if waiting:
        is_plural = waiting > 1
        subject = f"{waiting} generation{'s' if is_plural else ''} from an earlier session"
        said.append(f"{subject} {'are' if is_plural else 'is'} waiting.")
    if damaged:
        said.append(f"{damaged} damaged {'entries' if damaged > 1 else 'entry'} set aside.")
    if problems:
        said.append(f"{problems} could not be recovered yet.")
    return " ".join(said), f"Review {'them' if len(kinds) > 1 else 'it'}; nothing has been resent."


def refresh() -> int:
    """Update the dialog's list; returns the count."""
    items = panel_state.get_properties().recovered
    items.clear()
    store = gallery.find_store()
    if store is None:
        return 0
    report = recovery.recover(store)
    own_ids = session.current().under_way
    for knowledge, generations in _group_by_knowledge(report):
        others = [generation for generation in generations if generation.id not in own_ids]
        for members in _group_by_batch(others) if knowledge == "NOT_SENT" else [[g] for g in others]:
            _fill_item(items.add(), knowledge, members)
    for entry in report.damaged:
        _fill_text(items.add(), "DAMAGED", entry.id, entry.reason)
    for problem in report.problems:
        _fill_text(items.add(), "PROBLEM", *problem.partition(": ")[::2])
    _clear_outdated_notice()
    return len(items)


def _group_by_knowledge(report: RecoveryReport) -> tuple[tuple[str, tuple[Generation, ...]], ...]:
    return (
        ("RECEIVED", report.received),
        ("UNKNOWN", report.unknown),
        ("NOT_SENT", report.not_sent),
    )


def _group_by_batch(generations: Iterable[Generation]) -> list[list[Generation]]:
    """What makes one thing together is one entry: sent, it needs each other."""
    groups: dict[str, list[Generation]] = {}
    for generation in generations:
        groups.setdefault(generation.batch or generation.id, []).append(generation)
    return list(groups.values())


def _fill_item(item: object, knowledge: str, members: Sequence[Generation]) -> None:
    generation, more = members[0], len(members) - 1
    request = generation.request
    price = sum(g.estimate_usd if g.cost_usd is None else g.cost_usd for g in members)
    details_line = (
        details.format_time(generation.created),
        clean(Path(request.blend_path).name) or "an unsaved file",
        cost.format_dollars(price),
    )
    values = {
        "name": generation.id,
        "known": knowledge,
        "title": details.format_title(generation) + (f" and {more} more" if more else ""),
        "about": "   ".join(details_line),
        "thumbnail": generation.thumbnail,
        "count": len(members),
        "price": sum(each.estimate_usd for each in members),
    }
    for name, value in values.items():
        setattr(item, name, value)
    thumbnails.load(generation.thumbnail)


def _fill_text(item: Any, knowledge: str, name: str, reason: str) -> None:
    item.name = item.title = name
    item.known, item.about = knowledge, reason


def offer_resend(generation_id: str) -> Offer:
    """The offer to send a request (again); asked about where the first one may be billed, too."""
    generation = lookup.find(generation_id)
    members = session.current().store.many(_list_unsent(generation))
    dollars = sum(member.estimate_usd for member in members)
    resend_all = partial(resend, generation_id)
    offer = offer_all([member.request for member in members], dollars, resend_all)
    return replace(offer, asks=generation.state is State.UNKNOWN and not _has_ticket(generation))


def resend(generation_id: str) -> list[str]:
    """Send a request: for the first time if it never was, with all that belongs to it, else a second time.

    One that its service knows by a ticket is only asked for.

    Returns the ids of what was sent: none where the answer was on the disk after all, which is shown. Raises
    `NanoBananaError` if it does not exist, is in progress, or was generated already.
    """
    active_session = session.current()
    previous = lookup.find(generation_id)
    if previous.state in PERHAPS_SENT:
        raise NanoBananaError(ErrorKind.INPUT, "This generation is still in progress.", next_step="Cancel it first.")
    destination = resolve_destination(previous.request.provider)
    if _has_ticket(previous):
        _ask(previous)
        _remove_item(generation_id)
        return [generation_id]
    if previous.state not in NOT_SENT and not recovery.resend(active_session.store, generation_id):
        panel_state.show_job(lookup.find(generation_id))
        panel_state.show_notice("NOTE", "The answer had arrived after all; nothing was sent again.")
        refresh()
        return []
    ids = _list_unsent(previous)
    for each in ids:
        panel_state.remove_generation(each)
    request_builder.send(ids, destination)
    if previous.request.texture is not None:
        from .texture import job

        job.draw_due(previous.batch)
    for each in ids:
        _remove_item(each)
    return ids


def _list_unsent(generation: Generation) -> list[str]:
    """A generation that was never sent with the others of its batch that were not; any other alone."""
    if generation.state not in NOT_SENT or not generation.batch:
        return [generation.id]
    return [other.id for other in session.current().store.list_batch(generation.batch) if other.state in NOT_SENT]


def discard(generation_id: str) -> None:
    """Dismiss a generation. A received image stays in the history; nothing is deleted."""
    _discard(generation_id)
    gallery.refresh()


def discard_all(knowledge: str) -> int:
    """Dismiss all of one state; returns the count."""
    ids = [item.name for item in panel_state.get_properties().recovered if item.known == knowledge]
    for generation_id in ids:
        _discard(generation_id)
    gallery.refresh()
    return len(ids)


def _discard(generation_id: str) -> None:
    store = session.current().store
    if damage.dismiss(store, generation_id):
        _remove_item(generation_id)
        return
    generation = lookup.find(generation_id)
    if generation.state is State.DONE:
        store.dismiss([generation_id])
    else:
        for each in _list_unsent(generation):
            recovery.discard(store, each)
    panel_state.remove_generation(generation_id)
    _remove_item(generation_id)


def deliver_received(generation_id: str) -> None:
    """Deliver a received image as its request says, as one undo step, and show it among the results."""
    generation = lookup.find(generation_id)
    request = generation.request
    if request.texture is not None:
        _deliver_texture(generation)
        return
    # Of several variants this one was picked: it is delivered to all of their targets.
    apply_result.apply_result(generation, request.delivery.kinds or (DeliveryKind.IMAGE,))
    apply_result.push_undo_step("Nano Banana: Result")
    panel_state.show_job(generation)
    _remove_item(generation_id)


def _deliver_texture(generation: Generation) -> None:
    """A single view cannot be delivered: all views of its texture are baked."""
    from .texture import rebake

    rebake.bake_result(generation)
    for view_generation in rebake.find_texture_results(generation):
        if view_generation.state is State.DONE:
            panel_state.show_job(view_generation)
            _remove_item(view_generation.id)


def _remove_item(generation_id: str) -> None:
    items = panel_state.get_properties().recovered
    index = items.find(generation_id)
    if index >= 0:
        items.remove(index)
    _clear_outdated_notice()


def _clear_outdated_notice() -> None:
    properties = panel_state.get_properties()
    if not properties.recovered and properties.notice_kind == "RECOVERED":
        panel_state.clear_notice()
    panel_state.redraw()
