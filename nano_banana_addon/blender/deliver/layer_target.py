# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as a further layer of the compositor."""

from __future__ import annotations

from contextlib import ExitStack

from .compositor_target import check as check
from .compositor_target import show
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog


def apply(delivery: DeliveryContext, log: DeliveryLog, undo: ExitStack) -> None:
    """Put the image on top of the scene's compositor as a layer of its own."""
    show(delivery, log, undo, as_layer=True)


def remove_all() -> int:
    """Nothing: the target Compositor removes all layers."""
    return 0
