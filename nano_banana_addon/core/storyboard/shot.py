# SPDX-License-Identifier: GPL-3.0-or-later
"""One shot of a storyboard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera from one frame on: what is generated once, and what a printed board or an edit says of it."""

    name: str
    start: int  # its first frame
    length: int  # frames, at least 1
    camera: str  # the object's name
    id: str = ""  # stays the same when it is renamed or moved; "" for a shot that only a timeline marker makes
    lens: float = 0.0  # millimetres; 0: not known, or an orthographic camera
    prompt: str = ""  # beside the scene's
    action: str = ""
    dialogue: str = ""
    notes: str = ""

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return self.start + self.length
