# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames of an animation whose images are projected onto its surfaces: read from text, and what they see in words."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import InputError
from ..texture import MAX_VIEWS

_SHOWN = 40  # characters of a text that cannot be read


class FrameCoverage(NamedTuple):
    """What the keyframes see of the frames that were looked at, as shares (0 ... 1) of their pixels that show objects.

    `worst` is the frame of which they see least, with its share; `best` the frame that would add most as a further
    keyframe, with the share that would be seen then; None where none adds anything.
    """

    keyframes: tuple[int, ...]
    frames: int
    share: float
    worst: tuple[int, float]
    best: tuple[int, float] | None = None

    def describe(self) -> str:
        """All of it in sentences, rounded down: what is not seen is not hidden by rounding."""
        many = len(self.keyframes) != 1
        subject = f"{len(self.keyframes)} keyframe{'s see' if many else ' sees'}"
        of_all = f"{subject} {_percent(self.share)} of all frames ({self.frames} were looked at)"
        least = f"least of frame {self.worst[0]}: {_percent(self.worst[1])}."
        best = f" Frame {self.best[0]} would add most: {_percent(self.best[1])}." if self.best else ""
        return f"{of_all}, {least}{best}"


def _percent(share: float) -> str:
    return f"{int(share * 100 + 1e-6)}%"


def parse_keyframes(text: str, first: int, last: int) -> tuple[int, ...]:
    """The frames in a text such as "1, 60, 120", in order, each once; those of the scene go from `first` to `last`.

    Raises `InputError` for none, for what is no frame number, for frames out of range, and for too many.
    """
    words = re.split(r"[\s,;]+", text.strip(" \t\n,;"))
    if words == [""]:
        raise InputError(
            "No keyframe is chosen.",
            next_step="Press + in Texture from Views > Animation at a frame, or write frames such as 1, 60, 120.",
        )
    if wrong := next((word for word in words if not re.fullmatch(r"[+-]?\d{1,7}", word)), None):
        raise InputError(f'"{wrong[:_SHOWN]}" is not a frame.', next_step="Write frames such as 1, 60, 120.")
    frames = sorted({int(word) for word in words})
    if outside := [frame for frame in frames if not first <= frame <= last]:
        raise InputError(
            f"Frame {outside[0]} is not in the scene's range, {first} to {last}.",
            next_step="Choose other keyframes, or change Start and End in Output Properties.",
        )
    if len(frames) > MAX_VIEWS:
        raise InputError(
            f"{len(frames)} keyframes were chosen; there can be {MAX_VIEWS}.", next_step="Remove those that add least."
        )
    return tuple(frames)


def count_keyframes(text: str) -> int:
    """How many frames a text names, whatever they are: for panels, which show a price and raise nothing."""
    return len(set(re.findall(r"[+-]?\d+", text)))


def join_keyframes(frames: tuple[int, ...]) -> str:
    """The text for these frames."""
    return ", ".join(map(str, sorted(set(frames))))
