# SPDX-License-Identifier: GPL-3.0-or-later
"""Several images from one call, so that they match: the first request asks for all, the others need its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..constants import ReferenceRole
from ..errors import InputError
from ..request import GenerationRequest, Need, structure_last
from . import validate


def join_series(requests: Sequence[GenerationRequest]) -> tuple[GenerationRequest, ...]:
    """Requests that are recorded together, as one call where they are to match; else unchanged.

    Raises `InputError` where one call cannot hold all of them.
    """
    first, *others = requests
    if not others or not all(request.together for request in requests):
        return tuple(requests)
    references = dict.fromkeys(reference for request in requests for reference in request.references)
    if first.capture != others[-1].capture and any(r.role is ReferenceRole.GUIDE for r in references):
        message = "Guides and notes of several shots cannot go in one call."
        raise InputError(message, next_step="Switch Matching Images off.")
    whole = replace(first, references=structure_last(tuple(references)), count=len(requests))
    validate.check(whole)
    label = first.shot or "the first of them"
    needs = (Need("@0", ReferenceRole.STRUCTURE, label, required=True, number=n) for n in range(1, len(requests)))
    return (whole, *(replace(request, needs=(need,)) for request, need in zip(others, needs, strict=True)))
