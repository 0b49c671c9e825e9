# SPDX-License-Identifier: GPL-3.0-or-later
"""After a crash or a quit: what was under way is shown with what is known; nothing is sent by itself."""

from __future__ import annotations

from pathlib import Path

from ..core import cost, details
from ..core.errors import ErrorKind, NanoBananaError
from ..core.request import DeliveryKind
from ..core.result import Generation, State
from ..session import apply_result, panel_state, pump, session, thumbnails
from ..storage import recovery
from ..storage.database.states import NOT_SENT, PERHAPS_SENT
from ..storage.recovery import RecoveryReport
from . import costs
from .generation import request_builder
from .history import gallery, lookup


def offer() -> int:
    """Show what earlier sessions left: not sent, of unknown outcome, or received and not delivered.

    Returns how many. Does nothing when there is no store yet: looking must not make one.
    """
    found = refresh()
    if found:
        several = found > 1
        panel_state.notice(
            "RECOVERED",
            f"{found} generation{'s' if several else ''} of an earlier session {'are' if several else 'is'} here.",
            "Look what is known of them, and decide; nothing was sent again.",
        )
    gallery.refill()
    costs.refresh()
    return found


def refresh() -> int:
    """Fill the dialog's list anew; how many there are."""
    shown = panel_state.group().recovered
    shown.clear()
    store = gallery.store_if_any()
    if store is None:
        return 0
    report = recovery.recover(store)
    mine = session.current().under_way
    for known, generations in _by_knowledge(report):
        for generation in generations:
            if generation.id not in mine:
                _show(shown.add(), known, generation)
    panel_state.redraw()
    return len(shown)


def _by_knowledge(report: RecoveryReport) -> tuple[tuple[str, tuple[Generation, ...]], ...]:
    return (
        ("RECEIVED", report.received),
        ("UNKNOWN", report.unknown),
        ("NOT_SENT", report.not_sent),
    )


def _show(item: object, known: str, generation: Generation) -> None:
    request = generation.request
    price = generation.estimate_usd if generation.cost_usd is None else generation.cost_usd
    about = (
        details.moment(generation.created),
        Path(request.blend_path).name or "a file that was not saved",
        cost.dollars(price),
    )
    values = {
        "name": generation.id,
        "known": known,
        "title": details.title(generation),
        "about": "   ".join(about),
        "thumbnail": generation.thumbnail,
    }
    for name, value in values.items():
        setattr(item, name, value)
    thumbnails.load(generation.thumbnail)


def ask_again(generation_id: str) -> list[str]:
    """Send a request now: for the first time if it never was, else a second time.

    Raises `NanoBananaError` if it is gone, under way, or painted already.
    """
    here = session.current()
    old = lookup.find(generation_id)
    if old.state in PERHAPS_SENT:
        raise NanoBananaError(ErrorKind.INPUT, "This generation is still under way.", next_step="Cancel it first.")
    target = request_builder.endpoint_of(old.request.provider)
    key = request_builder.permission(old.request.provider, target)
    if old.state not in NOT_SENT:
        here.store.ask_again(generation_id)
    panel_state.drop(generation_id)
    here.submit([generation_id], key=key, endpoint=target)
    for generation in here.store.many([generation_id]):
        pump.take(here, generation)
    pump.start()
    _forget(generation_id)
    return [generation_id]


def give_up(generation_id: str) -> None:
    """Do not ask about this any more. A received picture stays in the history; nothing is deleted."""
    _give_up(generation_id)
    gallery.refresh()


def give_up_all(known: str) -> int:
    """The same for all of which that is known; how many."""
    ids = [item.name for item in panel_state.group().recovered if item.known == known]
    for generation_id in ids:
        _give_up(generation_id)
    gallery.refresh()
    return len(ids)


def _give_up(generation_id: str) -> None:
    store = session.current().store
    if lookup.find(generation_id).state is State.DONE:
        store.dismiss([generation_id])
    else:
        recovery.give_up(store, generation_id)
    panel_state.drop(generation_id)
    _forget(generation_id)


def take(generation_id: str) -> None:
    """Deliver a received picture as its request says, as one undo step, and show it among the results."""
    generation = lookup.find(generation_id)
    request = generation.request
    if request.texture is not None:
        _take_texture(generation)
        return
    # Of several variants this one was picked: it goes wherever they were to go.
    apply_result.hand_over(generation, request.delivery.kinds or (DeliveryKind.IMAGE,))
    apply_result.one_undo_step("Nano Banana: Result")
    panel_state.show_job(generation)
    _forget(generation_id)


def _take_texture(generation: Generation) -> None:
    """A view alone is of no use: all of its texture's are baked."""
    from .texture import rebake

    rebake.bake_result(generation)
    for each in rebake.of_result(generation):
        if each.state is State.DONE:
            panel_state.show_job(each)
            _forget(each.id)


def _forget(generation_id: str) -> None:
    shown = panel_state.group().recovered
    index = shown.find(generation_id)
    if index >= 0:
        shown.remove(index)
    if not shown and panel_state.group().notice_kind == "RECOVERED":
        panel_state.clear_notice()
    panel_state.redraw()
