# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work in steps: Blender can draw between them, show how far it is, and the work can be given up."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

#: How far it is (0 ... 1), and what comes next.
Step = tuple[float, str]
Progress = Callable[[float, str], None]
Result = TypeVar("Result")


def drained(steps: Generator[Step, None, Result], tell: Progress | None = None) -> Result:
    """All steps at once, and what comes of them; `tell` hears of each that says something new."""
    told: Step | None = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if tell is not None and step != told:
            tell(*step)
        told = step


def within(steps: Generator[Step, None, Result], first: float, last: float) -> Generator[Step, None, Result]:
    """The steps of a part of some work, which takes it from the fraction `first` to `last`."""
    try:
        while True:
            fraction, text = next(steps)
            yield first + (last - first) * fraction, text
    except StopIteration as end:
        return end.value
    finally:
        steps.close()
