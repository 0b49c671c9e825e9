# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a generation as text, shared by panels, operators, details and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from .. import cost
from ..errors import ERROR_TEXTS, ErrorKind
from ..result import Failure, Generation, Refusal
from . import progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why there is no image, and what to do about it."""

    kind: ErrorKind
    message: str
    next_step: str
    reason: str = ""  # the service's own word for a refusal

    def to_sentence(self) -> str:
        """Both in one line."""
        return f"{self.message} {self.next_step}".strip()


def find_outcome(generation: Generation) -> Outcome | None:
    """How a generation failed or was refused; None for one that did not."""
    if generation.failure:
        return _describe_failure(generation.failure)
    if generation.answer and generation.answer.refusal:
        return _describe_refusal(generation.answer.refusal, _describe_charge(generation))
    return None


def _describe_failure(failure: Failure) -> Outcome:
    detail = f" ({failure.detail})" if failure.detail else ""
    return Outcome(failure.kind, failure.message + detail, failure.next_step)


def _describe_charge(generation: Generation) -> str:
    """What a refusal costs: the service may say that nothing is charged, and count tokens all the same."""
    usage = generation.answer.usage if generation.answer else None
    if not generation.cost_usd or usage is None:
        return ""
    price = cost.format_dollars(generation.cost_usd)
    if usage.image:
        return f"Recorded in the ledger: {price} for the tokens that the service counted, drafts of the image included."
    return f"Recorded in the ledger: {price} for the text and thinking that the service counted, nothing for an image."


def _describe_refusal(refusal: Refusal, charge: str) -> Outcome:
    texts = ERROR_TEXTS[ErrorKind.REFUSED]
    message = f"{refusal.message or f'{texts.message} ({refusal.reason})'} {charge}".strip()
    return Outcome(ErrorKind.REFUSED, message, refusal.advice or texts.next_step, refusal.reason)


def describe_end(generation: Generation) -> tuple[str, str]:
    """How a generation ended, for a report: INFO, WARNING or ERROR, and a sentence."""
    if (picture := generation.picture) and generation.is_generated and generation.answer:
        price, warnings = cost.format_dollars(generation.cost_usd), " ".join(generation.answer.warnings)
        return "INFO", f"Generated {picture.width} x {picture.height} ({price}). {warnings}".strip()
    if end := find_outcome(generation):
        return "ERROR", end.to_sentence()
    return "WARNING", progress.END_STATE_LABELS.get(generation.state, generation.state.value)
