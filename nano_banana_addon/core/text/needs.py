# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that need the results of others: how they are linked, checked, and given their references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..constants import END_STATES, ReferenceRole, State
from ..errors import ERROR_TEXTS, ErrorKind, InputError, NanoBananaError
from ..request import GenerationRequest, Need, Reference, structure_last
from ..result import Answer, Failure, Generation
from . import validate

_OUTCOME_WORDS = {
    State.REFUSED: "was refused",
    State.CANCELLED: "was cancelled",
    State.UNKNOWN: "has an unknown result",
}


def bind(request: GenerationRequest, ids: Sequence[str]) -> GenerationRequest:
    """The request with the ids of requests recorded before it in place of "@n".

    Raises INTERNAL for a number that none of them has: a request that needs itself would wait for ever.
    """
    return replace(request, needs=tuple(_bind_need(need, ids) for need in request.needs))


def _bind_need(need: Need, ids: Sequence[str]) -> Need:
    if not need.generation.startswith("@"):
        return need
    index = int(need.generation[1:])
    if index >= len(ids):
        raise NanoBananaError(ErrorKind.INTERNAL, f"A request cannot need the one with the number {index}.")
    return replace(need, generation=ids[index])


def is_pending(request: GenerationRequest, needed: Mapping[str, Generation]) -> bool:
    """Whether something that a request needs has not ended. `needed` holds the existing ones, by their ids."""
    return any(n.generation in needed and needed[n.generation].state not in END_STATES for n in request.needs)


def find_obstacle(request: GenerationRequest, needed: Mapping[str, Generation]) -> tuple[State, Failure] | None:
    """The state in which a request ends, and why, because something it requires ended without a result; else None."""
    for need in request.needs:
        generation = needed.get(need.generation)
        if need.number and generation and (answer := find_answer(generation)):
            if answer.find_numbered(need.number):
                continue
            return State.FAILED, _BROKEN_OFF if answer.is_truncated else _LEFT_OUT
        if need.required and (generation is None or generation.state is not State.DONE):
            return _describe_obstacle(need, generation)
    return None


def find_answer(generation: Generation) -> Answer | None:
    """The answer of a generation that has ended with images, be it without its own; else None."""
    answer = generation.answer if generation.state in (State.DONE, State.REFUSED) else None
    return answer if answer and answer.pictures else None


def make_alone(request: GenerationRequest) -> GenerationRequest:
    """The request for its own image alone, without those that it was to be sent together with."""
    others = [r for r in request.references if r.role is ReferenceRole.STRUCTURE][1:]
    own = tuple(reference for reference in request.references if reference not in others)
    return replace(request, references=own, needs=(), count=1)


_LEFT_OUT = Failure(
    ErrorKind.ANSWER,
    "The service returned fewer images than were asked for in one call, and this is not among them.",
    "Try again: then it is sent alone.",
)


_BROKEN_OFF = Failure(
    ErrorKind.ANSWER,
    "The answer to the call for several images ended before this one had come; it may have been billed.",
    _LEFT_OUT.next_step,
)


def _describe_obstacle(need: Need, generation: Generation | None) -> tuple[State, Failure]:
    state = generation.state if generation else None
    name = (generation.request.shot if generation else "") or need.label or "an earlier image"
    words = _OUTCOME_WORDS.get(state, "failed") if state else "is no longer in the history"
    kind = ErrorKind.REFUSED if state is State.REFUSED else ErrorKind.INPUT
    message = f"This needs {name}, which {words}; nothing was sent."
    failure = Failure(kind, message, "Generate that one again first, then try this one again.")
    return (State.REFUSED if state is State.REFUSED else State.FAILED), failure


def join_results(request: GenerationRequest, paths: Mapping[str, str]) -> GenerationRequest:
    """The request with the files of the results, by the ids of their generations, among its references.

    Missing results, and those for which the model takes no more images, are left out. Raises `InputError` when such a
    one is required. One whose answer holds the request's own image stays needed.
    """
    joined = replace(request, needs=tuple(need for need in request.needs if need.number))
    for need in request.needs:
        if need.number:
            continue
        path = paths.get(need.generation)
        if path is None and need.required:
            name = need.label or "an earlier request"
            raise InputError(f"The image of {name} no longer exists.", next_step="Generate that one again first.")
        if path is not None:
            reference = Reference(need.role, path, need.label, frame=need.frame, partly=need.partly)
            joined = (require_reference if need.required else fit_reference)(joined, reference)
    return joined


def require_reference(request: GenerationRequest, reference: Reference) -> GenerationRequest:
    """The request with one more image, at the place of its role.

    An earlier image goes behind the others, any other before them, and the structure stays last. Raises `InputError`
    when the model takes no more.
    """
    is_previous = reference.role is ReferenceRole.PREVIOUS
    references = (*request.references, reference) if is_previous else (reference, *request.references)
    extended = replace(request, references=structure_last(references))
    validate.check(extended)
    return extended


def fit_reference(request: GenerationRequest, reference: Reference) -> GenerationRequest:
    """The same; unchanged where the model takes no more images."""
    try:
        return require_reference(request, reference)
    except InputError:
        return request


def describe_wait(request: GenerationRequest) -> str:
    """What a request waits for, as a short text."""
    if request.shared:
        return "the answer with all images"
    return next((n.label for n in request.needs if n.role is ReferenceRole.PREVIOUS and n.label), "an earlier image")


CANCELLED_WITH = Failure(
    ErrorKind.CANCELLED, "An image that this one needs was cancelled.", ERROR_TEXTS[ErrorKind.CANCELLED].next_step
)
