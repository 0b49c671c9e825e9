# SPDX-License-Identifier: GPL-3.0-or-later
"""After a crash or a quit: what was under way is shown with what is known; nothing is sent by itself."""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import ErrorKind, NanoBananaError
from ..core.result import Generation, State
from ..jobs.home import Home
from . import credentials, folders, generate, news, online, session, thumbnails
from .generate import Order


def offer() -> int:
    """Show results that came while no Blender was there to take them, and jobs whose end is unknown.

    Returns how many. Does nothing when there is no store yet: looking must not make one.
    """
    if not Home(folders.home()).database.is_file():
        return 0
    report = session.current().store.pending_recovery()
    found = (*report.undelivered, *report.unknown, *report.not_sent)
    for generation in found:
        thumbnails.load(generation.thumbnail)
        news.show_job(generation)
    if found:
        news.notice(
            "RECOVERED",
            f"{len(found)} generation{'s' if len(found) > 1 else ''} of an earlier session"
            f" {'are' if len(found) > 1 else 'is'} here.",
            "Apply what you need from the results; nothing was sent again.",
        )
    return len(found)


def ask_again(generation_id: str) -> list[str]:
    """Send a request a second time, as a new generation. Raises if it is gone or still under way."""
    old = _ended(generation_id)
    provider = old.request.provider
    target = generate.endpoint_of(provider)
    online.require_online(target)
    key = credentials.required_key(provider)
    request = replace(old.request, delivery=replace(old.request.delivery))
    news.drop(generation_id)
    return generate.place(Order((request,), target, old.estimate_usd, key))


def _ended(generation_id: str) -> Generation:
    found = session.current().store.get(generation_id)
    if found is None:
        raise NanoBananaError(ErrorKind.INPUT, "This generation is no longer in the history.")
    if found.state in (State.SENDING, State.GENERATING, State.RECEIVING):
        raise NanoBananaError(
            ErrorKind.INPUT, "This generation is still under way.", next_step="Cancel it first."
        )
    return found
