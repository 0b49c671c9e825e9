# SPDX-License-Identifier: GPL-3.0-or-later
"""What would be sent, and its price, instead of sending it."""

from __future__ import annotations

import argparse

from ..features.generation import preview
from ..features.generation.request_builder import Order
from . import output


def report(options: argparse.Namespace, order: Order) -> int:
    """Write an order as text and as JSON; the exit status."""
    prepared_order = preview.prepare_references(order)
    output.say(preview.format_order(prepared_order))
    for request in prepared_order.requests:
        output.write_json(
            options.json,
            {"state": "DRY_RUN", "estimate_usd": prepared_order.estimate, "request": request.to_dict()},
        )
    return output.EXIT_DONE
