# SPDX-License-Identifier: GPL-3.0-or-later
"""Out: a finished picture into the open file, as an image and wherever the artist wants to see it.

Each delivery is complete or leaves nothing behind, keeps what was there, and can be repeated, later
and elsewhere.
"""

from __future__ import annotations

from .clean_up import clean_up
from .cutout import cut_out
from .datablocks.delivery_report import DeliveryReport
from .datablocks.files import ImageStorage
from .delivery import deliver, is_ready, storage_of
from .material.unwrap import unwrap_missing

__all__ = [
    "DeliveryReport",
    "ImageStorage",
    "clean_up",
    "cut_out",
    "deliver",
    "is_ready",
    "storage_of",
    "unwrap_missing",
]
