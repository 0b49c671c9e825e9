# SPDX-License-Identifier: GPL-3.0-or-later
"""What neighbouring shots look like beside each other: checks of film grammar that cost nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: A subject is at most this share of the frame's width; larger ones are the set.
_LARGEST = 0.7
#: Parts of the frame's width that two subjects lie apart at least, or one moves at least, to count.
_APART, _MOVED = 0.08, 0.05
#: Parts of the frame by which all subjects differ at most where two shots look the same.
_SAME = 0.04


@dataclass(frozen=True, slots=True)
class Subject:
    """The bounds of an object in the frame, as parts of its width and height, from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def x(self) -> float:
        """Its middle across."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Its middle up."""
        return (self.bottom + self.top) / 2

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    def is_subject(self) -> bool:
        """Whether it is no part of the set, and its middle is in the frame."""
        return self.width <= _LARGEST and 0 <= self.x <= 1 and 0 <= self.y <= 1


@dataclass(frozen=True, slots=True)
class ShotFraming:
    """A shot's name, and where its subjects are at its beginning and at its end."""

    name: str
    at_start: Mapping[str, Subject]
    at_end: Mapping[str, Subject]


def find_problems(shots: Sequence[ShotFraming]) -> list[str]:
    """What an editor would notice between neighbouring shots, as sentences."""
    return [sentence for first, second in itertools.pairwise(shots) for sentence in _compare(first, second)]


def _compare(first: ShotFraming, second: ShotFraming) -> list[str]:
    common = _find_common(first.at_end, second.at_start)
    shots = f"{_shorten(first.name)} and {_shorten(second.name)}"
    if common and all(_is_same(first.at_end[n], second.at_start[n]) for n in _find_all(first, second)):
        return [f"{shots} have nearly the same framing."]
    sentences: list[str] = []
    if crossed := _find_crossed(first.at_end, second.at_start, common):
        sentences.append(f"{' and '.join(crossed)} change sides between {shots}: the camera crosses the 180° line.")
    for name in common:
        before, after = (_find_movement(shot, name) for shot in (first, second))
        if before * after < 0 and not crossed:
            sentences.append(f"{name} moves in opposite directions in {shots}.")
    return sentences


def _find_all(first: ShotFraming, second: ShotFraming) -> set[str]:
    """All that both show, the set included: a part of it that one alone shows makes a difference."""
    return set(first.at_end) & set(second.at_start)


def _find_common(first: Mapping[str, Subject], second: Mapping[str, Subject]) -> list[str]:
    """The subjects of both, the widest first."""
    common = [n for n in first if n in second and first[n].is_subject() and second[n].is_subject()]
    return sorted(common, key=lambda n: -first[n].width)


def _is_same(first: Subject, second: Subject) -> bool:
    pairs = zip(*((s.left, s.bottom, s.right, s.top) for s in (first, second)), strict=True)
    return all(math.isclose(a, b, abs_tol=_SAME) for a, b in pairs)


def _find_crossed(first: Mapping[str, Subject], second: Mapping[str, Subject], common: Sequence[str]) -> list[str]:
    """The two widest subjects that lie apart in both shots, if they change sides."""
    for index, a in enumerate(common):
        for b in common[index + 1 :]:
            before, after = first[a].x - first[b].x, second[a].x - second[b].x
            if min(abs(before), abs(after)) >= _APART:
                return [a, b] if before * after < 0 else []
    return []


def _find_movement(shot: ShotFraming, name: str) -> float:
    """How far a subject moves to the right during a shot; 0 for too little."""
    if name not in shot.at_start or name not in shot.at_end:
        return 0.0
    moved = shot.at_end[name].x - shot.at_start[name].x
    return moved if abs(moved) >= _MOVED else 0.0


def _shorten(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"
