# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts ask the artist to pay, beyond what they may spend: shown in the tab until it is answered.

A question is kept in this Blender only; one that Blender's end leaves unanswered has cost nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import bpy

from ...core import cost
from ...core.cost import Payment
from ...core.text import details
from ...session import announcements, panel_state
from ...storage.database.records import clean
from ...translations import translate
from ..generation import offers
from ..generation.offers import Offer

#: Seconds for which a question waits.
PATIENCE = 900.0
_TITLE_LENGTH = 60  # characters


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, for what in lines, and what it costs; `answer` is called with whether the artist allows it."""

    job: str
    caller: str
    lines: tuple[str, ...]
    payment: Payment
    until: float
    answer: Callable[[bool], None]


_questions: dict[str, Question] = {}


def can_ask() -> bool:
    """Whether there is a window, in which the artist can be asked."""
    return not bpy.app.background


def ask(job: str, caller: str, offer: Offer, answer: Callable[[bool], None]) -> Question:
    """Show a question, and say in the status bar that there is one."""
    words = details.shorten(clean(offer.requests[0].prompt), _TITLE_LENGTH)
    lines = (words, *filter(None, offers.describe(offer)[1:]))
    question = Question(job, clean(caller), lines, offer.missing, time.time() + PATIENCE, answer)
    _questions[job] = question
    price = cost.format_dollars(question.payment.dollars)
    announcements.announce(
        translate("A script asks to spend {price}. See the tab Nano Banana.", price=price), "WARNING"
    )
    panel_state.redraw()
    return question


def list_questions() -> tuple[Question, ...]:
    """What waits for an answer, the oldest first. For draw()."""
    return tuple(_questions.values())


def find(job: str) -> Question | None:
    """The question of a job."""
    return _questions.get(job)


def answer(job: str, *, is_allowed: bool) -> None:
    """The artist's answer; of a question that is gone it means nothing."""
    if question := _questions.pop(job, None):
        question.answer(is_allowed)


def withdraw(job: str) -> None:
    """Take a question back."""
    if _questions.pop(job, None):
        panel_state.redraw()


def clear() -> None:
    """Take all back."""
    _questions.clear()
