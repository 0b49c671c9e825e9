# SPDX-License-Identifier: GPL-3.0-or-later
"""A result as an image of the file, and nothing more."""

from __future__ import annotations

from contextlib import ExitStack

import bpy

from ...core.request import GenerationRequest
from ..capture.sources import CaptureSource
from .datablocks import ownership_tags
from .datablocks.delivery_context import DeliveryContext
from .datablocks.delivery_report import DeliveryLog
from .datablocks.ownership_tags import Role


def check(_request: GenerationRequest, _context: bpy.types.Context, _source: CaptureSource) -> None:
    """An image can always be loaded."""


def apply(delivery: DeliveryContext, log: DeliveryLog, _undo: ExitStack) -> None:
    """Name the image, which every delivery loads."""
    log.add_name(delivery.image.name)


def remove_all() -> int:
    """Remove the images that were delivered; their files and the history stay."""
    return ownership_tags.remove_by_role(bpy.data.images, Role.IMAGE)
