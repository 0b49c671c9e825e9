# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work in steps: Blender can draw between them, show how far it is, and the work can be given up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

#: How far it is (0 ... 1), and what comes next.
ProgressStep = tuple[float, str]
ProgressListener = Callable[[float, str], None]
Result = TypeVar("Result")

#: Seconds for which a wait blocks Blender; then it may redraw.
WAIT_SECONDS = 0.03


def run_all(steps: Generator[ProgressStep, None, Result], on_progress: ProgressListener | None = None) -> Result:
    """All steps at once, and what comes of them; `tell` hears of each that says something new."""
    previous_step: ProgressStep | None = None
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if on_progress is not None and step != previous_step:
            on_progress(*step)
        previous_step = step


def scale_progress(
    steps: Generator[ProgressStep, None, Result], first: float, last: float
) -> Generator[ProgressStep, None, Result]:
    """The steps of a part of some work, which takes it from the fraction `first` to `last`."""
    try:
        while True:
            fraction, text = next(steps)
            yield first + (last - first) * fraction, text
    except StopIteration as end:
        return end.value
    finally:
        steps.close()


def run_in_thread(
    pool: ThreadPoolExecutor, work: Callable[[], Result], step: ProgressStep
) -> Generator[ProgressStep, None, Result]:
    """The result of some work in a thread; the step is yielded until it is there."""
    (result,) = yield from run_in_threads(pool, [work], step)
    return result


def run_in_threads(
    pool: ThreadPoolExecutor, works: Sequence[Callable[[], Result]], step: ProgressStep
) -> Generator[ProgressStep, None, list[Result]]:
    """The results of several works, in their order; given up, those that have not begun do not begin."""
    from concurrent.futures import wait  # not while the add-on is being enabled

    futures = [pool.submit(work) for work in works]
    try:
        yield step
        while wait(futures, WAIT_SECONDS).not_done:
            yield step
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()
