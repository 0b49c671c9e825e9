# SPDX-License-Identifier: GPL-3.0-or-later
"""One shot of a storyboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .continuity import Continuity


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera from one frame on: what is generated once, and what a printed board or an edit says of it."""

    name: str
    start: int  # its first frame
    length: int  # frames, at least 1
    camera: str  # the object's name; "" if it was deleted
    id: str = ""  # stays the same when it is renamed or moved; "" for a shot that only a timeline marker makes
    lens: float = 0.0  # millimetres; 0: not known, or an orthographic camera
    prompt: str = ""  # beside the scene's
    action: str = ""
    dialogue: str = ""
    notes: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])  # settings of the request, by their names
    continuity: Continuity = field(default_factory=Continuity)

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return self.start + self.length

    @property
    def key(self) -> str:
        """What it is known by among the shots of its scene."""
        return self.id or f"@{self.start} {self.name} {self.camera}"
