# SPDX-License-Identifier: GPL-3.0-or-later
"""Divides the bytes of one request among several references."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import ErrorKind, NanoBananaError

#: Nobody is pressed below this while one of a higher rank could still give way.
FAIR_SHARE = 256 * 1024
#: Below this a picture says nothing to the model any more.
_FLOOR = 16 * 1024


def caps(sizes: Sequence[int], ranks: Sequence[int], available: int) -> list[int]:
    """The most bytes that each may have, so that the sum is at most `available`.

    The largest give way first, down to a common level; rank 0 before 1 before 2; rank 3 never. Raises `NanoBananaError`
    TOO_LARGE when that is impossible.
    """
    if sum(sizes) <= available:
        return list(sizes)
    for highest, floor in ((0, FAIR_SHARE), (1, FAIR_SHARE), (2, _FLOOR)):
        giving = [size for size, rank in zip(sizes, ranks, strict=True) if rank <= highest]
        kept = sum(sizes) - sum(giving)
        level = _level(giving, available - kept)
        if giving and level >= floor:
            return [min(s, level) if r <= highest else s for s, r in zip(sizes, ranks, strict=True)]
    raise NanoBananaError(
        ErrorKind.TOO_LARGE,
        f"The references have {sum(sizes) / 1e6:.1f} MB together; {max(available, 0) / 1e6:.1f} MB fit.",
    )


def _level(sizes: Sequence[int], available: int) -> int:
    """The size to which all have to be reduced so that together they have `available` bytes."""
    left, remaining = available, sorted(sizes)
    while remaining:
        level = left // len(remaining)
        if remaining[0] > level:
            return level
        left -= remaining.pop(0)
    return available
