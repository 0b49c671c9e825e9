# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command may cost, asked before it draws anything: a render can take an hour, a refusal need not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import bpy

from ..blender import generate, history, same
from ..core.request import GenerationRequest, Reference
from ..jobs import budget, query
from . import choices


def hold_before_capture(options: argparse.Namespace, pictures: int | None = None) -> None:
    """Raise BUDGET when `pictures` (None: the variants) pass --budget or a budget of the history whatever
    the capture shows. What may be there already is left to the exact check that follows the capture."""
    if options.dry_run:
        return
    settings = choices.settings_from(options)
    given: Sequence[Reference] = choices.references_from(options) or ()
    provider = generate.provider_of(settings)
    draft = generate.without_picture(bpy.context, settings, provider, tuple(given), None)
    count = max(settings.variants, 1) if pictures is None else pictures
    least = generate.price_of(draft) * count
    store = history.store_if_any()
    if store is None:
        same.hold(least, options.budget)
    elif options.again or not query.is_painted(store.database, draft):
        same.hold(least, options.budget)
        budget.hold(store.database, store.budgets(), _shared(draft, least, count))


def _shared(
    draft: GenerationRequest, dollars: float, count: int
) -> list[tuple[GenerationRequest, float]]:
    return [(replace(draft, variant=n), dollars / count) for n in range(count)]
