# SPDX-License-Identifier: GPL-3.0-or-later
"""From canvas pixels back to the frame: what tests check `Framing.to_canvas` and its users against."""

from __future__ import annotations

from nano_banana_addon.core.scene.frames import Framing


def map_to_frame(framing: Framing, x: float, y: float) -> tuple[float, float]:
    """Canvas pixels to frame coordinates; the inverse of `Framing.to_canvas`."""
    left, top, right, bottom = framing.window
    return (
        left + x / framing.canvas[0] * (right - left),
        top + y / framing.canvas[1] * (bottom - top),
    )
