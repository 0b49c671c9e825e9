# SPDX-License-Identifier: GPL-3.0-or-later
"""The budget check before a capture: a render can take an hour, a refusal should not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import bpy

from ..core.request import GenerationRequest, Reference
from ..features.generation import duplicates, request_builder
from ..features.generation.destination import resolve_destination
from ..features.history import gallery
from ..storage.database import budget, query
from . import choices


def check_before_capture(options: argparse.Namespace, pictures: int | None = None) -> None:
    """Raise BUDGET when `pictures` (None: the variants) exceed --budget or a budget, whatever the capture shows.

    Requests that may have results already are left to the exact check after the capture.
    """
    if options.dry_run:
        return
    settings = choices.read_settings(options)
    references: Sequence[Reference] = choices.read_references(options) or ()
    provider = resolve_destination(settings.provider, options.base_url, dry_run=True).provider
    draft = request_builder.build_request(bpy.context, settings, provider, tuple(references), None)
    count = max(settings.variants, 1) if pictures is None else pictures
    minimum_price = request_builder.price_of(draft) * count
    store = gallery.find_store()
    if store is None:
        duplicates.check_budget(minimum_price, options.budget)
    elif options.again or not query.is_painted(store.database, draft):
        duplicates.check_budget(minimum_price, options.budget)
        budget.hold(store.database, store.get_budgets(), _split_cost(draft, minimum_price, count))


def _split_cost(draft: GenerationRequest, dollars: float, count: int) -> list[tuple[GenerationRequest, float]]:
    return [(replace(draft, variant=n), dollars / count) for n in range(count)]
