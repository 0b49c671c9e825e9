# SPDX-License-Identifier: GPL-3.0-or-later
"""What a capture gives back: values without Blender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.request import Reference
    from ...core.scene.capture import Capture


@dataclass(frozen=True, slots=True)
class CaptureResult:
    """The image as the STRUCTURE reference, where it came from, and what the artist should know of it."""

    reference: Reference
    capture: Capture
    notes: tuple[str, ...] = ()
