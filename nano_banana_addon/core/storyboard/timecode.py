# SPDX-License-Identifier: GPL-3.0-or-later
"""Frame rates as exact fractions, and frames as timecode."""

from __future__ import annotations

from fractions import Fraction

#: Blender's frame rate base of 23.976, 29.97 and 59.94.
_NTSC_BASE = 1.001
#: Frame numbers that drop-frame timecode leaves out each minute but every tenth, at 30 frames.
_DROPPED, _MINUTES = 2, 10


def make_rate(fps: int, base: float = 1.0) -> Fraction:
    """Blender's frame rate as an exact fraction: 24 with the base 1.001 is 24000/1001."""
    exact = Fraction(1001, 1000) if abs(base - _NTSC_BASE) < 1e-4 else Fraction(base).limit_denominator(1000)
    return Fraction(max(fps, 1)) / (exact or 1)


def can_drop(rate: Fraction) -> bool:
    """Whether timecode of a rate may leave out frame numbers: 29.97 and 59.94."""
    return rate.denominator == 1001 and round(rate) % 30 == 0


def format_timecode(frame: int, rate: Fraction, *, drop: bool = False) -> str:
    """Frames from 0 as hours:minutes:seconds:frames; with `drop`, where the rate has that, ";" before the frames."""
    nominal = max(round(rate), 1)
    drop = drop and can_drop(rate)
    if drop:
        frame += _count_dropped(frame, nominal)
    seconds, frames = divmod(frame, nominal)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:{second:02}{';' if drop else ':'}{frames:02}"


def count_frames(hours: int, rate: Fraction, *, drop: bool = False) -> int:
    """The frame at which a full hour of timecode begins."""
    nominal = round(rate)
    minutes = 60 * hours
    left_out = _DROPPED * nominal // 30 * (minutes - minutes // _MINUTES) if drop and can_drop(rate) else 0
    return 60 * minutes * nominal - left_out


def _count_dropped(frame: int, nominal: int) -> int:
    step = _DROPPED * nominal // 30
    per_minute = 60 * nominal - step
    tens, rest = divmod(frame, _MINUTES * per_minute + step)
    return step * (9 * tens + max(rest - step, 0) // per_minute)
