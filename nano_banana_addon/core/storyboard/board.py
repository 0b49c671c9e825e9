# SPDX-License-Identifier: GPL-3.0-or-later
"""A storyboard as it is exported: facts of the project, the shots with their images, and the edit that they make."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from . import timecode
from .shot import Shot

#: Where the timecode of an edit begins.
START_HOUR = 1
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Project:
    """What all pages and files say; `size` is the frame in pixels, `date` as it is printed."""

    title: str
    rate: Fraction = Fraction(24)
    size: tuple[int, int] = (1920, 1080)
    date: str = ""
    drop_frame: bool = False

    @property
    def start(self) -> int:
        """The frame of the edit's first timecode."""
        return timecode.count_frames(START_HOUR, self.rate, drop=self.drop_frame)

    def format_timecode(self, frame: int) -> str:
        """A frame, counted from 0, or a duration, as timecode."""
        return timecode.format_timecode(frame, self.rate, drop=self.drop_frame)


@dataclass(frozen=True, slots=True)
class Panel:
    """A shot with its image; `number` counts from 1."""

    shot: Shot
    image: Path | None = None
    number: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Cut:
    """What an edit shows from `start` on, for `length` frames, counted from the edit's begin; no panel: a gap."""

    start: int
    length: int
    panel: Panel | None = None

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return self.start + self.length


def list_panels(shots: Sequence[Shot], images: Sequence[Path | None]) -> tuple[Panel, ...]:
    """The shots with their images, numbered in their order."""
    return tuple(Panel(shot, image, i) for i, (shot, image) in enumerate(zip(shots, images, strict=True), 1))


def list_cuts(panels: Sequence[Panel]) -> tuple[Cut, ...]:
    """The edit without holes: each shot ends where the next one begins, and what none covers is a gap.

    Of shots that begin at one frame only the last is shown.
    """
    ordered = sorted(panels, key=lambda panel: panel.shot.start)
    first = ordered[0].shot.start if ordered else 0
    cuts: list[Cut] = []
    for panel, following in zip(ordered, [*ordered[1:], None], strict=True):
        start = panel.shot.start - first
        end = min(panel.shot.end, following.shot.start if following else panel.shot.end) - first
        if cuts and start > cuts[-1].end:
            cuts.append(Cut(cuts[-1].end, start - cuts[-1].end))
        if end > start:
            cuts.append(Cut(start, end - start, panel))
    return tuple(cuts)


def clean_line(text: str) -> str:
    """A text as one line of what every file holds: no control characters, no lone surrogates."""
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split())


def clean_name(text: str) -> str:
    """A name as one line, not endless."""
    line = clean_line(text)
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


def describe(shot: Shot) -> dict[str, str]:
    """What is known of a shot beside its name and frames: the metadata of strips and clips; empty values left out."""
    lens = f"{shot.lens:g} mm" if shot.lens else ""
    values = {"shot": shot.id, "camera": shot.camera, "lens": lens, "prompt": shot.prompt}
    values |= {"action": shot.action, "dialogue": shot.dialogue, "notes": shot.notes}
    return {name: value for name, value in values.items() if value}
